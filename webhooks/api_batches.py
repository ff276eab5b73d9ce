"""The API on many orders at once: re-queue by filter or by name, follow the batch, cancel it."""

from typing import Any
from uuid import UUID

from flask import Response, make_response

from reconcile import people
from reconcile.ledger.paging import read_cursor, write_cursor
from reconcile.ledger.queries import OrderFilter
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.routes import Part, seen_stores
from webhooks.schemas import PageQuery, RequeueBody
from webhooks.schemas_more import BatchSchema, PreviewSchema

part = Part("batches", "Re-queue many orders, and see how each of them fares.")
FIRST_PAGE = 250


@part.write(
    "POST",
    "/requeue",
    BatchSchema,
    status=202,
    body=RequeueBody,
    may_give=(200, PreviewSchema, "A dry run: the count and a sample"),
)
def requeue_many(given: dict[str, Any]) -> Any:
    """Re-queue what the filter names, or these orders; `dry_run` only counts and shows a sample."""
    services, wanted = current_services(), given["wanted"]
    stores = seen_stores(wanted.store) if isinstance(wanted, OrderFilter) else seen_stores()
    if given["dry_run"]:
        return _previewed(people.preview(services, stores, wanted))
    batch_id = people.requeue_many(services, caller().name, stores, wanted)
    wake_workers()
    return _batch(batch_id, {"limit": FIRST_PAGE})


@part.get("/batches/<uuid:batch_id>", BatchSchema, query=PageQuery)
def batch_progress(given: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """How a batch fares, order by order."""
    return _batch(str(batch_id), given)


@part.write("POST", "/batches/<uuid:batch_id>/cancel", BatchSchema, status=202)
def cancel_batch(batch_id: UUID) -> dict[str, Any]:
    """Cancel what still waits; what was touched was touched."""
    people.cancel_batch(current_services(), caller().name, seen_stores(), str(batch_id))
    wake_workers()
    return _batch(str(batch_id), {"limit": FIRST_PAGE})


def _previewed(seen: people.Preview) -> Response:
    sample = [
        {**one.row._mapping, "may_not_because": one.obstacle.reason if one.obstacle else None} for one in seen.sample
    ]
    return make_response(PreviewSchema().dump({"count": seen.count, "skipped": seen.skipped, "sample": sample}), 200)


def _batch(batch_id: str, page: dict[str, Any]) -> dict[str, Any]:
    progress = people.progress_of(current_services(), seen_stores(), batch_id)
    start = read_cursor(page["cursor"], int)[0] if page.get("cursor") else 0
    end = start + page["limit"]
    return {
        "batch_id": progress.batch_id,
        "by": progress.by,
        "created_at": progress.created_at,
        "cancelled_at": progress.cancelled_at,
        "done": progress.done,
        "total": len(progress.items),
        "counts": progress.counts,
        "items": progress.items[start:end],
        "next": write_cursor(end) if end < len(progress.items) else None,
    }
