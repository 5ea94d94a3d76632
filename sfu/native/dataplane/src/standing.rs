//! A queue that stands full: packets are late and some are lost, but the delay no longer grows, so that its trend says nothing.

use crate::sent::Acknowledged;
use crate::Now;

const MS: i64 = 1_000_000;
const SECOND: Now = 1_000_000_000;
/// Above the least delay of late: more than jitter and wireless retransmission make.
const LATE_NS: i64 = 80 * MS;
const QUEUED_NS: i64 = 40 * MS;
/// Two windows of this length are remembered: clocks drift apart, and routes change.
const WINDOW_NS: Now = 30 * SECOND;
/// A jump of the delay by more is one of the peer's clock.
const JUMP_NS: i64 = 3_000 * MS;

/// See the module. Delays are differences of unequal clocks: only their changes mean something.
#[derive(Default)]
pub(crate) struct Standing {
    least: Option<i64>,
    least_before: Option<i64>,
    window_since: Now,
    late_since: Option<Now>,
    above: i64,
}

impl Standing {
    /// Whether every packet has been late for a second.
    pub fn push(&mut self, acknowledged: &[Acknowledged], now: Now) -> bool {
        let delays = acknowledged.iter().map(|packet| packet.arrived_ns.wrapping_sub(packet.sent_at as i64));
        let Some(delay) = delays.min() else {
            return self.is_standing(now);
        };
        if now >= self.window_since + WINDOW_NS {
            (self.least_before, self.least, self.window_since) = (self.least, None, now);
        }
        let known = [self.least, self.least_before].into_iter().flatten().min();
        let above = known.map_or(0, |least| delay.saturating_sub(least));
        if above.saturating_abs() > JUMP_NS {
            *self = Self { least: Some(delay), window_since: now, ..Self::default() };
            return false;
        }
        self.least = Some(self.least.map_or(delay, |least| least.min(delay)));
        self.above = above;
        self.late_since = if above > LATE_NS { self.late_since.or(Some(now)) } else { None };
        self.is_standing(now)
    }

    /// Whether even the least delayed packet of the last feedback waited: a burst of our own delays only its own end.
    pub fn is_queued(&self) -> bool {
        self.above >= QUEUED_NS
    }

    fn is_standing(&self, now: Now) -> bool {
        self.late_since.is_some_and(|since| now >= since + SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(standing: &mut Standing, at_ms: u64, delay_ms: i64) -> bool {
        let sent_at = at_ms * MS as u64;
        let arrived_ns = sent_at as i64 + delay_ms * MS;
        standing.push(&[Acknowledged { sent_at, arrived_ns, bytes: 1000, is_media: true, probe: 0 }], sent_at)
    }

    #[test]
    fn late_for_a_second_is_standing() {
        let mut standing = Standing::default();
        assert!(!push(&mut standing, 0, 20));
        assert!(!push(&mut standing, 100, 300));
        assert!(!push(&mut standing, 1000, 300));
        assert!(push(&mut standing, 1100, 300));
        assert!(!push(&mut standing, 1200, 30));
        assert!(!push(&mut standing, 1300, 300));
    }

    #[test]
    fn a_jump_of_the_clock_begins_anew() {
        let mut standing = Standing::default();
        for at in 0..50 {
            assert!(!push(&mut standing, at * 100, if at < 20 { 20 } else { 9_000_020 }));
        }
    }

    #[test]
    fn a_longer_route_is_believed_after_a_while() {
        let mut standing = Standing::default();
        push(&mut standing, 0, 20);
        let late = (1..1000).filter(|at| push(&mut standing, at * 100, 200)).count();
        assert!((100..620).contains(&late), "{late}");
        assert!(!push(&mut standing, 100_000, 200));
    }
}
