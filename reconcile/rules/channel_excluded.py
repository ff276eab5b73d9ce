"""Rule: the order comes from a sales channel that the connector leaves out."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, shopify
from reconcile.rules._left_out import CHANNEL, left_out_by
from reconcile.runs import arrived_later

DRAFTS = "shopify_draft_order"  # has a rule of its own
SETTING = "Download Third Party Orders"


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    inferable=True,
    title_fr="La commande vient d'un canal de vente que le connecteur laisse de côté.",
    fix_fr="Rien à corriger si c'est voulu : déclarer le canal dans channels_excluded. Sinon : réglages du connecteur > "
    "Orders : activer Download Third Party Orders, enregistrer, et ne pas déclarer le canal.",
    evidence_fr="Le `source_name` de la commande, ou l'application qui l'a créée, est parmi les canaux déclarés exclus : "
    "certain. Les arrivées l'emportent sur la déclaration : si une commande plus récente de ce canal est arrivée, ce n'est "
    "pas cela. Non déclaré : les commandes de ce canal sont en retard de suite alors que d'autres arrivent : probable ; ou "
    "celles d'une étiquette aussi, tout autant : possible.",
    then_fr="Déclarée, la commande est exclue et n'est plus cherchée ; un changement de la commande la fait juger à "
    "nouveau. Ce qui n'est que déduit n'est pas encore une faute et n'exclut rien : une fois qu'une commande plus récente "
    "du canal est arrivée, les commandes qu'elle retenait sont relancées, une d'abord.",
)
def channel_excluded(ev: Evidence) -> Suspicion | None:
    """The order comes from a sales channel that the connector leaves out.

    Orders of marketplaces and other apps can be left out on purpose, mostly because another system carries them
    (formerly the setting Download Third Party Orders).

    Evidence: the order's `source_name`, or the app that made it, is among the channels declared as excluded: certain.
      Arrivals beat the declaration: when a later order of that channel has arrived, it is not this. Not declared: orders
      of that channel are late in a row while others arrive: likely; or those of a tag as well, just as likely: possible.
    Fix: nothing to fix if that is intended: declare the channel in `channels_excluded`. If not: the connector's settings >
      Orders: switch Download Third Party Orders on, save, and do not declare the channel.
    Then: declared, the order is excluded and not looked for any more; a change of the order has it judged anew. What was
      only inferred is no fault yet and excludes nothing: once a later order of the channel has arrived, the orders that
      it held back are touched, one first.
    Not this: a channel that nobody declared as excluded is expected to arrive. An order made from a draft is
      `draft_order`, one that mirrors a sale of the till `mirror_of_pos_sale`.
    Source: facts/connector-causes.md, A1 E13; facts/shopify-api.md, 2.2 (source_name)
    """
    order = ev.order
    excluded = {channel.strip().lower() for channel in ev.shop.declared.channels_excluded or ()}
    channels = [name for name in (order.source_name, order.app_id) if name and name.lower() in excluded]
    if not channels and order.source_name:
        return left_out_by(ev, CHANNEL, SETTING, shopify("sales channel", order.source_name))
    if not ev.absent or not channels or order.source_name == DRAFTS:
        return None
    if arrived_later(ev.shop.outcomes, f"channel:{order.source_name}", ev.eligible_at, ev.grace):
        return None
    facts = (shopify("sales channel", channels[0]), declared("channels left out", listed(sorted(excluded))))
    return Suspicion(Certainty.CERTAIN, facts, channels[0])
