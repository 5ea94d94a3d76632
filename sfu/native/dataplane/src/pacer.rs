//! When packets leave towards one peer. What fits goes at once; the rest of a burst waits and leaves in steps of 5 ms, so
//! that a key frame does not fill the buffers of the path. Audio never waits, retransmissions go before other video.
//! Nothing is copied: a packet that waits stays in the cache and has its number already.

use std::collections::VecDeque;

use crate::ids::DownTrackId;
use crate::Now;

/// One step; large enough for several packets of one peer to share a system call.
pub(crate) const STEP_NS: u64 = 5_000_000;
/// So many times the estimate: media comes in bursts, and its mean is below it.
const TIMES_ESTIMATE: u64 = 2;
/// Where nothing is known of the path only great bursts are spread.
const UNKNOWN_BPS: u64 = 50_000_000;
const LEAST_BPS: u64 = 300_000;
/// May leave at once after a pause, at least: three packets of usual size.
const LEAST_BURST: u64 = 3_750;
/// Nothing waits longer than this, whatever the estimate says.
const MAX_WAIT_NS: u64 = 500_000_000;
/// Packets that wait; when there are more the oldest go at once. Below what a down track remembers.
const MAX_WAITING: usize = 400;
const MAX_REPAIRS: usize = 64;

/// A numbered packet of a down track that has not left yet, or is to leave again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub down_track: DownTrackId,
    pub number: u64,
    pub bytes: u16,
    pub is_repair: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Pacer {
    media: VecDeque<Waiting>,
    repairs: VecDeque<Waiting>,
    waiting_bytes: u64,
    /// Bytes that may leave now; what must not wait may make it negative.
    budget: i64,
    at: Option<Now>,
}

impl Pacer {
    pub fn is_idle(&self) -> bool {
        self.media.is_empty() && self.repairs.is_empty()
    }

    /// Lets time pass; `available_bps` 0 = not known.
    pub fn refill(&mut self, available_bps: u64, now: Now) {
        let known = if available_bps == 0 { UNKNOWN_BPS } else { TIMES_ESTIMATE * available_bps };
        // fast enough for the last that waits to wait no longer than it may
        let overdue = self.waiting_bytes * 8 * (1_000_000_000 / MAX_WAIT_NS);
        let bytes_per_s = known.max(LEAST_BPS).max(overdue) / 8;
        let burst = (bytes_per_s * STEP_NS / 1_000_000_000).max(LEAST_BURST) as i64;
        let passed_ns = self.at.map_or(1_000_000_000, |at| now.saturating_sub(at).min(1_000_000_000));
        self.at = Some(now);
        let earned = (bytes_per_s * passed_ns / 1_000_000_000) as i64;
        self.budget = (self.budget.max(-burst) + earned).min(burst);
    }

    /// Whether a packet may leave now, ahead of nobody; and one that comes while far too many wait already.
    pub fn is_open(&self, bytes: usize) -> bool {
        (self.is_idle() && self.budget >= bytes as i64) || self.media.len() >= 2 * MAX_WAITING
    }

    pub fn spend(&mut self, bytes: usize) {
        self.budget -= bytes as i64;
    }

    /// False: too many repairs wait already.
    pub fn push(&mut self, waiting: Waiting) -> bool {
        if waiting.is_repair {
            if self.repairs.len() >= MAX_REPAIRS {
                return false;
            }
            self.repairs.push_back(waiting);
        } else {
            self.media.push_back(waiting);
        }
        self.waiting_bytes += u64::from(waiting.bytes);
        true
    }

    /// The next that may leave now.
    pub fn pop(&mut self) -> Option<Waiting> {
        let is_over_full = self.media.len() > MAX_WAITING;
        let next = self.repairs.front().or(self.media.front())?;
        if self.budget < i64::from(next.bytes) && !is_over_full {
            return None;
        }
        let next = self.repairs.pop_front().or_else(|| self.media.pop_front())?;
        self.waiting_bytes -= u64::from(next.bytes);
        Some(next)
    }

    pub fn clear(&mut self) {
        self.media.clear();
        self.repairs.clear();
        self.waiting_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn waiting(number: u64, is_repair: bool) -> Waiting {
        Waiting { down_track: DownTrackId(1), number, bytes: 1_250, is_repair }
    }

    /// How many of `count` packets leave at each step of 5 ms.
    fn steps(pacer: &mut Pacer, available_bps: u64, count: u64) -> Vec<usize> {
        pacer.refill(available_bps, 1_000 * MS);
        let mut steps = vec![0];
        for number in 0..count {
            if pacer.is_open(1_250) {
                pacer.spend(1_250);
                steps[0] += 1;
            } else {
                assert!(pacer.push(waiting(number, false)));
            }
        }
        let mut now = 1_000 * MS;
        while !pacer.is_idle() {
            now += STEP_NS;
            pacer.refill(available_bps, now);
            let mut left = 0;
            while let Some(next) = pacer.pop() {
                pacer.spend(usize::from(next.bytes));
                left += 1;
            }
            steps.push(left);
        }
        steps
    }

    #[test]
    fn m12_a_burst_leaves_in_steps_of_at_most_five_packets_at_two_megabits() {
        let steps = steps(&mut Pacer::default(), 2_000_000, 40);
        assert_eq!(steps.iter().sum::<usize>(), 40);
        assert!(steps.windows(2).all(|two| two.iter().sum::<usize>() <= 5), "{steps:?}");
        assert!((15..=25).contains(&steps.len()), "{steps:?}");
    }

    #[test]
    fn where_there_is_room_nothing_waits() {
        assert_eq!(steps(&mut Pacer::default(), 30_000_000, 30), [30]);
        assert_eq!(steps(&mut Pacer::default(), 0, 25), [25]);
        assert_eq!(steps(&mut Pacer::default(), 1_000_000, 3), [3]);
    }

    #[test]
    fn nothing_waits_longer_than_half_a_second() {
        let steps = steps(&mut Pacer::default(), 60_000, 100);
        assert!(steps.len() <= 300, "{}", steps.len());
        let half = steps.iter().take(100).sum::<usize>();
        assert!(half >= 60, "{half}");
    }

    #[test]
    fn what_is_asked_for_again_goes_first_and_the_queue_is_bounded() {
        let mut pacer = Pacer::default();
        pacer.refill(100_000, 1_000 * MS);
        for number in 0..MAX_WAITING as u64 + 50 {
            pacer.push(waiting(number, false));
        }
        let repairs = (0..100).filter(|number| pacer.push(waiting(1_000 + number, true))).count();
        assert_eq!(repairs, MAX_REPAIRS);
        assert_eq!(pacer.pop().map(|next| next.number), Some(1_000));
        while pacer.pop().is_some() {
            pacer.spend(1_250);
        }
        assert!(pacer.media.len() <= MAX_WAITING);
        pacer.clear();
        assert!(pacer.is_idle());
    }
}
