"""The ledger's schema version: brought up by `db upgrade`, checked before anything is served."""

import logging
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from reconcile.errors import ConfigurationError
from reconcile.ledger import Ledger

logger = logging.getLogger(__name__)

DEADLOCK = "40P01"  # PostgreSQL's
WAITS_S = (0.2, 0.5, 1, 2, 5)
MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def migrate(ledger: Ledger) -> None:
    """Bring the ledger to the newest schema; safe to run again, from two processes at once, and beside running ones.

    Raises `ConfigurationError` when a newer version has written the ledger: there is no way back.
    """
    for wait_s in WAITS_S:
        try:
            return _upgrade(ledger)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                raise
            # A worker held one table and wanted another; all of the upgrade was undone.
            logger.warning("the upgrade and a running process waited for each other; it is tried again in %s s", wait_s)
            time.sleep(wait_s)
    return _upgrade(ledger)


def _upgrade(ledger: Ledger) -> None:
    with ledger.write() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if not _is_known(found):
            raise ConfigurationError([_too_new(found)])
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def schema_problem(ledger: Ledger) -> str | None:
    """Why the ledger cannot be used as it is, in words; None when its schema is the one this code was written for."""
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    with ledger.read() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found == wanted:
        return None
    if not _is_known(found):
        return _too_new(found)
    return f"the ledger's schema is {found or 'empty'}, this version needs {wanted}: run `flask --app webhooks.app db upgrade`"


def _is_known(revision: str | None) -> bool:
    return revision is None or revision in {
        one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()
    }


def _too_new(revision: str | None) -> str:
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    return (
        f"the ledger's schema is {revision}, and this version knows it up to {wanted}: a newer version has written it,"
        " and there is no way back. Start the newer version again, or restore the backup from before the upgrade"
    )
