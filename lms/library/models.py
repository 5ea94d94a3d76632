"""Library item: a replay that can be found. What it holds is the recorder's archive on disk."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db.base import ID, Base, UtcTime
from lms.ids import ItemId, SessionId
from lms.sessions.models import Session


class LibraryItem(Base):
    __tablename__ = "library_items"

    id: Mapped[ItemId] = mapped_column(ID, primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(ForeignKey("sessions.id"), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    folded_title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    session: Mapped[Session] = relationship(lazy="raise")
