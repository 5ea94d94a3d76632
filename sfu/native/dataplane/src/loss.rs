//! Loss over windows of about a second, and beside what is usual on a path.

use crate::Now;

const SECOND: Now = 1_000_000_000;
/// More loss than this is never taken for usual.
const USUAL_LOSS: f64 = 0.15;
/// Fewer say too little: one of them is then some percent.
const MIN_LOSS_PACKETS: u32 = 50;

/// See the module.
#[derive(Default)]
pub(crate) struct Loss {
    acknowledged: u32,
    lost: u32,
    since: Now,
    pub share: f64,
    /// What this path loses whatever is sent: it falls quickly and rises slowly.
    pub usual: f64,
}

impl Loss {
    /// By how much the share lost in a window that has just been completed is above what is usual.
    pub fn push(&mut self, acknowledged: u32, lost: u32, now: Now) -> Option<f64> {
        self.acknowledged += acknowledged;
        self.lost += lost;
        let total = self.acknowledged + self.lost;
        if total < MIN_LOSS_PACKETS || now < self.since + SECOND {
            return None;
        }
        self.share = f64::from(self.lost) / f64::from(total);
        (self.acknowledged, self.lost, self.since) = (0, 0, now);
        let excess = (self.share - self.usual).max(0.0);
        let pace = if self.share < self.usual { 0.3 } else { 0.1 };
        self.usual = (self.usual + pace * (self.share - self.usual)).min(USUAL_LOSS);
        Some(excess)
    }
}
