"""Wire types and the media plane's values: nothing is lost on the way there or back."""

import pytest
from livekit.protocol import models, rtc

from sfu.config import LeaveReason, ParticipantState, Permission
from sfu.media import BackupInfo, Codec, Quality, Source
from signaling.protocol.tokens import Grant
from signaling.session import translate
from tests.signaling.builders import a_participant, a_room, a_track


def test_every_reason_has_a_name_on_the_wire() -> None:
    for reason in LeaveReason:
        assert translate.reason(reason) in models.DisconnectReason.keys()


def test_every_source_and_state_has_a_number_on_the_wire() -> None:
    assert set(translate.SOURCES) == set(Source)
    assert set(translate.STATES) == set(ParticipantState)


def test_a_participant_is_told_whole() -> None:
    passthrough = translate.participant_passthrough(
        kind="agent", client_protocol=2, capabilities=translate.capabilities("CAP_PACKET_TRAILER,CAP_OF_TOMORROW")
    )
    info = a_participant(attributes={"a": "b"}, metadata="m", tracks=(a_track(),), passthrough=passthrough, version=7)
    message = translate.participant(info)
    assert (message.identity, message.metadata, dict(message.attributes)) == ("an", "m", {"a": "b"})
    assert (message.version, message.joined_at, message.is_publisher) == (7, 1_800_000_000, True)
    assert message.kind == models.ParticipantInfo.Kind.AGENT and message.client_protocol == 2
    assert list(message.capabilities) == [models.ClientInfo.Capability.CAP_PACKET_TRAILER]
    assert message.tracks[0].sid == "TR_VCan"


def test_an_unknown_kind_is_an_ordinary_participant() -> None:
    passthrough = translate.participant_passthrough(kind="ghost", client_protocol=0, capabilities=[])
    message = translate.participant(a_participant(passthrough=passthrough))
    assert message.kind == models.ParticipantInfo.Kind.STANDARD


def test_the_departed_carry_the_reason() -> None:
    message = translate.departed(a_participant(), LeaveReason.DUPLICATE_IDENTITY)
    assert message.state == models.ParticipantInfo.State.DISCONNECTED
    assert message.disconnect_reason == models.DisconnectReason.DUPLICATE_IDENTITY


def test_a_track_is_told_whole() -> None:
    message = translate.track(a_track())
    assert (message.type, message.source) == (models.TrackType.VIDEO, models.TrackSource.CAMERA)
    assert (message.mime_type, message.stream, message.simulcast) == ("video/VP8", "camera", True)
    assert [(layer.quality, layer.rid, layer.width) for layer in message.layers] == [(0, "q", 320), (2, "f", 1280)]
    assert message.codecs[0].mime_type == "video/VP8" and message.codecs[0].cid == "cid-1"
    assert message.version.unix_micro == 3


def test_layers_of_a_single_stream_have_no_rid() -> None:
    assert translate.track(a_track(is_simulcast=False)).layers[0].rid == ""


@pytest.mark.parametrize(
    ("source", "stream"),
    [
        (models.TrackSource.MICROPHONE, "camera"),
        (models.TrackSource.SCREEN_SHARE, "screen"),
        (models.TrackSource.SCREEN_SHARE_AUDIO, "screen"),
        (models.TrackSource.UNKNOWN, "unknown"),
    ],
)
def test_a_track_belongs_to_a_stream_by_its_source(source: models.TrackSource, stream: str) -> None:
    request = translate.track_request(rtc.AddTrackRequest(cid="c", type=models.TrackType.AUDIO, source=source))
    assert request is not None and request.stream == stream


def test_layers_may_stand_in_the_first_codec() -> None:
    layers = [models.VideoLayer(quality=models.VideoQuality.MEDIUM, width=640, height=360)]
    message = rtc.AddTrackRequest(
        cid="c", type=models.TrackType.VIDEO, simulcast_codecs=[rtc.SimulcastCodec(codec="vp8", cid="d", layers=layers)]
    )
    request = translate.track_request(message)
    assert request is not None and request.layers[0].quality is Quality.MEDIUM and request.other_cids == ("d",)


def test_permissions_survive_the_way_there_and_back() -> None:
    permission = Permission(
        can_subscribe=False,
        can_publish_sources=frozenset({Source.CAMERA, Source.SCREEN_SHARE}),
        can_update_metadata=True,
        is_hidden=True,
    )
    assert translate.permission_read(translate.permission(permission)) == permission


