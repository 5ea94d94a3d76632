//! What the path to one subscriber carries, estimated from transport-wide feedback, or taken from REMB.

use crate::sent::Acknowledged;
use crate::Now;

/// See the module.
#[derive(Default)]
pub(crate) struct Bandwidth {
    remb: Option<(u64, Now)>,
}

impl Bandwidth {
    pub fn note_remb(&mut self, bitrate_bps: u64, now: Now) {
        self.remb = Some((bitrate_bps, now));
    }

    pub fn note_feedback(&mut self, acknowledged: &[Acknowledged], lost: u32, now: Now) {
        let _ = (acknowledged, lost, now);
    }

    /// 0 = not known.
    pub fn available_bps(&self) -> u64 {
        self.remb.map_or(0, |(bitrate_bps, _)| bitrate_bps)
    }
}
