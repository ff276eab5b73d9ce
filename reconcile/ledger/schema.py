"""The ledger's schema version: brought up by `db upgrade`, checked before anything is served."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from reconcile.ledger import Ledger

MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def migrate(ledger: Ledger) -> None:
    """Bring the ledger to the newest schema; safe to run again, and from two processes at once."""
    with ledger.write() as connection:
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
    return f"the ledger's schema is {found or 'empty'}, this version needs {wanted}: run `flask --app webhooks.app db upgrade`"
