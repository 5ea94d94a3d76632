"""Every refusal of the WHIP and WHEP endpoints as a table, while a call goes on that must not notice."""

import io
import json
import re
from dataclasses import dataclass, field

import aiohttp
from aiohttp.test_utils import TestServer

from signaling.node import ENGINE, STAYS
from tests.conformance.people import Person, a_token, people
from tests.sfu.clients import Picture, Tone
from tests.signaling.wire import a_token as a_raw_token
from tests.support.http_media import FRAGMENT, SDP, HttpMedia, http_media

PWD = "p" * 24


@dataclass(frozen=True, slots=True)
class Try:
    """One request and the status it deserves. `token` None: no header at all."""

    name: str
    status: int
    method: str = "POST"
    path: str = "/whip/hall"
    token: str | None = "good"
    body: str | bytes = b""
    content_type: str = SDP
    headers: dict[str, str] = field(default_factory=dict)


def without(sdp: str, pattern: str) -> str:
    return re.sub(rf"^a={pattern}.*\r?\n", "", sdp, flags=re.MULTILINE)


def of_the_door(offer: str, watching: str) -> list[Try]:
    """Who may not come in, and what is not an HTTP request for us."""
    rooms = [("/whip/hall", offer), ("/whep/hall", watching)]
    tries = []
    for path, sdp in rooms:
        tries += [
            Try("no token", 401, path=path, token=None, body=sdp),
            Try("not a token", 401, path=path, token="nonsense", body=sdp),
            Try("forged token", 401, path=path, token=a_raw_token("x", secret="forged"), body=sdp),
            Try("expired token", 401, path=path, token=a_raw_token("x", life_s=-600), body=sdp),
            Try("unknown key", 401, path=path, token=a_raw_token("x", key="stranger"), body=sdp),
            Try("no right to join", 401, path=path, token=a_raw_token("x", room_join=False), body=sdp),
            Try("token of another room", 403, path=path, token=a_raw_token("x", room="other"), body=sdp),
            Try("GET", 405, "GET", path),
            Try("HEAD", 405, "HEAD", path),
            Try("PUT", 405, "PUT", path, body=sdp),
            Try("PATCH of an endpoint", 405, "PATCH", path, body=sdp),
            Try("DELETE of an endpoint", 405, "DELETE", path),
            Try("JSON", 415, path=path, body=json.dumps({"sdp": sdp}), content_type="application/json"),
            Try("no content type", 415, path=path, body=sdp, content_type="application/octet-stream"),
            Try("an answer of another type", 406, path=path, body=sdp, headers={"Accept": "text/html"}),
            Try("an empty body", 400, path=path),
            Try("not UTF-8", 400, path=path, body=b"v=0\r\n\xff\xfe"),
            Try("no SDP", 400, path=path, body="hello"),
            Try("a line without '='", 400, path=path, body=sdp + "nonsense\r\n"),
            Try("2 MB", 413, path=path, body=sdp + "a=x:" + "y" * 2_000_000),
            Try("no mid", 400, path=path, body=without(sdp, "mid:")),
            Try("no media section", 422, path=path, body=sdp.split("m=")[0]),
            Try("no fingerprint", 422, path=path, body=without(sdp, "fingerprint")),
            Try("no setup", 422, path=path, body=without(sdp, "setup")),
            Try("no credentials", 422, path=path, body=without(without(sdp, "ice-ufrag"), "ice-pwd")),
            Try("a short password", 422, path=path, body=re.sub(r"ice-pwd:\S+", "ice-pwd:short", sdp)),
        ]
    return tries


def of_the_offer(offer: str, watching: str) -> list[Try]:
    """What cannot be published or watched."""
    unknown = re.sub(r"(VP8|H264|opus|VP9|AV1)/", "x/", offer)
    data_only = offer.split("m=")[0] + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    ends = [line for line in offer.splitlines() if line.startswith(("a=ice-", "a=fingerprint", "a=setup"))]
    data_only += "\r\n".join([*ends[:4], "a=mid:0", "a=sctp-port:5000"]) + "\r\n"
    mute_token = a_raw_token("x", can_publish=False)
    deaf_token = a_raw_token("x", can_subscribe=False)
    microphone_only = a_raw_token("x", can_publish_sources=("microphone",))
    video = "m=video" + offer.split("m=video")[1]
    twice = offer + video.replace("a=mid:1", "a=mid:9").replace("a=mid:0", "a=mid:9")
    return [
        Try("no right to publish", 403, token=mute_token, body=offer),
        Try("no right to this source", 403, token=microphone_only, body=offer),
        Try("no right to watch", 403, path="/whep/hall", token=deaf_token, body=watching),
        Try("unknown codecs", 422, body=unknown),
        Try("unknown codecs to watch", 422, path="/whep/hall", body=re.sub(r"(VP8|H264|opus)/", "x/", watching)),
        Try("only sending", 422, path="/whep/hall", body=offer),
        Try("only data", 422, body=data_only),
        Try("only receiving", 422, body=watching),
        Try("two videos", 406, body=twice),
        Try("a foreign source", 400, path="/whip/hall?source=window", body=offer),
        Try("a room nobody can name", 404, path="/whip/", body=offer),
        Try("no such path", 404, path="/whip/hall/x/y", body=offer),
    ]


