"""The migrations lead to exactly the models, on both databases, and back."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from lms.db.engine import Database
from lms.migrate import alembic_config, upgrade
from lms.schema import METADATA, MODELS


async def test_migrated_and_declared_schema_are_the_same(database: Database) -> None:
    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    await upgrade(database)
    await upgrade(database)


async def test_there_is_one_line_of_versions(postgresql_url: str) -> None:
    database = Database.open(postgresql_url)

    def down(connection: Connection) -> list[str]:
        command.downgrade(alembic_config(connection), "base")
        return inspect(connection).get_table_names()

    await upgrade(database)
    async with database.engine.begin() as connection:
        assert await connection.run_sync(down) == ["alembic_version"]
    await upgrade(database)
    await database.close()


def test_every_table_is_a_known_model() -> None:
    assert {model.__tablename__ for model in MODELS} == set(METADATA.tables)
