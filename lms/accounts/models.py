"""People, the roles they hold in units, and what lets them in: sign-ins and one-time setup links.

Secrets are kept as SHA-256 of a random token, so a copied database opens nothing.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.actor import Role
from lms.db.base import ID, Base, UtcTime
from lms.ids import PersonId, UnitId
from lms.organisation.models import Unit


class Person(Base):
    __tablename__ = "people"

    id: Mapped[PersonId] = mapped_column(ID, primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    folded_name: Mapped[str] = mapped_column(String(200), index=True)
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id"), index=True)
    locale: Mapped[str] = mapped_column(String(8), default="vi")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    unit: Mapped[Unit] = relationship(lazy="raise")
    roles: Mapped[list["HeldRole"]] = relationship(lazy="raise", cascade="all, delete-orphan", order_by="HeldRole.id")


class HeldRole(Base):
    __tablename__ = "held_roles"
    __table_args__ = (UniqueConstraint("person_id", "role", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    role: Mapped[Role] = mapped_column(String(20))
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id"), index=True)

    unit: Mapped[Unit] = relationship(lazy="raise")


class SignIn(Base):
    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class SetupLink(Base):
    __tablename__ = "setup_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
