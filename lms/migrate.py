"""Bring a database to the newest schema: Alembic, run from inside on a connection of ours."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from lms.db.engine import Database
from lms.schema import METADATA

MIGRATIONS = Path(__file__).parent / "db" / "migrations"
_MIGRATION_LOCK = 0x10F0_4091  # any constant: two starting processes must not migrate at once
_LOCK_TIMEOUT = "10s"


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = METADATA
    return config


async def upgrade(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    command.upgrade(alembic_config(connection), "head")