def test_a_silent_grant_allows_what_livekit_allows() -> None:
    permission = translate.permission_of_grant(Grant(room_join=True, room="r"))
    assert permission == Permission()


def test_a_grant_of_sources_nobody_knows_allows_none() -> None:
    assert not translate.permission_of_grant(Grant(can_publish_sources=("hologram",))).can_publish
    some = translate.permission_of_grant(Grant(can_publish_sources=("hologram", "camera")))
    assert some.can_publish_sources == frozenset({Source.CAMERA})


def test_the_renewed_grant_gives_the_same_permissions() -> None:
    permission = Permission(can_publish=False, can_publish_data=True, can_update_metadata=True, is_recorder=True)
    assert translate.permission_of_grant(translate.grant_of(permission, "hall")) == permission
    assert translate.grant_of(permission, "hall").room == "hall"


def test_a_room_is_told_whole() -> None:
    message = translate.room(a_room(metadata="m", is_recording=True, num_publishers=2))
    assert (message.metadata, message.active_recording, message.num_publishers) == ("m", True, 2)
    assert message.creation_time_ms == 1_800_000_000_123


def test_nonsense_quality_is_the_best() -> None:
    assert translate.track_setting(rtc.UpdateTrackSettings(quality=77)).quality is Quality.HIGH  # type: ignore[arg-type]


def test_a_second_codec_is_read_when_it_is_announced_and_when_it_comes() -> None:
    both = [rtc.SimulcastCodec(codec="vp9", cid="c"), rtc.SimulcastCodec(codec="vp8")]
    first = translate.track_request(
        rtc.AddTrackRequest(
            cid="c",
            type=models.TrackType.VIDEO,
            simulcast_codecs=both,
            backup_codec_policy=models.BackupCodecPolicy.REGRESSION,
        )
    )
    assert first and (first.codec_name, first.backup_codec_name) == ("vp9", "vp8")
    assert first.is_backup_alone and first.extends is None
    layers = [models.VideoLayer(quality=models.VideoQuality.HIGH, width=640, height=360)]
    second = translate.track_request(
        rtc.AddTrackRequest(
            cid="d",
            sid="TR_1",
            type=models.TrackType.VIDEO,
            simulcast_codecs=[rtc.SimulcastCodec(codec="vp8", cid="d", layers=layers)],
        )
    )
    assert second and (second.extends, second.codec_name) == ("TR_1", "vp8")
    assert [layer.height for layer in second.layers] == [360] and second.backup_codec_name == ""


def test_a_track_names_its_codecs_and_how_they_carry_layers() -> None:
    backup = BackupInfo(cid="d", codec=Codec.VP8, mid="5", layers=())
    first, second = translate.track(a_track(codec=Codec.VP9, is_simulcast=False, backup=backup)).codecs
    assert (first.mime_type, second.mime_type, second.cid, second.mid) == ("video/VP9", "video/VP8", "d", "5")
    modes = models.VideoLayer.Mode
    assert first.video_layer_mode == modes.MULTIPLE_SPATIAL_LAYERS_PER_STREAM
    (rids,) = translate.track(a_track(codec=Codec.VP9, is_simulcast=True)).codecs
    assert rids.video_layer_mode == modes.ONE_SPATIAL_LAYER_PER_STREAM


def test_a_setting_says_how_important_a_video_is() -> None:
    assert translate.track_setting(rtc.UpdateTrackSettings(priority=7, fps=15)).priority == 7
    assert translate.track_setting(rtc.UpdateTrackSettings(priority=4_000_000_000)).priority == 255


def test_how_audio_is_to_be_carried_is_read() -> None:
    def mode(**said: object) -> tuple[bool, bool, bool]:
        request = translate.track_request(rtc.AddTrackRequest(cid="c", type=models.TrackType.AUDIO, **said))
        assert request
        return request.audio.is_redundant, request.audio.is_stereo, request.audio.has_dtx

    features = models.AudioTrackFeature
    assert mode() == (True, False, True)
    assert mode(disable_red=True, audio_features=[features.TF_STEREO, features.TF_NO_DTX]) == (False, True, False)
    assert mode(stereo=True, disable_dtx=True) == (True, True, False)
    assert mode(encryption=models.Encryption.Type.GCM) == (False, False, True)
