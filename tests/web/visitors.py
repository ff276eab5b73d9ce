"""Browsers of the pages: signed in with a role, sending forms as the page would have them."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from reconcile.services import Services
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """Somebody who has signed in."""

    def __init__(
        self, services: Services, role: Role = Role.OPERATOR, *stores: str, name: str = "ann", secret: str = ""
    ) -> None:
        self.browser: FlaskClient = create_app(services).test_client()
        self.send("/sign-in", token=secret or tokens.create(services, role, stores, name))

    def get(self, path: str, status: int = 200) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, status: int = 303, **fields: Any) -> TestResponse:
        token = FORM_TOKEN.search(self.browser.get("/sign-in").text)
        assert token
        answer = self.browser.post(path, data={"csrf_token": token[1], **fields})
        assert answer.status_code == status, answer.text
        return answer
