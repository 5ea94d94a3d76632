//! What the path from a publisher without transport-wide feedback carries, estimated here and told by REMB
//! (draft-alvestrand-rmcat-remb-03). RTP timestamps stand for the times of sending, those of one stream at a time, since
//! every stream has an origin of its own; what the others bring counts as arrived.

use crate::estimate::Estimate;
use crate::outbox::Outbox;
use crate::packet::Header;
use crate::plane::Plane;
use crate::rtcp;
use crate::sent::Acknowledged;
use crate::spec::Kind;
use crate::Now;

const SECOND: Now = 1_000_000_000;
/// Of an unchanged estimate; a lower one is told at once.
const INTERVAL: Now = SECOND;
const LOWER: f64 = 0.97;
/// A stream silent for this long is no clock any more.
const SILENT: Now = 2 * SECOND;
/// A step of the timestamps by more is no time that passed.
const JUMP_S: u32 = 3;
/// Numbers missing at once beyond this are a new beginning (RFC 3550, A.1: MAX_DROPOUT).
const MAX_DROPOUT: u16 = 3_000;
/// Between two looks at what arrived.
const MAX_ARRIVED: usize = 1_024;

/// See the module.
#[derive(Default)]
pub(crate) struct Remb {
    estimate: Estimate,
    clock: Option<Clock>,
    arrived: Vec<Acknowledged>,
    /// Bytes of other streams and of retransmissions since the last packet of the clock.
    others: usize,
    lost: u32,
    told: Option<(u64, Now)>,
}

/// The stream that says when packets were sent.
struct Clock {
    ssrc: u32,
    timestamp: u32,
    sequence: u16,
    sent_at: Now,
    heard: Now,
}

impl Remb {
    /// A packet of so many bytes on the wire has come.
    pub fn note(&mut self, header: &Header, (clock_rate, is_repair): (u32, bool), bytes: usize, now: Now) {
        let is_silent = self.clock.as_ref().is_none_or(|clock| now >= clock.heard + SILENT);
        if is_silent && !is_repair {
            let sent_at = self.clock.as_ref().map_or(now, |clock| clock.sent_at + (now - clock.heard));
            let (timestamp, sequence) = (header.timestamp, header.sequence);
            self.clock = Some(Clock { ssrc: header.ssrc, timestamp, sequence, sent_at, heard: now });
        }
        let clock = self.clock.as_mut().filter(|clock| clock.ssrc == header.ssrc && !is_repair);
        let Some(clock) = clock.filter(|_| self.arrived.len() < MAX_ARRIVED) else {
            self.others = (self.others + bytes).min(usize::from(u16::MAX));
            return;
        };
        let step = header.sequence.wrapping_sub(clock.sequence);
        match step {
            1..=MAX_DROPOUT => {
                self.lost += u32::from(step - 1);
                clock.sequence = header.sequence;
            }
            // late, or twice
            0 | 0xf000.. => self.lost = self.lost.saturating_sub(1),
            _ => clock.sequence = header.sequence,
        }
        clock.advance(header.timestamp, clock_rate, now);
        let bytes = (bytes + std::mem::take(&mut self.others)).min(usize::from(u16::MAX)) as u16;
        let (sent_at, arrived_ns) = (clock.sent_at, now as i64);
        self.arrived.push(Acknowledged { sent_at, arrived_ns, bytes, is_media: true, probe: 0 });
    }

    /// What is to be told now, if anything.
    fn due(&mut self, now: Now) -> Option<u64> {
        if !self.arrived.is_empty() {
            self.estimate.handle(&self.arrived, std::mem::take(&mut self.lost), now);
            self.arrived.clear();
        }
        let bps = self.estimate.bps();
        let is_due =
            self.told.is_none_or(|(told, at)| now >= at + INTERVAL || (bps as f64) < LOWER * told as f64);
        if bps == 0 || !is_due {
            return None;
        }
        self.told = Some((bps, now));
        Some(bps)
    }
}

impl Clock {
    fn advance(&mut self, timestamp: u32, clock_rate: u32, now: Now) {
        let ticks = timestamp.wrapping_sub(self.timestamp) as i32;
        let passed_ns = if ticks.unsigned_abs() > JUMP_S * clock_rate {
            (now - self.heard) as i64
        } else {
            i64::from(ticks) * SECOND as i64 / i64::from(clock_rate)
        };
        self.sent_at = self.sent_at.saturating_add_signed(passed_ns);
        (self.timestamp, self.heard) = (timestamp, now);
    }
}

impl Plane {
    /// Tells publishers that have no transport-wide feedback what they may send.
    pub(crate) fn write_rembs(&mut self, now: Now, out: &mut Outbox) {
        for (key, transport) in self.transports.iter_mut() {
            if transport.remb.is_none() || !transport.is_ready() {
                continue;
            }
            let Some(bps) = transport.remb.as_mut().and_then(|remb| remb.due(now)) else {
                continue;
            };
            let tracks = transport.up_tracks.iter().filter_map(|index| self.up_tracks.at(*index));
            let encodings =
                tracks.filter(|track| track.kind == Kind::Video).flat_map(|track| &track.encodings);
            let media: Vec<u32> =
                encodings.filter(|each| each.highest.is_some()).map(|each| each.ssrc).collect();
            if media.is_empty() {
                continue;
            }
            let start = out.start();
            rtcp::write_remb(&mut out.bytes, self.ssrc, &media, bps);
            transport.send_rtcp(key.index, start, out);
        }
    }
}
