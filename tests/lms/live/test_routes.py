"""Joining and ending a live session over HTTP."""

import asyncio
import json
from datetime import datetime, timedelta

from sqlalchemy import select

from lms.actor import Role
from lms.db.outbox import OutboxRow
from lms.live.service import end_forgotten
from lms.web.dispatch import DATABASE
from signaling.protocol import tokens
from tests.support.lms import KEY, SECRET, START, Lms, a_class, a_room


async def test_the_enrolled_get_a_ticket_and_the_room_its_policy(lms: Lms) -> None:
    held = await a_class(lms, "cuc", is_recorded=False)
    (cuc,) = held.trainees
    ticket = await cuc.post(f"/sessions/{held.session_id}/join", headers={"X-Forwarded-Proto": "https"})
    claims = tokens.verify(ticket["token"], {KEY: SECRET}, lms.now.timestamp())
    assert (claims.identity, claims.grant.room, claims.grant.room_admin) == (cuc.person_id, ticket["room"], None)
    assert ticket["url"].startswith("wss://127.0.0.1:")
    assert (ticket["may_end"], ticket["is_recorded"]) == (False, False)
    ((method, request),) = lms.node.calls
    assert (method, request["name"]) == ("CreateRoom", f"s-{held.session_id}")
    assert json.loads(request["metadata"]) == {"lophop": {"record": False}}
    assert request["emptyTimeout"] == 4200


async def test_the_host_leads_the_room(lms: Lms) -> None:
    held = await a_class(lms)
    ticket = await held.host.post(f"/sessions/{held.session_id}/join")
    claims = tokens.verify(ticket["token"], {KEY: SECRET}, lms.now.timestamp())
    assert claims.grant.room_admin is True
    assert ticket["may_end"] is True


async def test_the_door_opens_a_quarter_of_an_hour_early_and_for_the_host_before(lms: Lms) -> None:
    starts = START + timedelta(hours=2)
    held = await a_class(lms, "cuc", starts_at=starts.isoformat(), ends_at=(starts + timedelta(hours=1)).isoformat())
    (cuc,) = held.trainees
    answer = await cuc.ask("POST", f"/sessions/{held.session_id}/join")
    assert (answer.status, answer.code) == (409, "session_not_open_yet")
    assert (await cuc.get(f"/sessions/{held.session_id}"))["may_join"] is False
    await held.host.post(f"/sessions/{held.session_id}/join")
    lms.pass_time(105 * 60)
    assert (await cuc.get(f"/sessions/{held.session_id}"))["may_join"] is True
    await cuc.post(f"/sessions/{held.session_id}/join")


