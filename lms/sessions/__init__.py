"""Live sessions of a course on a schedule."""
