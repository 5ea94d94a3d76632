//! A path in virtual time: delay, jitter, loss in bursts, reordering, duplicates, and a bottleneck with a buffer.
//! Everything follows from the seed; no clock and no socket.

use crate::Now;

pub(super) const MS: Now = 1_000_000;

/// What the path does to packets; nothing by default.
#[derive(Clone, Copy, Default)]
pub(super) struct LinkSpec {
    pub latency: Now,
    /// Added evenly spread, without overtaking.
    pub jitter: Now,
    pub loss: Loss,
    /// Share of packets that come `reorder_delay` later and are overtaken.
    pub reorder: f64,
    pub reorder_delay: Now,
    pub duplicate: f64,
    /// Of the bottleneck; 0 = none.
    pub rate_bps: u64,
    /// The longest a packet waits before the bottleneck; one that would wait longer is dropped.
    pub buffer: Now,
}

/// Gilbert and Elliott: a good and a bad state, left by chance with each packet.
#[derive(Clone, Copy, Default)]
pub(super) struct Loss {
    pub to_bad: f64,
    pub to_good: f64,
    pub in_good: f64,
    pub in_bad: f64,
}

impl LinkSpec {
    /// About 1 % lost, a little jitter.
    pub fn wifi() -> Self {
        let loss = Loss { to_bad: 0.005, to_good: 0.3, in_good: 0.002, in_bad: 0.5 };
        Self { latency: 5 * MS, jitter: 4 * MS, loss, ..Self::default() }
    }

    /// About 5 % lost, in bursts.
    pub fn wifi_lossy() -> Self {
        let loss = Loss { to_bad: 0.03, to_good: 0.25, in_good: 0.01, in_bad: 0.4 };
        Self { latency: 10 * MS, jitter: 10 * MS, loss, ..Self::default() }
    }

    /// About 10 % lost.
    pub fn congested() -> Self {
        let loss = Loss { to_bad: 0.05, to_good: 0.3, in_good: 0.03, in_bad: 0.5 };
        Self { latency: 30 * MS, jitter: 10 * MS, loss, ..Self::default() }
    }

    /// 50 ms and about 2 % lost.
    pub fn cellular() -> Self {
        let loss = Loss { to_bad: 0.01, to_good: 0.3, in_good: 0.005, in_bad: 0.5 };
        Self { latency: 50 * MS, jitter: 15 * MS, loss, ..Self::default() }
    }

    pub fn satellite() -> Self {
        let loss = Loss { to_bad: 0.01, to_good: 0.25, in_good: 0.01, in_bad: 0.5 };
        Self { latency: 300 * MS, jitter: 10 * MS, loss, ..Self::default() }
    }

    pub fn narrow(self, rate_bps: u64, buffer: Now) -> Self {
        Self { rate_bps, buffer, ..self }
    }
}

pub(super) struct Link {
    pub spec: LinkSpec,
    random: u64,
    is_bad: bool,
    busy_until: Now,
    newest: Now,
}

impl Link {
    pub fn new(spec: LinkSpec, seed: u64) -> Self {
        Self {
            spec,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            is_bad: false,
            busy_until: 0,
            newest: 0,
        }
    }

    /// When a packet sent now arrives: not at all, once, or twice.
    pub fn carry(&mut self, bytes: usize, now: Now) -> [Option<Now>; 2] {
        let Some(through) = self.pass(bytes, now) else {
            return [None, None];
        };
        if self.is_lost() {
            return [None, None];
        }
        let jitter = (self.chance() * self.spec.jitter as f64) as Now;
        let mut arrival = (through + self.spec.latency + jitter).max(self.newest);
        if self.chance() < self.spec.reorder {
            arrival += self.spec.reorder_delay;
        } else {
            self.newest = arrival;
        }
        let again = self.chance() < self.spec.duplicate;
        [Some(arrival), again.then_some(arrival + MS)]
    }

    /// How long a packet would wait now.
    pub fn queue(&self, now: Now) -> Now {
        self.busy_until.saturating_sub(now)
    }

    fn pass(&mut self, bytes: usize, now: Now) -> Option<Now> {
        if self.spec.rate_bps == 0 {
            return Some(now);
        }
        if self.queue(now) > self.spec.buffer {
            return None;
        }
        self.busy_until = self.busy_until.max(now) + bytes as u64 * 8_000_000_000 / self.spec.rate_bps;
        Some(self.busy_until)
    }

    fn is_lost(&mut self) -> bool {
        let loss = self.spec.loss;
        let leave = if self.is_bad { loss.to_good } else { loss.to_bad };
        if self.chance() < leave {
            self.is_bad = !self.is_bad;
        }
        let share = if self.is_bad { loss.in_bad } else { loss.in_good };
        self.chance() < share
    }

    /// Evenly spread over 0..1 (xorshift64*).
    fn chance(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Share of packets that never arrive.
fn lost_share(spec: LinkSpec, seed: u64) -> f64 {
    let mut link = Link::new(spec, seed);
    let lost = (0..20_000u64).filter(|index| link.carry(1200, index * MS)[0].is_none()).count();
    lost as f64 / 20_000.0
}

#[test]
fn the_presets_lose_what_they_say() {
    for (spec, least, most) in [
        (LinkSpec::wifi(), 0.004, 0.02),
        (LinkSpec::wifi_lossy(), 0.03, 0.08),
        (LinkSpec::congested(), 0.07, 0.13),
        (LinkSpec::cellular(), 0.01, 0.04),
        (LinkSpec::satellite(), 0.015, 0.05),
    ] {
        let share = lost_share(spec, 7);
        assert!((least..most).contains(&share), "{share}");
    }
}

#[test]
fn the_same_seed_is_the_same_path() {
    let run = |seed| {
        let mut link = Link::new(LinkSpec::wifi_lossy(), seed);
        (0..500u64).map(|index| link.carry(1000, index * MS)).collect::<Vec<_>>()
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn a_bottleneck_spreads_a_burst_and_drops_what_waits_too_long() {
    let mut link = Link::new(LinkSpec::default().narrow(1_000_000, 100 * MS), 1);
    let arrivals: Vec<_> = (0..30).map(|_| link.carry(1250, 0)[0]).collect();
    assert_eq!(arrivals[0], Some(10 * MS));
    assert_eq!(arrivals[10], Some(110 * MS));
    assert_eq!(arrivals.iter().flatten().count(), 11);
}

#[test]
fn reordering_and_duplicates_happen() {
    let spec = LinkSpec { reorder: 0.1, reorder_delay: 20 * MS, duplicate: 0.1, ..LinkSpec::default() };
    let mut link = Link::new(spec, 5);
    let arrivals: Vec<_> = (0..1000u64).map(|index| link.carry(1000, index * MS)).collect();
    assert!(arrivals.windows(2).any(|pair| pair[0][0] > pair[1][0]));
    assert!((50..200).contains(&arrivals.iter().filter(|both| both[1].is_some()).count()));
}