async def test_who_is_not_enrolled_gets_no_ticket(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    (cuc,) = held.trainees
    await held.admin.delete(f"/courses/{held.course_id}/enrolments/{cuc.person_id}")
    answer = await cuc.ask("POST", f"/sessions/{held.session_id}/join")
    assert answer.status == 404
    assert lms.node.calls == []


async def test_the_host_gets_an_address_and_a_token_for_obs_that_end_after_the_session(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    path = f"/sessions/{held.session_id}/broadcast"
    given = await held.host.post(path, headers={"X-Forwarded-Proto": "https"})
    claims = tokens.verify(given["token"], {KEY: SECRET}, lms.now.timestamp())
    assert given["url"].startswith("https://127.0.0.1:") and given["url"].endswith(f"/whip/s-{held.session_id}")
    view = await held.host.get(f"/sessions/{held.session_id}")
    ends_at, expires_at = datetime.fromisoformat(view["ends_at"]), datetime.fromisoformat(given["expires_at"])
    assert expires_at - ends_at == timedelta(hours=1) and claims.expires_at == int(expires_at.timestamp())
    assert (claims.identity, claims.kind) == (f"{held.host.person_id}-obs", "ingress")
    assert (claims.grant.may_publish, claims.grant.may_subscribe, claims.grant.room_admin) == (True, False, None)
    assert [method for method, _ in lms.node.calls] == ["CreateRoom"]
    assert (await held.trainees[0].ask("POST", path)).code == "not_host"
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    await held.host.post(f"/sessions/{held.session_id}/end")
    assert (await held.host.ask("POST", path)).code == "session_ended"


async def test_a_node_that_is_down_is_told_plainly(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    lms.node.is_down = True
    answer = await held.trainees[0].ask("POST", f"/sessions/{held.session_id}/join")
    assert (answer.status, answer.code) == (503, "live_unavailable")


async def test_ending_takes_the_room_down_and_nobody_enters_again(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    (cuc,) = held.trainees
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    lms.pass_time(60)
    assert (await cuc.ask("POST", f"/sessions/{held.session_id}/end")).code == "not_host"
    view = await held.host.post(f"/sessions/{held.session_id}/end")
    assert (view["state"], view["duration_s"], view["may_end"]) == ("ended", 60, False)
    await deleted(lms, held.session_id)
    assert (await cuc.ask("POST", f"/sessions/{held.session_id}/join")).code == "session_ended"
    assert (await held.host.ask("POST", f"/sessions/{held.session_id}/end")).code == "session_ended"


async def deleted(lms: Lms, session_id: str) -> None:
    """Until the node was asked to take the room down; time passes meanwhile, so that a retry comes due."""
    async with asyncio.timeout(30):
        while ("DeleteRoom", {"room": f"s-{session_id}"}) not in lms.node.calls:
            lms.pass_time(1)
            await asyncio.sleep(0.02)


async def test_a_room_is_taken_down_even_if_the_node_was_away_at_the_end(lms: Lms) -> None:
    held = await a_class(lms)
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    lms.node.is_down = True
    lms.node.called.clear()
    await held.host.post(f"/sessions/{held.session_id}/end")
    async with asyncio.timeout(30):
        await lms.node.called.wait()
    lms.node.is_down = False
    await deleted(lms, held.session_id)
    async with asyncio.timeout(30):
        while await open_errands(lms):
            await asyncio.sleep(0.01)


async def open_errands(lms: Lms) -> int:
    async with lms.database.begin(read_only=True) as uow:
        return len((await uow.session.scalars(select(OutboxRow).where(OutboxRow.done_at.is_(None)))).all())


async def test_a_forgotten_session_ends_when_its_room_emptied(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    (cuc,) = held.trainees
    room = a_room(held.session_id, lms.now)
    participant = {"sid": "PA_1", "identity": cuc.person_id}
    await lms.hook("participant_joined", {"room": room, "participant": participant})
    await lms.present(held.session_id, cuc.person_id, (0, 0.5), zero=START)
    lms.pass_time(3600)
    await lms.hook("participant_left", {"room": room, "participant": participant})
    assert await end_forgotten(lms.client.app[DATABASE], lms.now) == 0
    lms.pass_time(600)
    assert await end_forgotten(lms.client.app[DATABASE], lms.now) == 1
    view = await cuc.get(f"/sessions/{held.session_id}")
    assert (view["state"], view["duration_s"]) == ("ended", 3600)
    await deleted(lms, held.session_id)


async def test_a_session_with_people_in_it_is_not_forgotten(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    participant = {"sid": "PA_1", "identity": held.trainees[0].person_id}
    await lms.hook("participant_joined", {"room": a_room(held.session_id, lms.now), "participant": participant})
    lms.pass_time(2 * 3600)
    assert await end_forgotten(lms.client.app[DATABASE], lms.now) == 0
    lms.pass_time(5 * 3600)
    assert await end_forgotten(lms.client.app[DATABASE], lms.now) == 1


async def test_managers_of_elsewhere_see_no_rooms_of_here(lms: Lms) -> None:
    held = await a_class(lms)
    await lms.unit("khac", "so")
    other = await lms.person("hung", "khac", Role.OFFICIAL)
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    assert (await other.get("/live"))["items"] == []
    assert len((await held.admin.get("/live"))["items"]) == 1
    assert (await held.host.ask("GET", "/live")).code == "not_manager_here"
