"""The shape of the tree: paths, moves and what they mean. Pure."""

from lms.ids import UnitId

MAX_DEPTH = 20


def root_path(unit_id: UnitId) -> str:
    return f"/{unit_id}/"


def child_path(parent_path: str, unit_id: UnitId) -> str:
    return f"{parent_path}{unit_id}/"


def is_within(path: str, ancestor_path: str) -> bool:
    """A unit is within itself."""
    return path.startswith(ancestor_path)


def moved_path(path: str, old_top: str, new_top: str) -> str:
    """Where `path` ends up when its ancestor at `old_top` moves to `new_top`."""
    return new_top + path[len(old_top) :]


def depth(path: str) -> int:
    """0 for the top unit."""
    return path.count("/") - 2
