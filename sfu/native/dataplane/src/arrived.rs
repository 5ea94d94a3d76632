//! The rate at which packets arrive, on the peer's clock.

use std::collections::VecDeque;

use crate::sent::Acknowledged;
use crate::Now;

const SECOND: Now = 1_000_000_000;
/// Over which the arrived rate is measured.
const RATE_NS: i64 = 500_000_000;

/// See the module.
#[derive(Default)]
pub(crate) struct Arrived {
    window: VecDeque<(i64, u32)>,
    bytes: u64,
    /// The greatest rate in this half of a second, and in the one before.
    greatest: [f64; 2],
    half: Now,
}

impl Arrived {
    pub fn push(&mut self, packet: &Acknowledged) {
        self.window.push_back((packet.arrived_ns, u32::from(packet.bytes)));
        self.bytes += u64::from(packet.bytes);
        while let Some(&(at, bytes)) = self.window.front() {
            if packet.arrived_ns.wrapping_sub(at) <= RATE_NS && self.window.len() <= 8192 {
                break;
            }
            self.window.pop_front();
            self.bytes -= u64::from(bytes);
        }
    }

    pub fn prove(&mut self, now: Now) {
        let half = now / (SECOND / 2);
        if half != self.half {
            let is_next = half == self.half + 1;
            self.greatest = [0.0, if is_next { self.greatest[0] } else { 0.0 }];
            self.half = half;
        }
        let Some((first, last)) = self.window.front().zip(self.window.back()) else {
            return;
        };
        // over no less than the window: what comes at once after a hole is no rate
        let span = last.0.wrapping_sub(first.0).max(RATE_NS);
        self.greatest[0] = self.greatest[0].max(self.bytes as f64 * 8e9 / span as f64);
    }

    /// What has been seen to arrive within the last second; 0 while it is not known.
    pub fn proven(&self) -> f64 {
        self.greatest[0].max(self.greatest[1])
    }

    pub fn bps(&self) -> Option<f64> {
        let (first, last) = (self.window.front()?.0, self.window.back()?.0);
        let span = last.wrapping_sub(first);
        (span >= RATE_NS / 5).then(|| self.bytes as f64 * 8e9 / span as f64)
    }
}
