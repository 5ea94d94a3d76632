"""Who asks, and over which part of the tree: pure decisions on roles.

A role is held in one unit and reaches that unit and everything below it. Units are compared by path
("/root/office/school/"), so a moved school follows its new parents at once.
"""

from dataclasses import dataclass
from enum import StrEnum

from lms.errors import Forbidden
from lms.ids import PersonId, UnitId


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    OFFICIAL = "official"
    TEACHER = "teacher"
    TRAINEE = "trainee"


MANAGING_ROLES = (Role.ADMINISTRATOR, Role.OFFICIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleScope:
    role: Role
    unit_id: UnitId
    unit_name: str
    unit_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    person_id: PersonId
    login: str
    name: str
    locale: str
    unit_id: UnitId
    unit_name: str
    scopes: tuple[RoleScope, ...]

    def holds(self, *roles: Role, path: str) -> bool:
        return any(scope.role in roles and path.startswith(scope.unit_path) for scope in self.scopes)

    def administers(self, path: str) -> bool:
        return self.holds(Role.ADMINISTRATOR, path=path)

    def manages(self, path: str) -> bool:
        """Runs courses there: schedules, enrols, reads everybody's attendance."""
        return self.holds(*MANAGING_ROLES, path=path)

    def paths(self, *roles: Role) -> tuple[str, ...]:
        """The subtrees reached with any of these roles, widest first, none inside another."""
        found: list[str] = []
        for path in sorted({scope.unit_path for scope in self.scopes if scope.role in roles}):
            if not any(path.startswith(wider) for wider in found):
                found.append(path)
        return tuple(found)

    def require_administers(self, path: str) -> None:
        if not self.administers(path):
            raise Forbidden("not_administrator_here")

    def require_manages(self, path: str) -> None:
        if not self.manages(path):
            raise Forbidden("not_manager_here")
