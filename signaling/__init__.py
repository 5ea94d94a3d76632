"""The media node's front door: LiveKit's protocol, server API and webhooks; root of the node process."""
