"""Roles reach their unit and what is below it."""

import pytest

from lms.actor import Actor, Role, RoleScope
from lms.errors import Forbidden
from lms.ids import PersonId, UnitId


def an_actor(*scopes: tuple[Role, str]) -> Actor:
    return Actor(
        person_id=PersonId("p"),
        login="p",
        name="P",
        locale="vi",
        unit_id=UnitId("a"),
        unit_name="A",
        scopes=tuple(RoleScope(role=role, unit_id=UnitId("u"), unit_name="U", unit_path=path) for role, path in scopes),
    )


def test_a_role_reaches_down_and_not_up_or_aside() -> None:
    actor = an_actor((Role.ADMINISTRATOR, "/a/b/"))
    assert actor.administers("/a/b/") and actor.administers("/a/b/c/")
    assert not actor.administers("/a/") and not actor.administers("/a/c/") and not actor.administers("/a/bb/")


def test_officials_manage_but_do_not_administer() -> None:
    actor = an_actor((Role.OFFICIAL, "/a/"))
    assert actor.manages("/a/b/") and not actor.administers("/a/b/")
    with pytest.raises(Forbidden, match="not_administrator_here"):
        actor.require_administers("/a/")


@pytest.mark.parametrize("role", [Role.TEACHER, Role.TRAINEE])
def test_teachers_and_trainees_manage_nothing(role: Role) -> None:
    actor = an_actor((role, "/a/"))
    assert not actor.manages("/a/")
    with pytest.raises(Forbidden, match="not_manager_here"):
        actor.require_manages("/a/")


def test_paths_hold_no_subtree_twice() -> None:
    actor = an_actor((Role.OFFICIAL, "/a/b/"), (Role.ADMINISTRATOR, "/a/"), (Role.ADMINISTRATOR, "/x/"))
    assert actor.paths(Role.OFFICIAL, Role.ADMINISTRATOR) == ("/a/", "/x/")
    assert actor.paths(Role.OFFICIAL) == ("/a/b/",)
    assert actor.paths(Role.TEACHER) == ()
