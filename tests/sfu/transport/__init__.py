"""Transports: DTLS and data channels, two ends back to back."""
