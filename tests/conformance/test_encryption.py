"""End-to-end encryption passes through: who has the key decodes what was sent, who has not decodes nothing."""

import pytest
from aiohttp.test_utils import TestServer
from livekit import rtc

from tests.conformance.people import Person, people

KEY_OF_ALL, KEY_OF_NONE = b"the class key", b"a guess"


def with_key(key: bytes, **options: bool) -> dict[str, object]:
    encryption = rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=key))
    return {"encryption": encryption, **options}


def decodes(viewer: Person, whom: str, luma: int) -> bool:
    seen, heard = viewer.seen.get(whom), viewer.heard.get(whom)
    is_seen = seen is not None and seen.frames > 3 and abs(seen.luma - luma) < 12
    return is_seen and heard is not None and heard.tones > 20


@pytest.mark.parametrize("codec", [rtc.VideoCodec.VP8, rtc.VideoCodec.H264], ids=["vp8", "h264"])
async def test_only_who_has_the_key_sees_and_hears(node: TestServer, codec: int, protocol: dict[str, bool]) -> None:
    async with (
        people(node, "an", "binh", **with_key(KEY_OF_ALL, **protocol)) as (an, binh),
        people(node, "eve", **with_key(KEY_OF_NONE, **protocol)) as (eve,),
    ):
        await an.publish_camera(90, video_codec=codec)
        await an.publish_microphone()
        await binh.publish_camera(200, video_codec=codec)
        await binh.publish_microphone()
        await binh.until(lambda: decodes(binh, "an", 90))
        await an.until(lambda: decodes(an, "binh", 200))
        (camera, microphone) = binh.room.remote_participants["an"].track_publications.values()
        assert camera.encryption_type == microphone.encryption_type == rtc.EncryptionType.GCM
        await eve.until(lambda: len(eve.names_of("track_subscribed")) == 4)
        more = binh.seen["an"].frames + 10
        await binh.until(lambda: binh.seen["an"].frames > more)
        assert not any(seen.frames for seen in eve.seen.values())
        # this client plays what it cannot decrypt, as noise
        assert all(heard.tones < 5 + heard.frames / 4 for heard in eve.heard.values())
