"""The attendance table as CSV."""
