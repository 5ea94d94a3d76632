"""Real clients on networks of our own: narrow, lossy, cut, translated, closed to UDP."""
