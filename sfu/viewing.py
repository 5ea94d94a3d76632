"""What a player is sent that made one offer and never makes another: its slots, and the tracks shown in them.

A slot keeps its section and its SSRCs; the data plane lets numbers, time and picture ids go on when another track is
shown in it. A track that finds no free slot for its kind and either of its codecs waits until one is free and it is
wanted again.
"""

import secrets
from collections.abc import Sequence

from sfu._dataplane import Dataplane
from sfu.ids import TrackSid
from sfu.media import Codec, Kind, TrackInfo, TrackSetting
from sfu.publishing import UpTrack
from sfu.sdp.down_track import AcceptedSection, DownTrackSpec
from sfu.sdp.placement import NOTHING_PLACED, Placed
from sfu.sdp.publisher import PublisherOffer
from sfu.sdp.subscriber import SubscriberAnswer
from sfu.sdp.viewing import Slot
from sfu.subscribing import DownTrack, SubscriberListener, SubscriberSide
from sfu.transport.peer import Peer


class Slots:
    """Nothing is ever negotiated again."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = tuple(slots)
        self._shown: dict[str, TrackSid] = {}

    def take(self, track: TrackSid, kind: Kind, codecs: Sequence[Codec]) -> Slot | None:
        """A free one for the track, if there is any; better one that can show the first of its codecs."""
        free = [slot for slot in self._slots if slot.kind is kind and slot.mid not in self._shown]
        slot = next((slot for codec in codecs for slot in free if codec in slot.payload_types), None)
        if slot is not None:
            self._shown[slot.mid] = track
        return slot

    def add(self, track: DownTrackSpec) -> None:
        """It has its slot."""

    def remove(self, sid: TrackSid) -> None:
        self._shown = {mid: shown for mid, shown in self._shown.items() if shown != sid}

    def hold(self) -> None: ...

    def again(self) -> None: ...

    def answer(self, text: str, offer_id: int) -> SubscriberAnswer | None:
        """Nothing was offered."""
        return None

    def place(self, offer: PublisherOffer) -> Placed:
        return NOTHING_PLACED

    def placed(self, offer: PublisherOffer, placed: Placed) -> None: ...

    def close(self) -> None: ...


class ViewerSide(SubscriberSide):
    def __init__(self, plane: Dataplane, peer: Peer, listener: SubscriberListener, slots: Sequence[Slot]) -> None:
        self._slots = Slots(slots)
        super().__init__(plane, peer, listener, self._slots)

    def add(self, info: TrackInfo, up_track: UpTrack, setting: TrackSetting) -> DownTrack | None:
        """The track, flowing as soon as it comes in what the player decodes; nothing when it is there already or no
        slot is free.
        """
        if info.sid in self.tracks:
            return None
        slot = self._slots.take(info.sid, info.kind, up_track.codecs)
        if slot is None:
            return None
        spec = DownTrackSpec(
            track_sid=info.sid,
            publisher_sid=info.participant_sid,
            codec=up_track.codec,
            ssrc=slot.ssrc,
            rtx_ssrc=slot.rtx_ssrc,
            backup=up_track.backup_codec,
        )
        self.tracks[info.sid] = DownTrack(info=info, up_track=up_track, spec=spec, setting=setting)
        payload_type, *others = [slot.payload_types[codec] for codec in spec.codecs if codec in slot.payload_types]
        section = AcceptedSection(
            mid=slot.mid, extensions=slot.extensions, payload_type=payload_type, backup=others[0] if others else None
        )
        self._accept({info.sid: section}, ())
        return self.tracks[info.sid]


def new_ssrc() -> int:
    return secrets.randbits(32) or 1
