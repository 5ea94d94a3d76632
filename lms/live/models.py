"""The ids of webhooks already taken in: the same event twice changes nothing."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, UtcTime


class TakenEvent(Base):
    __tablename__ = "taken_events"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    event: Mapped[str] = mapped_column(String(60))
    taken_at: Mapped[datetime] = mapped_column(UtcTime)
