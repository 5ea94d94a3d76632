"""Units as the API shows and takes them."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from lms.web.schemas import Name

UnitCode = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")]
UnitKind = Annotated[str, Meta(max_length=40)]


class UnitView(Struct, frozen=True, kw_only=True):
    id: str
    code: str
    name: str
    kind: str
    parent_id: str | None
    depth: int
    may_administer: bool


class UnitList(Struct, frozen=True, kw_only=True):
    """The part of the tree the asker may see, parents before children."""

    items: list[UnitView]


class NewUnit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: UnitCode
    name: Name
    parent_id: str
    kind: UnitKind = ""


class UnitChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: UnitCode | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    kind: UnitKind | UnsetType = UNSET
    parent_id: str | UnsetType = UNSET
