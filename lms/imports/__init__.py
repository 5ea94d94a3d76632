"""CSV import of units and people, checked row by row before anything is written."""
