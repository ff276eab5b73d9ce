"""Sentences that are kept in English and said again in another language: found by their templates, with their values."""

import re
from collections.abc import Iterable

HOLE = re.compile(r"%\((\w+)\)s")


class Phrases:
    """Templates such as `held until %(until)s`; of several that a text fits the one with the most words of its own counts."""

    def __init__(self, templates: Iterable[str]) -> None:
        by_words = sorted(templates, key=lambda one: len(HOLE.sub("", one)), reverse=True)
        self._patterns = [(template, _pattern(template)) for template in by_words]

    def find(self, text: str) -> tuple[str, dict[str, str]] | None:
        """The template that the text was made from, and what stands in its holes; None when it is none of ours."""
        for template, pattern in self._patterns:
            found = pattern.fullmatch(text)
            if found:
                return template, found.groupdict()
        return None


def _pattern(template: str) -> re.Pattern[str]:
    parts = HOLE.split(template)
    written = (f"(?P<{part}>.+?)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts))
    return re.compile("".join(written), re.DOTALL)
