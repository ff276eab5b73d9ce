"""Coverage-guided: what a signed body or a header says may be refused in words, and nothing else may happen.

Run as `python -m tests.security.fuzzer body|headers -max_total_time=30`; it ends with a traceback when it finds something.
"""

import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["reconcile.shopify", "webhooks.shopify"]):
    from reconcile.errors import ReconcilerError
    from reconcile.shopify.payload import read_order, read_topic_ids
    from webhooks.shopify import is_signed, moment_of


def body(given: bytes) -> None:
    for read in (read_order, lambda raw: read_topic_ids("refunds/create", raw)):
        with suppress(ReconcilerError):
            read(given)


def headers(given: bytes) -> None:
    text = given.decode("latin-1")
    moment_of(text)
    assert not is_signed(b"{}", text, ("a secret that nobody knows",))


if __name__ == "__main__":
    target = {"body": body, "headers": headers}[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
