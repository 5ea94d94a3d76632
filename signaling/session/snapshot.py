"""The first message of a session, and the single answers that need no state: everything a client unwraps is set.

Clients refuse a server without a semantic version, panic on a ping interval of 0, and wait for an offer only when
told that the subscriber transport is primary (livekit.md 1.5).
"""

from livekit.protocol import models, rtc

from sfu.config import JoinResult, LeaveReason, ParticipantInfo, ParticipantState, RoomInfo
from sfu.media import MIME_TYPES, Codec
from signaling.session import translate
from signaling.session.ice_servers import IceServers

# high enough for chat over data streams and RPC, low enough that VP9/AV1 come as one stream
SERVER_VERSION = "1.13.5"
PROTOCOL_VERSION = 17
# clients notice a dead line by these alone when their address has changed; a false alarm costs nothing: media flows on
# while a socket is resumed
PING_INTERVAL_S = 1
PING_TIMEOUT_S = 3
# below it Leave has no action and clients cannot be sent away properly
OLDEST_CLIENT_PROTOCOL = 13


def is_announced(info: ParticipantInfo) -> bool:
    """Whether others are told of the participant: it is connected (or already sends), and not hidden."""
    has_arrived = info.state is not ParticipantState.JOINED or bool(info.tracks)
    return has_arrived and not info.permission.is_hidden


def server_info(node_sid: str) -> models.ServerInfo:
    """Who answers."""
    return models.ServerInfo(
        edition=models.ServerInfo.Edition.Standard,
        version=SERVER_VERSION,
        protocol=PROTOCOL_VERSION,
        node_id=node_sid,
    )


def client_configuration(ice: IceServers) -> models.ClientConfiguration:
    """A client that lost its socket resumes its stay."""
    return models.ClientConfiguration(resume_connection=models.ClientConfigSetting.ENABLED, force_relay=ice.force_relay)


def resumed(node_sid: str, ice: IceServers, last_sequence: int) -> rtc.SignalResponse:
    """The first message of a resumed session; the client sends again what has a higher sequence."""
    return rtc.SignalResponse(
        reconnect=rtc.ReconnectResponse(
            ice_servers=ice.servers,
            client_configuration=client_configuration(ice),
            server_info=server_info(node_sid),
            last_message_seq=last_sequence,
        )
    )


def moved(result: JoinResult, token: str) -> rtc.SignalResponse:
    """The room a participant is in now, and the token with which it would come back to it."""
    return rtc.SignalResponse(
        room_moved=rtc.RoomMovedResponse(
            room=translate.room(result.room),
            token=token,
            participant=translate.participant(result.participant),
            other_participants=[translate.participant(other) for other in result.others if is_announced(other)],
        )
    )


def room_update(info: RoomInfo) -> rtc.SignalResponse:
    """News of the room."""
    return rtc.SignalResponse(room_update=rtc.RoomUpdate(room=translate.room(info)))


def join(result: JoinResult, node_sid: str, ice: IceServers) -> rtc.SignalResponse:
    """The JoinResponse: the room as the newcomer finds it."""
    # H.264 is what replays need no second rendition for (MSE plays VP8 in WebM only)
    plain = (Codec.H264, Codec.VP8) if result.room.auto_record else (Codec.VP8, Codec.H264)
    video = (*plain, Codec.VP9, Codec.AV1)
    return rtc.SignalResponse(
        join=rtc.JoinResponse(
            room=translate.room(result.room),
            participant=translate.participant(result.participant),
            other_participants=[translate.participant(other) for other in result.others if is_announced(other)],
            server_version=SERVER_VERSION,
            server_info=server_info(node_sid),
            subscriber_primary=result.is_subscriber_primary,
            fast_publish=result.participant.permission.can_publish,
            ice_servers=ice.servers,
            client_configuration=client_configuration(ice),
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            enabled_publish_codecs=[models.Codec(mime=MIME_TYPES[codec]) for codec in (*video, Codec.OPUS)],
        )
    )


def leave(reason: LeaveReason, action: rtc.LeaveRequest.Action) -> rtc.SignalResponse:
    """The last message before a socket is closed on purpose."""
    return rtc.SignalResponse(
        leave=rtc.LeaveRequest(
            reason=translate.reason(reason),
            action=action,
            can_reconnect=action != rtc.LeaveRequest.Action.DISCONNECT,
        )
    )


def unknown_session() -> rtc.SignalResponse:
    """The answer to a wish to resume: join again."""
    return leave(LeaveReason.STATE_MISMATCH, rtc.LeaveRequest.Action.RECONNECT)


def participants(*infos: ParticipantInfo) -> rtc.SignalResponse:
    """News of participants."""
    return rtc.SignalResponse(
        update=rtc.ParticipantUpdate(participants=[translate.participant(info) for info in infos])
    )


def departed(info: ParticipantInfo, reason: LeaveReason) -> rtc.SignalResponse:
    """News of somebody who is gone, and why."""
    update = rtc.ParticipantUpdate(participants=[translate.departed(info, reason)])
    return rtc.SignalResponse(update=update)
