"""aiohttp handlers: WebSocket, RoomService, health; and the webhook sender with its durable outbox."""
