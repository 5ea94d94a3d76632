"""Reading an uploaded file."""
