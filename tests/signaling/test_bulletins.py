"""Which messages wait for the bulletin, and what may not be overtaken by others."""

import asyncio

from livekit.protocol import models

from sfu.config import LeaveReason, ParticipantInfo, Permission
from sfu.events import Event, ParticipantActive, ParticipantLeft, RoomUpdated, TrackPublished
from sfu.ids import ParticipantSid
from signaling.api.bulletins import Bulletins
from signaling.session.bulletin import PEOPLE_EVERY_S
from signaling.session.news import News, news
from tests.signaling.builders import ROOM, a_participant, a_room, a_track

GONE = models.ParticipantInfo.State.DISCONNECTED


def came(who: ParticipantInfo) -> Event:
    return ParticipantActive(room=ROOM, participant=who)


def went(who: ParticipantInfo) -> Event:
    return ParticipantLeft(room=ROOM, participant=who, reason=LeaveReason.CLIENT_INITIATED)


class Crowd:
    """Everybody in a room, and what they were told."""

    def __init__(self) -> None:
        self.told: list[News] = []
        self.bulletins = Bulletins(self.told.append)

    def happens(self, event: Event) -> None:
        for one in news(event):
            if not self.bulletins.takes(event, one):
                self.told.append(one)

    def sids(self) -> list[str]:
        return [each.sid for one in self.told for each in one.response.update.participants]


async def test_many_who_come_at_a_time_are_told_of_in_few_messages() -> None:
    crowd = Crowd()
    for number in range(50):
        crowd.happens(came(a_participant(f"p{number}")))
    assert len(crowd.told) == 1
    async with asyncio.timeout(20 * PEOPLE_EVERY_S):
        while len(crowd.sids()) < 50:
            await asyncio.sleep(PEOPLE_EVERY_S / 5)
    assert crowd.sids() == [f"PA_p{number}" for number in range(50)]
    # two, unless this process was held up meanwhile
    assert len(crowd.told) < 10
    crowd.bulletins.close(ROOM)


async def test_who_publishes_is_told_of_at_once_and_once() -> None:
    crowd = Crowd()
    crowd.happens(came(a_participant("other")))
    crowd.happens(came(a_participant("an")))
    with_track = a_participant("an", tracks=(a_track("an"),), version=2)
    crowd.happens(TrackPublished(room=ROOM, participant=with_track, track=a_track("an")))
    assert crowd.sids() == ["PA_other", "PA_an"]
    crowd.bulletins.hurry(ROOM, "an")
    assert len(crowd.told) == 2
    crowd.bulletins.close(ROOM)


async def test_the_end_of_an_earlier_stay_is_told_before_the_next_stay_publishes() -> None:
    crowd = Crowd()
    crowd.happens(came(a_participant("other")))
    crowd.happens(went(a_participant("an")))
    again = a_participant("an", sid=ParticipantSid("PA_again"), tracks=(a_track("an"),))
    crowd.happens(TrackPublished(room=ROOM, participant=again, track=a_track("an")))
    assert crowd.sids() == ["PA_other", "PA_an", "PA_again"]
    crowd.bulletins.close(ROOM)


async def test_who_says_something_is_introduced_first() -> None:
    crowd = Crowd()
    crowd.happens(came(a_participant("other")))
    crowd.happens(came(a_participant("an")))
    crowd.bulletins.hurry(ROOM, "binh")
    assert crowd.sids() == ["PA_other"]
    crowd.bulletins.hurry(ROOM, "an")
    assert crowd.sids() == ["PA_other", "PA_an"]
    crowd.bulletins.close(ROOM)


async def test_the_hidden_are_told_of_themselves_alone_and_at_once() -> None:
    crowd = Crowd()
    crowd.happens(came(a_participant("other")))
    crowd.happens(came(a_participant("shadow", permission=Permission(is_hidden=True))))
    assert [one.only for one in crowd.told] == [None, "PA_shadow"]
    crowd.bulletins.close(ROOM)


async def test_new_metadata_of_the_room_does_not_wait() -> None:
    crowd = Crowd()
    crowd.happens(RoomUpdated(room=a_room(num_participants=1)))
    crowd.happens(RoomUpdated(room=a_room(num_participants=2)))
    assert len(crowd.told) == 1
    crowd.happens(RoomUpdated(room=a_room(num_participants=2, metadata="page 2")))
    assert [one.response.room_update.room.metadata for one in crowd.told] == ["", "page 2"]
    crowd.bulletins.close(ROOM)
    crowd.bulletins.close(ROOM)
