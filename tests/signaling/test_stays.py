"""Stays found by the secret in their address, and forgotten."""

from sfu.config import LeaveReason
from sfu.events import ParticipantLeft
from sfu.ids import Identity, ParticipantSid, RoomName
from signaling.api.stays import REMEMBERED_S, HttpStay, HttpStays
from signaling.session.fragment import Bundle, IceCredentials, OfferRead
from tests.signaling.builders import a_participant

OFFER = OfferRead(
    credentials=IceCredentials(ufrag="abcd", pwd="p" * 22),
    bundle=Bundle(kind="video", protocol="UDP/TLS/RTP/SAVPF", mid="0"),
    mids=("0",),
)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def a_stay(stays: HttpStays, name: str = "obs", token: str = "token") -> tuple[str, HttpStay]:
    return stays.add(
        protocol="whip",
        room=RoomName("hall"),
        identity=Identity(name),
        sid=ParticipantSid(f"PA_{name}"),
        offer=OFFER,
        token=token,
    )


def left(name: str = "obs") -> ParticipantLeft:
    return ParticipantLeft(room=RoomName("hall"), participant=a_participant(name), reason=LeaveReason.MEDIA_FAILURE)


def test_a_stay_is_found_by_its_secret_alone() -> None:
    stays = HttpStays(Clock())
    secret, stay = a_stay(stays)
    other, _ = a_stay(stays, "tv")
    assert secret != other and len(secret) >= 24
    assert stays.find(secret) is stay and stays.find(stay.sid) is None and stays.find("") is None
    assert stay.was_opened_by("token") and not stay.was_opened_by("another")


def test_every_state_has_a_tag_of_its_own() -> None:
    stays = HttpStays(Clock())
    _, stay = a_stay(stays)
    tags = {stay.tag}
    for number in range(3):
        stay.restarted(IceCredentials(ufrag=f"new{number}", pwd="n" * 22))
        tags.add(stay.tag)
    assert len(tags) == 4 and all(tag[0] == tag[-1] == '"' for tag in tags)


def test_who_has_left_is_remembered_for_a_minute() -> None:
    clock = Clock()
    stays = HttpStays(clock)
    secret, stay = a_stay(stays)
    stays.handle_event(left("somebody else"))
    assert stay.left_at is None
    stays.handle_event(left())
    assert stays.find(secret) is stay and stay.left_at == 100
    clock.now += REMEMBERED_S + 1
    assert stays.find(secret) is None and len(stays) == 0


def test_who_is_forgotten_is_gone_at_once_and_twice_is_nothing() -> None:
    stays = HttpStays(Clock())
    secret, stay = a_stay(stays)
    stays.forget(stay)
    stays.forget(stay)
    stays.handle_event(left())
    assert stays.find(secret) is None and len(stays) == 0
