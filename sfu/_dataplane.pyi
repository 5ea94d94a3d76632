"""Native data plane: moves media packets on its own threads, never holding the interpreter.

Python decides, this module forwards. One `Dataplane` owns one UDP port on which every transport
of the node is demultiplexed. All calls are short and may be made from any thread; none waits for the
network or the disk. Ids are positive integers, unique for the life of the `Dataplane`, never reused.
"""

from typing import Final, final

__all__ = [
    "DataplaneError",
    "Dataplane",
    "DownTrackStats",
    "EncodingStats",
    "Event",
    "JournalStats",
    "Level",
    "Receipt",
    "ThreadStats",
    "TransportStats",
    "UpTrackStats",
    "PROFILES",
]

PROFILES: Final[tuple[str, str]]
"""SRTP protection profiles in order of preference: `"AEAD_AES_128_GCM"`, `"AES128_CM_SHA1_80"`."""

class DataplaneError(Exception):
    """A call that could not be done: unknown id, impossible argument, address in use, journal already open.

    `args[0]` is a stable code (`"unknown_transport"`, `"unknown_up_track"`, `"unknown_down_track"`,
    `"unknown_journal"`, `"bad_argument"`, `"bind_failed"`, `"journal_locked"`, `"journal_unwritable"`,
    `"journal_full"`, `"closed"`), `args[1]` a sentence for the log. Nothing has been changed when it is raised.
    """

@final
class Event:
    """Something that happened on a media thread. Frozen."""

    @property
    def kind(self) -> str:
        """`"dtls"`, `"connected"`, `"consent_lost"`, `"media_started"` or `"journal_failed"`.

        - `dtls`: a DTLS datagram arrived on a validated address of transport `id`; it is in `data`.
        - `connected`: the first authenticated STUN binding request fixed the peer's address; a restart is complete.
        - `consent_lost`: 30 s without one; the transport sends nothing more and its credentials are spent: only
          `restart_ice` brings it back (`connected` again).
        - `media_started`: an encoding of up track `id` has begun (or begun again after silence); `data` is
          one byte, its index.
        - `journal_failed`: journal `id` lost packets or cannot be written; `data` is JSON
          `{"reason", "packets_lost"}`. Forwarding goes on.
        """
    @property
    def id(self) -> int:
        """The transport, up track or journal that `kind` speaks of."""
    @property
    def data(self) -> bytes:
        """See `kind`; otherwise empty."""

@final
class Level:
    """Loudness of one audio up track since the previous `audio_levels()`. Frozen."""

    @property
    def up_track(self) -> int:
        """The audio up track."""
    @property
    def loudest_dbov(self) -> int:
        """Loudest packet, in -dBov: 0 is the loudest possible, 127 silence."""
    @property
    def packets(self) -> int:
        """Packets that carried a level."""
    @property
    def active_packets(self) -> int:
        """Packets louder than -35 dBov."""

@final
class Receipt:
    """What one transport provably carried in one wall-clock second. Frozen.

    Sent again whenever its numbers changed (acknowledgements come later than the second they speak of):
    the consumer keeps the newest for each `(transport, second)`.
    """

    @property
    def transport(self) -> int:
        """The transport."""
    @property
    def second(self) -> int:
        """Unix second."""
    @property
    def sent(self) -> int:
        """Media packets forwarded to the peer."""
    @property
    def acknowledged(self) -> int:
        """Of `sent`, those whose arrival the peer reported (transport-wide feedback, else receiver reports)."""
    @property
    def received(self) -> int:
        """Media packets that came from the peer and passed authentication."""
    @property
    def heard(self) -> bool:
        """Whether anything authenticated (STUN, RTCP or RTP) came from the peer."""

