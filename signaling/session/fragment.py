"""Trickle ICE fragments (RFC 8840) as WHIP and WHEP use them, and the entity tags that guard them; pure.

A fragment with the credentials of the description in use only names candidates, which an ICE-lite server does not
need; one with new credentials asks for an ICE restart.
"""

import re
from dataclasses import dataclass

from sfu.errors import SdpError
from sfu.sdp.description import MediaSection, first_of, parse
from sfu.sdp.local import LocalTransport, add_candidates
from signaling.session.admission import Refusal

# RFC 8839, 5.4, but for the alphabet, in which not every client is strict and which means nothing here
ICE_UFRAG = re.compile(r"[!-~]{4,256}")
ICE_PWD = re.compile(r"[!-~]{22,256}")
ENTITY_TAG = re.compile(r'(?:W/)?"[^"]*"')
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class IceCredentials:
    """What a client's checks are signed with; empty when a fragment names none."""

    ufrag: str = ""
    pwd: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The section of the offer that carries the one transport."""

    kind: str
    protocol: str
    mid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRead:
    """What a later ICE restart needs to know of an offer. `mids`: of its live sections."""

    credentials: IceCredentials
    bundle: Bundle
    mids: tuple[str, ...]


def read_offer_ice(sdp: str) -> OfferRead:
    """Refusal: 400 no session description, 422 no transport in it."""
    try:
        description = parse(sdp)
    except SdpError as error:
        raise Refusal(400, f"the offer cannot be read: {error}") from error
    live = [section for section in description.media if section.port or section.has("bundle-only")]
    if not live:
        raise Refusal(422, "the offer has no live media section")
    first = live[0]
    ufrag, pwd = (description.first(name, first) or "" for name in ("ice-ufrag", "ice-pwd"))
    return OfferRead(
        credentials=_checked(IceCredentials(ufrag=ufrag, pwd=pwd), status=422),
        bundle=Bundle(kind=first.kind, protocol=first.protocol, mid=first.mid),
        mids=tuple(section.mid for section in live),
    )


def read_fragment(text: str) -> IceCredentials:
    """Whose candidates a fragment names; Refusal when it is none."""
    attributes: list[tuple[str, str | None]] = []
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if line.strip() and not (separator and len(key) == 1):
            raise Refusal(400, "a line of the fragment has no '='")
        if key == "a":
            name, colon, rest = value.strip().partition(":")
            attributes.append((name, rest.strip() if colon else None))
    if not attributes:
        raise Refusal(400, "an empty fragment")
    ufrag, pwd = first_of(attributes, "ice-ufrag"), first_of(attributes, "ice-pwd")
    if ufrag is None and pwd is None:
        return IceCredentials()
    return _checked(IceCredentials(ufrag=ufrag or "", pwd=pwd or ""), status=400)


def _checked(credentials: IceCredentials, *, status: int) -> IceCredentials:
    if not (ICE_UFRAG.fullmatch(credentials.ufrag) and ICE_PWD.fullmatch(credentials.pwd)):
        raise Refusal(status, "ice-ufrag or ice-pwd is missing or impossible")
    return credentials


def write_fragment(offer: OfferRead, local: LocalTransport) -> str:
    """Our side after a restart."""
    bundle = offer.bundle
    section = MediaSection(kind=bundle.kind, protocol=bundle.protocol)
    section.add("mid", bundle.mid)
    section.add("ice-ufrag", local.ufrag)
    section.add("ice-pwd", local.pwd)
    add_candidates(section, local)
    lines = ["a=ice-lite", f"a=group:BUNDLE {' '.join(offer.mids)}", f"m={bundle.kind} 9 {bundle.protocol} 0"]
    lines += [f"a={name}" if value is None else f"a={name}:{value}" for name, value in section.attributes]
    return "\r\n".join(lines) + "\r\n"


def check_precondition(if_match: str | None, tag: str) -> None:
    """RFC 9110, 13.1.1 by strong comparison; a change without the header is refused (RFC 6585, 3)."""
    if if_match is None:
        raise Refusal(428, "If-Match is needed")
    if if_match.strip() != ANY and tag not in ENTITY_TAG.findall(if_match):
        raise Refusal(412, "If-Match does not name the entity tag in force")
