"""The only asyncio in sfu: endpoint, DTLS, SCTP, peers."""
