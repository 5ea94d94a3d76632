"""Courses and their versioned completion rule."""
