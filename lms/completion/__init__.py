"""Completion: a versioned rule over coverage, explained in words."""
