"""The tree of units: province, department, office, school."""
