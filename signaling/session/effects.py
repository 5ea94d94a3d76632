"""What a signal session wants done, as values: answers to its client and orders to the media plane.

The driver (api/ws.py) executes them in order; what the media plane refuses goes back into the session.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from livekit.protocol import rtc

from sfu.config import LeaveReason, ParticipantChange
from sfu.ids import ParticipantSid, TrackSid
from sfu.media import TrackPermission, TrackRequest, TrackSetting
from signaling.session.simulation import Simulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Send this to the client."""

    response: rtc.SignalResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """Close the socket after what was sent before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTrack:
    """Announce a track; `message` is the client's own request, needed to refuse it."""

    request: TrackRequest
    message: rtc.AddTrackRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOffer:
    """Have the publisher's offer answered; the answer carries the same id."""

    sdp: str
    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAnswer:
    """The client's answer to one of our offers."""

    sdp: str
    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """The publisher muted or unmuted its track."""

    track_sid: TrackSid
    is_muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """The client wants tracks, or wants them no more."""

    tracks: tuple[TrackSid, ...]
    is_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTracks:
    """How the client wants its video."""

    tracks: tuple[TrackSid, ...]
    setting: TrackSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitSubscribers:
    """To whom the client shows its tracks."""

    all_participants: bool
    permissions: tuple[TrackPermission, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The client changed its own name, metadata or attributes."""

    change: ParticipantChange
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """What a resumed client believes: the tracks it publishes, and the last data it got from whom."""

    published: tuple[TrackSid, ...]
    received: Mapping[ParticipantSid, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The stay is over."""

    reason: LeaveReason


Order = AddTrack | TakeOffer | TakeAnswer | Mute | Subscribe | SetTracks | PermitSubscribers | Change | Sync | Leave
Effect = Reply | HangUp | Simulate | Order
