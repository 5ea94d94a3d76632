//! Packets and bytes per second over the last second, in ten slots.

use crate::Now;

const SLOTS: usize = 10;
const SLOT_NS: u64 = 100_000_000;

#[derive(Clone, Default)]
pub(crate) struct Rate {
    bytes: [u32; SLOTS],
    slot: u64,
}

impl Rate {
    pub fn add(&mut self, bytes: usize, now: Now) {
        self.advance(now);
        self.bytes[self.slot as usize % SLOTS] += bytes as u32;
    }

    fn advance(&mut self, now: Now) {
        let slot = now / SLOT_NS;
        if slot <= self.slot {
            return;
        }
        let steps = (slot - self.slot).min(SLOTS as u64);
        for step in 0..steps {
            self.bytes[(slot - step) as usize % SLOTS] = 0;
        }
        self.slot = slot;
    }

    pub fn bits_per_second(&self, now: Now) -> u64 {
        let mut rate = self.clone();
        rate.advance(now);
        let total: u64 = rate.bytes.iter().map(|bytes| u64::from(*bytes)).sum();
        total * 8 * 1_000_000_000 / (SLOT_NS * SLOTS as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_counts() {
        let mut rate = Rate::default();
        let ms = 1_000_000;
        (0..100).for_each(|i| rate.add(1_000, i * 10 * ms));
        assert_eq!(rate.bits_per_second(999 * ms), 800_000);
        assert_eq!(rate.bits_per_second(1_499 * ms), 400_000);
        assert_eq!(rate.bits_per_second(9_000 * ms), 0);
    }
}
