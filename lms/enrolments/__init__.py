"""Who belongs to a course."""
