"""The sans-IO LiveKit session: requests in, responses and engine calls out."""
