//! The estimate over paths in virtual time: how much of a bottleneck it finds, and that it does not sit above it.

use std::collections::VecDeque;

use super::link::{Link, LinkSpec, MS};
use crate::bandwidth::Bandwidth;
use crate::sent::Acknowledged;
use crate::Now;

const SECOND: Now = 1000 * MS;
const BYTES: usize = 1200;
const PADDING: usize = 300;
const TICK: Now = 5 * MS;
const FEEDBACK: Now = 100 * MS;

/// A sender of `offered` or the estimate, whichever is less, its path and the peer's feedback. It probes for what is
/// offered.
struct Flow {
    bandwidth: Bandwidth,
    link: Link,
    now: Now,
    credit: f64,
    /// In order of sending.
    flying: VecDeque<Flying>,
}

struct Flying {
    sent_at: Now,
    arrival: Option<Now>,
    bytes: usize,
    probe: u8,
}

/// What was seen in a span: the estimate at each feedback, and the queue at each tick.
#[derive(Default)]
struct Seen {
    bps: Vec<u64>,
    queues: Vec<Now>,
}

impl Seen {
    fn mean(&self) -> u64 {
        self.bps.iter().sum::<u64>() / self.bps.len() as u64
    }

    fn share_above(&self, limit_bps: u64) -> f64 {
        self.bps.iter().filter(|bps| **bps > limit_bps).count() as f64 / self.bps.len() as f64
    }

    fn queue_p95(&self) -> Now {
        let mut sorted = self.queues.clone();
        sorted.sort_unstable();
        sorted[sorted.len() * 95 / 100]
    }
}

impl Flow {
    fn new(spec: LinkSpec, seed: u64) -> Self {
        let link = Link::new(spec, seed);
        let flying = VecDeque::new();
        Self { bandwidth: Bandwidth::default(), link, now: SECOND, credit: 0.0, flying }
    }

    fn bps(&self) -> u64 {
        self.bandwidth.available_bps(self.now)
    }

    fn run(&mut self, seconds: u64, offered_bps: u64) -> Seen {
        let end = self.now + seconds * SECOND;
        let mut seen = Seen::default();
        while self.now < end {
            self.step(offered_bps, &mut seen);
        }
        seen
    }

    fn step(&mut self, offered_bps: u64, seen: &mut Seen) {
        self.now += TICK;
        let known = if self.bps() == 0 { u64::MAX } else { self.bps() };
        self.credit += offered_bps.min(known) as f64 * TICK as f64 / 8e9;
        while self.credit >= BYTES as f64 {
            self.credit -= BYTES as f64;
            self.bandwidth.note_media(BYTES, self.now);
            self.send(BYTES);
        }
        if self.now % (50 * MS) == 0 {
            self.bandwidth.probing.want(offered_bps, self.now);
            self.bandwidth.probe(self.now);
        }
        for _ in 0..self.bandwidth.probing.due(self.now).div_ceil(PADDING) {
            self.send(PADDING);
        }
        seen.queues.push(self.link.queue(self.now));
        if self.now % FEEDBACK == 0 {
            self.feed_back();
            seen.bps.push(self.bps());
        }
    }

    fn send(&mut self, bytes: usize) {
        let probe = self.bandwidth.probing.note_sent(bytes);
        let [arrival, _] = self.link.carry(bytes, self.now);
        self.flying.push_back(Flying { sent_at: self.now, arrival, bytes, probe });
    }

    /// Packets that had arrived when the feedback that is here now was written; gaps before them are lost.
    fn feed_back(&mut self) {
        let written = self.now.saturating_sub(self.link.spec.latency);
        let is_there = |packet: &Flying| packet.arrival.is_some_and(|at| at <= written);
        let Some(last) = self.flying.iter().rposition(is_there) else {
            return;
        };
        let mut acknowledged = Vec::new();
        let mut lost = 0;
        for packet in self.flying.drain(..=last) {
            match packet.arrival {
                Some(at) => acknowledged.push(Acknowledged {
                    sent_at: packet.sent_at,
                    arrived_ns: at as i64,
                    bytes: packet.bytes as u16,
                    is_media: true,
                    probe: packet.probe,
                }),
                None => lost += 1,
            }
        }
        self.bandwidth.note_feedback(&acknowledged, lost, self.now);
    }
}

