"""Alembic environment; each version is expand, backfill or contract, never all at once."""
