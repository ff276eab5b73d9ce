"""One line of the set-up check, in both languages."""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """A warning is in order as it stands, but unwise."""

    PASS = "pass"
    FAIL = "fail"
    WARNING = "warning"
    DOES_NOT_APPLY = "does_not_apply"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One line of the checklist, in both languages."""

    slug: str
    result: Result
    title: str
    title_fr: str
    evidence: str
    evidence_fr: str
    subject: str = ""
    fix: str = ""
    fix_fr: str = ""
