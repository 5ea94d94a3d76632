//! What the path to one subscriber carries: estimated from transport-wide feedback, else as REMB says.

use crate::estimate::Estimate;
use crate::sent::Acknowledged;
use crate::Now;

/// A REMB older than this says nothing any more.
const REMB_LIFE_NS: u64 = 5_000_000_000;

/// See the module.
#[derive(Default)]
pub(crate) struct Bandwidth {
    estimate: Estimate,
    remb: Option<(u64, Now)>,
}

impl Bandwidth {
    pub fn note_remb(&mut self, bitrate_bps: u64, now: Now) {
        self.remb = Some((bitrate_bps, now));
    }

    /// `acknowledged` in order of sending, `lost` newly reported missing.
    pub fn note_feedback(&mut self, acknowledged: &[Acknowledged], lost: u32, now: Now) {
        self.estimate.handle(acknowledged, lost, now);
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
