"""Alembic's entry: it runs on the connection and for the metadata it is handed, never on its own."""

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], target_metadata=attributes["metadata"], compare_type=True)
with context.begin_transaction():
    context.run_migrations()
