"""Logs: one JSON object a line on standard error, with the ids of whatever the line speaks of; for a terminal, plain words.

The modules log with the standard library. Ids come from three places: `extra=` of the line itself, what is bound around it
(`structlog.contextvars`: the task and its shop), and the request that is being answered.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence

import structlog
from structlog.typing import Processor

from reconcile.errors import ConfigurationError

FORMATS = ("json", "text")
OF_OTHERS = ("_granian", "granian.access", "celery", "kombu", "alembic")  # they go through our handler as well
# One line for each task that is received and done, every two seconds: what the tasks do is logged by what they do.
QUIET = ("celery.worker.strategy", "celery.app.trace", "celery.beat", "alembic.runtime.migration")


def configure(environ: Mapping[str, str] | None = None, more: Sequence[Processor] = ()) -> None:
    """Take over the process's logging; `LOG_LEVEL` and `LOG_FORMAT` say how. `more` adds ids to a line."""
    env = os.environ if environ is None else environ
    level, form = _level(env), _form(env)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form, more))
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in OF_OTHERS:
        other = logging.getLogger(name)
        other.handlers[:], other.propagate = [], True
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)


def formatter(form: str, more: Sequence[Processor] = ()) -> logging.Formatter:
    """The standard library's records as lines of this form."""
    words: list[Processor] = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    line: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            *more,
            structlog.stdlib.ExtraAdder(),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *(line if form == "json" else words)],
    )


def _level(env: Mapping[str, str]) -> int:
    name = (env.get("LOG_LEVEL") or "INFO").upper()
    known = logging.getLevelNamesMapping()
    if name not in known:
        raise ConfigurationError([f"LOG_LEVEL: {name} is none of {', '.join(known)}"])
    return known[name]


def _form(env: Mapping[str, str]) -> str:
    form = env.get("LOG_FORMAT") or ("text" if sys.stderr.isatty() else "json")
    if form not in FORMATS:
        raise ConfigurationError([f"LOG_FORMAT: {form} is none of {', '.join(FORMATS)}"])
    return form
