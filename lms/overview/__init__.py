"""Views that join several nouns: a session with its coverage and replay, course cards, today, live rooms."""
