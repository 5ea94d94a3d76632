"""A subscriber whose path carries too little, with real clients."""

import asyncio

from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, pack_remb_fci

from sfu.events import StreamStatesChanged
from sfu.media import Kind
from tests.sfu.clients import Story, an_engine, clients, next_frame

SOON_S = 40


def receivers(client):
    return [each.receiver for each in client.subscriber.getTransceivers()]


def keep_silent(client):
    """The client's own opinion of its path would come in between."""
    for receiver in receivers(client):
        receiver._RTCRtpReceiver__remote_bitrate_estimator = None


async def report(client, bitrate_bps):
    """Says, as long as it runs, that the client's path carries so much."""
    while True:
        fci = pack_remb_fci(bitrate_bps, [1])
        packet = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=fci)
        await receivers(client)[0].transport._send_rtp(bytes(packet))
        await asyncio.sleep(0.2)


async def while_reporting(client, bitrate_bps, awaited):
    saying = asyncio.create_task(report(client, bitrate_bps))
    try:
        return await asyncio.wait_for(awaited, SOON_S)
    finally:
        saying.cancel()


def video_of(engine, client):
    tracks = engine._home(client.sid).connections[client.sid].subscriber.tracks.values()
    return next(track for track in tracks if track.info.kind is Kind.VIDEO)


async def test_a_video_that_does_not_fit_is_paused_for_that_subscriber_alone_and_comes_back():
    async with an_engine() as engine, clients(engine, "ana", "binh", "chi") as (ana, binh, chi):
        story = Story(engine)
        camera, _ = await ana.publish_camera()
        await ana.publish_microphone()
        tracks = {}
        for client in (binh, chi):
            tracks[client.sid] = {track.kind: track for track in [await client.next_track(), await client.next_track()]}
            keep_silent(client)
            await next_frame(tracks[client.sid]["video"])
        paused = await while_reporting(binh, 10_000, story.until(StreamStatesChanged))
        (state,) = paused.states
        assert (state.publisher_sid, state.track_sid, state.is_paused) == (ana.sid, camera.sid, True)
        assert not video_of(engine, binh).is_due and video_of(engine, chi).is_due
        await next_frame(tracks[binh.sid]["audio"])
        await next_frame(tracks[chi.sid]["video"])

        def is_back(event):
            return not event.states[0].is_paused

        await while_reporting(binh, 5_000_000, story.until(StreamStatesChanged, is_back))
        assert video_of(engine, binh).is_due
        await next_frame(tracks[binh.sid]["video"])
        assert {event.participant_sid for event in story.of(StreamStatesChanged)} == {binh.sid}
