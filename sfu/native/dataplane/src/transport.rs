//! One ICE + DTLS + SRTP association and what hangs on it.

use crate::bandwidth::Bandwidth;
use crate::ice::Ice;
use crate::ids::TransportId;
use crate::outbox::Outbox;
use crate::pacer::Pacer;
use crate::receipts::Receipts;
use crate::remb::Remb;
use crate::segment::Newest;
use crate::sent::SentPackets;
use crate::spec::Extensions;
use crate::srtp::{Opener, Sealer};
use crate::stats::TransportStats;
use crate::twcc::Arrivals;
use crate::Now;

/// Far more than one participant's subscriptions in a session; who reuses an older SSRC is not ours.
const MAX_RETIRED: usize = 512;

/// Where an SSRC of the peer belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub ssrc: u32,
    pub up_track: u32,
    pub encoding: u8,
    pub is_rtx: bool,
}

/// The line of an SSRC whose down track is closed: another one may carry it on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retired {
    pub ssrc: u32,
    /// So that no SRTP index is used twice.
    pub next: u64,
    /// So that timestamps and picture ids go on, too, when the SSRC shows another track.
    pub newest: Newest,
}

pub(crate) struct Transport {
    pub id: TransportId,
    pub ice: Ice,
    pub opener: Option<Opener>,
    pub sealer: Option<Sealer>,
    /// Indexes of the plane's slabs.
    pub up_tracks: Vec<u32>,
    pub down_tracks: Vec<u32>,
    pub routes: Vec<Route>,
    /// Extension ids of what the peer publishes: one bundle, one map.
    pub extensions: Extensions,
    pub receipts: Receipts,
    pub sent: SentPackets,
    pub arrivals: Arrivals,
    pub bandwidth: Bandwidth,
    /// Of what the peer publishes, where it sends no transport-wide numbers.
    pub remb: Option<Box<Remb>>,
    pub pacer: Pacer,
    /// In the plane's list of those that have something to send at the next step.
    pub is_stepping: bool,
    /// SSRCs of closed down tracks and what each goes on with.
    pub retired: Vec<Retired>,
    pub counters: Counters,
    pub smoothed_rtt_ns: Option<u64>,
    pub last_report: Now,
    /// When its feedback last said that more had come than was lost.
    pub heard_at: Option<Now>,
}

const HEARING_NS: u64 = 1_000_000_000;

/// Counters that only grow.
#[derive(Default)]
pub(crate) struct Counters {
    pub packets_received: u64,
    pub bytes_received: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub refused: u64,
}

impl Transport {
    /// What is told of time is not what flows now: the next reports do not wait.
    pub fn report_soon(&mut self) {
        self.last_report = 0;
    }

    /// Whether most of what is sent arrives, as far as the peer has said so of late.
    pub fn hears(&self, now: Now) -> bool {
        self.heard_at.is_some_and(|at| now.saturating_sub(at) < HEARING_NS)
    }

    pub fn new(id: TransportId, ice: Ice) -> Self {
        Self {
            id,
            ice,
            opener: None,
            sealer: None,
            up_tracks: Vec::new(),
            down_tracks: Vec::new(),
            routes: Vec::new(),
            extensions: Extensions::default(),
            receipts: Receipts::default(),
            sent: SentPackets::default(),
            arrivals: Arrivals::default(),
            bandwidth: Bandwidth::default(),
            remb: None,
            pacer: Pacer::default(),
            is_stepping: false,
            retired: Vec::new(),
            counters: Counters::default(),
            smoothed_rtt_ns: None,
            last_report: 0,
            heard_at: None,
        }
    }

    /// Packets can be sent: the address is proven and the keys are here.
    pub fn is_ready(&self) -> bool {
        self.ice.remote.is_some() && self.sealer.is_some()
    }

    pub fn route(&self, ssrc: u32) -> Option<Route> {
        self.routes.iter().find(|route| route.ssrc == ssrc).copied()
    }

    /// What an SSRC that was in use before goes on with.
    pub fn retired(&self, ssrc: u32) -> Option<Retired> {
        self.retired.iter().find(|retired| retired.ssrc == ssrc).copied()
    }

    pub fn retire(&mut self, line: Retired) {
        self.retired.retain(|retired| retired.ssrc != line.ssrc);
        if self.retired.len() >= MAX_RETIRED {
            self.retired.remove(0);
        }
        self.retired.push(line);
    }

    pub fn note_rtt(&mut self, rtt_ns: u64) {
        self.smoothed_rtt_ns = Some(match self.smoothed_rtt_ns {
            Some(smoothed) => (smoothed * 7 + rtt_ns) / 8,
            None => rtt_ns,
        });
    }

    /// Protects and sends the RTCP compound written to `out` since `start`; takes it back when it cannot be sent.
    pub fn send_rtcp(&mut self, slot: u32, start: u32, out: &mut Outbox) {
        let at = start as usize;
        let is_empty = out.bytes.len() < at + 8;
        let (Some(remote), Some(sealer), false) = (self.ice.remote, &mut self.sealer, is_empty) else {
            out.bytes.truncate(at);
            return;
        };
        sealer.seal_rtcp(&mut out.bytes, at);
        self.counters.packets_sent += 1;
        self.counters.bytes_sent += (out.bytes.len() - at) as u64;
        out.send(remote, slot, start);
    }

    pub fn stats(&self, now: Now) -> TransportStats {
        TransportStats {
            remote_address: self.ice.remote,
            is_connected: self.ice.remote.is_some(),
            packets_received: self.counters.packets_received,
            bytes_received: self.counters.bytes_received,
            packets_sent: self.counters.packets_sent,
            bytes_sent: self.counters.bytes_sent,
            refused: self.counters.refused,
            lost: self.sent.lost(),
            rtt_ms: self.smoothed_rtt_ns.map_or(-1.0, |rtt_ns| rtt_ns as f64 / 1e6),
            available_bps: self.bandwidth.available_bps(now),
        }
    }
}
