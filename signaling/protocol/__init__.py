"""The wire contract, pure: tokens, webhooks, names. The one thing all parts share."""
