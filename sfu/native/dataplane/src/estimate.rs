//! What the path to a peer carries, from its transport-wide feedback: delay trend, loss, and the rate that arrived.
//!
//! What is sent proves little more than itself: beyond that the estimate rises by probes alone (`probing`). It never
//! falls far below what has just arrived: a peer that is late reading its socket is no narrow path.

use crate::arrived::Arrived;
use crate::loss::Loss;
use crate::sent::Acknowledged;
use crate::standing::Standing;
use crate::trend::{Trend, Usage};
use crate::Now;

const SECOND: Now = 1_000_000_000;
const START_BPS: f64 = 2_000_000.0;
const MIN_BPS: f64 = 60_000.0;
const MAX_BPS: f64 = 50_000_000.0;
const DECREASE: f64 = 0.85;
/// Of what it was, at each fall: where little is sent, what arrived says little.
const LEAST_LEFT: f64 = 0.7;
/// Share per second by which a quiet path is believed to carry more, up to so many times what arrives.
const INCREASE: f64 = 0.08;
const BEYOND_PROVEN: f64 = 1.5;
const SOME_LOSS: f64 = 0.02;
/// Loss beyond what is usual on this path: so much more says that it is full, so much that it may be.
const HIGH_LOSS: f64 = 0.1;
const MORE_LOSS: f64 = 0.04;
/// Longer than two probes are apart while more is wanted.
const BOUND_NS: Now = 10 * SECOND;
const MAX_WAIT: Now = 32 * SECOND;

/// See the module.
#[derive(Default)]
pub(crate) struct Estimate {
    bps: Option<f64>,
    trend: Trend,
    arrived: Arrived,
    loss: Loss,
    standing: Standing,
    last_update: Now,
    last_decrease: Option<Now>,
    /// What a probe has found to be all, and until when that is believed.
    bound: Option<(f64, Now)>,
    /// No rise before `last_decrease` + this.
    wait: Now,
}

impl Estimate {
    /// 0 while unknown.
    pub fn bps(&self) -> u64 {
        self.bps.map_or(0, |bps| bps as u64)
    }

    /// Takes one feedback: the packets newly acknowledged, in order of sending, and how many it newly reported lost.
    pub fn handle(&mut self, acknowledged: &[Acknowledged], lost: u32, now: Now) {
        let mut usage = self.trend.usage;
        for packet in acknowledged {
            self.arrived.push(packet);
            usage = self.trend.push(packet);
        }
        let loss = self.loss.push(acknowledged.len() as u32, lost, now);
        let is_full = self.standing.push(acknowledged, now) && self.loss.share >= SOME_LOSS;
        let Some(bps) = self.bps else {
            self.bps = (!acknowledged.is_empty()).then_some(START_BPS);
            self.last_update = now;
            return;
        };
        self.arrived.prove(now);
        let passed = now.saturating_sub(self.last_update).min(SECOND) as f64 / SECOND as f64;
        self.last_update = now;
        let is_settled = self.last_decrease.is_none_or(|last| now >= last + self.settling());
        let lowered = match (usage, loss) {
            (Usage::Over, _) if is_settled && self.standing.is_queued() => {
                Some(DECREASE * self.arrived.bps().unwrap_or(bps))
            }
            _ if is_full && is_settled => Some(DECREASE * self.arrived.bps().unwrap_or(bps)),
            (_, Some(excess)) if excess > HIGH_LOSS && is_settled => Some(bps * (1.0 - 0.5 * excess)),
            _ => None,
        };
        match lowered {
            Some(lowered) => self.decrease(bps, lowered, now),
            None if usage == Usage::Normal && self.may_rise(now) => {
                let risen = bps * (1.0 + INCREASE * passed) + 1000.0 * passed;
                let proven = self.arrived.proven();
                let bound = self.bound.filter(|(_, until)| now < *until).map_or(MAX_BPS, |(bps, _)| bps);
                self.bps = Some(risen.min(BEYOND_PROVEN * proven).min(bound).max(proven).clamp(bps, MAX_BPS));
            }
            None => {}
        }
    }

