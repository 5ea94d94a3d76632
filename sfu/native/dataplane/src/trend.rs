//! How the one-way delay moves: the trend filter and its adaptive threshold of Google congestion control
//! (draft-ietf-rmcat-gcc-02, 5.3-5.5, with the line fit of WebRTC's `trendline_estimator.cc`).

use std::collections::VecDeque;

use crate::sent::Acknowledged;
use crate::Now;

/// Packets sent within this time are one group: they queue behind each other by our own doing.
const GROUP_NS: u64 = 5_000_000;
const WINDOW: usize = 20;
const SMOOTHING: f64 = 0.9;
const GAIN: f64 = 4.0;
const MAX_DELTAS: u32 = 60;
const OVERUSE_NS: u64 = 10_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    Normal,
    Over,
    Under,
}

#[derive(Clone, Copy)]
struct Group {
    first_sent: Now,
    last_sent: Now,
    arrived_ns: i64,
}

/// See the module.
pub(crate) struct Trend {
    group: Option<Group>,
    before: Option<Group>,
    /// (arrival in ms since the first, smoothed delay in ms).
    points: VecDeque<(f64, f64)>,
    origin_ns: i64,
    accumulated_ms: f64,
    smoothed_ms: f64,
    deltas: u32,
    threshold: f64,
    threshold_at: Option<Now>,
    over_ns: u64,
    last_slope: f64,
    pub usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            group: None,
            before: None,
            points: VecDeque::with_capacity(WINDOW),
            origin_ns: 0,
            accumulated_ms: 0.0,
            smoothed_ms: 0.0,
            deltas: 0,
            threshold: 12.5,
            threshold_at: None,
            over_ns: 0,
            last_slope: 0.0,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    pub fn push(&mut self, packet: &Acknowledged) -> Usage {
        match &mut self.group {
            Some(group) if packet.sent_at < group.first_sent => return self.usage,
            Some(group) if packet.sent_at - group.first_sent <= GROUP_NS => {
                group.last_sent = packet.sent_at;
                group.arrived_ns = group.arrived_ns.max(packet.arrived_ns);
                return self.usage;
            }
            _ => {}
        }
        let next =
            Group { first_sent: packet.sent_at, last_sent: packet.sent_at, arrived_ns: packet.arrived_ns };
        if let Some(done) = self.group.replace(next) {
            if let Some(before) = self.before.replace(done) {
                self.compare(before, done);
            }
        }
        self.usage
    }

    fn compare(&mut self, before: Group, done: Group) {
        let sent_ms = (done.last_sent - before.last_sent) as f64 / 1e6;
        let arrived_ms = done.arrived_ns.wrapping_sub(before.arrived_ns) as f64 / 1e6;
        if !(0.0..=3000.0).contains(&arrived_ms) || sent_ms > 3000.0 {
            // the peer's clock has jumped, or nothing was sent for long: begin anew
            *self = Self { threshold: self.threshold, ..Self::default() };
            return;
        }
        if self.points.is_empty() {
            self.origin_ns = done.arrived_ns;
        }
        self.deltas = (self.deltas + 1).min(1000);
        self.accumulated_ms += arrived_ms - sent_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.accumulated_ms;
        if self.points.len() == WINDOW {
            self.points.pop_front();
        }
        let at_ms = done.arrived_ns.wrapping_sub(self.origin_ns) as f64 / 1e6;
        self.points.push_back((at_ms, self.smoothed_ms));
        let slope = if self.points.len() == WINDOW { self.slope() } else { 0.0 };
        self.judge(slope, done.last_sent - before.last_sent, done.last_sent);
    }

    /// Least squares.
    fn slope(&self) -> f64 {
        let count = self.points.len() as f64;
        let (sum_x, sum_y) = self.points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (mut above, mut below) = (0.0, 0.0);
        for (x, y) in &self.points {
            above += (x - mean_x) * (y - mean_y);
            below += (x - mean_x) * (x - mean_x);
        }
        if below == 0.0 {
            0.0
        } else {
            above / below
        }
    }

    fn judge(&mut self, slope: f64, sent_ns: u64, now: Now) {
        let modified = f64::from(self.deltas.min(MAX_DELTAS)) * slope * GAIN;
        if modified > self.threshold {
            self.over_ns += sent_ns;
            if self.over_ns > OVERUSE_NS && slope >= self.last_slope {
                self.usage = Usage::Over;
            }
        } else {
            self.over_ns = 0;
            self.usage = if modified < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.last_slope = slope;
        self.adapt(modified.abs(), now);
    }

    /// The threshold follows what is usual on this path, slowly upwards, faster downwards.
    fn adapt(&mut self, modified: f64, now: Now) {
        let passed_ms =
            self.threshold_at.map_or(0.0, |last| (now.saturating_sub(last) as f64 / 1e6).min(100.0));
        self.threshold_at = Some(now);
        if modified > self.threshold + 15.0 {
            return;
        }
        let pace = if modified < self.threshold { 0.039 } else { 0.0087 };
        self.threshold = (self.threshold + pace * (modified - self.threshold) * passed_ms).clamp(6.0, 600.0);
    }
}
