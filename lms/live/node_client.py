"""Calls to the media node: LiveKit's RoomService over Twirp, in JSON."""

import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog

from lms.errors import Unavailable
from signaling.protocol import tokens

CALL_TIMEOUT_S = 5.0
_CALL_TOKEN_LIFE_S = 60

log = structlog.get_logger()


class NodeError(Exception):
    """The node answered, with a Twirp error; `code` is Twirp's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class NodeClient:
    """`http` stays the caller's; it is not closed here."""

    def __init__(self, http: aiohttp.ClientSession, url: str, *, key: str, secret: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._key = key
        self._secret = secret

    async def create_room(self, room: str, *, is_recorded: bool, keep_empty_s: int) -> None:
        """Make sure the room runs; one that does already is left as it is."""
        request = {
            "name": room,
            "emptyTimeout": keep_empty_s,
            "departureTimeout": keep_empty_s,
            "metadata": json.dumps({"lophop": {"record": is_recorded}}),
        }
        await self._call("CreateRoom", request, tokens.Grant(room_create=True))

    async def delete_room(self, room: str) -> None:
        """Put everybody out and finish the recording; a room that is gone already is fine."""
        try:
            await self._call("DeleteRoom", {"room": room}, tokens.Grant(room_create=True))
        except NodeError as error:
            if error.code != "not_found":
                raise

    async def _call(self, method: str, request: Mapping[str, Any], grant: tokens.Grant) -> None:
        token = tokens.sign(
            tokens.Claims(grant=grant), key=self._key, secret=self._secret, now=time.time(), life_s=_CALL_TOKEN_LIFE_S
        )
        try:
            async with self._http.post(
                f"{self._url}/twirp/livekit.RoomService/{method}",
                json=request,
                headers={"Authorization": f"Bearer {token}"},
                timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S),
            ) as response:
                if response.status != 200:
                    raise await _node_error(response)
                await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("node_unreachable", method=method, error=str(error))
            raise Unavailable("live_unavailable") from error


async def _node_error(response: aiohttp.ClientResponse) -> NodeError:
    try:
        answer = await response.json(content_type=None)
        return NodeError(str(answer["code"]), str(answer.get("msg", "")))
    except (ValueError, KeyError, TypeError):
        return NodeError("unknown", f"status {response.status}")
