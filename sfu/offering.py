"""How a subscriber's tracks are negotiated: `Offering` where we make the offers (two connections), `Placing` where the
client makes them all (one connection).

Either waits a moment after a change, so that changes that come together share an offer, and fails the transport
when the client does not do its part in time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sfu.ids import TrackSid
from sfu.sdp.down_track import DownTrackSpec
from sfu.sdp.placement import NOTHING_PLACED, Placed, Placement
from sfu.sdp.publisher import PublisherOffer
from sfu.sdp.subscriber import SubscriberAnswer, SubscriberDescription
from sfu.transport.peer import Peer

# offer id, session description, mid -> track sid
OfferHandler = Callable[[int, str, dict[str, str]], None]
# sections of audio and of video the client lacks
NeedHandler = Callable[[int, int], None]


class Negotiation(Protocol):
    """How a `SubscriberSide` comes to sections for its tracks."""

    def add(self, track: DownTrackSpec) -> None: ...

    def remove(self, sid: TrackSid) -> None: ...

    def hold(self) -> None: ...

    def again(self) -> None: ...

    def answer(self, text: str, offer_id: int) -> SubscriberAnswer | None: ...

    def place(self, offer: PublisherOffer) -> Placed: ...

    def placed(self, offer: PublisherOffer, placed: Placed) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long we wait for more changes before we act, and how long for what the client has to do then."""

    ours_s: float
    theirs_s: float


def _nothing() -> None: ...


class Turn:
    """Our turn comes a moment after it is wanted, the client's must end in time."""

    def __init__(self, act: Callable[[], None], on_late: Callable[[], None], patience: Patience) -> None:
        self._act = act
        self._on_late = on_late
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_closed = False
        self.is_held = False

    def want(self) -> None:
        if self._timer is None and not self._is_closed:
            self._timer = self._loop.call_later(self._patience.ours_s, self._come)

    def _come(self) -> None:
        self._timer = None
        if not self._is_closed and not self.is_held:
            self._act()

    def expect(self) -> None:
        """The client has to do something now."""
        self.settle()
        self._deadline = self._loop.call_later(self._patience.theirs_s, self._on_late)

    def settle(self) -> None:
        """Nothing is expected of the client any more."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def close(self) -> None:
        self._is_closed = True
        self.settle()
        if self._timer is not None:
            self._timer.cancel()
        # they lead back to whoever owns us
        self._act = self._on_late = _nothing


class Offering:
    def __init__(self, peer: Peer, on_offer: OfferHandler, *, can_reuse_sections: bool, patience: Patience) -> None:
        self._peer = peer
        self._on_offer = on_offer
        self._description = SubscriberDescription(peer.local, can_reuse_sections)
        self._turn = Turn(self._offer, self._late, patience)
        self._turn.want()

    def add(self, track: DownTrackSpec) -> None:
        self._description.add(track)
        self._turn.want()

    def remove(self, sid: TrackSid) -> None:
        self._description.remove(sid)
        self._turn.want()

    def hold(self) -> None:
        """Nobody can be offered anything for now; an outstanding offer is given up."""
        self._turn.is_held = True
        self._turn.settle()

    def again(self) -> None:
        """Whatever was said before may be lost, and the path too: one offer of all there is, with an ICE restart."""
        self._turn.is_held = False
        self._turn.settle()
        self._peer.restart_ice()
        self._description.local = self._peer.local
        self._description.supersede()
        self._turn.want()

    def _offer(self) -> None:
        if self._description.needs_offer:
            sdp, mids = self._description.offer()
            self._turn.expect()
            self._on_offer(self._description.offer_id, sdp, mids)

    def _late(self) -> None:
        self._peer.fail("offer not answered in time")

    def answer(self, text: str, offer_id: int) -> SubscriberAnswer | None:
        """None: it answers no outstanding offer."""
        answer = self._description.answer(text, offer_id)
        if answer is not None:
            self._turn.settle()
            # the answerer's role is the opposite of ours; "active" is what browsers choose
            self._peer.negotiate(
                answer.remote,
                is_server=answer.remote.setup != "passive",
                max_message_size=answer.max_message_size,
            )
            self._turn.want()
        return answer

    def place(self, offer: PublisherOffer) -> Placed:
        """The client's own offers are about what it sends."""
        return NOTHING_PLACED

    def placed(self, offer: PublisherOffer, placed: Placed) -> None: ...

    def close(self) -> None:
        self._turn.close()


class Placing:
    def __init__(
        self, peer: Peer, on_need: NeedHandler, *, has_offered: bool, can_reuse_sections: bool, patience: Patience
    ) -> None:
        self._peer = peer
        self._on_need = on_need
        self._placement = Placement(can_reuse_sections)
        self._turn = Turn(self._ask, self._late, patience)
        # its first offer comes by itself
        self._has_offered = has_offered
        self._has_offered_since = False

    def add(self, track: DownTrackSpec) -> None:
        self._placement.add(track)
        self._want()

    def remove(self, sid: TrackSid) -> None:
        self._placement.remove(sid)
        self._want()

    def hold(self) -> None:
        """Nobody can be asked for anything for now."""
        self._turn.is_held = True
        self._turn.settle()

    def again(self) -> None:
        """Whatever was asked for before may be lost."""
        self._turn.is_held = False
        self._turn.settle()
        self._placement.ask_again()
        self._want()

    def _want(self) -> None:
        if self._has_offered:
            self._turn.want()

    def _ask(self) -> None:
        need = self._placement.ask()
        if need is not None:
            self._has_offered_since = False
            self._turn.expect()
            self._on_need(*need)

    def _late(self) -> None:
        """A client that offers, but not what it was asked for, goes on with what it has, and is asked now and then."""
        if self._has_offered_since:
            self._placement.ask_again()
            self._want()
        else:
            self._peer.fail("no offer came when one was asked for")

    def answer(self, text: str, offer_id: int) -> SubscriberAnswer | None:
        """Nothing was offered."""
        return None

    def place(self, offer: PublisherOffer) -> Placed:
        """Where the answer to `offer` puts the tracks; nothing is changed."""
        return self._placement.plan(offer)

    def placed(self, offer: PublisherOffer, placed: Placed) -> None:
        """The answer of that plan has been given."""
        self._has_offered = self._has_offered_since = True
        self._placement.commit(offer, placed)
        if self._placement.is_owed:
            self._turn.expect()
        else:
            self._turn.settle()
        self._want()

    def close(self) -> None:
        self._turn.close()
