"""Names and numbers of the media plane, each its own type so that none is taken for another.

`make_sid` is pure: the randomness is passed in.
"""

from typing import NewType

RoomName = NewType("RoomName", str)
RoomSid = NewType("RoomSid", str)
Identity = NewType("Identity", str)
ParticipantSid = NewType("ParticipantSid", str)
TrackSid = NewType("TrackSid", str)

# handles of the native data plane; 0 is never valid
TransportId = NewType("TransportId", int)
UpTrackId = NewType("UpTrackId", int)
DownTrackId = NewType("DownTrackId", int)
JournalId = NewType("JournalId", int)

# without look-alikes (0 O o, 1 I l): sids are read aloud in support calls
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
SID_LENGTH = 12

ROOM_PREFIX = "RM_"
PARTICIPANT_PREFIX = "PA_"
# clients parse the prefix; the two letters after it tell kind and source to a human reader
TRACK_PREFIX = "TR_"


def make_sid(prefix: str, entropy: bytes) -> str:
    """`prefix` and twelve letters drawn from at least twelve bytes of `entropy`."""
    if len(entropy) < SID_LENGTH:
        raise ValueError("a sid needs twelve bytes of entropy")
    return prefix + "".join(ALPHABET[byte % len(ALPHABET)] for byte in entropy[:SID_LENGTH])
