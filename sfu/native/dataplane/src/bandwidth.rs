//! What the path to one subscriber carries: estimated from transport-wide feedback and probes, bounded by what its
//! REMB says; and how much of it repair may take.

use crate::estimate::Estimate;
use crate::probing::{Probing, Shown, QUEUED_GAIN};
use crate::rate::Rate;
use crate::sent::Acknowledged;
use crate::Now;

/// A REMB older than this says nothing any more.
const REMB_LIFE_NS: u64 = 5_000_000_000;
/// A REMB may name up to 2^81 bit/s: more than this bounds nothing.
const MAX_REMB_BPS: u64 = 10_000_000_000;

/// Retransmissions take at most this share of the media of the last second, a little less than the 0.15 that may be seen
/// in any second: on a bad path more of them only add to what drowns it.
const REPAIR_SHARE: f64 = 0.13;
/// What may be repaired when hardly anything was sent.
const MIN_REPAIR_BYTES: u64 = 5_500;

/// See the module.
#[derive(Default)]
pub(crate) struct Bandwidth {
    estimate: Estimate,
    pub probing: Probing,
    remb: Option<(u64, Now)>,
    media: Rate,
    repair: Rate,
}

impl Bandwidth {
    pub fn note_remb(&mut self, bitrate_bps: u64, now: Now) {
        self.remb = Some((bitrate_bps.min(MAX_REMB_BPS), now));
    }

    /// `acknowledged` in order of sending, `lost` newly reported missing.
    pub fn note_feedback(&mut self, acknowledged: &[Acknowledged], lost: u32, now: Now) {
        self.estimate.handle(acknowledged, lost, now);
        if !self.estimate.is_calm(now) {
            self.probing.disturb(now);
        }
        match self.probing.handle(acknowledged, now) {
            Some(Shown::AtLeast(bps)) => self.estimate.prove(bps),
            Some(Shown::AtMost(bps)) => {
                if bps as f64 > QUEUED_GAIN * self.estimate.bps() as f64 {
                    self.estimate.prove(bps);
                }
                self.estimate.bound(bps, now);
            }
            None => {}
        }
    }

    /// To be called now and then: begins a probe that is due. True while one is being sent.
    pub fn probe(&mut self, now: Now) -> bool {
        let (believed_bps, media_bps) = (self.estimate.bps(), self.media.bits_per_second(now));
        self.probing.begin(believed_bps, media_bps, now);
        self.probing.is_sending()
    }

    /// A first transmission.
    pub fn note_media(&mut self, bytes: usize, now: Now) {
        self.media.add(bytes, now);
    }

    /// Whether a packet of this size may be sent again now.
    pub fn may_repair(&self, bytes: usize, now: Now) -> bool {
        let allowed = self.media.bits_per_second(now) as f64 / 8.0 * REPAIR_SHARE;
        let repaired = self.repair.bits_per_second(now) / 8 + bytes as u64;
        repaired <= (allowed as u64).max(MIN_REPAIR_BYTES)
    }

    pub fn note_repair(&mut self, bytes: usize, now: Now) {
        self.repair.add(bytes, now);
    }

    /// 0 = not known.
    pub fn available_bps(&self, now: Now) -> u64 {
        let remb = self.remb.filter(|(_, at)| now.saturating_sub(*at) < REMB_LIFE_NS);
        match (self.estimate.bps(), remb) {
            (0, Some((bitrate_bps, _))) => bitrate_bps,
            (estimate, Some((bitrate_bps, _))) => estimate.min(bitrate_bps),
            (estimate, _) => estimate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absurd_remb_bounds_nothing_and_overflows_nothing() {
        let mut bandwidth = Bandwidth::default();
        bandwidth.note_remb(u64::MAX, 1);
        let available = bandwidth.available_bps(2);
        assert_eq!(available, MAX_REMB_BPS);
        crate::pacer::Pacer::default().refill(available, 1_000_000_000);
    }

    #[test]
    fn repair_takes_a_share_of_the_media() {
        let mut bandwidth = Bandwidth::default();
        let mut repaired = 0;
        for ms in 0..2_000u64 {
            bandwidth.note_media(200, ms * 1_000_000);
            if bandwidth.may_repair(1_200, ms * 1_000_000) {
                bandwidth.note_repair(1_200, ms * 1_000_000);
                repaired += usize::from(ms >= 1_000);
            }
        }
        assert!((17..=22).contains(&repaired), "{repaired}");
    }
}
