"""Which encoding of a video a subscriber gets.

The wish is a quality, or a size: then the smallest layer with at least nine tenths of the wanted height
(LiveKit's rule). Encodings that do not flow now are passed over: lower ones first, then higher ones.
"""

from collections.abc import Sequence

from sfu.media import Quality, TrackSetting, VideoLayer

ENOUGH_OF_HEIGHT = 0.9


def wanted_encoding(setting: TrackSetting, layers: Sequence[VideoLayer], encodings: int) -> int | None:
    """Index of the encoding the setting asks for, lowest quality first; None = send nothing."""
    if setting.is_disabled or setting.quality is Quality.OFF or encodings == 0:
        return None
    top = encodings - 1
    wanted_height = min(setting.width, setting.height) if setting.width else setting.height
    if not wanted_height:
        return min(int(setting.quality), top)
    heights = sorted(min(layer.width, layer.height) for layer in layers if layer.width and layer.height)
    if len(heights) != encodings:
        # sizes unknown: each layer is half the one above it, the top one is what was published
        return top
    for index, height in enumerate(heights):
        if height >= ENOUGH_OF_HEIGHT * wanted_height:
            return index
    return top


def flowing_encoding(wanted: int | None, flowing: Sequence[bool]) -> int | None:
    """The wanted encoding if it flows, else the nearest lower, else the nearest higher, else the wanted one."""
    if wanted is None:
        return None
    lower = [index for index in range(wanted, -1, -1) if flowing[index]]
    higher = [index for index in range(wanted + 1, len(flowing)) if flowing[index]]
    return (lower or higher or [wanted])[0]
