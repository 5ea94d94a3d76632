"""Who is sent what, with real clients: wishes, permissions, settings, sections that come and go."""

import asyncio

from sfu.config import ParticipantChange, Permission
from sfu.events import (
    SubscriberOffer,
    SubscriptionAdded,
    SubscriptionPermissionChanged,
    SubscriptionRemoved,
    TrackPublished,
)
from sfu.media import Kind, Quality, Source, TrackPermission, TrackRequest, TrackSetting
from sfu.sdp.description import parse
from tests.sfu.clients import Picture, Story, Tone, an_engine, clients, next_frame


def down_track(engine, sid, track_sid):
    return engine._home(sid).stage.connection(sid).subscriber.tracks[track_sid]


async def test_who_does_not_subscribe_by_itself_gets_what_it_asks_for():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        async with clients(engine, "binh", auto_subscribe=False) as (binh,):
            story = Story(engine)
            camera, _ = await ana.publish_camera(grey=50)
            microphone, _ = await ana.publish_microphone()
            await story.until(TrackPublished, lambda event: event.track.sid == microphone.sid)
            engine.update_subscription(binh.sid, [camera.sid], True)
            track = await binh.next_track()
            assert track.kind == "video"
            await next_frame(track)
            assert [event.track_sid for event in story.of(SubscriptionAdded)] == [camera.sid]


async def test_unsubscribing_makes_the_section_inactive_and_subscribing_again_brings_media():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        camera, _ = await ana.publish_camera()
        await next_frame(await binh.next_track())
        engine.update_subscription(binh.sid, [camera.sid], False)
        removed = await story.until(SubscriptionRemoved)
        assert (removed.participant_sid, removed.track_sid) == (binh.sid, camera.sid)
        offer = await story.until(
            SubscriberOffer,
            lambda event: (event.participant_sid, event.mid_to_track_id) == (binh.sid, {}) and event.offer_id > 1,
        )
        assert parse(offer.sdp).media[1].direction == "inactive"
        engine.update_subscription(binh.sid, [camera.sid], True)
        await story.until(SubscriptionAdded, lambda event: len(story.of(SubscriptionAdded)) == 2 and event.is_first)


async def test_a_publisher_decides_who_sees_its_track():
    async with an_engine() as engine, clients(engine, "ana", "binh", "chi") as (ana, binh, chi):
        story = Story(engine)
        camera, _ = await ana.publish_camera()
        for client in (binh, chi):
            await next_frame(await client.next_track())
        engine.subscription_permission(ana.sid, False, [TrackPermission(identity="binh", all_tracks=True)])
        changed = await story.until(SubscriptionPermissionChanged)
        assert (changed.participant_sid, changed.is_allowed) == (chi.sid, False)
        removed = await story.until(SubscriptionRemoved)
        assert removed.participant_sid == chi.sid
        assert camera.sid in engine._home(binh.sid).stage.connection(binh.sid).subscriber.tracks


async def test_a_revoked_right_to_subscribe_ends_it_and_a_new_one_begins_it():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        await ana.publish_camera()
        await next_frame(await binh.next_track())
        engine.update_participant(binh.sid, ParticipantChange(permission=Permission(can_subscribe=False)))
        await story.until(SubscriptionRemoved)
        engine.update_participant(binh.sid, ParticipantChange(permission=Permission()))
        await story.until(SubscriptionAdded, lambda event: len(story.of(SubscriptionAdded)) == 2)


async def test_who_is_let_in_later_gets_a_subscriber_transport():
    permission = Permission(can_subscribe=False)
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        async with clients(engine, "binh", permission=permission) as (binh,):
            await ana.publish_camera()
            assert binh.offers == []
            engine.update_participant(binh.sid, ParticipantChange(permission=Permission()))
            await next_frame(await binh.next_track())


async def test_a_disabled_track_is_paused_and_comes_back():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        camera, _ = await ana.publish_camera()
        microphone, _ = await ana.publish_microphone()
        tracks = {track.kind: track for track in [await binh.next_track(), await binh.next_track()]}
        await next_frame(tracks["video"])
        await next_frame(tracks["audio"])
        for info in (camera, microphone):
            engine.track_setting(binh.sid, [info.sid], TrackSetting(is_disabled=True))
            assert not down_track(engine, binh.sid, info.sid).is_due
            engine.track_setting(binh.sid, [info.sid], TrackSetting(quality=Quality.HIGH))
            assert down_track(engine, binh.sid, info.sid).is_due
        await next_frame(tracks["video"])
        await next_frame(tracks["audio"])


async def test_a_setting_may_come_before_the_track_flows():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        picture = Picture()
        info, _ = await ana.publish(picture, Source.CAMERA)
        engine.track_setting(binh.sid, [info.sid], TrackSetting(is_disabled=True))
        await story.until(SubscriptionAdded)
        assert not down_track(engine, binh.sid, info.sid).is_due


async def test_a_track_announced_muted_is_published_without_media():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        info, _ = await ana.publish(Tone(), Source.MICROPHONE, is_muted=True)
        published = await story.until(TrackPublished)
        assert published.track.sid == info.sid and published.track.is_muted
        track = await binh.next_track()
        engine.mute(ana.sid, info.sid, False)
        await next_frame(track)


async def test_tracks_that_come_together_share_an_offer():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        for grey in (10, 100, 200):
            ana.engine.add_track(ana.sid, _camera(picture := Picture(grey)))
            ana.publisher.addTrack(picture)
        await ana.negotiate()
        await story.until(SubscriptionAdded, lambda _: len(story.of(SubscriptionAdded)) == 3)
        with_tracks = [offer for offer in binh.offers if offer.mid_to_track_id]
        assert [len(offer.mid_to_track_id) for offer in with_tracks] == [3]


def _camera(track):
    # muted ones are published at once, together
    return TrackRequest(cid=track.id, kind=Kind.VIDEO, source=Source.CAMERA, is_muted=True)


async def test_a_leaver_takes_its_tracks_and_a_newcomer_reuses_their_sections():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        story = Story(engine)
        for identity in ("binh", "chi"):
            async with clients(engine, identity) as (other,):
                info, _ = await other.publish_camera()
                offer = await story.until(
                    SubscriberOffer,
                    lambda event, info=info: (
                        info.sid in event.mid_to_track_id.values() and event.participant_sid == ana.sid
                    ),
                )
                assert list(offer.mid_to_track_id) == ["1"]
                await story.until(SubscriptionAdded, lambda event, info=info: event.track_sid == info.sid)
            await story.until(
                SubscriberOffer,
                lambda event, offer=offer: (
                    event.participant_sid == ana.sid and event.offer_id > offer.offer_id and not event.mid_to_track_id
                ),
            )
            async with asyncio.timeout(10):
                side = engine._home(ana.sid).stage.connection(ana.sid).subscriber
                while side._negotiation._description.is_outstanding:
                    await asyncio.sleep(0.01)
