//! Frozen Python classes for what is read in batches: events, levels, receipts, counters.

use pyo3::prelude::*;

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct Event {
    kind: &'static str,
    id: u64,
    data: Py<pyo3::types::PyBytes>,
}

impl Event {
    pub fn new(py: Python<'_>, event: &driver::Event) -> Self {
        let data = pyo3::types::PyBytes::new(py, &event.data).unbind();
        Self { kind: event.kind, id: event.id, data }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct Level {
    up_track: u64,
    loudest_dbov: u8,
    packets: u32,
    active_packets: u32,
}

impl From<dataplane::Level> for Level {
    fn from(of: dataplane::Level) -> Self {
        Self {
            up_track: of.up_track.0,
            loudest_dbov: of.loudest_dbov,
            packets: of.packets,
            active_packets: of.active_packets,
        }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct Receipt {
    transport: u64,
    second: u64,
    sent: u32,
    acknowledged: u32,
    received: u32,
    heard: bool,
}

impl From<dataplane::Receipt> for Receipt {
    fn from(of: dataplane::Receipt) -> Self {
        Self {
            transport: of.transport.0,
            second: of.second,
            sent: of.sent,
            acknowledged: of.acknowledged,
            received: of.received,
            heard: of.heard,
        }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct TransportStats {
    remote_address: String,
    is_connected: bool,
    packets_received: u64,
    bytes_received: u64,
    packets_sent: u64,
    bytes_sent: u64,
    refused: u64,
    lost: u64,
    rtt_ms: f64,
    available_bps: u64,
}

impl From<dataplane::TransportStats> for TransportStats {
    fn from(of: dataplane::TransportStats) -> Self {
        Self {
            remote_address: of.remote_address.map_or_else(String::new, |address| address.to_string()),
            is_connected: of.is_connected,
            packets_received: of.packets_received,
            bytes_received: of.bytes_received,
            packets_sent: of.packets_sent,
            bytes_sent: of.bytes_sent,
            refused: of.refused,
            lost: of.lost,
            rtt_ms: of.rtt_ms,
            available_bps: of.available_bps,
        }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
#[derive(Clone)]
pub struct EncodingStats {
    rid: String,
    ssrc: u32,
    packets: u64,
    bytes: u64,
    bitrate_bps: u64,
    is_active: bool,
    key_frames: u64,
    width: u16,
    height: u16,
    temporal: Vec<(u64, f64)>,
}

impl From<dataplane::EncodingStats> for EncodingStats {
    fn from(of: dataplane::EncodingStats) -> Self {
        Self {
            rid: of.rid,
            ssrc: of.ssrc,
            packets: of.packets,
            bytes: of.bytes,
            bitrate_bps: of.bitrate_bps,
            is_active: of.is_active,
            key_frames: of.key_frames,
            width: of.width,
            height: of.height,
            temporal: of.temporal.iter().map(|each| (each.bitrate_bps, each.frames_per_second)).collect(),
        }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct UpTrackStats {
    packets: u64,
    bytes: u64,
    lost: u64,
    repaired: u64,
    duplicates: u64,
    nacks_sent: u64,
    plis_sent: u64,
    jitter_ms: f64,
    encodings: Vec<EncodingStats>,
}

impl From<dataplane::UpTrackStats> for UpTrackStats {
    fn from(of: dataplane::UpTrackStats) -> Self {
        Self {
            packets: of.packets,
            bytes: of.bytes,
            lost: of.lost,
            repaired: of.repaired,
            duplicates: of.duplicates,
            nacks_sent: of.nacks_sent,
            plis_sent: of.plis_sent,
            jitter_ms: of.jitter_ms,
            encodings: of.encodings.into_iter().map(EncodingStats::from).collect(),
        }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct DownTrackStats {
    packets: u64,
    bytes: u64,
    retransmitted: u64,
    nacks_received: u64,
    plis_received: u64,
    lost: u64,
    fraction_lost: f64,
    jitter_ms: f64,
    layer: Option<u8>,
    temporal: u8,
    wanted_layer: Option<u8>,
}

impl From<dataplane::DownTrackStats> for DownTrackStats {
    fn from(of: dataplane::DownTrackStats) -> Self {
        Self {
            packets: of.packets,
            bytes: of.bytes,
            retransmitted: of.retransmitted,
            nacks_received: of.nacks_received,
            plis_received: of.plis_received,
            lost: of.lost,
            fraction_lost: of.fraction_lost,
            jitter_ms: of.jitter_ms,
            layer: of.layer,
            temporal: of.temporal,
            wanted_layer: of.wanted_layer,
        }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct JournalStats {
    frames: u64,
    bytes: u64,
    queued_bytes: u64,
    packets_lost: u64,
}

impl From<driver::JournalStats> for JournalStats {
    fn from(of: driver::JournalStats) -> Self {
        Self {
            frames: of.frames,
            bytes: of.bytes,
            queued_bytes: of.queued_bytes,
            packets_lost: of.packets_lost,
        }
    }
}

#[pyclass(frozen, get_all, module = "sfu._dataplane")]
pub struct ThreadStats {
    transports: u64,
    handed_over: u64,
    notes_sent: u64,
    lost: u64,
}

impl From<driver::ThreadStats> for ThreadStats {
    fn from(of: driver::ThreadStats) -> Self {
        Self { transports: of.transports, handed_over: of.handed, notes_sent: of.noted, lost: of.lost }
    }
}
