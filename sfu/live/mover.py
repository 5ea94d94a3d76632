"""A participant between two rooms: what goes along."""

from dataclasses import dataclass

from sfu.connection import Connection
from sfu.ids import TrackSid
from sfu.participant import Participant
from sfu.publishing import UpTrack


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """`published`: those of its tracks that the room it leaves could see."""

    participant: Participant
    connection: Connection
    tracks: tuple[UpTrack, ...]
    published: frozenset[TrackSid]