@final
class TransportStats:
    """Counters of one transport since it was opened. Frozen."""

    @property
    def remote_address(self) -> str:
        """`"192.0.2.1:5000"`, `"[2001:db8::1]:5000"`, over TCP with `"/tcp"` behind it; `""` before the first
        authenticated binding request."""
    @property
    def is_connected(self) -> bool:
        """Whether consent is fresh."""
    @property
    def packets_received(self) -> int:
        """Authenticated SRTP and SRTCP packets."""
    @property
    def bytes_received(self) -> int:
        """Bytes of those, as they were on the wire."""
    @property
    def packets_sent(self) -> int:
        """SRTP and SRTCP packets, retransmissions included."""
    @property
    def bytes_sent(self) -> int:
        """Bytes of those, as they were on the wire."""
    @property
    def refused(self) -> int:
        """Datagrams dropped: failed authentication, replayed, malformed, for no known track."""
    @property
    def lost(self) -> int:
        """Packets sent to the peer that it reported missing."""
    @property
    def rtt_ms(self) -> float:
        """Smoothed round trip time; -1.0 while unknown."""
    @property
    def available_bps(self) -> int:
        """Send-side estimate of what the path to the peer carries, bits per second; 0 while unknown."""

@final
class EncodingStats:
    """One encoding (simulcast layer) of an up track, or one spatial layer of its only encoding (VP9, AV1): then
    `bitrate_bps` is what a viewer of that layer is sent. Frozen."""

    @property
    def rid(self) -> str:
        """As opened; `""` without simulcast."""
    @property
    def ssrc(self) -> int:
        """Its SSRC once known, else 0."""
    @property
    def packets(self) -> int:
        """Packets received, repaired ones included, duplicates not."""
    @property
    def bytes(self) -> int:
        """RTP payload bytes of those."""
    @property
    def bitrate_bps(self) -> int:
        """Over the last second."""
    @property
    def is_active(self) -> bool:
        """Whether packets arrived within the last second."""
    @property
    def key_frames(self) -> int:
        """Key frames received."""
    @property
    def width(self) -> int:
        """Of its pictures as the stream says; 0 while it does not."""
    @property
    def height(self) -> int:
        """See `width`."""
    @property
    def temporal(self) -> list[tuple[int, float]]:
        """Bits and frames per second of each temporal layer with those below it; empty when the stream names none."""

