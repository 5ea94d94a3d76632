"""WHIP publishers (aiortc over plain HTTP) in a room of people with LiveKit's own client."""

import asyncio
import re
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer
from livekit import api, rtc
from livekit.protocol import models

from signaling.config import NodeConfig
from signaling.node import ENGINE, STAYS, create_app
from signaling.protocol.turn import TurnSettings
from tests.conformance.people import KEY, SECRET, Person, a_token, people
from tests.sfu.clients import Picture, Tone
from tests.support.http_media import FRAGMENT, http_media


async def has_seen(viewer: Person, who: str, *, luma: int) -> None:
    """The picture it sends, at about that brightness."""
    await viewer.until(lambda: who in viewer.seen and abs(viewer.seen[who].luma - luma) < 12)


async def test_a_whip_publisher_is_seen_and_heard_and_goes(node: TestServer) -> None:
    async with people(node, "an") as (an,), http_media(a_token("obs")) as obs:
        obs.send(Picture(180), Tone())
        await obs.begin(str(node.make_url("/whip/hall")))
        await has_seen(an, "obs", luma=170)
        await an.until(lambda: "obs" in an.heard and an.heard["obs"].peak > 4000)
        shown = an.room.remote_participants["obs"]
        assert shown.kind == models.ParticipantInfo.Kind.INGRESS
        sources = {publication.source for publication in shown.track_publications.values()}
        assert sources == {rtc.TrackSource.SOURCE_CAMERA, rtc.TrackSource.SOURCE_MICROPHONE}
        async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
            listed = (await lk.room.list_participants(api.ListParticipantsRequest(room="hall"))).participants
        kinds = {one.identity: one.kind for one in listed}
        assert kinds == {"an": models.ParticipantInfo.Kind.STANDARD, "obs": models.ParticipantInfo.Kind.INGRESS}
        assert await obs.end() == 200
        await an.until(lambda: an.names_of("participant_disconnected"))
        assert len(node.app[STAYS]) == 0  # type: ignore[index, union-attr]
        assert await obs.end() == 404


async def test_a_publisher_that_closes_its_transport_first_may_still_tidy_up(node: TestServer) -> None:
    """OBS closes its connection and then sends DELETE."""
    async with people(node, "an") as (an,), http_media(a_token("obs")) as obs:
        obs.send(Picture(60))
        await obs.begin(str(node.make_url("/whip/hall?source=screen_share")))
        await has_seen(an, "obs", luma=66)
        (publication,) = an.room.remote_participants["obs"].track_publications.values()
        assert publication.source == rtc.TrackSource.SOURCE_SCREENSHARE
        await obs.peer.close()
        await an.until(lambda: an.names_of("participant_disconnected"))
        assert (await obs.end(), await obs.end()) == (200, 404)


async def test_a_second_offer_of_one_identity_takes_the_place_of_the_first(node: TestServer) -> None:
    async with people(node, "an") as (an,), http_media(a_token("obs")) as first, http_media(a_token("obs")) as second:
        first.send(Picture(60))
        await first.begin(str(node.make_url("/whip/hall")))
        await has_seen(an, "obs", luma=66)
        engine = node.app[ENGINE]  # type: ignore[index, union-attr]
        before = engine.open_transports
        second.send(Picture(200))
        await second.begin(str(node.make_url("/whip/hall")))
        await has_seen(an, "obs", luma=187)
        async with asyncio.timeout(60):
            while engine.open_transports != before:
                await asyncio.sleep(0.05)
        assert await first.end() == 200


async def test_candidates_and_entity_tags(node: TestServer) -> None:
    async with http_media(a_token("obs")) as obs:
        obs.send(Picture(60))
        await obs.begin(str(node.make_url("/whip/hall")))
        lines = obs.peer.localDescription.sdp.splitlines()
        ice = [line for line in lines if line.startswith(("a=ice-ufrag", "a=ice-pwd", "a=candidate"))]
        body = "\r\n".join([*ice[:2], "m=video 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", *ice[2:]]) + "\r\n"

        async def patch(**headers: str) -> int:
            given = obs.headers(FRAGMENT) | {name.replace("_", "-"): value for name, value in headers.items()}
            async with obs.http.patch(obs.address, data=body, headers=given) as answer:
                return answer.status

        assert await patch(If_Match=obs.tag) == 204
        assert await patch(If_Match=f'"other", {obs.tag}') == 204
        assert await patch(If_Match='"other"') == 412
        assert await patch(If_Match=f"W/{obs.tag}") == 412
        assert await patch() == 428


async def test_ice_servers_come_as_links(tmp_path: Path) -> None:
    turn = TurnSettings(urls=("turn:turn.example:3478?transport=udp", "turns:turn.example:5349"), secret="s" * 32)
    config = NodeConfig(data_dir=tmp_path, api_keys={KEY: SECRET}, port=0, udp_port=0, turn=turn)
    async with TestServer(await create_app(config), host="127.0.0.1") as node, http_media(a_token("obs")) as obs:
        obs.send(Picture(180))
        await obs.begin(str(node.make_url("/whip/hall")))
        assert [link.split(">")[0][1:] for link in obs.links] == list(turn.urls)
        shape = r'<[^>]+>; rel="ice-server"; username="\d+:PA_\w+"; credential="[^"]+"; credential-type="password"'
        assert all(re.fullmatch(shape, link) for link in obs.links), obs.links


async def test_a_browser_elsewhere_may_ask(node: TestServer) -> None:
    origin = {"Origin": "https://player.example", "Access-Control-Request-Method": "POST"}
    origin |= {"Access-Control-Request-Headers": "authorization, content-type, if-match"}
    async with aiohttp.ClientSession() as http:
        for path, name in (
            ("/whip/hall", "Accept-Post"),
            ("/whep/hall", "Accept-Post"),
            ("/whip/hall/x", "Accept-Patch"),
        ):
            async with http.options(node.make_url(path), headers=origin) as answer:
                assert answer.status == 204 and answer.headers[name].startswith("application/")
                assert answer.headers["Access-Control-Allow-Origin"] == "https://player.example"
                assert "if-match" in answer.headers["Access-Control-Allow-Headers"]
                assert {"PATCH", "DELETE", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))


async def test_new_credentials_restart_ice_and_media_flows_on(node: TestServer) -> None:
    """What aiortc cannot do itself: it keeps its path, as a client does until it has found another."""
    async with people(node, "an") as (an,), http_media(a_token("obs")) as obs:
        obs.send(Picture(180))
        await obs.begin(str(node.make_url("/whip/hall")))
        await has_seen(an, "obs", luma=170)
        body = "a=ice-ufrag:another\r\na=ice-pwd:" + "n" * 24 + "\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
        headers = obs.headers(FRAGMENT) | {"If-Match": "*"}
        async with obs.http.patch(obs.address, data=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == 200 and answer.content_type == FRAGMENT
            tag = answer.headers["ETag"]
        assert tag != obs.tag and "a=ice-lite" in text and " typ host" in text
        (ufrag,) = (line for line in text.split("\r\n") if line.startswith("a=ice-ufrag:"))
        assert ufrag not in obs.answer
        before = an.seen["obs"].frames
        await an.until(lambda: an.seen["obs"].frames > before + 5)
        async with obs.http.patch(obs.address, data=body, headers=headers | {"If-Match": obs.tag}) as answer:
            assert answer.status == 412
        async with obs.http.patch(obs.address, data=body, headers=headers | {"If-Match": tag}) as answer:
            assert answer.status == 204
        assert await obs.end() == 200
