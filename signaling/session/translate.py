"""Where wire types stop: LiveKit's protobuf messages to the media plane's values and back.

What a client sends and others may read back, but the media plane never looks at, travels through it as the
opaque `passthrough` bytes: a serialised ParticipantInfo or TrackInfo with just those fields.
"""

from collections.abc import Iterable
from functools import lru_cache

from livekit.protocol import models, rtc

from sfu.config import LeaveReason, ParticipantInfo, ParticipantState, Permission, RoomInfo
from sfu.events import ConnectionQualityChanged, Speaker, SubscribedQualityChanged
from sfu.ids import TrackSid
from sfu.media import (
    MIME_TYPES,
    SCALABLE,
    AudioMode,
    Kind,
    Quality,
    Source,
    TrackInfo,
    TrackPermission,
    TrackRequest,
    TrackSetting,
    VideoLayer,
)
from signaling.protocol.tokens import Grant

STATES = {
    ParticipantState.JOINED: models.ParticipantInfo.State.JOINED,
    ParticipantState.ACTIVE: models.ParticipantInfo.State.ACTIVE,
    ParticipantState.LEFT: models.ParticipantInfo.State.DISCONNECTED,
}
KINDS = {Kind.AUDIO: models.TrackType.AUDIO, Kind.VIDEO: models.TrackType.VIDEO}
KINDS_READ = {wire: kind for kind, wire in KINDS.items()}
SOURCES = {
    Source.UNKNOWN: models.TrackSource.UNKNOWN,
    Source.CAMERA: models.TrackSource.CAMERA,
    Source.MICROPHONE: models.TrackSource.MICROPHONE,
    Source.SCREEN_SHARE: models.TrackSource.SCREEN_SHARE,
    Source.SCREEN_SHARE_AUDIO: models.TrackSource.SCREEN_SHARE_AUDIO,
}
SOURCES_READ = {wire: source for source, wire in SOURCES.items()}
SIMULCAST_RIDS = ("q", "h", "f")
# to which media stream of its publisher a track belongs when the client does not say
STREAMS = {
    Source.CAMERA: "camera",
    Source.MICROPHONE: "camera",
    Source.SCREEN_SHARE: "screen",
    Source.SCREEN_SHARE_AUDIO: "screen",
}
ECHOED_OF_TRACK = ("stereo", "disable_dtx", "disable_red", "encryption", "backup_codec_policy")


def reason(value: LeaveReason) -> str:
    """The wire's name of why somebody left."""
    return value.value.upper()


def room(info: RoomInfo) -> models.Room:
    """A room as clients see it."""
    return models.Room(
        sid=info.sid,
        name=info.name,
        empty_timeout=info.empty_timeout_s,
        departure_timeout=info.departure_timeout_s,
        max_participants=info.max_participants,
        creation_time=info.created_at_ms // 1000,
        creation_time_ms=info.created_at_ms,
        metadata=info.metadata,
        num_participants=info.num_participants,
        num_publishers=info.num_publishers,
        active_recording=info.is_recording,
    )


def participant(info: ParticipantInfo) -> models.ParticipantInfo:
    """A participant as clients see it."""
    # each newcomer is told of everybody: one message, not one merged into another
    message = models.ParticipantInfo.FromString(info.passthrough)
    message.sid = info.sid
    message.identity = info.identity
    message.name = info.name
    message.state = STATES[info.state]
    message.metadata = info.metadata
    message.joined_at = info.joined_at_ms // 1000
    message.joined_at_ms = info.joined_at_ms
    message.version = info.version
    message.permission.MergeFrom(permission(info.permission))
    if info.attributes:
        message.attributes.update(info.attributes)
    if info.tracks:
        message.is_publisher = info.is_publisher
        message.tracks.extend(track(one) for one in info.tracks)
    if info.leave_reason is not None:
        message.MergeFrom(models.ParticipantInfo(disconnect_reason=reason(info.leave_reason)))
    return message


def departed(info: ParticipantInfo, why: LeaveReason) -> models.ParticipantInfo:
    """A participant whose stay is over."""
    message = participant(info)
    gone = models.ParticipantInfo.State.DISCONNECTED
    message.MergeFrom(models.ParticipantInfo(state=gone, disconnect_reason=reason(why)))
    return message


def participant_passthrough(*, kind: str, client_protocol: int, capabilities: Iterable[str]) -> bytes:
    """What other clients read of somebody's client."""
    kinds = models.ParticipantInfo.Kind
    is_known = kind.upper() in kinds.keys()
    message = models.ParticipantInfo(
        kind=kind.upper() if is_known else kinds.STANDARD,
        client_protocol=client_protocol,
        capabilities=capabilities,
    )
    return message.SerializeToString()