@final
class UpTrackStats:
    """Counters of one up track. Frozen."""

    @property
    def packets(self) -> int:
        """Packets received over all encodings."""
    @property
    def bytes(self) -> int:
        """RTP payload bytes received over all encodings."""
    @property
    def lost(self) -> int:
        """Sequence numbers given up: neither arrived nor were repaired."""
    @property
    def repaired(self) -> int:
        """Packets that came by retransmission."""
    @property
    def duplicates(self) -> int:
        """Packets that came twice."""
    @property
    def nacks_sent(self) -> int:
        """Sequence numbers asked for again (each request counts)."""
    @property
    def plis_sent(self) -> int:
        """Key frames asked for."""
    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter (RFC 3550) of the busiest encoding."""
    @property
    def encodings(self) -> list[EncodingStats]:
        """Lowest quality first, as opened."""

@final
class DownTrackStats:
    """Counters of one down track. Frozen."""

    @property
    def packets(self) -> int:
        """Packets forwarded, without retransmissions."""
    @property
    def bytes(self) -> int:
        """RTP payload bytes of those."""
    @property
    def retransmitted(self) -> int:
        """Packets sent again on request."""
    @property
    def nacks_received(self) -> int:
        """Sequence numbers the subscriber asked for."""
    @property
    def plis_received(self) -> int:
        """Key frames the subscriber asked for."""
    @property
    def lost(self) -> int:
        """Cumulative loss in its newest receiver report."""
    @property
    def fraction_lost(self) -> float:
        """0.0 to 1.0, from its newest receiver report."""
    @property
    def jitter_ms(self) -> float:
        """From its newest receiver report."""
    @property
    def layer(self) -> int | None:
        """Encoding being forwarded now; None while paused or waiting for the first key frame."""
    @property
    def temporal(self) -> int:
        """The highest temporal layer forwarded."""
    @property
    def wanted_layer(self) -> int | None:
        """What `set_layer` asked for last."""

@final
class ThreadStats:
    """Counters of one media thread. Frozen."""

    @property
    def transports(self) -> int:
        """Transports that live there now."""
    @property
    def handed_over(self) -> int:
        """Datagrams that came to its socket and belonged to another thread."""
    @property
    def notes_sent(self) -> int:
        """Packets of shared tracks, sender reports and wishes told to other threads."""
    @property
    def lost(self) -> int:
        """Datagrams and notes from other threads for which it had no room: it did not keep up."""

@final
class JournalStats:
    """Counters of one journal. Frozen."""

    @property
    def frames(self) -> int:
        """Frames handed to the kernel."""
    @property
    def bytes(self) -> int:
        """Bytes handed to the kernel."""
    @property
    def queued_bytes(self) -> int:
        """Bytes waiting for the writer thread."""
    @property
    def packets_lost(self) -> int:
        """Packets not written because the queue was full or the disk refused them."""

@final
class Dataplane:
    """One UDP port, its media threads and its journal threads. Use as long as the node lives, then `close()`."""

    def __new__(cls, *, bind: str, tcp_bind: str | None = None, threads: int = 1) -> Dataplane:
        """Bind `"0.0.0.0:7882"` (port 0: the system chooses) and start. Peers may also come over TCP (RFC 6544,
        passive) where `tcp_bind` says at which address. Transports are spread over `threads`
        (1 to 64) media threads; a track may have subscribers in all of them. Raises `DataplaneError("bind_failed")`
        or `("bad_argument")`."""
    @property
    def local_port(self) -> int:
        """The UDP port in use."""
    @property
    def local_tcp_port(self) -> int | None:
        """The TCP port in use."""
    def event_fd(self) -> int:
        """File descriptor that is readable while events wait (`loop.add_reader`). Do not close: it is ours."""
    def drain_events(self) -> list[Event]:
        """Everything that happened since the last call, in order; makes `event_fd` unreadable again.

        The queue holds 65,536 events; DTLS datagrams beyond that are dropped, as a network would.
        """
    def open_transport(self, *, local_ufrag: str, local_pwd: str) -> int:
        """Answer STUN binding requests for `local_ufrag` as an ICE-lite agent. The peer's ufrag is not needed."""
    def restart_ice(self, transport: int, *, local_ufrag: str, local_pwd: str) -> None:
        """Answer to these credentials too (RFC 8445, 9). The path in use goes on until the peer nominates one under the
        new ones; the old ones are spent then. SRTP keys and tracks stay. One that came to nothing is superseded."""
    def close_transport(self, transport: int) -> None:
        """Forget the transport and every up and down track on it. Closing twice, or an unknown one, is nothing."""
    def set_keys(
        self,
        transport: int,
        *,
        profile: str,
        local_key: bytes,
        local_salt: bytes,
        remote_key: bytes,
        remote_salt: bytes,
    ) -> None:
        """Start SRTP in both directions with the keys DTLS exported. `profile` is one of `PROFILES`; keys are 16
        bytes, salts 12 (GCM) or 14 (CM). May be called again after a new handshake."""
    def send_dtls(self, transport: int, datagram: bytes) -> bool:
        """Send to the peer's validated address; False when there is none yet (let DTLS retransmit)."""
    def open_up_track(
        self,
        transport: int,
        *,
        kind: str,
        codec: str,
        clock_rate: int,
        payload_type: int,
        rtx_payload_type: int | None,
        mid: str,
        extensions: dict[str, int],
        encodings: list[tuple[str, int, int]],
        red_payload_type: int | None = None,
    ) -> int:
        """Accept media from the peer.

        `kind` is `"audio"` or `"video"`; `codec` `"opus"`, `"vp8"`, `"h264"`, `"vp9"`, `"av1"` (any other name is
        forwarded without knowledge of key frames). `extensions` maps `"mid"`, `"rid"`, `"repaired_rid"`,
        `"audio_level"`, `"transport_cc"`, `"abs_send_time"`, `"abs_capture_time"`, `"dependency_descriptor"` to
        negotiated ids (1..14). `encodings` are `(rid or "", ssrc or 0, rtx ssrc or 0)`, lowest quality first, 1..4 of
        them; unknown SSRCs are bound by MID/RID extension, or by payload type when only one track can be meant.
        Audio may also come as RED (RFC 2198) of `red_payload_type`; it is plain from then on.
        """
    def close_up_track(self, up_track: int) -> None:
        """Forget the up track and the down tracks fed by it. Closing twice, or an unknown one, is nothing."""
    def open_down_track(
        self,
        transport: int,
        up_track: int,
        *,
        ssrc: int,
        rtx_ssrc: int,
        payload_type: int,
        rtx_payload_type: int,
        mid: str,
        extensions: dict[str, int],
        red_payload_type: int = 0,
    ) -> int:
        """Forward `up_track` to the peer of `transport`, with one continuous sequence on `ssrc`. 0 for `rtx_ssrc` and
        `rtx_payload_type` means no RTX, for `red_payload_type` plain audio instead of RED. Starts paused for video (see
        `set_layer`), flowing for audio."""
    def close_down_track(self, down_track: int) -> None:
        """Stop forwarding. Closing twice, or an unknown one, is nothing."""
    def set_layer(self, down_track: int, layer: int | None, *, temporal: int | None = None) -> None:
        """Forward encoding `layer`, or spatial layer `layer` of the only encoding of VP9 and AV1; None pauses. Switches
        at the next key frame, which is asked for, and downwards at once where the stream allows it; until then the old
        one flows on. `temporal`: the highest temporal layer, None = all; without key frames."""
    def set_up_track_muted(self, up_track: int, muted: bool) -> None:
        """While muted nothing of the track is forwarded, recorded or counted as level."""
    def request_key_frame(self, up_track: int) -> None:
        """Send a PLI for every active encoding (at most two a second each, asked again until a key frame comes)."""
    def set_wanted_bitrate(self, transport: int, bitrate_bps: int) -> None:
        """What would be sent to this peer if its path carried it; 0 = all there is is sent. The path is probed with
        padding while less is known to fit.
        """
    def audio_levels(self) -> list[Level]:
        """Loudness of every audio up track that had packets since the last call."""
    def receipts(self) -> list[Receipt]:
        """Receipts that changed since the last call, oldest second first; a second is included once it is over."""
    def transport_stats(self, transport: int) -> TransportStats:
        """Counters now."""
    def up_track_stats(self, up_track: int) -> UpTrackStats:
        """Counters now."""
    def down_track_stats(self, down_track: int) -> DownTrackStats:
        """Counters now."""
    def thread_stats(self) -> list[ThreadStats]:
        """Counters now, one for each media thread."""
    def open_journal(self, folder: str) -> int:
        """Create `folder` (parents too), hold a lock on `folder/writer.lock`, begin piece `000000.jnl`; the folder's
        name must be the run: 13 digits, unix milliseconds. The journal's first event is readable within 200 ms of
        `append_event`. Raises `DataplaneError` (`journal_locked`, `journal_unwritable`, `bad_argument`)."""
    def append_event(self, journal: int, data: bytes) -> None:
        """Append a JSON event, in order with the packets recorded before and after it. Raises
        `DataplaneError("journal_full")` when the writer is too far behind to take it."""
    def record(self, journal: int, up_track: int, number: int) -> None:
        """Write the packets of `up_track` (one encoding: the best that flows, changed only at key frames) as journal
        track `number`, after repair, and its sender reports."""
    def stop_recording(self, journal: int, up_track: int) -> None:
        """Write no more of `up_track`. Unknown ids are nothing."""
    def journal_stats(self, journal: int) -> JournalStats:
        """Counters now."""
    def close_journal(self, journal: int) -> None:
        """Let the writer thread finish what is queued, sync it and release the lock. Returns at once; closing twice, or
        an unknown one, is nothing."""
    def close(self) -> None:
        """Stop the threads; journals are finished first (waits for that, at most 5 s). Every later call raises
        `DataplaneError("closed")`, except `close`."""
