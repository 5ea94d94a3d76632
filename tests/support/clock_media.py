"""Media that says what time it is: every picture and every sound encodes a second, so any replayed moment is known.

The picture is a row of big blocks, black or white: a white marker, then 12 bits of tenths of a second, then their
parity; big flat blocks survive any codec at any bitrate. The tone's pitch is `BASE_HZ + STEP_HZ * (second % 40)`.
`JAVASCRIPT` draws and sounds the same in a browser.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 12
COLUMNS = BITS + 3
"""A white marker, the bits (highest first), even parity, a black marker."""
BASE_HZ, STEP_HZ, TONES = 400, 50, 40
SAMPLE_RATE = 48000

Gray = NDArray[np.uint8]


def draw(second: float, width: int = 320, height: int = 180) -> Gray:
    """A gray picture, height x width, of `second` (0 to 409.5, in tenths)."""
    blocks = np.array(_blocks(second), dtype=np.uint8) * 235
    columns = np.minimum(np.arange(width) * COLUMNS // width, COLUMNS - 1)
    return np.repeat(blocks[columns][np.newaxis, :], height, axis=0)


def _blocks(second: float) -> list[int]:
    tenths = int(second * 10 + 1e-6) % (1 << BITS)
    bits = [(tenths >> (BITS - 1 - place)) & 1 for place in range(BITS)]
    return [1, *bits, sum(bits) % 2, 0]


def read(gray: NDArray[Any]) -> float | None:
    """The second a decoded gray picture shows; None when it shows none (not our picture, or damaged)."""
    height, width = gray.shape
    middle = gray[height // 3 : height - height // 3]
    values = []
    for column in range(COLUMNS):
        start, end = (column * width) // COLUMNS, ((column + 1) * width) // COLUMNS
        margin = max(1, (end - start) // 4)
        values.append(float(middle[:, start + margin : end - margin].mean()))
    if values[0] < 160 or values[-1] > 90 or any(90 < value < 160 for value in values):
        return None
    bits = [int(value > 125) for value in values[1 : 1 + BITS]]
    if sum(bits) % 2 != int(values[1 + BITS] > 125):
        return None
    return sum(bit << (BITS - 1 - place) for place, bit in enumerate(bits)) / 10


def i420(gray: Gray) -> bytes:
    """The same picture as I420: the gray plane and two empty colour planes."""
    height, width = gray.shape
    colour_samples = 2 * int((height + 1) // 2) * int((width + 1) // 2)
    return bytes(gray.tobytes()) + bytes([128]) * colour_samples


def pitch_hz(second: float) -> int:
    return BASE_HZ + STEP_HZ * (int(second) % TONES)


def tone(start: float, samples: int, level: float = 0.3) -> NDArray[np.int16]:
    """`samples` at 48 kHz mono beginning at `start` seconds; the pitch changes on whole seconds."""
    times = start + np.arange(samples) / SAMPLE_RATE
    hertz = BASE_HZ + STEP_HZ * (np.floor(times + 1e-9) % TONES)
    # Within a second the phase counts from that second's start, so chunks join without a click.
    phase = 2 * math.pi * hertz * (times - np.floor(times + 1e-9))
    return (np.sin(phase) * level * 32767).astype(np.int16)


def heard_hz(samples: NDArray[Any], rate: int = SAMPLE_RATE) -> float | None:
    """The strongest pitch of mono samples; None for silence."""
    wave = samples.astype(np.float64)
    if np.sqrt(np.mean(wave**2)) < 100:
        return None
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    return float(np.argmax(spectrum) * rate / len(wave))


def second_of(hertz: float) -> int:
    """The second (modulo 40) whose pitch is nearest."""
    return round((hertz - BASE_HZ) / STEP_HZ) % TONES


JAVASCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
