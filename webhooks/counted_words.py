"""How many of something, as a language bends it: “1 manquante”, “3 manquantes”."""

from collections.abc import Callable

from flask_babel import ngettext

from webhooks.page_terms import term

# Each written out, for the tool that collects what there is to translate.
COUNTED: dict[str, Callable[[int, str], str]] = {
    # orders
    "missing": lambda count, n: ngettext("%(n)s missing", "%(n)s missing", count, n=n),
    "differs": lambda count, n: ngettext("%(n)s differs", "%(n)s differ", count, n=n),
    "pending": lambda count, n: ngettext("%(n)s pending", "%(n)s pending", count, n=n),
    "unread": lambda count, n: ngettext("%(n)s unread", "%(n)s unread", count, n=n),
    "waiting": lambda count, n: ngettext("%(n)s waiting", "%(n)s waiting", count, n=n),
    "matched": lambda count, n: ngettext("%(n)s matched", "%(n)s matched", count, n=n),
    "excluded": lambda count, n: ngettext("%(n)s excluded", "%(n)s excluded", count, n=n),
    # checks
    "pass": lambda count, n: ngettext("%(n)s passes", "%(n)s pass", count, n=n),
    "fail": lambda count, n: ngettext("%(n)s fails", "%(n)s fail", count, n=n),
    "warning": lambda count, n: ngettext("%(n)s warning", "%(n)s warnings", count, n=n),
    "unknown": lambda count, n: ngettext("%(n)s unknown", "%(n)s unknown", count, n=n),
    "does_not_apply": lambda count, n: ngettext("%(n)s does not apply", "%(n)s do not apply", count, n=n),
    # orders of a batch, and touches
    "touched": lambda count, n: ngettext("%(n)s touched", "%(n)s touched", count, n=n),
    "arrived": lambda count, n: ngettext("%(n)s arrived", "%(n)s arrived", count, n=n),
    "not_arrived": lambda count, n: ngettext("%(n)s not arrived", "%(n)s not arrived", count, n=n),
    "doubled": lambda count, n: ngettext("%(n)s doubled", "%(n)s doubled", count, n=n),
    "skipped": lambda count, n: ngettext("%(n)s skipped", "%(n)s skipped", count, n=n),
    "cancelled": lambda count, n: ngettext("%(n)s cancelled", "%(n)s cancelled", count, n=n),
}


def counted(count: int, word: str, written: str) -> str:
    """So many of what the word says; `written` is the number as people of the language write it."""
    return str(COUNTED[word](count, written)) if word in COUNTED else f"{written} {term(word)}"
