"""Door."""
DOOR = None
