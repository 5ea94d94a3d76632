"""Fresh tokens for who is in: a lesson is longer than a token's life, and rights and rooms change meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sfu.config import ParticipantInfo
from signaling.api.connections import Connection
from signaling.protocol import tokens
from signaling.session import translate

TOKEN_LIFE_MIN_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """`signing_key` is a configured key and its secret."""

    signing_key: tuple[str, str]
    clock: Callable[[], float]

    def token(self, connection: Connection, info: ParticipantInfo) -> str:
        """With what the participant is and may now, in the room where it is now."""
        key, secret = self.signing_key
        claims, now = connection.claims, self.clock()
        if claims.grant.room != info.room:
            # how another room was to be says nothing of this one
            claims = replace(claims, room_config={})
        renewed = tokens.Claims(
            identity=info.identity,
            name=info.name,
            kind=claims.kind,
            metadata=info.metadata,
            attributes=info.attributes,
            grant=translate.grant_of(info.permission, info.room),
            room_config=claims.room_config,
        )
        life_s = max(claims.expires_at - now, TOKEN_LIFE_MIN_S)
        connection.token_ends_at = now + life_s
        return tokens.sign(renewed, key=key, secret=secret, now=now, life_s=life_s)