    /// A probe has shown that the path carries so much.
    pub fn prove(&mut self, bps: u64) {
        if self.bps.is_some_and(|known| known < bps as f64) {
            self.bps = Some((bps as f64).min(MAX_BPS));
        }
    }

    /// A probe has shown that the path carries no more: what is sent is to prove otherwise.
    pub fn bound(&mut self, bps: u64, now: Now) {
        self.bound = Some((bps as f64, now + BOUND_NS));
    }

    /// Whether nothing has said of late that the path is full.
    pub fn is_calm(&self, now: Now) -> bool {
        self.trend.usage != Usage::Over && self.last_decrease.is_none_or(|last| now >= last + SECOND)
    }

    /// Queues need a moment to empty before the trend says anything new.
    fn settling(&self) -> Now {
        SECOND / 4
    }

    fn may_rise(&self, now: Now) -> bool {
        self.loss.share < (self.loss.usual + MORE_LOSS).max(SOME_LOSS)
            && self.last_decrease.is_none_or(|last| now >= last + self.wait)
    }

    fn decrease(&mut self, bps: f64, to: f64, now: Now) {
        let is_same_trouble = self.last_decrease.is_some_and(|last| now < last + 2 * SECOND);
        let is_relapse = self.last_decrease.is_some_and(|last| now < last + 2 * self.wait + 10 * SECOND);
        if !is_same_trouble {
            self.wait = if is_relapse { (self.wait * 2).clamp(SECOND, MAX_WAIT) } else { SECOND };
        }
        let least = (bps * LEAST_LEFT).max(DECREASE * self.arrived.proven()).min(bps);
        self.bps = Some(to.clamp(least, bps).max(MIN_BPS));
        self.last_decrease = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    /// A path of a given rate with a queue, and a sender that sends `offered` or the estimate, whichever is less.
    struct Path {
        capacity_bps: f64,
        busy_until: f64,
        now: f64,
        max_queue_s: f64,
    }

    impl Path {
        fn new(capacity_bps: f64) -> Self {
            Self { capacity_bps, busy_until: 0.0, now: 1.0, max_queue_s: 0.3 }
        }

        /// Runs `seconds` with packets of 1200 bytes and feedback every 100 ms; returns (lowest, last) estimate.
        fn run(&mut self, estimate: &mut Estimate, seconds: f64, offered_bps: f64) -> (u64, u64) {
            let end = self.now + seconds;
            let mut lowest = u64::MAX;
            while self.now < end {
                let known = estimate.bps().max(100_000) as f64;
                self.step(estimate, offered_bps.min(known));
                lowest = lowest.min(estimate.bps());
            }
            (lowest, estimate.bps())
        }

        fn step(&mut self, estimate: &mut Estimate, rate: f64) {
            let mut acknowledged = Vec::new();
            let mut lost = 0;
            let count = (rate * 0.1 / 9600.0).max(1.0) as usize;
            for index in 0..count {
                let sent = self.now + 0.1 * index as f64 / count as f64;
                let start = self.busy_until.max(sent);
                if start - sent > self.max_queue_s {
                    lost += 1;
                    continue;
                }
                self.busy_until = start + 9600.0 / self.capacity_bps;
                acknowledged.push(Acknowledged {
                    sent_at: (sent * 1e9) as u64,
                    arrived_ns: ((self.busy_until + 0.02) * 1e9) as i64,
                    bytes: 1200,
                    is_media: true,
                    probe: 0,
                });
            }
            self.now += 0.1;
            estimate.handle(&acknowledged, lost, (self.now * 1e9) as u64);
        }
    }

    #[test]
    fn it_is_unknown_before_the_first_feedback() {
        assert_eq!(Estimate::default().bps(), 0);
    }

    #[test]
    fn a_path_that_carries_everything_is_believed_to_carry_half_as_much_again() {
        let (lowest, last) = Path::new(20e6).run(&mut Estimate::default(), 60.0, 3e6);
        assert!(lowest == 0 || lowest >= 2_000_000, "{lowest}");
        assert!((4_000_000..=4_700_000).contains(&last), "{last}");
    }

    #[test]
    fn a_probe_proves_more() {
        let mut estimate = Estimate::default();
        estimate.prove(9_000_000);
        assert_eq!(estimate.bps(), 0, "nothing is known yet");
        Path::new(20e6).run(&mut estimate, 2.0, 1e6);
        estimate.prove(9_000_000);
        estimate.prove(1_000_000);
        assert_eq!(estimate.bps(), 9_000_000);
    }

    /// The peer's process gets no time for up to a third of a second again and again: whole feedbacks are late.
    #[test]
    fn a_peer_that_reads_late_keeps_what_arrives() {
        let mut estimate = Estimate::default();
        let mut lowest = u64::MAX;
        let mut state = 7u64;
        let mut read_at = 0u64;
        for step in 0..600u64 {
            let mut acknowledged = Vec::new();
            for packet in 0..16u64 {
                let sent_at = (step * 100 + packet * 6) * 1_000_000;
                if packet % 4 == 0 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let hole_ns = if state >> 61 == 0 { (state >> 33) % 330 * 1_000_000 } else { 0 };
                    read_at = read_at.max(sent_at + hole_ns);
                }
                let arrived_ns = read_at.max(sent_at) as i64;
                acknowledged.push(Acknowledged {
                    sent_at,
                    arrived_ns,
                    bytes: 1200,
                    is_media: true,
                    probe: 0,
                });
            }
            estimate.handle(&acknowledged, 0, (step * 100 + 200) * 1_000_000);
            if step > 20 {
                lowest = lowest.min(estimate.bps());
            }
        }
        // 1.54 Mbit/s are sent
        assert!(lowest as f64 >= 1_536_000.0 / 1.2, "{lowest}");
    }

