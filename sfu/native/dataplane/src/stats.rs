//! Counters read by the control side; they only grow, except those said to be of the moment.

use crate::ids::{TransportId, UpTrackId};
use crate::layer_meter::TemporalStats;
use crate::remote::Remote;

/// One transport in one second of the wall clock: the ground of proof of presence. It is handed out again
/// whenever its numbers changed (acknowledgements come late); the consumer keeps the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub transport: TransportId,
    /// Unix time.
    pub second: u64,
    /// Media packets forwarded to it in that second.
    pub sent: u32,
    /// Of those, proven arrived.
    pub acknowledged: u32,
    /// Media packets received from it.
    pub received: u32,
    /// Anything authenticated came from it.
    pub heard: bool,
}

/// Audio levels of one track since the last reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub up_track: UpTrackId,
    /// Loudest packet, -dBov: 0 loud, 127 silent.
    pub loudest_dbov: u8,
    pub packets: u32,
    /// Packets louder than -35 dBov.
    pub active_packets: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransportStats {
    pub remote_address: Option<Remote>,
    /// Consent is fresh.
    pub is_connected: bool,
    /// Authenticated SRTP and SRTCP.
    pub packets_received: u64,
    pub bytes_received: u64,
    /// SRTP and SRTCP, retransmissions included.
    pub packets_sent: u64,
    pub bytes_sent: u64,
    /// Datagrams dropped: failed authentication, replayed, malformed, of no known track.
    pub refused: u64,
    /// Packets sent that the peer reported missing.
    pub lost: u64,
    /// Smoothed; -1.0 while unknown.
    pub rtt_ms: f64,
    /// What the path to the peer carries; 0 while unknown.
    pub available_bps: u64,
}

/// One encoding, or one spatial layer of the only one: then with all that its viewer is sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncodingStats {
    pub rid: String,
    /// 0 while unknown.
    pub ssrc: u32,
    /// Repaired ones included, duplicates not.
    pub packets: u64,
    /// Payload bytes of those.
    pub bytes: u64,
    /// Over the last second.
    pub bitrate_bps: u64,
    /// Packets arrived within the last second.
    pub is_active: bool,
    pub key_frames: u64,
    /// Size of the pictures; 0 while the stream does not say.
    pub width: u16,
    pub height: u16,
    /// Each with the ones below it, lowest first; empty when the stream says nothing of layers.
    pub temporal: Vec<TemporalStats>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpTrackStats {
    pub packets: u64,
    pub bytes: u64,
    /// Given up: neither arrived nor were repaired.
    pub lost: u64,
    pub repaired: u64,
    pub duplicates: u64,
    /// Sequence numbers asked for again; each request counts.
    pub nacks_sent: u64,
    pub plis_sent: u64,
    /// Of the busiest encoding (RFC 3550).
    pub jitter_ms: f64,
    pub encodings: Vec<EncodingStats>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DownTrackStats {
    /// Without retransmissions.
    pub packets: u64,
    /// Payload bytes of those.
    pub bytes: u64,
    pub retransmitted: u64,
    pub nacks_received: u64,
    pub plis_received: u64,
    /// From the newest receiver report, like the next two.
    pub lost: u64,
    pub fraction_lost: f64,
    pub jitter_ms: f64,
    /// Encoding (or spatial layer) forwarded now; `None` while paused or waiting for the first key frame.
    pub layer: Option<u8>,
    /// The highest temporal layer sent.
    pub temporal: u8,
    pub wanted_layer: Option<u8>,
}
