//! What the path to one subscriber carries: estimated from transport-wide feedback, else as REMB says.

use crate::estimate::Estimate;
use crate::sent::Acknowledged;
use crate::Now;

/// A REMB older than this says nothing any more.
const REMB_LIFE_NS: u64 = 5_000_000_000;

/// A packet of usual size, and the least burst of repair.
const REPAIR_BYTES: f64 = 1200.0;
const MIN_REPAIR: f64 = 12.0 * REPAIR_BYTES;

/// See the module.
#[derive(Default)]
pub(crate) struct Bandwidth {
    estimate: Estimate,
    remb: Option<(u64, Now)>,
    repair: f64,
    repair_at: Now,
}

impl Bandwidth {
    pub fn note_remb(&mut self, bitrate_bps: u64, now: Now) {
        self.remb = Some((bitrate_bps, now));
    }

    /// `acknowledged` in order of sending, `lost` newly reported missing.
    pub fn note_feedback(&mut self, acknowledged: &[Acknowledged], lost: u32, now: Now) {
        self.estimate.handle(acknowledged, lost, now);
    }

    /// Whether a packet may be sent again now: repair takes half of what the path carries, so that it never drowns it.
    pub fn may_repair(&mut self, now: Now) -> bool {
        let bytes_per_s = self.available_bps(now) as f64 / 8.0;
        let passed = now.saturating_sub(self.repair_at) as f64 / 1e9;
        self.repair_at = now;
        let most = (bytes_per_s / 4.0).max(MIN_REPAIR);
        self.repair = (self.repair + passed * bytes_per_s / 2.0).min(most);
        bytes_per_s == 0.0 || self.repair >= REPAIR_BYTES
    }

    pub fn note_repair(&mut self) {
        self.repair = (self.repair - REPAIR_BYTES).max(0.0);
    }

    /// 0 = not known.
    pub fn available_bps(&self, now: Now) -> u64 {
        let remb = self.remb.filter(|(_, at)| now.saturating_sub(*at) < REMB_LIFE_NS);
        match (self.estimate.bps(), remb) {
            (0, Some((bitrate_bps, _))) => bitrate_bps,
            (estimate, _) => estimate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repair_takes_half_of_a_known_path_and_all_of_an_unknown_one() {
        let mut bandwidth = Bandwidth::default();
        let repaired = |bandwidth: &mut Bandwidth, from_ms: u64| {
            let ask = |ms: &u64| {
                let may = bandwidth.may_repair((from_ms + ms) * 1_000_000);
                if may {
                    bandwidth.note_repair();
                }
                may
            };
            (0..1000u64).filter(ask).count()
        };
        assert_eq!(repaired(&mut bandwidth, 10_000), 1000);
        bandwidth.note_remb(960_000, 20_000_000_000);
        let packets = repaired(&mut bandwidth, 20_000);
        assert!((45..80).contains(&packets), "{packets}");
    }
}
