//! Which packets of one SSRC have been seen: the index estimate and replay list of RFC 3711, 3.3. Looking never
//! changes anything; `accept` is called after authentication only.

/// Indexes below the highest that can still be told apart.
pub(crate) const WINDOW: u64 = 1024;
const WORDS: usize = (WINDOW / 64) as usize;

#[derive(Clone)]
pub(crate) struct Replay {
    highest: Option<u64>,
    seen: [u64; WORDS],
}

impl Default for Replay {
    fn default() -> Self {
        Self { highest: None, seen: [0; WORDS] }
    }
}

impl Replay {
    /// The 48-bit index that a 16-bit sequence number stands for (RFC 3711, 3.3.1).
    pub fn estimate(&self, sequence: u16) -> u64 {
        self.highest.map_or(u64::from(sequence), |highest| nearest(highest, sequence))
    }

    /// Whether `index` is new and not too old to know.
    pub fn is_fresh(&self, index: u64) -> bool {
        let Some(highest) = self.highest else {
            return true;
        };
        if index > highest {
            return true;
        }
        if highest - index >= WINDOW {
            return false;
        }
        self.seen[word(index)] & bit(index) == 0
    }

    pub fn accept(&mut self, index: u64) {
        match self.highest {
            Some(highest) if index > highest => {
                if index - highest >= WINDOW {
                    self.seen = [0; WORDS];
                } else {
                    (highest + 1..index).for_each(|skipped| {
                        self.seen[word(skipped)] &= !bit(skipped);
                    });
                }
                self.highest = Some(index);
            }
            Some(_) => {}
            None => self.highest = Some(index),
        }
        self.seen[word(index)] |= bit(index);
    }
}

fn word(index: u64) -> usize {
    ((index / 64) as usize) % WORDS
}

fn bit(index: u64) -> u64 {
    1 << (index % 64)
}

/// The extended number nearest to `highest` whose low 16 bits are `sequence`; never below zero.
pub(crate) fn nearest(highest: u64, sequence: u16) -> u64 {
    let step = i64::from(sequence.wrapping_sub(highest as u16) as i16);
    highest.checked_add_signed(step).unwrap_or(u64::from(sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_is_fresh_once() {
        let mut replay = Replay::default();
        for index in [100, 102, 101, 99, 1500, 1499, 1000] {
            assert!(replay.is_fresh(index), "{index}");
            replay.accept(index);
            assert!(!replay.is_fresh(index), "{index}");
        }
        assert!(!replay.is_fresh(100), "too old to know");
        assert!(replay.is_fresh(1501));
    }

    #[test]
    fn skipped_indexes_stay_fresh_within_the_window() {
        let mut replay = Replay::default();
        (0..5000).step_by(7).for_each(|index| replay.accept(index));
        let highest = 4998;
        for index in highest - WINDOW + 1..highest {
            assert_eq!(replay.is_fresh(index), index % 7 != 0, "{index}");
        }
    }

    #[test]
    fn the_index_follows_the_roll_over_both_ways() {
        let mut replay = Replay::default();
        replay.accept(replay.estimate(65_534));
        assert_eq!(replay.estimate(3), 65_539);
        replay.accept(65_539);
        assert_eq!(replay.estimate(65_535), 65_535);
        assert_eq!(nearest(3, 65_535), 65_535, "nothing lies before the first roll-over");
    }
}
