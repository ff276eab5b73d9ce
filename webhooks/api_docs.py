"""The API's own page: every operation with an example that can be run, made from the OpenAPI document."""

import json
import shlex
from typing import Any

from flask import Response, render_template, request
from flask_smorest import Api

EXAMPLES: dict[str, dict[str, Any]] = {
    "hold": {"until": "2026-12-01T09:00:00Z"},
    "dismiss": {"reason": "refunded by phone"},
    "note": {"note": "asked the connector's support"},
    "requeue": {"cause": "archived_orders_off", "dry_run": True},
    "sweep": {"since": "2026-11-01T00:00:00Z"},
    "stop": {"reason": "stock-taking"},
    "mode": {"mode": "assist"},
    "declared": {"download_archived_orders": True},
    "limits": {"touches_an_hour": 30},
}
A_NEW_KEY = '-H "Idempotency-Key: $(date +%s)"'  # made by the shell when the line is run
NAMED = {  # what the shell is told once, by the name of the path's part: its variable, and an example
    "store": ("STORE", "demo"), "order_id": ("ORDER", "1001"), "incident_id": ("INCIDENT", "1"),
    "delivery_id": ("DELIVERY", "1"), "batch_id": ("BATCH", "…"),
}  # fmt: skip
SET_ONCE = " ".join(f"{name}={value}" for name, value in (("TOKEN", "…"), *NAMED.values()))
QUERIES = {"/api/v1/orders": "standing=missing&limit=20", "/statement": "from=2026-11-01&to=2026-11-02"}


def page(api: Api) -> Response:
    """The page; it loads nothing from anywhere."""
    spec: dict[str, Any] = api.spec.to_dict()
    found = [
        _operation(path, verb, told)
        for path, verbs in spec["paths"].items()
        for verb, told in verbs.items()
        if verb != "parameters"
    ]
    tags = {tag["name"]: tag.get("description", "") for tag in spec.get("tags", ())}
    groups = [(description, [one for one in found if one["tag"] == name]) for name, description in tags.items()]
    response = Response(render_template("api_docs.html", groups=groups, set_once=SET_ONCE))
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'"
    return response


def _operation(path: str, verb: str, told: dict[str, Any]) -> dict[str, Any]:
    asked = [part for part in told.get("parameters", ()) if part.get("in") == "query"]
    return {
        "verb": verb.upper(),
        "path": path,
        "tag": (told.get("tags") or [""])[0],
        "says": told.get("summary", ""),
        "role": told.get("x-role", ""),
        "asked": [(part["name"], part.get("description", ""), part.get("schema", {}).get("enum")) for part in asked],
        "curl": _curl(path, verb),
    }


def _curl(path: str, verb: str) -> str:
    filled = path
    for name, (variable, _) in NAMED.items():
        filled = filled.replace(f"{{{name}}}", f"${variable}")
    query = next((text for end, text in QUERIES.items() if path.endswith(end)), "")
    url = f"{request.url_root.rstrip('/')}{filled}{'?' + query if query else ''}"
    body = EXAMPLES.get(path.rpartition("/")[2]) if verb != "get" and not path.endswith("}/requeue") else None
    parts = ["curl", "-sS", *([] if verb == "get" else ["-X", verb.upper()])]
    words = " ".join(parts) + ' -H "Authorization: Bearer $TOKEN"'
    if verb != "get":
        words += f" {A_NEW_KEY}"
    if body is not None:
        words += f" -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))}"
    return f'{words} "{url}"'
