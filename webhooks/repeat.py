"""`Idempotency-Key`: a write that is sent again is answered as it was the first time, and done once."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, request
from sqlalchemy import ColumnElement, delete, select, update

from reconcile.errors import Refused
from reconcile.ledger.tables import kept
from webhooks.auth import caller
from webhooks.current import current_services

View = TypeVar("View", bound=Callable[..., Any])

NO_STORE = ""  # answers belong to callers, not to shops
KEPT_FOR = timedelta(days=1)
GIVEN_UP_AFTER = timedelta(minutes=1)  # a first try that never answered may be tried again
LONGEST = 255


def once(view: View) -> View:
    """A view that does its work once per key and caller; without the header every call counts."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        given = request.headers.get("Idempotency-Key", "")
        if not given:
            return view(*args, **kwargs)
        if len(given) > LONGEST:
            raise Refused(f"An Idempotency-Key has at most {LONGEST} characters.", "idempotency_key")
        slot = _digest(f"{caller().token_id}\n{request.method} {request.path}\n{given}".encode())
        earlier = _take(slot)
        return earlier if earlier is not None else _answer(slot, view, args, kwargs)

    return cast(View, guarded)


def _answer(slot: str, view: Callable[..., Any], args: Any, kwargs: Any) -> Response:
    try:
        response = current_app.make_response(view(*args, **kwargs))
    except Exception:
        _free(slot)
        raise
    if response.status_code >= 400:
        _free(slot)
        return response
    text = response.get_data(as_text=True)
    answer = {"asked": _digest(request.get_data()), "status": response.status_code, "body": text}
    services = current_services()
    with services.ledger.write() as connection:
        sealed = services.vault.seal(json.dumps(answer).encode())
        connection.execute(update(kept).where(*_at(slot)).values(value=sealed))
    return response


def _free(slot: str) -> None:
    """Nothing was done: the key may be used again."""
    with current_services().ledger.write() as connection:
        connection.execute(delete(kept).where(*_at(slot)))


def _at(slot: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return kept.c.store == NO_STORE, kept.c.key == slot


def _take(slot: str) -> Response | None:
    """The first answer if there is one; None when the slot is now ours. Raises `Refused` while the first is under way."""
    services = current_services()
    now = services.clock.now()
    with services.ledger.write() as connection:
        connection.execute(delete(kept).where(kept.c.store == NO_STORE, kept.c.kept_at < now - KEPT_FOR))
        empty = services.ledger.insert(kept).values(store=NO_STORE, key=slot, value=b"", kept_at=now)
        if connection.execute(empty.on_conflict_do_nothing().returning(kept.c.key)).first() is not None:
            return None
        row = connection.execute(select(kept).where(*_at(slot))).one()
        if not row.value and row.kept_at < now - GIVEN_UP_AFTER:
            connection.execute(update(kept).where(*_at(slot)).values(kept_at=now))
            return None
    if not row.value:
        raise Refused("The first call with this Idempotency-Key is still under way.", "in_progress")
    answer = json.loads(services.vault.open(row.value))
    if answer["asked"] != _digest(request.get_data()):
        raise Refused("This Idempotency-Key was used for another body.", "idempotency_key")
    repeated = Response(answer["body"], answer["status"], content_type="application/json")
    repeated.headers["Idempotent-Replayed"] = "true"
    return repeated


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
