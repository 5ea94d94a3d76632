"""Signed webhooks: taken in once, refused when forged, harmless when they are about nothing of ours."""

import pytest
from sqlalchemy import func, select

from lms.attendance.models import Evidence
from lms.db.base import Base
from lms.live.models import TakenEvent
from lms.live.service import forget_done
from lms.sessions.models import Stay
from lms.web.dispatch import DATABASE
from signaling.protocol import webhook
from tests.support.lms import KEY, SECRET, START, Lms, a_class, a_room


async def rows(lms: Lms, model: type[Base]) -> int:
    async with lms.database.begin(read_only=True) as uow:
        return await uow.session.scalar(select(func.count()).select_from(model)) or 0


def presence(session_id: str, person_id: str, *spans: tuple[float, float]) -> dict[str, object]:
    zero = START.timestamp()
    proven = [[zero + start, zero + end] for start, end in spans]
    return {
        "room": a_room(session_id, START),
        "presence": [{"identity": person_id, "participantSid": "PA_1", "spans": proven}],
    }


async def test_the_same_event_twice_counts_once(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    told = presence(held.session_id, held.trainees[0].person_id, (0, 5), (7, 9))
    lms.pass_time(10)
    assert await lms.hook("presence_proven", told, event_id="EV_same") == 200
    assert await lms.hook("presence_proven", told, event_id="EV_same") == 200
    assert await rows(lms, Evidence) == 2


async def test_presence_alone_starts_the_clock(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    lms.pass_time(10)
    await lms.hook("presence_proven", presence(held.session_id, held.trainees[0].person_id, (0, 5)))
    view = await held.host.get(f"/sessions/{held.session_id}")
    assert (view["state"], view["zero_at"]) == ("live", "2026-09-01T07:00:00Z")


@pytest.mark.parametrize("how", ["secret", "body", "key", "expired", "missing"])
async def test_a_forged_webhook_is_refused_and_changes_nothing(lms: Lms, how: str) -> None:
    held = await a_class(lms)
    parts = {"room": a_room(held.session_id, START)}
    body = webhook.build(event="room_started", event_id="EV_1", created_at=START.timestamp(), parts=parts)
    signed_at = START.timestamp() - (3600 if how == "expired" else 0)
    key, secret = ("other" if how == "key" else KEY), ("wrong" * 8 if how == "secret" else SECRET)
    headers = webhook.headers(body, key=key, secret=secret, now=signed_at)
    if how == "missing":
        del headers["Authorization"]
    sent = body + b" " if how == "body" else body
    async with lms.client.post("/hooks/live", data=sent, headers=headers) as response:
        assert response.status == 401
        assert (await response.json())["error"]["code"] == "bad_signature"
    assert (await held.host.get(f"/sessions/{held.session_id}"))["state"] == "scheduled"


async def test_a_signed_body_that_is_no_event_is_malformed(lms: Lms) -> None:
    body = b"[1, 2]"
    headers = webhook.headers(body, key=KEY, secret=SECRET, now=lms.now.timestamp())
    async with lms.client.post("/hooks/live", data=body, headers=headers) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("event", "parts"),
    [
        ("room_started", {"room": {"name": "s-nowhere", "sid": "RM_1"}}),
        ("room_started", {"room": {"name": "somebody else's", "sid": "RM_1"}}),
        ("track_published", {}),
        ("brand_new_event", {"room": "not an object"}),
    ],
)
async def test_events_about_nothing_of_ours_are_acknowledged(lms: Lms, event: str, parts: dict[str, object]) -> None:
    assert await lms.hook(event, parts) == 200


async def test_odd_presence_is_left_out_and_the_rest_counts(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    cuc = held.trainees[0]
    zero = START.timestamp()
    lms.pass_time(100)
    odd = [[zero + 9, zero + 3], ["x", 5], [zero + 1], None, [zero, zero + 90_000], [zero + 5, zero + 8]]
    told = presence(held.session_id, cuc.person_id)
    told["presence"] = [
        {"identity": "stranger", "spans": [[zero, zero + 5]]},
        "nonsense",
        {"identity": cuc.person_id, "spans": odd},
    ]
    assert await lms.hook("presence_proven", told) == 200
    mine = await cuc.get(f"/sessions/{held.session_id}/coverage/me")
    assert mine["live"] == [[5, 8]]


async def test_stays_open_and_close_with_their_room(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    cuc = held.trainees[0]
    room = a_room(held.session_id, lms.now)
    joined = {"room": room, "participant": {"sid": "PA_1", "identity": cuc.person_id, "joinedAt": "0"}}
    await lms.hook("participant_joined", joined)
    await lms.hook("participant_joined", joined)
    assert await rows(lms, Stay) == 1
    lms.pass_time(50)
    await lms.hook("room_finished", {"room": room})
    lms.pass_time(10)
    await lms.hook("participant_left", joined)
    table = await held.host.get(f"/sessions/{held.session_id}/attendance")
    row = table["rows"][0]
    assert (row["joined_at"], row["left_at"]) == ("2026-09-01T07:00:00Z", "2026-09-01T07:00:50Z")
    assert row["is_connected"] is False
    # before the scheduled end an empty room does not end the session
    assert (await cuc.get(f"/sessions/{held.session_id}"))["state"] == "live"


async def test_a_room_that_finishes_after_time_ends_the_session_when_the_last_one_left(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    room = a_room(held.session_id, lms.now)
    participant = {"sid": "PA_1", "identity": held.trainees[0].person_id}
    await lms.hook("participant_joined", {"room": room, "participant": participant})
    lms.pass_time(3590)
    await lms.hook("participant_left", {"room": room, "participant": participant})
    lms.pass_time(600)
    await lms.hook("room_finished", {"room": room})
    view = await held.host.get(f"/sessions/{held.session_id}")
    assert (view["state"], view["duration_s"]) == ("ended", 3590)


async def test_a_room_opened_again_after_the_end_is_taken_down(lms: Lms) -> None:
    held = await a_class(lms)
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    lms.pass_time(60)
    await held.host.post(f"/sessions/{held.session_id}/end")
    lms.node.calls.clear()
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now, "RM_ghost")})
    view = await held.host.get(f"/sessions/{held.session_id}")
    assert (view["state"], view["duration_s"]) == ("ended", 60)


async def test_what_only_guards_against_repetition_is_forgotten_after_a_month(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    cuc = held.trainees[0]
    lms.pass_time(10)
    await lms.hook("presence_proven", presence(held.session_id, cuc.person_id, (0, 5)))
    lms.pass_time(29 * 24 * 3600)
    await lms.hook("track_published", {})
    await forget_done(lms.client.app[DATABASE], lms.now)
    assert await rows(lms, TakenEvent) == 2
    lms.pass_time(2 * 24 * 3600)
    await forget_done(lms.client.app[DATABASE], lms.now)
    assert await rows(lms, TakenEvent) == 1
    assert await rows(lms, Evidence) == 1
