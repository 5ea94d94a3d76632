"""The shape of the tree."""

from lms.ids import UnitId
from lms.organisation.rules import child_path, depth, is_within, moved_path, root_path


def test_paths_grow_from_the_root() -> None:
    root = root_path(UnitId("a"))
    assert child_path(root, UnitId("b")) == "/a/b/"
    assert (depth(root), depth("/a/b/")) == (0, 1)


def test_a_unit_is_within_itself_and_its_ancestors_only() -> None:
    assert is_within("/a/b/", "/a/")
    assert is_within("/a/", "/a/")
    assert not is_within("/a/", "/a/b/")
    assert not is_within("/ab/", "/a/")


def test_a_move_carries_the_subtree_along() -> None:
    assert moved_path("/a/b/c/", "/a/b/", "/a/d/b/") == "/a/d/b/c/"
