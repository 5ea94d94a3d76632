"""WHIP (RFC 9725) and WHEP: a participant that comes, changes and goes by plain HTTP requests.

`POST /whip/{room}` with an SDP offer publishes, `POST /whep/{room}` watches; the answer's Location is the address of
the stay: PATCH restarts ICE, DELETE ends it. The bearer token is a join token. Refusals are one line of text.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import quote

import structlog
from aiohttp import web

from sfu.config import JoinRequest, LeaveReason
from sfu.errors import LimitExceededError, NotAllowedError, NotFoundError, RemoteProtocolError, SfuError
from sfu.ids import ParticipantSid, RoomName
from signaling.api.access import token_of
from signaling.api.stays import HttpStay, HttpStays
from signaling.api.viewers import Viewers
from signaling.api.ws import SignalDoor
from signaling.protocol.tokens import Claims, TokenError
from signaling.session import fragment, translate
from signaling.session.admission import Admission, Refusal
from signaling.session.fragment import OfferRead
from signaling.session.ice_servers import ice_servers, links
from signaling.session.ingest import read_ingest
from signaling.session.viewing import Player

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
# an offer of three layers in every codec has some 10 KiB
OFFER_BYTES_LIMIT = 128 * 1024
FRAGMENT_BYTES_LIMIT = 16 * 1024
BODY_TIMEOUT_S = 10.0

Handler = Callable[[web.Request], Awaitable[web.Response]]

_STATUSES: tuple[tuple[type[SfuError], int], ...] = (
    (NotAllowedError, 403),
    (LimitExceededError, 403),
    (NotFoundError, 404),
    (RemoteProtocolError, 422),
)

log = structlog.get_logger("whip")


class WhipDoor:
    """Both protocols."""

    def __init__(self, door: SignalDoor, stays: HttpStays, viewers: Viewers) -> None:
        self._door = door
        self._engine = door.engine
        self._stays = stays
        self._viewers = viewers

    async def publish(self, request: web.Request) -> web.Response:
        """`POST /whip/{room}`."""
        admission, claims = self._admitted(request)
        sdp = await _body(request, SDP, OFFER_BYTES_LIMIT)
        permission = replace(admission.request.permission, can_subscribe=False, can_publish_data=False)
        ingest = read_ingest(sdp, permission, request.query.get("source", ""))
        wish = replace(
            admission.request,
            permission=permission,
            auto_subscribe=False,
            has_signalling=False,
            passthrough=_kind(claims, "INGRESS"),
        )

        async def negotiate(sid: ParticipantSid) -> str:
            for track in ingest.tracks:
                self._engine.add_track(sid, track)
            return (await self._engine.publisher_offer(sid, sdp)).sdp

        return await self._enter(request, wish, ingest.offer, negotiate)

    async def watch(self, request: web.Request) -> web.Response:
        """`POST /whep/{room}`: nobody is told of a player, and it proves no presence."""
        admission, claims = self._admitted(request)
        sdp = await _body(request, SDP, OFFER_BYTES_LIMIT)
        offer = fragment.read_offer_ice(sdp)
        if not admission.request.permission.can_subscribe:
            raise Refusal(403, "the token does not let watch")
        permission = replace(admission.request.permission, can_publish=False, can_publish_data=False, is_hidden=True)
        wish = replace(
            admission.request,
            permission=permission,
            auto_subscribe=False,
            adaptive_stream=False,
            has_signalling=False,
            passthrough=_kind(claims, "EGRESS"),
        )
        participant, track = (request.query.get(name, "") for name in ("participant", "track"))

        async def negotiate(sid: ParticipantSid) -> str:
            answer = self._engine.view(sid, sdp, is_one_source=bool(participant or track))
            player = Player(slots=answer.slots, codecs=answer.codecs, participant=participant, track=track)
            self._viewers.add(admission.room, sid, player)
            return answer.sdp

        return await self._enter(request, wish, offer, negotiate)

    def _admitted(self, request: web.Request) -> tuple[Admission, Claims]:
        admission, claims = self._door.admission(request)
        if admission.room != request.match_info["room"]:
            raise Refusal(403, "the token is for another room")
        if not self._door.joins.admits(self._door.clock()):
            raise Refusal(503, "too many joins at once")
        return admission, claims

    async def _enter(
        self,
        request: web.Request,
        wish: JoinRequest,
        offer: OfferRead,
        negotiate: Callable[[ParticipantSid], Awaitable[str]],
    ) -> web.Response:
        """Nobody is in the room whose offer was not answered."""
        protocol, room = _protocol(request), RoomName(request.match_info["room"])
        sid = self._engine.join(room, wish).participant.sid
        try:
            answer = await negotiate(sid)
        except BaseException:
            self._engine.leave(sid, LeaveReason.JOIN_FAILURE)
            raise
        secret, stay = self._stays.add(
            protocol=protocol,
            room=room,
            identity=wish.identity,
            sid=sid,
            offer=offer,
            token=token_of(request),
        )
        log.info("joined", protocol=protocol, room=room, participant=sid, identity=wish.identity)
        headers = {
            "Location": f"/{protocol}/{quote(room, safe='')}/{secret}",
            "ETag": stay.tag,
            "Accept-Patch": FRAGMENT,
        }
        response = web.Response(status=201, text=answer, content_type=SDP, headers=headers)
        for link in links(ice_servers(self._door.turn, sid, self._door.clock())):
            response.headers.add("Link", link)
        return response

    # the address of a stay

    async def change(self, request: web.Request) -> web.Response:
        """`PATCH`: candidates, which an ICE-lite server does not need, or an ICE restart."""
        stay = self._stay(request)
        if stay.left_at is not None:
            raise Refusal(404, "the stay is over")
        text = await _body(request, FRAGMENT, FRAGMENT_BYTES_LIMIT)
        fragment.check_precondition(request.headers.get("If-Match"), stay.tag)
        credentials = fragment.read_fragment(text)
        if credentials.ufrag in ("", stay.credentials.ufrag):
            return web.Response(status=204, headers={"ETag": stay.tag})
        body = fragment.write_fragment(stay.offer, self._engine.restart_ice(stay.sid))
        stay.restarted(credentials)
        return web.Response(text=body, content_type=FRAGMENT, headers={"ETag": stay.tag})

    async def end(self, request: web.Request) -> web.Response:
        """`DELETE`: the participant leaves."""
        stay = self._stay(request)
        self._engine.leave(stay.sid, LeaveReason.CLIENT_INITIATED)
        self._stays.forget(stay)
        return web.Response(text="ended")

    def _stay(self, request: web.Request) -> HttpStay:
        """The one at this address, asked for by whom it belongs to."""
        token = token_of(request)
        if not token:
            raise TokenError("malformed", "no token")
        stay = self._stays.find(request.match_info["secret"])
        if stay is None or _protocol(request) != stay.protocol:
            raise Refusal(404, "no such stay")
        if not stay.was_opened_by(token):
            claims = self._door.doorkeeper.claims(request, needs_identity=True)
            if (claims.identity, claims.grant.room) != (stay.identity, stay.room):
                raise Refusal(403, "the stay belongs to somebody else")
        if stay.room != request.match_info["room"]:
            raise Refusal(404, "no such stay")
        return stay

    async def describe(self, request: web.Request) -> web.Response:
        """`OPTIONS`: what may be sent here."""
        name = "Accept-Patch" if "secret" in request.match_info else "Accept-Post"
        return web.Response(status=204, headers={name: FRAGMENT if "secret" in request.match_info else SDP})


def _protocol(request: web.Request) -> str:
    """`whip` or `whep`, whatever came before it was one slash or two."""
    return request.path.strip("/").partition("/")[0]


def _kind(claims: Claims, usual: str) -> bytes:
    return translate.participant_passthrough(kind=claims.kind or usual, client_protocol=0, capabilities=())


async def _body(request: web.Request, content_type: str, limit: int) -> str:
    """The text of a request; Refusal: 406, 408, 413, 415 or 400."""
    if request.content_type != content_type:
        raise Refusal(415, f"a body of {content_type} is expected")
    accepted = request.headers.get("Accept", "*/*")
    if not any(one in accepted for one in (content_type, "*/*", "application/*")):
        raise Refusal(406, f"the answer is {content_type}")
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            body = await _read(request, limit)
    except TimeoutError as error:
        raise Refusal(408, "the body did not come in time") from error
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, "the body is not UTF-8") from error


async def _read(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise Refusal(413, f"at most {limit} bytes")
    if not body:
        raise Refusal(400, "an empty body")
    return bytes(body)


def _answered(handler: Handler) -> Handler:
    """Refusals and the media plane's errors as statuses with a line of text."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return _refused(refusal.status, str(refusal))
        except TokenError as error:
            return _refused(401, str(error))
        except SfuError as error:
            status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
            log.info("refused", path=request.path, reason=error.code)
            return _refused(status, str(error) if status < 500 else "internal error")

    return answer


def _refused(status: int, text: str) -> web.Response:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(status, {})
    return web.Response(status=status, text=text, headers=headers)


def add_routes(app: web.Application, door: WhipDoor) -> None:
    """The endpoints and the addresses of stays; other methods answer 405."""
    for slash in ("/", "//"):
        app.router.add_post(f"{slash}whip/{{room}}", _answered(door.publish))
        app.router.add_post(f"{slash}whep/{{room}}", _answered(door.watch))
        app.router.add_options(f"{slash}{{protocol:whip|whep}}/{{room}}", door.describe)
        stay = f"{slash}{{protocol:whip|whep}}/{{room}}/{{secret}}"
        app.router.add_patch(stay, _answered(door.change))
        app.router.add_delete(stay, _answered(door.end))
        app.router.add_options(stay, door.describe)
