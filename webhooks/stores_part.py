"""A shop's table as a part of the stores file: secrets become names of environment variables, which are listed beside."""

import json
from collections.abc import Iterator
from typing import Any

from reconcile.config import SECRET_KEYS


def stores_part(store: str, table: dict[str, Any]) -> str:
    """What to append to stores.toml, and which variables have to be set; holds no secret."""
    named: dict[str, None] = {}
    lines = [f"[stores.{store}]", *_rows(store, table, "", named)]
    for part in ("shopify", "pos", "connector"):
        if table.get(part):
            lines += [f"[stores.{store}.{part}]", *_rows(store, table[part], part, named)]
    return "\n".join([*lines, "", "# In .env or the environment:", *(f"#{name}=" for name in named)])


def _rows(store: str, values: dict[str, Any], part: str, named: dict[str, None]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            continue
        if key in SECRET_KEYS:
            # The secret of an app signs the webhooks too: one variable for both.
            shared = key == "webhook_secrets" and values["shopify"].get("client_secret")
            name = "_".join([store, *(("shopify", "client_secret") if shared else filter(None, (part, key)))])
            name = name.upper().replace("-", "_")
            named[name] = None
            value = [f"env:{name}"] if isinstance(value, list) else f"env:{name}"
        yield f"{key} = {json.dumps(value)}"