def track(info: TrackInfo) -> models.TrackInfo:
    """A track as clients see it."""
    message = models.TrackInfo()
    message.MergeFromString(info.passthrough)
    layers = [_layer(one, info) for one in info.layers]
    message.MergeFrom(
        models.TrackInfo(
            sid=info.sid,
            type=KINDS[info.kind],
            name=info.name,
            source=SOURCES[info.source],
            muted=info.is_muted,
            width=info.width,
            height=info.height,
            simulcast=info.is_simulcast,
            mime_type=info.mime_type,
            mid=info.mid,
            stream=info.stream,
            layers=layers,
            version=models.TimedVersion(unix_micro=info.version, ticks=0),
            codecs=_codecs(info, layers),
        )
    )
    return message


def _codecs(info: TrackInfo, layers: list[models.VideoLayer]) -> list[models.SimulcastCodecInfo]:
    """The codecs a track is sent in, the better one first."""
    first = models.SimulcastCodecInfo(mime_type=info.mime_type, mid=info.mid, cid=info.cid, layers=layers)
    if info.codec in SCALABLE:
        first.video_layer_mode = (
            models.VideoLayer.Mode.ONE_SPATIAL_LAYER_PER_STREAM
            if info.is_simulcast
            else models.VideoLayer.Mode.MULTIPLE_SPATIAL_LAYERS_PER_STREAM
        )
    if info.backup is None or info.backup.codec is None:
        return [first]
    backup = info.backup
    second = models.SimulcastCodecInfo(
        mime_type=MIME_TYPES[info.backup.codec],
        mid=backup.mid,
        cid=backup.cid,
        layers=[_layer(one, info) for one in backup.layers],
    )
    return [first, second]


def _layer(layer: VideoLayer, info: TrackInfo) -> models.VideoLayer:
    return models.VideoLayer(
        quality=layer.quality.name,
        width=layer.width,
        height=layer.height,
        bitrate=layer.bitrate_bps,
        rid=SIMULCAST_RIDS[layer.quality] if info.is_simulcast and layer.quality < Quality.OFF else "",
        spatial_layer=min(int(layer.quality), Quality.HIGH),
    )


def track_request(message: rtc.AddTrackRequest) -> TrackRequest | None:
    """The wish in an `add_track`; None for a kind that is not media."""
    kind = KINDS_READ.get(message.type)
    if kind is None:
        return None
    source = SOURCES_READ.get(message.source, Source.UNKNOWN)
    codecs = message.simulcast_codecs
    layers = message.layers or (codecs[0].layers if codecs else [])
    return TrackRequest(
        cid=message.cid,
        kind=kind,
        source=source,
        name=message.name,
        width=message.width,
        height=message.height,
        layers=tuple(_layer_read(layer) for layer in layers if layer.quality in (0, 1, 2)),
        is_muted=message.muted,
        stream=message.stream or STREAMS.get(source, "unknown"),
        codec_name=_codec_name(codecs[0]) if codecs else "",
        backup_codec_name=_codec_name(codecs[1]) if len(codecs) > 1 and not message.sid else "",
        is_backup_alone=message.backup_codec_policy == models.BackupCodecPolicy.REGRESSION,
        extends=TrackSid(message.sid) if message.sid else None,
        other_cids=tuple(codec.cid for codec in codecs if codec.cid and codec.cid != message.cid),
        is_encrypted=message.encryption != models.Encryption.Type.NONE,
        audio=_audio_mode(message),
        passthrough=_track_passthrough(message),
    )


def _audio_mode(message: rtc.AddTrackRequest) -> AudioMode:
    """What is encrypted end to end cannot be taken apart, so it is never RED here."""
    features = set(message.audio_features)
    return AudioMode(
        is_redundant=not message.disable_red and message.encryption == models.Encryption.Type.NONE,
        is_stereo=message.stereo or models.AudioTrackFeature.TF_STEREO in features,
        has_dtx=not message.disable_dtx and models.AudioTrackFeature.TF_NO_DTX not in features,
    )


def _codec_name(codec: rtc.SimulcastCodec) -> str:
    return codec.codec.lower().removeprefix("video/")


def _layer_read(layer: models.VideoLayer) -> VideoLayer:
    return VideoLayer(quality=Quality(layer.quality), width=layer.width, height=layer.height, bitrate_bps=layer.bitrate)


def _track_passthrough(message: rtc.AddTrackRequest) -> bytes:
    echoed = models.TrackInfo(
        audio_features=message.audio_features, packet_trailer_features=message.packet_trailer_features
    )
    for name in ECHOED_OF_TRACK:
        setattr(echoed, name, getattr(message, name))
    return echoed.SerializeToString()


def track_setting(message: rtc.UpdateTrackSettings) -> TrackSetting:
    """What a subscriber wants of its tracks."""
    return TrackSetting(
        is_disabled=message.disabled,
        quality=Quality(message.quality) if message.quality in (0, 1, 2, 3) else Quality.HIGH,
        width=message.width,
        height=message.height,
        fps=message.fps,
        priority=min(message.priority, 255),
    )


