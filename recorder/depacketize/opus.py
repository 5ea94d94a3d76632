"""Opus out of RTP (RFC 7587): one packet, one coded frame, its length told by the first byte (RFC 6716 3.1)."""

CLOCK_RATE = 48_000
_SILK_SAMPLES = (480, 960, 1920, 2880)
_HYBRID_SAMPLES = (480, 960)
_CELT_SAMPLES = (120, 240, 480, 960)
_MAX_SAMPLES = 5760


def packet_samples(payload: bytes) -> int:
    """How many samples at 48 kHz the packet decodes to; 0 when it is no Opus packet."""
    if not payload:
        return 0
    config, code = payload[0] >> 3, payload[0] & 3
    if config < 12:
        samples = _SILK_SAMPLES[config & 3]
    elif config < 16:
        samples = _HYBRID_SAMPLES[config & 1]
    else:
        samples = _CELT_SAMPLES[config & 3]
    if code == 3:
        count = payload[1] & 0x3F if len(payload) > 1 else 0
    else:
        count = 1 if code == 0 else 2
    total = samples * count
    return total if total <= _MAX_SAMPLES else 0
