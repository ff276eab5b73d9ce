"""The ledger's own words, as people read them."""

from webhooks.languages import gettext
from webhooks.languages import marked as _

TERMS: dict[str, str] = {
    # standings
    "waiting": _("waiting"), "matched": _("matched"), "pending": _("pending"), "differs": _("differs"),
    "missing": _("missing"), "excluded": _("excluded"), "unread": _("unread"),
    # cases
    "watching": _("watching"), "retrying": _("retrying"), "needs_person": _("needs a person"), "held": _("held"),
    "closed": _("closed"), "open": _("open"),
    # closings and outcomes
    "arrived": _("arrived"), "after_retry": _("after a touch"), "after_fix": _("after a fix"),
    "by_hand": _("keyed in by hand"), "dismissed": _("dismissed"), "gone": _("gone"), "expired": _("expired"),
    "not_arrived": _("not arrived"), "doubled": _("doubled"),
    # certainties
    "certain": _("certain"), "likely": _("likely"), "possible": _("possible"),
    # checks
    "pass": _("pass"), "fail": _("fail"), "warning": _("warning"), "unknown": _("unknown"),
    "does_not_apply": _("does not apply"),
    # deliveries
    "received": _("received"), "folded": _("folded"), "parked": _("parked"),
    # incidents
    "acknowledged": _("acknowledged"), "resolved": _("resolved"), "opened": _("opened"),
    # batches
    "touched": _("touched"), "skipped": _("skipped"), "cancelled": _("cancelled"),
    # journal
    "intended": _("sent"), "done": _("done"), "refused": _("refused"),
    # modes, touches, roles
    "observe": _("observe"), "assist": _("assist"), "auto": _("auto"), "unproven": _("not proven yet"),
    "works": _("works"), "no_effect": _("no effect"), "doubles": _("doubles"), "viewer": _("viewer"),
    "operator": _("operator"), "admin": _("admin"),
    # decisions
    "record": _("record"), "wait": _("wait"), "touch": _("touch"), "flag": _("flag"), "tell": _("tell"), "ask": _("ask"),
    # sums
    "gross": _("gross"), "refunds": _("refunds"), "tax": _("tax"), "shipping": _("shipping"), "discount": _("discount"),
    "sold": _("sold"), "refunded": _("refunded"), "unsaid": _("not said"), "rounding": _("rounding"),
    "accepted": _("accepted"), "deleted": _("deleted"),
    # what differs
    "quantity": _("quantity"), "total": _("total"), "line": _("line"), "refund": _("refund"), "status": _("status"),
    # how Shopify says that an order is paid and fulfilled
    "authorized": _("authorized"), "paid": _("paid"), "partially_paid": _("partially paid"),
    "partially_refunded": _("partially refunded"), "voided": _("voided"), "fulfilled": _("fulfilled"),
    "unfulfilled": _("not fulfilled"), "partial": _("partly fulfilled"),
    # events
    "standing": _("standing"), "finding": _("finding"), "decision": _("decision"), "incident": _("incident"),
    "requeue": _("re-queue"), "hold": _("hold"), "dismiss": _("dismiss"), "look": _("look"), "outcome": _("outcome"),
    "delivery": _("delivery"), "mode": _("mode"), "declared": _("declared settings"), "sweep": _("sweep"),
    "connected": _("connection"),
    "check": _("set-up check"), "stop": _("stop"), "release": _("release"), "replay": _("replay"), "token": _("token"),
    "sign_in": _("sign-in"), "limits": _("limits"),
    "touch_reset": _("touch reset"), "privacy": _("privacy"), "uninstall": _("uninstall"),
    # languages and looks
    "light": _("light"), "dark": _("dark"),
    # sorting
    "newest": _("newest first"), "oldest": _("oldest first"), "largest": _("largest first"),
    "smallest": _("smallest first"),
}  # fmt: skip

CASE_STATES: dict[str, str] = {
    "open": _("any open"), **{word: TERMS[word] for word in ("watching", "retrying", "needs_person", "held", "closed")},
}  # fmt: skip


def term(word: object) -> str:
    """A word of the ledger in the language of the page; one that is not ours stays as it is."""
    text = str(word)
    return gettext(TERMS[text]) if text in TERMS else text.replace("_", " ")
