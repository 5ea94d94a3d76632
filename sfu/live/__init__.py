"""A room with its transports, and what goes on in it by itself."""
