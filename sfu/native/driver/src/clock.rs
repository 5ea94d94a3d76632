//! The only clock: monotonic nanoseconds for decisions, and how far the wall clock is from them.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Starts at one second so that "a moment ago" never underflows in the first moments.
const ORIGIN_NS: u64 = 1_000_000_000;

#[derive(Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub fn now(&self) -> u64 {
        ORIGIN_NS + u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX - ORIGIN_NS)
    }

    /// Unix nanoseconds minus `now()`; asked again every second because the system steps and slews its clock.
    pub fn wall_offset(&self) -> u64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        u64::try_from(wall).unwrap_or(u64::MAX).saturating_sub(self.now())
    }
}