/// Two senders over one link, which lies with the first.
fn run_pair(first: &mut Flow, second: &mut Flow, seconds: u64, offered_bps: u64) -> (Seen, Seen) {
    let mut seen = (Seen::default(), Seen::default());
    let end = first.now + seconds * SECOND;
    while first.now < end {
        first.step(offered_bps, &mut seen.0);
        std::mem::swap(&mut first.link, &mut second.link);
        second.step(offered_bps, &mut seen.1);
        std::mem::swap(&mut first.link, &mut second.link);
    }
    seen
}

fn plain() -> LinkSpec {
    LinkSpec { latency: 20 * MS, ..LinkSpec::default() }
}

#[test]
fn m11_a_bottleneck_is_found_and_not_exceeded() {
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
fn m11_a_drop_is_followed_within_five_seconds_and_a_rise_within_forty() {
    for path in [plain(), LinkSpec::wifi(), LinkSpec::cellular()] {
        for seed in 1..6 {
            let mut flow = Flow::new(path.narrow(10_000_000, 300 * MS), seed);
            flow.run(20, 20_000_000);
            flow.link.spec.rate_bps = 800_000;
            flow.run(5, 20_000_000);
            let dropped = flow.bps();
            assert!(dropped <= 960_000, "{dropped} with seed {seed}");
            let seen = flow.run(20, 20_000_000);
            let mean = seen.mean();
            assert!((560_000..=880_000).contains(&mean), "{mean} with seed {seed}");
            assert!(seen.queue_p95() <= 250 * MS, "{} ms with seed {seed}", seen.queue_p95() / MS);
            flow.link.spec.rate_bps = 10_000_000;
            let back = flow.run(40, 20_000_000);
            let after = back.bps.iter().position(|bps| *bps >= 3_000_000);
            assert!(
                after.is_some_and(|after| after <= 120),
                "three megabits after {after:?} tenths with seed {seed}"
            );
        }
    }
}

#[test]
fn m11_a_path_that_widens_is_found_on_every_kind_of_network() {
    for path in [LinkSpec::wifi(), LinkSpec::cellular(), LinkSpec::congested()] {
        for seed in 1..6 {
            let mut flow = Flow::new(path.narrow(250_000, 300 * MS), seed);
            flow.run(20, 4_000_000);
            assert!(flow.bps() <= 300_000, "{} with seed {seed}", flow.bps());
            flow.link.spec.rate_bps = 1_000_000;
            flow.run(20, 4_000_000);
            let best = flow.run(5, 4_000_000).mean();
            assert!(best >= 700_000, "{best} with seed {seed}");
            flow.link.spec.rate_bps = 2_200_000;
            let best = flow.run(20, 4_000_000);
            let reached = best.bps.iter().any(|bps| *bps >= 1_500_000);
            assert!(reached, "{:?} with seed {seed}", best.bps.iter().max());
        }
    }
}

#[test]
fn m11_two_flows_share_a_link() {
    for seed in 1..6 {
        let mut first = Flow::new(plain().narrow(3_000_000, 300 * MS), seed);
        let mut second = Flow::new(plain(), seed + 50);
        run_pair(&mut first, &mut second, 60, 20_000_000);
        let (one, other) = run_pair(&mut first, &mut second, 120, 20_000_000);
        let share = one.mean() as f64 / (one.mean() + other.mean()) as f64;
        assert!((0.35..=0.65).contains(&share), "{share:.2} with seed {seed}");
        assert!(one.queue_p95() <= 250 * MS, "{} ms with seed {seed}", one.queue_p95() / MS);
    }
}

#[test]
fn m11_light_loss_alone_does_not_starve_a_path() {
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
fn m11_what_overtakes_and_comes_twice_is_borne() {
    let path = LinkSpec { reorder: 0.02, reorder_delay: 15 * MS, duplicate: 0.02, ..plain() };
    let mut flow = Flow::new(path.narrow(2_000_000, 300 * MS), 9);
    flow.run(30, 20_000_000);
    let found = flow.run(60, 20_000_000).mean() as f64 / 2e6;
    assert!((0.7..1.0).contains(&found), "{found:.2}");
}
