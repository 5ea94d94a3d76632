"""Course, and its completion rule: numbered versions that are only ever added."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db.base import ID, Base, UtcTime
from lms.ids import CourseId, PersonId, UnitId
from lms.organisation.models import Unit


class Course(Base):
    __tablename__ = "courses"

    id: Mapped[CourseId] = mapped_column(ID, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))

    unit: Mapped[Unit] = relationship(lazy="raise")
    rules: Mapped[list["RuleVersion"]] = relationship(lazy="raise", order_by="RuleVersion.version")

    @property
    def rule(self) -> "RuleVersion":
        """The version in force: the newest."""
        return self.rules[-1]


class RuleVersion(Base):
    __tablename__ = "completion_rules"
    __table_args__ = (UniqueConstraint("course_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[CourseId] = mapped_column(ForeignKey("courses.id"))
    version: Mapped[int]
    coverage_percent: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
