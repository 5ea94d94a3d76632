"""Engine, unit of work, outbox and migrations: the only place that knows which database runs."""