def subscribed_quality(event: SubscribedQualityChanged) -> rtc.SubscribedQualityUpdate:
    """What a publisher needs to send: in the old way, and in the one that names the codec."""
    qualities = _enabled(event.quality)
    codecs = [rtc.SubscribedCodec(codec=event.codec_name, qualities=qualities)]
    if event.backup is not None:
        # both each time: a client takes what is not named for what nobody wants
        name, best = event.backup
        codecs.append(rtc.SubscribedCodec(codec=name, qualities=_enabled(best)))
    return rtc.SubscribedQualityUpdate(
        track_sid=event.track_sid,
        subscribed_qualities=qualities,
        subscribed_codecs=codecs,
    )


def _enabled(best: Quality) -> list[rtc.SubscribedQuality]:
    return [
        rtc.SubscribedQuality(quality=quality.name, enabled=best is not Quality.OFF and quality <= best)
        for quality in (Quality.LOW, Quality.MEDIUM, Quality.HIGH)
    ]


def track_permissions(messages: Iterable[rtc.TrackPermission]) -> list[TrackPermission]:
    """To whom a publisher shows what."""
    return [
        TrackPermission(
            identity=message.participant_identity,
            participant_sid=message.participant_sid,
            all_tracks=message.all_tracks,
            track_sids=frozenset(TrackSid(sid) for sid in message.track_sids),
        )
        for message in messages
    ]


@lru_cache(maxsize=256)
def permission(value: Permission) -> models.ParticipantPermission:
    """Rights as clients see them; not to be changed: many people have the same."""
    return models.ParticipantPermission(
        can_subscribe=value.can_subscribe,
        can_publish=value.can_publish,
        can_publish_data=value.can_publish_data,
        can_publish_sources=sorted(SOURCES[source] for source in value.can_publish_sources),
        hidden=value.is_hidden,
        recorder=value.is_recorder,
        agent=value.is_agent,
        can_update_metadata=value.can_update_metadata,
        can_subscribe_metrics=value.can_subscribe_metrics,
    )


def permission_read(message: models.ParticipantPermission) -> Permission:
    """Rights as the server API sets them."""
    return Permission(
        can_subscribe=message.can_subscribe,
        can_publish=message.can_publish,
        can_publish_data=message.can_publish_data,
        can_publish_sources=frozenset(
            SOURCES_READ[source] for source in message.can_publish_sources if source in SOURCES_READ
        ),
        can_update_metadata=message.can_update_metadata,
        is_hidden=message.hidden,
        is_recorder=message.recorder,
        is_agent=message.agent,
        can_subscribe_metrics=message.can_subscribe_metrics,
    )


def permission_of_grant(grant: Grant) -> Permission:
    """The rights in a join token. Sources the token names but nobody knows allow nothing."""
    known = {source.value: source for source in Source}
    sources = frozenset(known[name] for name in grant.can_publish_sources or () if name in known)
    return Permission(
        can_subscribe=grant.may_subscribe,
        can_publish=grant.may_publish and (bool(sources) or not grant.can_publish_sources),
        can_publish_data=grant.may_publish_data,
        can_publish_sources=sources,
        can_update_metadata=grant.can_update_own_metadata is True,
        is_hidden=grant.hidden is True,
        is_recorder=grant.recorder is True,
        is_agent=grant.agent is True,
        can_subscribe_metrics=grant.can_subscribe_metrics is True,
    )


def grant_of(permission_now: Permission, room_name: str) -> Grant:
    """The grant with which a participant may come back with the rights it has now."""
    sources = tuple(sorted(source.value for source in permission_now.can_publish_sources))
    return Grant(
        room=room_name,
        room_join=True,
        can_publish=permission_now.can_publish,
        can_subscribe=permission_now.can_subscribe,
        can_publish_data=permission_now.can_publish_data,
        can_publish_sources=sources or None,
        can_update_own_metadata=permission_now.can_update_metadata,
        can_subscribe_metrics=permission_now.can_subscribe_metrics or None,
        hidden=permission_now.is_hidden or None,
        recorder=permission_now.is_recorder or None,
        agent=permission_now.is_agent or None,
    )


def speaker(value: Speaker) -> models.SpeakerInfo:
    """One whose loudness changed."""
    return models.SpeakerInfo(sid=value.participant_sid, level=value.level, active=value.is_active)


def connection_quality(event: ConnectionQualityChanged) -> rtc.ConnectionQualityUpdate:
    """How good connections are; the score goes out as a mean opinion score, 1 to 4.5 (ITU-T G.107 annex B)."""
    return rtc.ConnectionQualityUpdate(
        updates=[
            rtc.ConnectionQualityInfo(participant_sid=sid, quality=one.quality.name, score=_mean_opinion(one.score))
            for sid, one in event.qualities
        ]
    )


def _mean_opinion(score: float) -> float:
    return 1 + 0.035 * score + score * (score - 60) * (100 - score) * 7e-6


def capabilities(names: str) -> list[str]:
    """The capabilities in a comma list; unknown names are those of newer clients and are left out."""
    known = models.ClientInfo.Capability.keys()
    return [name.strip() for name in names.split(",") if name.strip() in known]
