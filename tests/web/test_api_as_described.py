"""Calls made from the OpenAPI document, by schemathesis: no answer is a failure of ours, none is one it does not describe."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from reconcile.services import Services
from tests.figures import Note
from tests.security.routes import planted
from tests.web.callers import two_shops
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
CALLS = 15  # per operation
BOUNDED = settings(
    max_examples=CALLS, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
def test_every_answer_is_one_that_the_document_describes(services: Services, role: Role, note: Note) -> None:
    made = two_shops(services)
    known = planted(made)
    app = create_app(made)
    headers = {"Authorization": f"Bearer {tokens.create(made, role)}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    statuses: dict[int, int] = {}
    for operation in operations:

        @BOUNDED
        @given(case=operation.as_strategy(), is_known=st.booleans())
        def tried(case: Any, is_known: bool) -> None:
            if is_known:  # a thing that exists: what is behind the look-up is tried too
                case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

        tried()
    assert len(operations) > 25
    assert 200 in statuses and not any(status >= 500 for status in statuses)
    note("calls made from the OpenAPI document", calls=sum(statuses.values()), undescribed=0)
