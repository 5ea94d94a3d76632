"""Short-lived TURN credentials, as coturn checks them with `use-auth-secret`: the name says until when, the password is
its HMAC-SHA1 under a secret that only the TURN server and the node know. Nothing is asked of the TURN server.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

SCHEMES = ("turn:", "turns:")
DEFAULT_TTL_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettings:
    """`ttl_s`: until when an allocation may begin; one that has begun goes on. `forces_relay`: no other way is used."""

    urls: tuple[str, ...]
    secret: str = field(repr=False)
    ttl_s: float = DEFAULT_TTL_S
    forces_relay: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    username: str
    password: str = field(repr=False)


def credential(settings: TurnSettings, owner: str, now: float) -> Credential:
    """For one participant; its sid in the name lets the TURN server's log and quota tell people apart."""
    username = f"{int(now + settings.ttl_s)}:{owner}"
    digest = hmac.new(settings.secret.encode(), username.encode(), hashlib.sha1).digest()
    return Credential(username, base64.b64encode(digest).decode())
