"""What the ledger keeps as an English sentence, in the language of the page.

Reasons are written once, when something is decided. Each template below is one that the product writes; a stored
sentence that fits it is said again in another language, with its values. One that fits none stays English.
"""

from functools import cache

from reconcile.phrases import Phrases
from webhooks.languages import gettext, language
from webhooks.languages import marked as _
from webhooks.page_terms import TERMS, term

TEMPLATES = (
    # decisions
    _("nothing to do"),
    _("a person closed the case on it"),
    _("the POS could not be read; nothing is concluded from that"),
    _("held by a person until %(until)s"),
    _("the POS has a record of it: it is never touched; a person completes it there"),
    _("%(reason)s; mode observe only records"),
    _("%(reason)s; the shop was stopped by %(who)s"),
    _("what holds it back has to be changed first"),
    _("too early to tell"),
    _("the cause is only possible"),
    _("not all findings agree on a touch"),
    _("only lateness speaks for it, and the connector's speed is not known yet (%(n)s of 200 arrivals)"),
    _("re-queued by %(who)s; no POS record under any spelling"),
    _("%(cause)s is seen gone or said to be, and the order is still absent"),
    _("late without an explanation, and absent under every spelling"),
    _("at this shop a touch has brought an order in twice"),
    _("mode observe only records"),
    _("the last touch is still settling"),
    _("the last touch was never answered"),
    _("it was touched already, and it is not proven that a touch works here"),
    _("it was touched less than an hour ago"),
    _("this connector does not react to a touch: use Mortar's resync order on it"),
    _("mode assist asks before a touch"),
    _("missing for more than %(n)s days"),
    _("older than this installation"),
    _("%(n)s touches did not bring it in"),
    _("%(n)s orders were touched in the last hour, the shop's cap"),
    _("no order that became eligible later has arrived yet: the connector may be standing still"),
    _("no order has matched under these spellings of the reference yet"),
    _("a reference that is known to be in the POS was not found either"),
    _("no whole read has shown it absent"),
    _("a second read, two minutes later, has to show it absent too"),
    _("the last read is too old to touch on it"),
    _("sales keyed in by hand have not been looked for"),
    _("waiting for the %(n)s orders of this step to arrive"),
    _("the first touch at this shop is still under way: what it does here is not known yet"),
    _("a sale without an order's number looks like it: if staff did not key it in by hand, re-queue it again"),
    _("the connector carries nothing at all: a touch into a standing queue may double"),
    _("what it waits for makes the connector look at it again by itself"),
    _("the canary has not arrived yet"),
    _("the canary did not arrive: not fixed yet"),
    _("%(share)s of the last day's orders would be touched: suspecting ourselves, stopped until released"),
    _("the connector may still be completing it in the POS"),
    # batches
    _("it arrived by itself"),
    _("the POS has a record of it, but not as it should be"),
    _("the connector is not meant to carry it"),
    _("the case was closed: %(how)s"),
    _("cancelled by %(who)s"),
    _("%(name)s was deleted in Shopify."),
    _("%(name)s is in the POS as it should be: there is nothing to re-queue."),
    _("%(name)s is excluded%(why)s: the connector is not meant to carry it."),
    _("The POS has a record of %(name)s (%(records)s): it is completed there, a touch could double it."),
    _("Nothing is re-queued: %(why)s"),
    _("The last touch of %(name)s is still settling; see what it brings first."),
    # incidents
    _("Resolved: nothing is held back any more."),
    _("This connector does not react to a touch: use Mortar's resync order on these orders."),
    _("%(n)s arrived after a touch, %(m)s on their way, %(k)s not closed yet."),
    _("One order was touched first; the others follow once it has arrived."),
    _("Not fixed yet: the order that was touched first has not arrived."),
    _("Said to be fixed by %(who)s: one order is touched first."),
    # connecting a shop
    _("This link is not one of ours, or a part of it is missing: copy it whole."),
    _("This link has expired: ask for a new one."),
    _("This link was used already, or a newer one was sent since."),
    _("This answer belongs to no installation that was begun in this browser. Open the link again."),
    _("The answer is not signed by Shopify for this shop. Open the link again."),
    _("This shop is not set up here yet: ask for a link."),
    _("Shopify's answer is too old. Open the link again."),
    _("It was not approved at the POS. Open the link again."),
    _("It was approved at another account than %(what)s: sign in there, and open the link again."),
    _("a link for installing the app was made, good until %(until)s"),
    _("a link for approving at %(where)s was made, good until %(until)s"),
    _("our app was approved at the POS, %(what)s"),
    _("the app was installed; not granted: %(what)s"),
    _("access changed: %(what)s"),
    # events
    _("re-queued in batch %(n)s"),
    _("re-queue cancelled with batch %(n)s"),
    _("re-queued"),
    _("held until %(until)s"),
    _("closed, %(how)s: %(why)s"),
    _("a look was asked for"),
    _("a set-up check was asked for"),
    _("a sweep was asked for"),
    _("a sweep since %(since)s was asked for"),
    _("stopped: %(why)s"),
    _("said to be fixed"),
    _("declared to be fixed: %(what)s"),
    _("given to %(who)s"),
    _("note: %(text)s"),
    _("mode %(before)s → %(after)s"),
    _("declared: %(what)s"),
    _("limits: %(what)s"),
    _("signed in with %(how)s as %(role)s"),
    _("a token"),
    _("a sign-in was refused: %(why)s"),
    _("the token is not known, was revoked or has expired"),
    _("nothing is granted to them"),
    _("OpenID Connect was not completed"),
    _("opened: %(cause)s"),
    _("resolved: %(cause)s"),
    _("the shop was stopped by %(who)s: %(why)s"),
    _("the global stop switch is on (STOP)"),
)


def said(text: str | None) -> str:
    """A stored sentence in the language of the page, where its template is known."""
    if not text or language() == "en":
        return text or ""
    found = _phrases().find(text)
    if found is not None:
        template, values = found
        return gettext(template, **{name: said(value) for name, value in values.items()})
    return term(text) if text in TERMS else text


@cache
def _phrases() -> Phrases:
    return Phrases(TEMPLATES)
