"""Evidence: append-only. A row is never changed or removed; coverage is recomputed from rows every time."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, UtcTime
from lms.ids import PersonId, SessionId


class Source(StrEnum):
    LIVE = "live"
    REPLAY = "replay"


class Evidence(Base):
    """[start_s, end_s) of the session clock, proven by the node (LIVE) or believed from a player (REPLAY).

    `reference` says where it came from: participant sid and event of the node, or the player's report id.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("session_id", "person_id", "source", "reference"),
        Index("ix_evidence_person_wall", "person_id", "source", "wall_end"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(ForeignKey("sessions.id"))
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    source: Mapped[Source] = mapped_column(String(8))
    reference: Mapped[str] = mapped_column(String(160))
    start_s: Mapped[float]
    end_s: Mapped[float]
    speed: Mapped[float]
    wall_start: Mapped[datetime] = mapped_column(UtcTime)
    wall_end: Mapped[datetime] = mapped_column(UtcTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
