"""What a client may ask the server to play: the faults that client libraries try themselves against (SimulateScenario).

A client that forces a candidate protocol reconnects by itself; nothing is to be played for it.
"""

from dataclasses import dataclass
from enum import StrEnum

from livekit.protocol import models, rtc

from sfu.ids import ParticipantSid

SPEAK_AT_MOST_S = 60


class Scenario(StrEnum):
    """The names are the message's own."""

    SPEAKER_UPDATE = "speaker_update"
    NODE_FAILURE = "node_failure"
    MIGRATION = "migration"
    SERVER_LEAVE = "server_leave"
    SUBSCRIBER_BANDWIDTH = "subscriber_bandwidth"
    DISCONNECT_SIGNAL_ON_RESUME = "disconnect_signal_on_resume"
    DISCONNECT_SIGNAL_ON_RESUME_NO_MESSAGES = "disconnect_signal_on_resume_no_messages"
    LEAVE_REQUEST_FULL_RECONNECT = "leave_request_full_reconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulate:
    """`value`: seconds of speech, or bits per second (0 = as measured)."""

    scenario: Scenario
    value: int = 0


def read(message: rtc.SimulateScenario) -> Simulate | None:
    """The scenario; None for one that is not played here."""
    name = message.WhichOneof("scenario")
    try:
        scenario = Scenario(name or "")
    except ValueError:
        return None
    value = int(getattr(message, scenario.value))
    if scenario is Scenario.SPEAKER_UPDATE:
        value = max(0, min(value, SPEAK_AT_MOST_S))
    return Simulate(scenario=scenario, value=value)


def speaking(sid: ParticipantSid, is_active: bool) -> rtc.SignalResponse:
    """Everybody is told that one speaks, or has stopped."""
    speaker = models.SpeakerInfo(sid=sid, active=is_active, level=0.9 if is_active else 0.0)
    return rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=[speaker]))
