"""Who may come in, and with what."""

import base64
import json

import pytest
from livekit.protocol import models
from livekit.protocol import room as messages

from sfu.ids import RoomName
from signaling.protocol.tokens import Claims, Grant
from signaling.session.admission import Refusal, admit, room_request, wants_recording

ENTRY = Grant(room="hall", room_join=True)


def refusal(claims: Claims, **query: str) -> int:
    with pytest.raises(Refusal) as caught:
        admit(claims, query)
    return caught.value.status


def test_a_token_and_a_query_make_a_join() -> None:
    claims = Claims(identity="an", name="Ân", metadata="m", attributes={"a": "b"}, grant=ENTRY)
    admission = admit(claims, {"protocol": "18", "auto_subscribe": "0", "adaptive_stream": "1", "client_protocol": "1"})
    assert (admission.room, admission.is_resume) == ("hall", False)
    request = admission.request
    assert (request.identity, request.name, request.metadata, request.attributes) == ("an", "Ân", "m", {"a": "b"})
    assert not request.auto_subscribe and request.adaptive_stream and request.room is None
    assert models.ParticipantInfo.FromString(request.passthrough).client_protocol == 1


def test_what_the_query_leaves_out_is_as_usual() -> None:
    request = admit(Claims(identity="an", grant=ENTRY), {}).request
    assert request.auto_subscribe and not request.adaptive_stream and request.can_reuse_sections


def test_a_wish_to_resume_is_noticed() -> None:
    assert admit(Claims(identity="an", grant=ENTRY), {"reconnect": "1", "sid": "PA_x"}).is_resume


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        (Claims(identity="an", grant=Grant(room="hall")), 401),
        (Claims(identity="an", grant=Grant(room="hall", room_join=False)), 401),
        (Claims(identity="an", grant=Grant(room_join=True)), 400),
        (Claims(identity="an", grant=Grant(room_join=True, room="h" * 257)), 400),
        (Claims(identity="", grant=ENTRY), 400),
        (Claims(identity="a\x00", grant=ENTRY), 400),
        (Claims(identity="an", name="n" * 257, grant=ENTRY), 400),
        (Claims(identity="an", grant=ENTRY, room_config={"emptyTimeout": "soon"}), 400),
    ],
)
def test_a_token_that_opens_no_door_is_refused(claims: Claims, status: int) -> None:
    assert refusal(claims) == status


def test_ancient_clients_are_refused() -> None:
    assert refusal(Claims(identity="an", grant=ENTRY), protocol="12") == 400


def brought(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_attributes_may_be_brought_along() -> None:
    claims = Claims(identity="an", attributes={"a": "1", "b": "2"}, grant=ENTRY)
    assert admit(claims, {"attributes": brought({"b": "3"})}).request.attributes == {"a": "1", "b": "3"}


@pytest.mark.parametrize("text", ["%%%", brought([1]), brought({"a": 1})])
def test_broken_attributes_are_refused(text: str) -> None:
    assert refusal(Claims(identity="an", grant=ENTRY), attributes=text) == 400


def test_a_token_may_say_how_the_room_is_to_be() -> None:
    config = {"emptyTimeout": 60, "maxParticipants": 5, "metadata": '{"lophop":{"record":true}}', "later": 1}
    request = admit(Claims(identity="an", grant=ENTRY, room_config=config), {}).request.room
    assert request is not None
    assert (request.empty_timeout_s, request.max_participants, request.departure_timeout_s) == (60, 5, None)
    assert request.auto_record is True


def test_a_created_room_is_recorded_when_it_says_so() -> None:
    name = RoomName("hall")
    assert room_request(messages.CreateRoomRequest(name="hall"), name).auto_record is None
    egress = messages.RoomEgress(tracks={})
    assert room_request(messages.CreateRoomRequest(name="hall", egress=egress), name).auto_record is True


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"lophop":1}', '{"lophop":{"record":"yes"}}', "[" * 100_000])
def test_metadata_that_does_not_say_so_records_nothing(metadata: str) -> None:
    assert not wants_recording(metadata, has_egress=False)


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


@pytest.mark.parametrize(("agent", "can_reuse"), [(IPHONE, False), (CHROME, True), ("", True), ("rust", True)])
def test_safari_gets_a_section_of_its_own_for_each_track(agent: str, can_reuse: bool) -> None:
    assert admit(Claims(identity="an", grant=ENTRY), {}, agent).request.can_reuse_sections is can_reuse
