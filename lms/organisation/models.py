"""Unit: a node of the organisation tree. `path` is "/ancestor/…/self/", so a subtree is a prefix."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import ID, Base
from lms.ids import UnitId

PATH_LENGTH = 500


class Unit(Base):
    __tablename__ = "units"

    id: Mapped[UnitId] = mapped_column(ID, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    parent_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id"), index=True)
    path: Mapped[str] = mapped_column(String(PATH_LENGTH), index=True)

    @property
    def depth(self) -> int:
        return self.path.count("/") - 2
