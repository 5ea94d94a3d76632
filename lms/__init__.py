"""Who should be there, who was, who is done: one folder a noun, one database."""