def of_a_stay(address: str, tag: str, sdp: str) -> list[Try]:
    """What nobody may do to a stay, its owner included."""
    ufrag = re.search(r"ice-ufrag:(\S+)", sdp)
    assert ufrag
    trickle = f"a=ice-ufrag:{ufrag[1]}\r\na=ice-pwd:{PWD}\r\na=end-of-candidates\r\n"
    match = {"If-Match": tag}
    other = address.replace("whip", "whep") if "whip" in address else address.replace("whep", "whip")

    def patch(name: str, status: int, body: str | bytes = trickle, **changes: object) -> Try:
        given = {"headers": match, "content_type": FRAGMENT, "path": address} | changes
        return Try(name, status, "PATCH", body=body, **given)  # type: ignore[arg-type]

    return [
        patch("PATCH without a token", 401, token=None),
        patch("PATCH with a forged token", 401, token=a_raw_token("obs", secret="forged")),
        patch("PATCH of another's stay", 403, token=a_token("somebody")),
        patch("PATCH from another room", 403, token=a_token("obs", "elsewhere")),
        patch("PATCH of no stay", 404, path=address[:-3] + "xxx"),
        patch("PATCH under the other protocol", 404, path=other),
        patch("PATCH with an offer", 415, sdp, content_type=SDP),
        patch("PATCH without If-Match", 428, headers={}),
        patch("PATCH with a stale tag", 412, headers={"If-Match": '"stale"'}),
        patch("PATCH with a tag without quotes", 412, headers={"If-Match": tag.strip('"')}),
        patch("an empty fragment", 400, b""),
        patch("a fragment of nothing", 400, "\r\n\r\n"),
        patch("a fragment without '='", 400, "hello"),
        patch("a fragment with half of the credentials", 400, "a=ice-ufrag:newone\r\n"),
        patch("a fragment with an impossible password", 400, "a=ice-ufrag:newone\r\na=ice-pwd:x\r\n"),
        patch("a fragment of 20 KB", 413, "a=x:" + "y" * 20_000),
        Try("GET of a stay", 405, "GET", address),
        Try("POST to a stay", 405, "POST", address, body=sdp),
        Try("DELETE without a token", 401, "DELETE", address, token=None),
        Try("DELETE of another's stay", 403, "DELETE", address, token=a_token("somebody")),
        Try("DELETE of no stay", 404, "DELETE", address[:-3] + "xxx"),
    ]


def _stream(body: str | bytes) -> io.BytesIO | None:
    return io.BytesIO(body.encode() if isinstance(body, str) else body) if body else None


async def refused(
    http: aiohttp.ClientSession, node: TestServer, tries: list[Try], owner: str = "obs"
) -> dict[str, int]:
    """Sends all; every one is refused as it deserves, in a short text and readable by any page."""
    counted: dict[str, int] = {}
    for one in tries:
        token = a_token(owner) if one.token == "good" else one.token
        headers = {"Content-Type": one.content_type} | one.headers
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = str(node.make_url("/")).rstrip("/") + one.path
        async with http.request(one.method, url, data=_stream(one.body), headers=headers) as answer:
            text = await answer.text()
            assert answer.status == one.status, (one.name, one.path, answer.status, text)
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert len(text) < 300 and (text or one.method == "HEAD") and "Traceback" not in text
        counted[str(one.status)] = counted.get(str(one.status), 0) + 1
    return counted


def sum_of(*counts: dict[str, int]) -> dict[str, int]:
    return {key: sum(one.get(key, 0) for one in counts) for key in {key for one in counts for key in one}}


async def an_offer(media: HttpMedia, *, is_watching: bool) -> str:
    if is_watching:
        media.watch("audio", "video")
    else:
        media.send(Tone(), Picture(90))
    return await media.offer()


async def goes_on(viewer: Person) -> None:
    before = viewer.seen["binh"].frames
    await viewer.until(lambda: viewer.seen["binh"].frames > before + 3)
    assert not viewer.names_of("disconnected") and not viewer.names_of("participant_disconnected")


async def test_every_refusal_is_clear_and_a_call_does_not_notice(node: TestServer) -> None:
    engine, stays = node.app[ENGINE], node.app[STAYS]  # type: ignore[index, union-attr]
    async with people(node, "an", "binh") as (an, binh), aiohttp.ClientSession() as http:
        await binh.publish_camera(60)
        await an.until(lambda: "binh" in an.seen)
        transports = engine.open_transports
        async with http_media(a_token("obs")) as sender, http_media(a_token("tv")) as player:
            offer = await an_offer(sender, is_watching=False)
            watching = await an_offer(player, is_watching=True)
            counted = await refused(http, node, of_the_door(offer, watching) + of_the_offer(offer, watching))
            assert engine.open_transports == transports and len(stays) == 0
            assert {one.identity for one in engine.participants("hall")} == {"an", "binh"}
        async with http_media(a_token("obs")) as obs:
            obs.send(Picture(180))
            await obs.begin(str(node.make_url("/whip/hall")))
            path = obs.address.removeprefix(str(node.make_url("")).rstrip("/"))
            more = await refused(http, node, of_a_stay(path, obs.tag, obs.peer.localDescription.sdp))
            await an.until(lambda: "obs" in an.seen)
            async with http_media(a_token("obs-tv")) as player:
                player.watch("video")
                await player.begin(str(node.make_url("/whep/hall")))
                watched = player.address.removeprefix(str(node.make_url("")).rstrip("/"))
                tries = of_a_stay(watched, player.tag, player.peer.localDescription.sdp)
                counted = sum_of(counted, await refused(http, node, tries, "obs-tv"))
                assert await player.end() == 200
            assert await obs.end() == 200
            ended = [
                Try("a second DELETE", 404, "DELETE", path),
                Try("trickle after DELETE", 404, "PATCH", path, body="a=x\r\n", content_type=FRAGMENT),
            ]
            last = await refused(http, node, ended)
        await an.until(lambda: an.names_of("participant_disconnected"))
        an.told = [news for news in an.told if news[0] != "participant_disconnected"]
        await goes_on(an)
        tried = sum_of(counted, more, last)
        print(json.dumps({"refused": sum(tried.values()), "by status": dict(sorted(tried.items()))}))  # noqa: T201
