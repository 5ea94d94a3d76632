"""Which of a client's receiving sections carries which track, where the client makes all the offers (one connection).

Rules: a track goes only where the client offers to receive; a section whose track is gone is answered `inactive`
once before it carries another (else browsers see no new track); what sections lack is asked for once; payload
types and extension ids are the offerer's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfu.ids import TrackSid
from sfu.media import Kind
from sfu.sdp import codecs, extensions
from sfu.sdp.codecs import kind_of
from sfu.sdp.description import MediaSection
from sfu.sdp.down_track import AcceptedSection, DownTrackSpec
from sfu.sdp.publisher import Placing, PublisherOffer

RECEIVES = ("recvonly", "sendrecv")
# no client is asked for more than this in all: its offers would be larger than what we read
MAX_SECTIONS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One answer's sections that send. `refused`: tracks the client cannot play; `moved`: whose section is gone."""

    sections: Mapping[str, Placing] = field(default_factory=dict)
    refused: frozenset[TrackSid] = frozenset()
    moved: frozenset[TrackSid] = frozenset()

    @property
    def mids(self) -> dict[str, str]:
        """`mid -> track sid`, as clients want it with the answer."""
        return {mid: str(spec.track_sid) for mid, (spec, _) in self.sections.items()}

    @property
    def accepted(self) -> dict[TrackSid, AcceptedSection]:
        return {spec.track_sid: accepted for spec, accepted in self.sections.values()}


NOTHING_PLACED = Placed()


@dataclass(slots=True)
class Placement:
    can_reuse_sections: bool = True
    # by mid, what the last answer made of each section: a track, or None when it was answered `inactive`
    _carried: dict[str, DownTrackSpec | None] = field(default_factory=dict)
    # mids that have carried something, for clients whose sections carry one track only
    _used: set[str] = field(default_factory=set)
    _tracks: dict[TrackSid, DownTrackSpec] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    # sections asked for that no offer has brought yet
    _asked: dict[str, int] = field(default_factory=dict)
    _is_asked: bool = False

    @property
    def is_owed(self) -> bool:
        """Whether sections were asked for that have not come."""
        return any(self._asked.values())

    def add(self, track: DownTrackSpec) -> None:
        self._tracks[track.track_sid] = track

    def remove(self, sid: TrackSid) -> None:
        self._tracks.pop(sid, None)

    def ask(self) -> tuple[int, int] | None:
        """How many sections of audio and video the client lacks; (0, 0) = it need only offer; None = nothing to do."""
        carried = [spec for spec in self._carried.values() if spec is not None]
        waiting = [spec for spec in self._tracks.values() if spec not in carried]
        room = MAX_SECTIONS - len(self._kinds) - sum(self._asked.values())
        missing: dict[Kind, int] = {}
        has_place = False
        for kind in Kind:
            wanted = sum(1 for spec in waiting if kind_of(spec.codec) is kind)
            free = self._free(kind)
            missing[kind] = min(room, max(0, wanted - free - self._asked.get(kind, 0)))
            room -= missing[kind]
            has_place = has_place or (wanted > 0 and free > 0)
        is_stale = not all(self._is_current(spec) for spec in carried)
        if not any(missing.values()) and (self._is_asked or not (is_stale or has_place)):
            return None
        self._is_asked = True
        for kind, number in missing.items():
            self._asked[kind] = self._asked.get(kind, 0) + number
        return missing[Kind.AUDIO], missing[Kind.VIDEO]

    def ask_again(self) -> None:
        """Whatever was asked for did not come."""
        self._asked.clear()
        self._is_asked = False

    def _free(self, kind: Kind) -> int:
        """A section whose track is gone serves again, though one answer later."""
        can_serve = [mid for mid, spec in self._carried.items() if not self._is_current(spec)]
        return sum(1 for mid in can_serve if self._kinds[mid] == kind and self._may_carry(mid))

    def _is_current(self, spec: DownTrackSpec | None) -> bool:
        return spec is not None and self._tracks.get(spec.track_sid) == spec

    def _may_carry(self, mid: str) -> bool:
        return self.can_reuse_sections or mid not in self._used

    def plan(self, offer: PublisherOffer) -> Placed:
        """Where the answer to `offer` puts the tracks; nothing is changed."""
        open_now = {section.mid: section for section in offer.description.media if _receives(section)}
        is_mixed = extensions.allows_mixed(offer.description)
        sections: dict[str, Placing] = {}
        moved: set[TrackSid] = set()
        for mid, spec in self._carried.items():
            if spec is None or not self._is_current(spec):
                continue
            accepted = _accept(open_now[mid], spec, is_mixed) if mid in open_now else None
            if accepted is None:
                moved.add(spec.track_sid)
            else:
                sections[mid] = spec, accepted
        free = [mid for mid in open_now if self._carried.get(mid) is None and self._may_carry(mid)]
        # what the client also sends in comes last: its own track may go, and the section with it
        free.sort(key=lambda mid: open_now[mid].direction == "sendrecv")
        refused: set[TrackSid] = set()
        carried = {spec.track_sid for spec, _ in sections.values()}
        for sid, spec in self._tracks.items():
            fitting = [mid for mid in free if open_now[mid].kind == kind_of(spec.codec).value]
            if sid in carried or not fitting:
                continue
            accepted = _accept(open_now[fitting[0]], spec, is_mixed)
            if accepted is None:
                refused.add(sid)
            else:
                free.remove(fitting[0])
                sections[fitting[0]] = spec, accepted
        return Placed(sections=sections, refused=frozenset(refused), moved=frozenset(moved))

    def commit(self, offer: PublisherOffer, placed: Placed) -> None:
        """The answer of that plan has been given."""
        self._is_asked = False
        for section in offer.description.media:
            if _receives(section) and section.mid not in self._carried:
                self._asked[section.kind] = max(0, self._asked.get(section.kind, 0) - 1)
        self._kinds = {section.mid: section.kind for section in offer.description.media}
        carried = {mid: spec for mid, (spec, _) in placed.sections.items()}
        self._carried = {
            section.mid: carried.get(section.mid) for section in offer.description.media if _receives(section)
        }
        self._used.update(carried)
        for sid in placed.refused:
            self.remove(sid)


def _receives(section: MediaSection) -> bool:
    is_media = section.kind in ("audio", "video") and (section.port != 0 or section.has("bundle-only"))
    return is_media and section.direction in RECEIVES


def _accept(section: MediaSection, spec: DownTrackSpec, is_mixed: bool) -> AcceptedSection | None:
    """None when the client cannot play it."""
    offered = {each.codec: each for each in (codecs.choose(section, (codec,)) for codec in spec.codecs) if each}
    playable = [offered[codec] for codec in spec.codecs if codec in offered]
    if not playable:
        return None
    payload_type = playable[0]
    has_feedback = "transport-cc" in payload_type.feedback
    theirs = extensions.offered(section)
    return AcceptedSection(
        mid=section.mid,
        extensions=extensions.understood(theirs, section.kind, is_mixed=is_mixed, has_feedback=has_feedback),
        payload_type=payload_type,
        backup=playable[1] if playable[1:] else None,
    )
