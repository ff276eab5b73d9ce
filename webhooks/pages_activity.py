"""The page on activity: who did what and when, people and policy alike."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from reconcile.ledger.queries_activity import activity_page
from webhooks.auth import caller
from webhooks.current import current_services
from webhooks.page_session import my_stores, page, pages
from webhooks.sign_ins import EVERYWHERE
from webhooks.timeline import told

SHOWN = 50
KINDS = (
    "requeue", "look", "hold", "dismiss", "incident", "mode", "limits", "declared", "stop", "release", "touch_reset", "check",
    "sweep", "replay", "token", "sign_in", "touch", "outcome", "decision", "finding", "standing", "closed", "privacy",
)  # fmt: skip


@pages.get("/activity")
@page()
def activity() -> ResponseReturnValue:
    """What people did, or all that happened, newest first."""
    given = {name: request.args.get(name, "").strip() for name in ("store", "who", "kind", "all")}
    wanted = {name: text for name, text in given.items() if text}
    stores = [store for store in my_stores() if wanted.get("store") in (None, store)]
    if not caller().stores and "store" not in wanted:
        stores.append(EVERYWHERE)
    with current_services().ledger.read() as connection:
        found = activity_page(
            connection, stores, who=wanted.get("who"), kinds=[wanted["kind"]] if "kind" in wanted else [],
            people_only="all" not in wanted,
            limit=SHOWN, cursor=request.args.get("cursor"),
        )  # fmt: skip
    return render_template("activity.html", found=found, wanted=wanted, kinds=KINDS, told=told)
