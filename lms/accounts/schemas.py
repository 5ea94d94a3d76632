"""People, their roles and signing in, as the API shows and takes them."""

import re
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from lms.actor import Role
from lms.web.schemas import Link, Name

LOGIN_PATTERN = r"^[A-Za-z0-9._@+-]+$"
LOGIN_LONGEST = 64
PASSWORD_LEAST = 8
Login = Annotated[str, Meta(min_length=1, max_length=LOGIN_LONGEST, pattern=LOGIN_PATTERN)]
Password = Annotated[str, Meta(min_length=PASSWORD_LEAST, max_length=200)]
Locale = Literal["vi", "en"]


def is_login(text: str) -> bool:
    return len(text) <= LOGIN_LONGEST and re.fullmatch(LOGIN_PATTERN, text) is not None


class Credentials(Struct, frozen=True, kw_only=True):
    login: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=1000)]


class Setup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the one-time administrator link asks for."""

    token: Annotated[str, Meta(max_length=200)]
    login: Login
    name: Name
    password: Password
    unit_name: Annotated[str, Meta(max_length=200)] = ""


class RoleView(Struct, frozen=True, kw_only=True):
    role: Role
    unit_id: str
    unit_name: str


class Me(Struct, frozen=True, kw_only=True):
    id: str
    login: str
    name: str
    locale: Locale
    unit: Link
    roles: list[RoleView]


class MeChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    locale: Locale


class PersonView(Struct, frozen=True, kw_only=True):
    id: str
    login: str
    name: str
    unit: Link
    roles: list[RoleView]
    is_active: bool
    has_password: bool


class PersonLink(Struct, frozen=True, kw_only=True):
    """A person inside another view; the unit tells two people of the same name apart."""

    id: str
    login: str
    name: str
    unit_name: str


class PeoplePage(Struct, frozen=True, kw_only=True):
    items: list[PersonView]
    total: int
    page: int
    page_size: int


class PeopleQuery(Struct, frozen=True, kw_only=True):
    query: str = ""
    unit_id: str = ""
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1
    page_size: Annotated[int, Meta(ge=1, le=200)] = 50


class RoleInput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: Role
    unit_id: str


class NewPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without roles the person is a trainee of the unit; without a password nobody can sign in as them yet."""

    login: Login
    name: Name
    unit_id: str
    roles: list[RoleInput] = []
    password: Password | None = None


class PersonChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    unit_id: str | UnsetType = UNSET
    roles: list[RoleInput] | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
