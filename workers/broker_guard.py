"""kombu 5.7.0 lets a worker exit when Redis restarts; this keeps it alive until upstream has mended it.

On a lost connection kombu closes the channel twice. The second time it builds a connection pool from a client
that is already gone, and the `AttributeError` is not among the errors that the consumer survives. A
`ConnectionError` is.
"""

from typing import Any

from kombu.transport.redis import Channel

unguarded = Channel._connparams


def _connparams(self: Any, asynchronous: bool = False) -> Any:
    if self.connection is None or self.connection.client is None:
        raise ConnectionError("the broker connection is already torn down")
    return unguarded(self, asynchronous)


def install() -> None:
    """Guard every Redis channel of this process."""
    Channel._connparams = _connparams
