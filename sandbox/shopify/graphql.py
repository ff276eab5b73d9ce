"""The Admin GraphQL endpoint: executes the document that is sent, and refuses what Shopify refuses.

Nearly everything is answered with 200 (https://shopify.dev/docs/api/admin-graphql#status_and_error_codes).
"""

import re
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    build_schema,
    default_field_resolver,
    execute_sync,
    parse,
    validate,
)

from sandbox.shop import Shop
from sandbox.shopify.cost import MOST_FOR_ONE, Bucket, Cost, spent
from sandbox.shopify.faults import ShopifyFaults
from sandbox.shopify.graphql_roots import Roots

SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text())
RATE_LIMITS = "https://shopify.dev/api/usage/rate-limits"
SCOPES = "https://shopify.dev/api/usage/access-scopes"
UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
UNKNOWN_ARGUMENT = re.compile(r"Unknown argument '(\w+)' on field '\w+\.(\w+)'")

Answer = dict[str, Any]


class AdminApi:
    """One app at one shop."""

    def __init__(self, shop: Shop, faults: ShopifyFaults) -> None:
        self.bucket = Bucket(shop.clock)
        self._shop = shop
        self._faults = faults
        self._roots = Roots(shop, faults)

    def answer(self, body: object) -> Answer:
        """The answer to a request's body; it goes out with status 200 whatever it says."""
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return _failed("query is missing", "BAD_REQUEST")
        document = _checked(body["query"])
        if isinstance(document, list):
            return {"errors": document}
        return self._paid(document, body.get("variables") or {})

    def _paid(self, document: DocumentNode, variables: dict[str, Any]) -> Answer:
        """Check the price, take it, answer, and give back what was too much."""
        if not any(isinstance(part, OperationDefinitionNode) for part in document.definitions):
            return _failed("no operation was given", "BAD_REQUEST")
        cost = Cost(SCHEMA, document, variables)
        asked = cost.points()
        if asked > MOST_FOR_ONE:
            return _too_dear(asked)
        with self._shop.lock:
            if self._faults.throttles() or not self.bucket.take(asked):
                return self._throttled(asked)
            if self._faults.fail_next:
                return self._broken()
            answer = self._executed(document, variables)
            actual = asked if cost.is_mutation else min(ceil(spent(answer.get("data") or {})), asked)
            self.bucket.give_back(asked - actual)
        return {**answer, "extensions": {"cost": self._cost(asked, actual)}}

    def _executed(self, document: DocumentNode, variables: dict[str, Any]) -> Answer:
        result = execute_sync(
            SCHEMA, document, root_value=self._roots.values(), variable_values=variables, field_resolver=self._field
        )
        answer: Answer = {} if result.data is None and _not_begun(result.errors) else {"data": result.data}
        if result.errors:
            answer["errors"] = [_written(error) for error in result.errors]
        return answer

    def _field(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if info.field_name in self._faults.denied_fields:
            text = f"Access denied for {info.field_name} field."
            raise GraphQLError(text, extensions={"code": "ACCESS_DENIED", "documentation": SCOPES})
        return default_field_resolver(source, info, **arguments)

    def _throttled(self, asked: int) -> Answer:
        return {
            **_failed("Throttled", "THROTTLED", documentation=RATE_LIMITS),
            "extensions": {"cost": self._cost(asked, None)},
        }

    def _broken(self) -> Answer:
        code, self._faults.fail_next = self._faults.fail_next, ""
        return _failed("Internal error. Looks like something went wrong on our end.", code)

    def _cost(self, asked: int, actual: int | None) -> Answer:
        return {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": self.bucket.status()}


@lru_cache(maxsize=256)
def _checked(text: str) -> DocumentNode | list[Answer]:
    """The document, or everything that is wrong with it."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return [_written(error, "PARSE_ERROR")]
    problems = validate(SCHEMA, document)
    return [_invalid(problem) for problem in problems] if problems else document


def _invalid(problem: GraphQLError) -> Answer:
    """Shopify's words for the two mistakes that a change of version brings; the others in the validator's own."""
    field = UNKNOWN_FIELD.match(problem.message)
    if field:
        return {
            **_written(problem, "undefinedField", typeName=field[2], fieldName=field[1]),
            "message": f"Field '{field[1]}' doesn't exist on type '{field[2]}'",
        }
    argument = UNKNOWN_ARGUMENT.match(problem.message)
    if argument:
        return {
            **_written(problem, "argumentNotAccepted", name=argument[2], argumentName=argument[1]),
            "message": f"Field '{argument[2]}' doesn't accept argument '{argument[1]}'",
        }
    return _written(problem, "invalid")


def _written(error: GraphQLError, code: str = "", **more: str) -> Answer:
    formatted: Answer = dict(error.formatted)
    said = {**more, **(error.extensions or {})}
    formatted["extensions"] = {"code": code or ("INVALID_VARIABLE" if error.path is None else "BAD_REQUEST"), **said}
    return formatted


def _not_begun(errors: list[GraphQLError] | None) -> bool:
    """Whether the variables did not fit, so that there is no data at all, not even null."""
    return any(error.path is None for error in errors or ())


def _failed(message: str, code: str, **more: object) -> Answer:
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


def _too_dear(asked: int) -> Answer:
    text = f"Query cost is {asked}, which exceeds the single query max cost limit ({MOST_FOR_ONE})."
    return _failed(text, "MAX_COST_EXCEEDED", cost=asked, maxCost=MOST_FOR_ONE, documentation=RATE_LIMITS)
