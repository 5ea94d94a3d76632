"""A track in two codecs: each subscriber gets the one it can decode, and the publisher is asked for no more."""

from contextlib import asynccontextmanager

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtpsender import RTCRtpSender

from sfu.config import JoinRequest, LeaveReason
from sfu.events import SubscribedQualityChanged, SubscriptionAdded, TrackUpdated
from sfu.ids import Identity
from sfu.media import Codec, Kind, Quality, Source, TrackRequest
from tests.sfu.clients import ROOM, Client, Picture, Story, an_engine, clients, connected, next_frame


class Publisher(Client):
    """Sends H.264, and VP8 as soon as it is asked for it."""

    async def come(self, **request):
        self.first, _ = await self.publish(
            Picture(), Source.CAMERA, codec_name="h264", backup_codec_name="vp8", **request
        )
        return self.first

    async def add_backup(self):
        track = Picture(200)
        wish = TrackRequest(cid=track.id, kind=Kind.VIDEO, codec_name="vp8", extends=self.first.sid)
        info = self.engine.add_track(self.sid, wish)
        assert info.sid == self.first.sid
        self.backup = self.publisher.addTrack(track)
        await self.negotiate()

    async def drop_backup(self):
        transceiver = next(each for each in self.publisher.getTransceivers() if each.sender is self.backup)
        transceiver.direction = "inactive"
        await self.negotiate()


class WithoutH264(Client):
    """Its decoder knows VP8 alone."""

    def understood(self, sdp):
        return sdp.replace("H264/90000", "H266/90000")


def a_publisher(engine):
    return clients(engine, "ana", kind=Publisher)


def a_poor_viewer(engine):
    return clients(engine, "chi", kind=WithoutH264)


def codec_for(engine, viewer):
    (track,) = engine._home(viewer.sid).connections[viewer.sid].subscriber.tracks.values()
    return track.source.codec if track.id is not None else None


def asks_for_backup(event):
    return event.backup is not None and event.backup[1] is not Quality.OFF


async def test_the_second_codec_is_asked_for_when_somebody_needs_it_and_goes_to_them_alone():
    async with an_engine() as engine, a_publisher(engine) as (ana,), clients(engine, "binh") as (binh,):
        story = Story(engine)
        await ana.come()
        await next_frame(await binh.next_track())
        assert not [event for event in story.of(SubscribedQualityChanged) if asks_for_backup(event)]
        async with a_poor_viewer(engine) as (chi,):
            asked = await story.until(SubscribedQualityChanged, asks_for_backup)
            assert (asked.participant_sid, asked.codec_name, asked.backup[0]) == (ana.sid, "h264", "vp8")
            assert codec_for(engine, chi) is None
            await ana.add_backup()
            await next_frame(await chi.next_track())
            assert (codec_for(engine, binh), codec_for(engine, chi)) == (Codec.H264, Codec.VP8)
            told = await story.until(TrackUpdated, lambda event: event.track.backup is not None)
            assert told.track.backup.codec is Codec.VP8
            added = [event.participant_sid for event in story.of(SubscriptionAdded)]
            assert added.count(chi.sid) == 1


async def test_by_its_publishers_choice_everybody_changes_to_the_second_codec():
    async with an_engine() as engine, a_publisher(engine) as (ana,), clients(engine, "binh") as (binh,):
        story = Story(engine)
        await ana.come(is_backup_alone=True)
        shown = await binh.next_track()
        await next_frame(shown)
        async with a_poor_viewer(engine) as (chi,):
            await story.until(SubscribedQualityChanged, asks_for_backup)
            await ana.add_backup()
            await next_frame(await chi.next_track())
            assert (codec_for(engine, binh), codec_for(engine, chi)) == (Codec.VP8, Codec.VP8)
            await next_frame(shown)


