"""What a query costs, and the bucket that it is paid from.

Objects cost 1, scalars nothing, a mutation 10; a connection is scaled by the logarithm of its size
(https://shopify.dev/docs/api/usage/limits). Shopify keeps the formula to itself: to the base of two is our choice.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, log2
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    value_from_ast_untyped,
)

MUTATION = 10.0
MOST_FOR_ONE = 1000
UNASKED = 1  # the size of a list that is not asked for by `first`: refunds, fulfilments


def scale(size: int) -> float:
    return max(1.0, log2(max(size, 1)))


class Cost:
    """What one document with its variables may cost: the price that the bucket must hold."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {f.name.value: f for f in document.definitions if isinstance(f, FragmentDefinitionNode)}
        self._operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        self.is_mutation = self._operation.operation.value == "mutation"

    def points(self) -> int:
        if self.is_mutation:
            return round(MUTATION)
        root = self._schema.query_type
        return max(1, ceil(self._selection(self._operation.selection_set, root))) if root else 1

    def _selection(self, chosen: SelectionSetNode | None, kind: Any) -> float:
        own, branches = 0.0, [0.0]
        for node in chosen.selections if chosen else ():
            if isinstance(node, FieldNode):
                own += self._field(node, kind)
                continue
            inner, onto = self._fragment(node, kind)
            if isinstance(kind, GraphQLInterfaceType):
                branches.append(self._selection(inner, onto))
            else:
                own += self._selection(inner, onto)
        return own + max(branches)

    def _fragment(self, node: Any, kind: Any) -> tuple[SelectionSetNode, Any]:
        if isinstance(node, FragmentSpreadNode):
            node = self._fragments[node.name.value]
        onto = node.type_condition
        assert isinstance(node, (InlineFragmentNode, FragmentDefinitionNode))
        return node.selection_set, self._schema.get_type(onto.name.value) if onto else kind

    def _field(self, node: FieldNode, parent: Any) -> float:
        known: GraphQLField | None = parent.fields.get(node.name.value)  # absent: __typename
        kind = get_named_type(known.type) if known else None
        if known is None or not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)) or kind.name == "PageInfo":
            return 0.0
        if kind.name.endswith("Connection"):
            return scale(self._size(node)) * max(self._selection(node.selection_set, kind), 1.0)
        return scale(self._size(node)) * (1.0 + self._selection(node.selection_set, kind))

    def _size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "ids"):
                return self._asked(argument.value)
        return UNASKED

    def _asked(self, value: ValueNode) -> int:
        """The size that an argument asks for: a number, or a list of ids."""
        asked = value_from_ast_untyped(value, dict(self._variables))
        return len(asked) if isinstance(asked, list) else int(asked or 1)


def spent(answer: Mapping[str, Any]) -> float:
    """What an answer did cost: the same reckoning over what is really in it."""
    return sum(_spent_on(name, value) for name, value in answer.items())


def _spent_on(name: str, value: Any) -> float:
    if isinstance(value, list):
        return _rows(value)
    if not isinstance(value, dict) or name == "pageInfo":
        return 0.0
    return _rows(value["nodes"]) if "nodes" in value else 1.0 + spent(value)


def _rows(rows: list[Any]) -> float:
    whole = [1.0 + spent(row) for row in rows if isinstance(row, dict)]
    return scale(len(whole)) * sum(whole) / len(whole) if whole else 0.0


@dataclass(slots=True)
class Bucket:
    """The leaky bucket of one app at one shop; it fills by the sandbox's clock and by the real one, whichever moves."""

    clock: Callable[[], datetime]
    size: float = 2000.0
    rate: float = 100.0
    _available: float = field(default=2000.0, init=False)
    _at: tuple[datetime, float] = field(init=False)

    def __post_init__(self) -> None:
        self._available, self._at = self.size, (self.clock(), time.monotonic())

    def take(self, points: float) -> bool:
        """Pay; False, and nothing is taken, when the bucket does not hold so much."""
        self._fill()
        if points > self._available:
            return False
        self._available -= points
        return True

    def give_back(self, points: float) -> None:
        self._available = min(self._available + points, self.size)

    def drain(self) -> None:
        self._fill()
        self._available = 0.0

    def status(self) -> dict[str, float]:
        """`throttleStatus`; the numbers come as floats at times, and so they do here."""
        self._fill()
        return {"maximumAvailable": self.size, "currentlyAvailable": int(self._available), "restoreRate": self.rate}

    def _fill(self) -> None:
        now, tick = self.clock(), time.monotonic()
        passed = max((now - self._at[0]).total_seconds(), 0.0) + tick - self._at[1]
        self._available = min(self._available + passed * self.rate, self.size)
        self._at = (now, tick)
