"""Tags of an order beside the declared ones. Not a rule."""

from collections.abc import Iterable


def same(tags: Iterable[str], wanted: Iterable[str] | None) -> list[str]:
    """The tags that are among the wanted ones, in the order of their names; Shopify's tags know no case of letters."""
    folded = {tag.strip().lower() for tag in wanted or () if tag.strip()}
    return sorted(tag for tag in tags if tag.strip().lower() in folded)
