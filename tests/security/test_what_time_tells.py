"""How long a refusal takes tells nothing of the secret: by how it is made, and as far as it can be measured."""

import inspect
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, event

from reconcile.services import Services
from tests.faults.conftest import IS_LONG
from tests.figures import Note
from tests.web.sender import BODY, signature
from webhooks import shopify, tokens
from webhooks.tokens import Role

ROUNDS = 3_000 if IS_LONG else 400
APART = 0.25  # of the median: what a busy machine blurs


def like(secret: str, shared: int) -> str:
    """A token that is wrong, and begins like the right one."""
    return secret[:shared] + "".join("A" if letter != "A" else "B" for letter in secret[shared:])


def medians(tried: list[Callable[[], Any]]) -> list[float]:
    """Of each, the median of many calls in turns, so that a slow spell of the machine is everybody's."""
    took: list[list[float]] = [[] for _ in tried]
    for _ in range(ROUNDS):
        for place, call in enumerate(tried):
            began = time.perf_counter()
            call()
            took[place].append(time.perf_counter() - began)
    return [statistics.median(times) for times in took]


def test_only_a_digest_of_a_token_is_compared(services: Services) -> None:
    """Who guesses does not know the digest: that some of it fits helps with no next guess."""
    secret = tokens.create(services, Role.ADMIN)
    asked: list[str] = []

    def listen(*told: Any) -> None:
        asked.append(repr(told[2:4]))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        assert tokens.find(services, like(secret, 20)) is None
        assert tokens.find(services, secret) is not None
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    assert sum("tokens" in text for text in asked) >= 2
    assert not any(secret[:20] in text for text in asked)


@pytest.mark.parametrize("judge", [shopify.is_signed, tokens.find])
def test_secrets_are_compared_in_constant_time(judge: Callable[..., Any]) -> None:
    assert "compare_digest(" in inspect.getsource(judge)


def test_a_wrong_token_takes_as_long_however_much_of_it_is_right(services: Services, note: Note) -> None:
    secret = tokens.create(services, Role.ADMIN)
    found = medians([lambda shared=shared: tokens.find(services, like(secret, shared)) for shared in (0, 20, 46)])  # type: ignore[misc]
    spread = (max(found) - min(found)) / min(found)
    assert spread < APART, found
    note("time of a wrong token", tried=3 * ROUNDS, longest_spread_of_medians=spread)


def test_a_wrong_signature_takes_as_long_however_much_of_it_is_right(note: Note) -> None:
    right = signature(BODY)
    wrong = [like(right, shared) for shared in (0, 20, 43)]
    found = medians([lambda given=given: shopify.is_signed(BODY, given, ("secret", "older")) for given in wrong])  # type: ignore[misc]
    spread = (max(found) - min(found)) / min(found)
    assert spread < APART, found
    note("time of a wrong signature", tried=3 * ROUNDS, longest_spread_of_medians=spread)
