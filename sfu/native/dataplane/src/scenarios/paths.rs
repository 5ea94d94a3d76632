//! The estimate over paths in virtual time: how much of a bottleneck it finds, and that it does not sit above it.

use std::collections::VecDeque;

use super::link::{Link, LinkSpec, MS};
use crate::estimate::Estimate;
use crate::sent::Acknowledged;
use crate::Now;

const SECOND: Now = 1000 * MS;
const BYTES: usize = 1200;
const TICK: Now = 5 * MS;
const FEEDBACK: Now = 100 * MS;

/// A sender of `offered` or the estimate, whichever is less, its path and the peer's feedback.
struct Flow {
    estimate: Estimate,
    link: Link,
    now: Now,
    credit: f64,
    /// When it was sent, when it arrives; in order of sending.
    flying: VecDeque<(Now, Option<Now>)>,
}

/// What was seen in a span: the estimate at each feedback, and the longest queue.
struct Seen {
    bps: Vec<u64>,
    queue: Now,
}

impl Seen {
    fn mean(&self) -> u64 {
        self.bps.iter().sum::<u64>() / self.bps.len() as u64
    }

    fn share_above(&self, limit_bps: u64) -> f64 {
        self.bps.iter().filter(|bps| **bps > limit_bps).count() as f64 / self.bps.len() as f64
    }
}

impl Flow {
    fn new(spec: LinkSpec, seed: u64) -> Self {
        let link = Link::new(spec, seed);
        Self { estimate: Estimate::default(), link, now: SECOND, credit: 0.0, flying: VecDeque::new() }
    }

    fn run(&mut self, seconds: u64, offered_bps: u64) -> Seen {
        let end = self.now + seconds * SECOND;
        let mut seen = Seen { bps: Vec::new(), queue: 0 };
        while self.now < end {
            self.now += TICK;
            let known = if self.estimate.bps() == 0 { u64::MAX } else { self.estimate.bps() };
            self.credit += offered_bps.min(known) as f64 * TICK as f64 / 8e9;
            while self.credit >= BYTES as f64 {
                self.credit -= BYTES as f64;
                let [arrival, _] = self.link.carry(BYTES, self.now);
                self.flying.push_back((self.now, arrival));
            }
            seen.queue = seen.queue.max(self.link.queue(self.now));
            if self.now % FEEDBACK == 0 {
                self.feed_back();
                seen.bps.push(self.estimate.bps());
            }
        }
        seen
    }

    /// Packets that had arrived when the feedback that is here now was written; gaps before them are lost.
    fn feed_back(&mut self) {
        let written = self.now.saturating_sub(self.link.spec.latency);
        let Some(last) = self.flying.iter().rposition(|(_, at)| at.is_some_and(|at| at <= written)) else {
            return;
        };
        let mut acknowledged = Vec::new();
        let mut lost = 0;
        for (sent_at, arrival) in self.flying.drain(..=last) {
            match arrival {
                Some(at) => acknowledged.push(Acknowledged {
                    sent_at,
                    arrived_ns: at as i64,
                    bytes: BYTES as u16,
                    is_media: true,
                }),
                None => lost += 1,
            }
        }
        self.estimate.handle(&acknowledged, lost, self.now);
    }
}

fn plain() -> LinkSpec {
    LinkSpec { latency: 20 * MS, ..LinkSpec::default() }
}

#[test]
fn a_bottleneck_is_found_and_not_exceeded() {
    for path in [plain(), LinkSpec::wifi(), LinkSpec::cellular()] {
        for rate in [500_000u64, 1_000_000, 3_000_000] {
            for seed in 1..6 {
                let mut flow = Flow::new(path.narrow(rate, 300 * MS), seed);
                flow.run(30, 20_000_000);
                let seen = flow.run(60, 20_000_000);
                let found = seen.mean() as f64 / rate as f64;
                assert!((0.7..1.0).contains(&found), "{found:.2} of {rate} with seed {seed}");
                let above = seen.share_above(rate * 11 / 10);
                assert!(above < 0.02, "above for {above:.2} of the time at {rate} with seed {seed}");
            }
        }
    }
}

#[test]
fn a_drop_is_followed_within_five_seconds_and_a_rise_within_forty() {
    for path in [plain(), LinkSpec::wifi(), LinkSpec::cellular()] {
        for seed in 1..6 {
            let mut flow = Flow::new(path.narrow(10_000_000, 300 * MS), seed);
            flow.run(20, 20_000_000);
            flow.link.spec.rate_bps = 800_000;
            flow.run(5, 20_000_000);
            let dropped = flow.estimate.bps();
            assert!(dropped <= 960_000, "{dropped} with seed {seed}");
            let mean = flow.run(20, 20_000_000).mean();
            assert!((560_000..=880_000).contains(&mean), "{mean} with seed {seed}");
            flow.link.spec.rate_bps = 10_000_000;
            flow.run(40, 20_000_000);
            let back = flow.estimate.bps();
            assert!(back >= 1_500_000, "{back} with seed {seed}");
        }
    }
}

#[test]
fn light_loss_alone_does_not_starve_a_path() {
    for path in [LinkSpec::wifi(), LinkSpec::wifi_lossy(), LinkSpec::cellular(), LinkSpec::satellite()] {
        for seed in 1..6 {
            let mut flow = Flow::new(path, seed);
            flow.run(20, 2_000_000);
            let seen = flow.run(40, 2_000_000);
            let least = seen.bps.iter().min().copied().unwrap_or(0);
            assert!(least > 1_400_000, "{least} with seed {seed}");
        }
    }
}

#[test]
fn what_overtakes_and_comes_twice_is_borne() {
    let path = LinkSpec { reorder: 0.02, reorder_delay: 15 * MS, duplicate: 0.02, ..plain() };
    let mut flow = Flow::new(path.narrow(2_000_000, 300 * MS), 9);
    flow.run(30, 20_000_000);
    let found = flow.run(60, 20_000_000).mean() as f64 / 2e6;
    assert!((0.7..1.0).contains(&found), "{found:.2}");
}
