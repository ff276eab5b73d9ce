"""Errors, named by what the caller should do next."""

from datetime import timedelta


class ReconcilerError(Exception):
    """Base of every error that this product raises on purpose; its text is written for the operator."""


class Retryable(ReconcilerError):
    """The remote did not answer as it should; nothing was changed; look again later."""


class Throttled(Retryable):
    """The remote asks us to slow down; ``after`` is how long to wait, or None when it did not say."""

    def __init__(self, message: str, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Rejected(ReconcilerError):
    """The remote understood the request and refuses it; sending it again changes nothing. ``status`` is HTTP's."""

    def __init__(self, code: str, detail: str = "", status: int | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.status = status


class Unauthorised(ReconcilerError):
    """The token was refused (401), or may not do this (403); a person has to mend the credentials."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class OutcomeUnknown(ReconcilerError):
    """A write was sent and its answer was lost: never sent again blindly; the next look decides."""


class Untrustworthy(Retryable):
    """The answer does not fit the question (rows nobody asked for, a total that is not met): treated as unread."""


class Unsupported(ReconcilerError):
    """The adapter does not declare this capability; nothing was requested."""


class PoisonPayload(ReconcilerError):
    """A delivery whose body cannot be folded; it is parked with this text and blocks nothing."""


class ConfigurationError(ReconcilerError):
    """Settings that cannot be started with; ``problems`` lists every one as ``key path: what is wrong``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The configuration has problems:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


class LeaseLost(ReconcilerError):
    """Another worker took the shop over; what this one had in hand is dropped, not written."""


class NotThere(ReconcilerError):
    """What was named does not exist, or not for whoever asks: the two are never told apart."""


class Refused(ReconcilerError):
    """What a person asked for may not be done now; ``limit`` is the slug of what forbids it."""

    def __init__(self, message: str, limit: str = "") -> None:
        super().__init__(message)
        self.limit = limit
