"""People, their roles in units, and how they sign in."""
