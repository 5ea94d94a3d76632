"""Session descriptions: read, answered, offered."""
