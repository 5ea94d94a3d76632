"""Our side of the media node: tickets, room calls, signed webhooks."""
