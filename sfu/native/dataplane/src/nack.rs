//! Which packets of one encoding are missing, and when to ask for them again. Each is asked for a bounded number of
//! times at a bounded pace, and given up when it would come too late.

use crate::Now;

/// Reordering is forgiven this long before the first request.
const PATIENCE_NS: u64 = 10_000_000;
/// Between two requests for the same packet; a path slower than this gets its answer before the third.
const RETRY_NS: u64 = 100_000_000;
/// Given up after this; a decoder has frozen or skipped by then.
pub(crate) const GIVE_UP_NS: u64 = 600_000_000;
const MAX_REQUESTS: u8 = 6;
/// A gap longer than this is a pause or a restart, not a loss.
const MAX_GAP: u64 = 400;
const MAX_MISSING: usize = 600;

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    since: Now,
    asked_at: Now,
    requests: u8,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Nack {
    /// In ascending order of sequence.
    missing: Vec<Missing>,
    lost: u64,
    requests: u64,
}

/// What became of a packet's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    InOrder,
    /// Something between it and the highest is missing.
    AfterGap,
    /// It was missing.
    Repaired,
    Late,
}

impl Nack {
    /// Takes note of an arrival, `highest` being the highest number before it.
    pub fn note(&mut self, sequence: u64, highest: Option<u64>, now: Now) -> Arrival {
        let Some(highest) = highest else {
            return Arrival::InOrder;
        };
        if sequence <= highest {
            let at = self.missing.binary_search_by_key(&sequence, |m| m.sequence);
            return match at {
                Ok(at) => {
                    self.missing.remove(at);
                    Arrival::Repaired
                }
                Err(_) => Arrival::Late,
            };
        }
        let gap = sequence - highest - 1;
        if gap == 0 {
            return Arrival::InOrder;
        }
        if gap > MAX_GAP || self.missing.len() + gap as usize > MAX_MISSING {
            self.lost += gap + self.missing.len() as u64;
            self.missing.clear();
            return Arrival::AfterGap;
        }
        self.missing.extend((highest + 1..sequence).map(|sequence| Missing {
            sequence,
            since: now,
            asked_at: 0,
            requests: 0,
        }));
        Arrival::AfterGap
    }

    /// Writes the numbers to ask for now to `into` (ascending); gives up those that would come too late.
    pub fn due(&mut self, now: Now, into: &mut Vec<u16>) {
        let before = self.missing.len();
        self.missing.retain(|m| now.saturating_sub(m.since) < GIVE_UP_NS);
        self.lost += (before - self.missing.len()) as u64;
        for missing in &mut self.missing {
            let is_due = if missing.requests == 0 {
                now.saturating_sub(missing.since) >= PATIENCE_NS
            } else {
                now.saturating_sub(missing.asked_at) >= RETRY_NS
            };
            if is_due && missing.requests < MAX_REQUESTS {
                missing.requests += 1;
                self.requests += 1;
                missing.asked_at = now;
                into.push(missing.sequence as u16);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
    }

    pub fn is_missing(&self, sequence: u64) -> bool {
        self.missing.binary_search_by_key(&sequence, |m| m.sequence).is_ok()
    }

    /// Numbers given up.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Requests sent.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    pub fn clear(&mut self) {
        self.missing.clear();
    }
}

/// Appends the FCI of a generic NACK (RFC 4585, 6.2.1): ascending numbers as (packet id, bitmask of the next 16).
pub(crate) fn write_items(numbers: &[u16], out: &mut Vec<u8>) {
    let mut rest = numbers;
    while let Some((first, others)) = rest.split_first() {
        let mut mask = 0u16;
        let mut taken = 0;
        for number in others {
            let distance = number.wrapping_sub(*first);
            if !(1..=16).contains(&distance) {
                break;
            }
            mask |= 1 << (distance - 1);
            taken += 1;
        }
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(&mask.to_be_bytes());
        rest = &others[taken..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn due(nack: &mut Nack, now: Now) -> Vec<u16> {
        let mut into = Vec::new();
        nack.due(now, &mut into);
        into
    }

    #[test]
    fn reordering_is_forgiven_and_a_loss_is_asked_for() {
        let mut nack = Nack::default();
        assert_eq!(nack.note(13, Some(10), 0), Arrival::AfterGap);
        assert!(due(&mut nack, 9 * MS).is_empty());
        assert_eq!(nack.note(11, Some(13), 9 * MS), Arrival::Repaired);
        assert_eq!(due(&mut nack, 10 * MS), [12]);
        assert!(due(&mut nack, 11 * MS).is_empty(), "not asked twice at once");
        assert_eq!(due(&mut nack, 110 * MS), [12]);
        assert_eq!(nack.note(12, Some(13), 120 * MS), Arrival::Repaired);
        assert_eq!(nack.note(12, Some(13), 121 * MS), Arrival::Late);
        assert!(nack.is_empty() && nack.lost() == 0);
    }

    #[test]
    fn what_never_comes_is_given_up() {
        let mut nack = Nack::default();
        nack.note(12, Some(10), 0);
        let asked: usize = (0..200).map(|i| due(&mut nack, i * 10 * MS).len()).sum();
        assert_eq!(asked, usize::from(MAX_REQUESTS));
        assert_eq!((nack.is_empty(), nack.lost()), (true, 1));
    }

    #[test]
    fn a_long_pause_asks_for_nothing() {
        let mut nack = Nack::default();
        nack.note(10_000, Some(10), 0);
        assert!(nack.is_empty());
        assert_eq!(nack.lost(), 9_989);
    }

    #[test]
    fn numbers_are_packed_seventeen_to_an_item() {
        let mut out = Vec::new();
        write_items(&[65_535, 0, 15, 16], &mut out);
        assert_eq!(out, [0xff, 0xff, 0x80, 0x01, 0x00, 0x10, 0x00, 0x00]);
    }
}
