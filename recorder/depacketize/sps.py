"""The picture size out of an H.264 sequence parameter set (ITU-T H.264 7.3.2.1.1)."""

from dataclasses import dataclass

_HIGH_PROFILES = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))

# Parameter sets are some tens of bytes; a longer one is noise, and reading bits of it would cost.
_LONGEST = 512


class SpsError(Exception):
    """The parameter set ends too early or states no sensible size."""


@dataclass(slots=True)
class BitReader:
    value: int
    left: int

    @classmethod
    def of(cls, data: bytes) -> "BitReader":
        return cls(int.from_bytes(data, "big"), 8 * len(data))

    def bits(self, count: int) -> int:
        if count > self.left:
            raise SpsError("cut short")
        self.left -= count
        return self.value >> self.left & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise SpsError("number too long")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def read_sps(unit: bytes) -> tuple[int, int]:
    """(width, height) in pixels, cropping applied."""
    reader = BitReader.of(unit[1:_LONGEST].replace(b"\x00\x00\x03", b"\x00\x00"))
    profile = reader.bits(8)
    reader.bits(16)
    reader.unsigned()
    chroma, separate = _chroma(reader) if profile in _HIGH_PROFILES else (1, 0)
    reader.unsigned()
    _picture_order(reader)
    reader.unsigned()
    reader.bits(1)
    width = 16 * (reader.unsigned() + 1)
    map_units = reader.unsigned() + 1
    is_frames_only = reader.bits(1)
    if not is_frames_only:
        reader.bits(1)
    height = 16 * map_units * (2 - is_frames_only)
    reader.bits(1)
    if reader.bits(1):
        sub_x = 2 if chroma in (1, 2) and not separate else 1
        sub_y = (2 if chroma == 1 and not separate else 1) * (2 - is_frames_only)
        left, right, top, bottom = (reader.unsigned() for _ in range(4))
        width -= sub_x * (left + right)
        height -= sub_y * (top + bottom)
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise SpsError("no sensible size")
    return width, height


def _chroma(reader: BitReader) -> tuple[int, int]:
    chroma = reader.unsigned()
    separate = reader.bits(1) if chroma == 3 else 0
    reader.unsigned()
    reader.unsigned()
    reader.bits(1)
    if reader.bits(1):
        for index in range(8 if chroma != 3 else 12):
            if reader.bits(1):
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return chroma, separate


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.signed()) % 256
        last = following or last


def _picture_order(reader: BitReader) -> None:
    kind = reader.unsigned()
    if kind == 0:
        reader.unsigned()
    elif kind == 1:
        reader.bits(1)
        reader.signed()
        reader.signed()
        count = reader.unsigned()
        if count > 255:
            raise SpsError("too many reference frames in a cycle")
        for _ in range(count):
            reader.signed()