    #[test]
    fn a_narrow_path_is_found() {
        let mut estimate = Estimate::default();
        let mut path = Path::new(1e6);
        path.run(&mut estimate, 20.0, 3e6);
        let (lowest, _) = path.run(&mut estimate, 60.0, 3e6);
        assert!(lowest > 400_000, "{lowest}");
        let mean: f64 = (0..300).map(|_| path.run(&mut estimate, 0.1, 3e6).1 as f64).sum::<f64>() / 300.0;
        assert!((600_000.0..1_200_000.0).contains(&mean), "{mean}");
    }

    #[test]
    fn a_path_that_narrows_is_noticed_within_two_seconds() {
        let mut estimate = Estimate::default();
        let mut path = Path::new(10e6);
        path.run(&mut estimate, 10.0, 2e6);
        path.capacity_bps = 700e3;
        path.run(&mut estimate, 2.0, 2e6);
        assert!(estimate.bps() < 1_000_000, "{}", estimate.bps());
    }

    #[test]
    fn heavy_loss_without_delay_lowers_it() {
        let mut estimate = Estimate::default();
        let mut path = Path::new(10e6);
        path.max_queue_s = 0.001;
        path.run(&mut estimate, 3.0, 2e6);
        let before = estimate.bps();
        path.capacity_bps = 1e6;
        path.run(&mut estimate, 6.0, 2e6);
        assert!(estimate.bps() < before * 7 / 10, "{} of {before}", estimate.bps());
    }

    #[test]
    fn a_jump_of_the_peers_clock_is_survived() {
        let mut estimate = Estimate::default();
        for (index, arrived_ns) in [0, 20, i64::MAX / MS, 40, -9_000_000, 60].into_iter().enumerate() {
            let sent_at = SECOND + index as u64 * 20_000_000;
            let packet = Acknowledged {
                sent_at,
                arrived_ns: arrived_ns.wrapping_mul(MS),
                bytes: 1200,
                is_media: true,
                probe: 0,
            };
            estimate.handle(&[packet], 0, sent_at);
        }
        assert!((2_000_000..2_050_000).contains(&estimate.bps()), "{}", estimate.bps());
    }
}
