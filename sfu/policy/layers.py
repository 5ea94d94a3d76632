"""Which layers of a video a subscriber gets.

The wish is a quality, or a size: then the smallest layer with at least nine tenths of the wanted height (LiveKit's
rule). Layers that do not flow now are passed over: lower ones first, then higher ones. An encoding of simulcast and a
spatial layer of SVC are the same here.

A rung is a step of the ladder on which bandwidth is shared: a layer with some or all of its temporal layers.
"""

from collections.abc import Sequence

from sfu.media import Quality, TrackSetting, VideoLayer

ENOUGH = 0.9

# per layer: only the lowest temporal layer, all but the highest, all
RUNGS_A_LAYER = 3
WHOLE = RUNGS_A_LAYER - 1


def announced_heights(layers: Sequence[VideoLayer]) -> list[int]:
    """The shorter sides, lowest first."""
    return sorted(min(layer.width, layer.height) for layer in layers if layer.width and layer.height)


def wanted_encoding(setting: TrackSetting, heights: Sequence[int], encodings: int) -> int | None:
    """Index of the layer the setting asks for, lowest first; None = send nothing. `heights`: as far as known."""
    if setting.is_disabled or setting.quality is Quality.OFF or encodings == 0:
        return None
    top = encodings - 1
    wanted_height = min(setting.width, setting.height) if setting.width else setting.height
    if not wanted_height:
        # of two layers the better one is the high one
        return min(int(setting.quality), top)
    if len(heights) != encodings:
        # sizes unknown: each layer is half the one above it, the top one is what was published
        return top
    for index, height in enumerate(heights):
        if height >= ENOUGH * wanted_height:
            return index
    return top


def flowing_encoding(wanted: int | None, flowing: Sequence[bool]) -> int | None:
    """The wanted layer if it flows, else the nearest lower, else the nearest higher, else the wanted one."""
    if wanted is None or wanted >= len(flowing):
        return wanted
    lower = [index for index in range(wanted, -1, -1) if flowing[index]]
    higher = [index for index in range(wanted + 1, len(flowing)) if flowing[index]]
    return (lower or higher or [wanted])[0]


def wanted_temporal(frame_rates: Sequence[float], fps: int) -> int | None:
    """The lowest temporal layer that shows nearly so many pictures a second; None = all of them."""
    if fps:
        for temporal, rate in enumerate(frame_rates[:-1]):
            if rate >= ENOUGH * fps:
                return temporal
    return None


def rung_of(layer: int, step: int = WHOLE) -> int:
    return layer * RUNGS_A_LAYER + step


def layer_of(rung: int) -> int:
    return rung // RUNGS_A_LAYER


def temporal_of(rung: int, temporal_layers: int) -> int | None:
    """The highest temporal layer of a rung; None = all there are."""
    step = rung % RUNGS_A_LAYER
    if step == WHOLE or temporal_layers < 2:
        return None
    return 0 if step == 0 else temporal_layers - 2


def rung_costs(bps: Sequence[int | None], temporal_bps: Sequence[Sequence[int]]) -> list[int | None]:
    """What each rung takes. `bps`: of whole layers, None = does not flow; `temporal_bps`: of each layer up to each
    of its temporal layers.

    Only the lowest layer is thinned to its lowest temporal layer: a large picture that hardly moves is worth less.
    """
    costs: list[int | None] = []
    for layer, whole in enumerate(bps):
        rates = temporal_bps[layer] if layer < len(temporal_bps) else ()
        if whole is None or len(rates) < 2:
            costs += [None, None, whole]
            continue
        lowest = min(rates[0], whole) if layer == 0 and len(rates) > 2 else None
        costs += [lowest, min(rates[-2], whole), whole]
    return costs
