"""People from CSV: `login, name, unit, role, password`; unit by its code.

A role given is added to those the person holds; a password is set only where there is none yet, so the
same file again changes nothing.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from lms.accounts.models import HeldRole, Person
from lms.accounts.passwords import Hasher
from lms.accounts.repository import People
from lms.accounts.schemas import PASSWORD_LEAST, is_login
from lms.accounts.service import enrol_in_unit, rename
from lms.actor import Actor, Role
from lms.db.uow import UnitOfWork
from lms.imports.parsing import Column, Row, Sheet, fault
from lms.imports.units import Tally
from lms.organisation.models import Unit
from lms.organisation.repository import Units
from lms.text import fold

COLUMNS = (
    Column("login", ("tài khoản", "tên đăng nhập", "username"), is_required=True),
    Column("name", ("họ tên", "họ và tên", "full name"), is_required=True),
    Column("unit", ("unit_code", "đơn vị", "mã đơn vị"), is_required=True),
    Column("role", ("vai trò", "chức vụ")),
    Column("password", ("mật khẩu",)),
)
_ROLES = {
    Role.ADMINISTRATOR: ("administrator", "admin", "quản trị", "quản trị viên"),
    Role.OFFICIAL: ("official", "cán bộ", "cán bộ quản lý", "chuyên viên"),
    Role.TEACHER: ("teacher", "giáo viên", "giảng viên"),
    Role.TRAINEE: ("trainee", "học viên", "người học"),
}
_ROLE_BY_WORD = {fold(word): role for role, words in _ROLES.items() for word in words}


@dataclass(slots=True)
class PeopleImport:
    uow: UnitOfWork
    actor: Actor
    sheet: Sheet
    hasher: Hasher
    now: datetime
    units: dict[str, Unit] = field(default_factory=dict)
    known: dict[str, Person] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    _seen: dict[str, int] = field(default_factory=dict)
    _new_passwords: list[tuple[Person, str]] = field(default_factory=list)

    async def run(self, *, is_dry_run: bool) -> Tally:
        self.units = await Units(self.uow).by_code()
        self.known = await People(self.uow).all_by_login()
        for row in self.sheet.rows:
            self._apply(row)
        if not self.sheet.errors and not is_dry_run:
            await self._hash_passwords()
            await self.uow.flush()
        return self.tally

    async def _hash_passwords(self) -> None:
        hashes = await asyncio.gather(*(self.hasher.hash(password) for _, password in self._new_passwords))
        for (person, _), password_hash in zip(self._new_passwords, hashes, strict=True):
            person.password_hash = password_hash

    def _fail(self, row: Row, column: str, code: str, **data: object) -> bool:
        self.sheet.errors.append(fault(row.line, column, code, **data))
        return False

    def _apply(self, row: Row) -> None:
        login = row.cells["login"].lower()
        role = _ROLE_BY_WORD.get(fold(row.cells.get("role", "")) or "trainee")
        unit = self.units.get(row.cells["unit"])
        if not self._is_sound(row, login, role, unit) or role is None or unit is None:
            return
        person = self.known.get(login)
        if person is None:
            self._create(row, login, role, unit)
        else:
            self._change(row, person, role, unit)

    def _is_sound(self, row: Row, login: str, role: Role | None, unit: Unit | None) -> bool:
        """Tells every fault of the row, not only the first."""
        sound = True
        if not is_login(login):
            sound = self._fail(row, "login", "bad_login")
        elif login in self._seen:
            sound = self._fail(row, "login", "repeated_login", first=self._seen[login])
        self._seen.setdefault(login, row.line)
        if len(row.cells["name"]) > 200:
            sound = self._fail(row, "name", "cell_too_long")
        if role is None:
            sound = self._fail(row, "role", "bad_role", value=row.cells["role"][:40])
        if 0 < len(row.cells.get("password", "")) < PASSWORD_LEAST:
            sound = self._fail(row, "password", "password_too_short")
        return self._is_in_reach(row, login, unit) and sound

    def _is_in_reach(self, row: Row, login: str, unit: Unit | None) -> bool:
        if unit is None:
            return self._fail(row, "unit", "unknown_unit", value=row.cells["unit"][:40])
        if not self.actor.administers(unit.path):
            return self._fail(row, "unit", "unit_out_of_reach", value=row.cells["unit"][:40])
        person = self.known.get(login)
        if person is None:
            return True
        held = [person.unit.path, *(held.unit.path for held in person.roles)]
        if not all(self.actor.administers(path) for path in held):
            return self._fail(row, "login", "person_out_of_reach")
        return True

    def _create(self, row: Row, login: str, role: Role, unit: Unit) -> None:
        person = enrol_in_unit(login, row.cells["name"], unit, self.now, None)
        person.roles = [HeldRole(role=role, unit_id=unit.id)]
        People(self.uow).add(person)
        if row.cells.get("password"):
            self._new_passwords.append((person, row.cells["password"]))
        self.tally.created += 1

    def _change(self, row: Row, person: Person, role: Role, unit: Unit) -> None:
        changed = False
        if person.name != row.cells["name"]:
            rename(person, row.cells["name"])
            changed = True
        if person.unit_id != unit.id:
            person.unit_id = unit.id
            changed = True
        names_role = bool(row.cells.get("role"))
        if names_role and not any(held.role == role and held.unit_id == unit.id for held in person.roles):
            person.roles.append(HeldRole(role=role, unit_id=unit.id))
            changed = True
        if row.cells.get("password") and person.password_hash is None:
            self._new_passwords.append((person, row.cells["password"]))
            changed = True
        if changed:
            self.tally.updated += 1
        else:
            self.tally.unchanged += 1
