"""An answer that is an error."""

from __future__ import annotations


class Refused(Exception):
    """Its status and its sentence."""

    def __init__(self, status: int, message: str) -> None:
        """Keep what the answer will say."""
        super().__init__(message)
        self.status, self.message = status, message
