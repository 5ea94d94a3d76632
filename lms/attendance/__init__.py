"""Attendance: append-only evidence, coverage as interval union on the session clock."""
