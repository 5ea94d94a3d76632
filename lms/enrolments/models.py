"""Enrolment: a person belongs to a course."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import Person
from lms.db.base import Base, UtcTime
from lms.ids import CourseId, PersonId


class Enrolment(Base):
    __tablename__ = "enrolments"

    course_id: Mapped[CourseId] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    enrolled_at: Mapped[datetime] = mapped_column(UtcTime)

    person: Mapped[Person] = relationship(lazy="raise")