async def test_a_second_codec_that_ends_leaves_the_first_and_is_asked_for_again():
    async with an_engine() as engine, a_publisher(engine) as (ana,), clients(engine, "binh") as (binh,):
        story = Story(engine)
        await ana.come(is_backup_alone=True)
        shown = await binh.next_track()
        await next_frame(shown)
        async with a_poor_viewer(engine) as (chi,):
            await story.until(SubscribedQualityChanged, asks_for_backup)
            await ana.add_backup()
            await next_frame(await chi.next_track())
            story.events.clear()
            await ana.drop_backup()
            assert (codec_for(engine, binh), codec_for(engine, chi)) == (Codec.H264, None)
            await story.until(SubscribedQualityChanged, asks_for_backup)
            await next_frame(shown)


async def test_a_track_that_ends_takes_its_second_codec_along():
    async with an_engine() as engine, a_publisher(engine) as (ana,), a_poor_viewer(engine) as (chi,):
        story = Story(engine)
        await ana.come()
        await story.until(SubscribedQualityChanged, asks_for_backup)
        await ana.add_backup()
        await next_frame(await chi.next_track())
        engine.unpublish(ana.sid, ana.first.sid)
        live = engine._home(ana.sid)
        assert not live.up_tracks and not live.connections[chi.sid].subscriber.tracks


class Player:
    """Made one offer for one picture, in these codecs."""

    def __init__(self, engine, codecs):
        self.engine = engine
        request = JoinRequest(identity=Identity("tv"), auto_subscribe=False)
        self.sid = engine.join(ROOM, request).participant.sid
        self.peer = RTCPeerConnection()
        known = RTCRtpSender.getCapabilities("video").codecs
        transceiver = self.peer.addTransceiver("video", direction="recvonly")
        transceiver.setCodecPreferences([one for one in known if one.mimeType.split("/")[1] in codecs])
        self.picture = None
        self.peer.on("track", self._show)

    def _show(self, track):
        self.picture = track

    async def watch(self, track):
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = self.engine.view(self.sid, self.peer.localDescription.sdp, is_one_source=True)
        self.engine.update_subscription(self.sid, [track.sid], True)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        await connected(self.peer)


@asynccontextmanager
async def a_player(engine, *codecs):
    player = Player(engine, codecs)
    try:
        yield player
    finally:
        engine.leave(player.sid, LeaveReason.CLIENT_INITIATED)
        await player.peer.close()


async def test_a_player_that_cannot_decode_the_first_codec_is_shown_the_second():
    async with an_engine() as engine, a_publisher(engine) as (ana,), clients(engine, "binh") as (binh,):
        story = Story(engine)
        first = await ana.come()
        await next_frame(await binh.next_track())
        async with a_player(engine, "VP8") as tv:
            await tv.watch(first)
            asked = await story.until(SubscribedQualityChanged, asks_for_backup)
            assert (asked.participant_sid, asked.backup[0]) == (ana.sid, "vp8")
            assert codec_for(engine, tv) is None
            await ana.add_backup()
            shown = await next_frame(tv.picture)
            assert shown.width == 128
            assert (codec_for(engine, binh), codec_for(engine, tv)) == (Codec.H264, Codec.VP8)
            story.events.clear()
            await ana.drop_backup()
            assert codec_for(engine, tv) is None
            await story.until(SubscribedQualityChanged, asks_for_backup)
            await ana.add_backup()
            await next_frame(tv.picture)
            assert codec_for(engine, tv) is Codec.VP8


@pytest.mark.parametrize("is_backup_alone", [False, True])
async def test_a_player_that_decodes_both_changes_only_by_its_publishers_choice(is_backup_alone):
    async with an_engine() as engine, a_publisher(engine) as (ana,), a_poor_viewer(engine) as (chi,):
        story = Story(engine)
        first = await ana.come(is_backup_alone=is_backup_alone)
        async with a_player(engine, "VP8", "H264") as tv:
            await tv.watch(first)
            await next_frame(tv.picture)
            assert codec_for(engine, tv) is Codec.H264
            await story.until(SubscribedQualityChanged, asks_for_backup)
            await ana.add_backup()
            await next_frame(await chi.next_track())
            assert codec_for(engine, tv) is (Codec.VP8 if is_backup_alone else Codec.H264)
            await next_frame(tv.picture)
