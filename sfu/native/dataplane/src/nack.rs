//! Which packets of one encoding are missing, and when to ask for them again. Each is asked for a bounded number of
//! times at a bounded pace, and given up when it would come too late.

use crate::Now;

/// Reordering is forgiven at least this long before the first request, and at most.
const PATIENCE_NS: u64 = 10_000_000;
const MAX_PATIENCE_NS: u64 = 60_000_000;
/// Between two requests for the same packet while the round trip is not known, and at least.
const RETRY_NS: u64 = 100_000_000;
const MIN_RETRY_NS: u64 = 30_000_000;
/// Added to the round trip: an answer is not asked for again while it is on its way.
const RETRY_MARGIN_NS: u64 = 20_000_000;
/// Given up after this; a decoder has frozen or skipped by then, and a key frame helps it more.
pub(crate) const GIVE_UP_NS: u64 = 900_000_000;
const MAX_REQUESTS: u8 = 6;
/// A gap longer than this is a pause or a restart, not a loss.
const MAX_GAP: u64 = 400;
const MAX_MISSING: usize = 600;

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    since: Now,
    first_asked: Now,
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
    /// From a request to its answer, as seen so far.
    round_trip_ns: Option<u64>,
    /// How late packets come that were only overtaken; it fades.
    lateness_ns: u64,
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
    pub fn note(
        &mut self,
        sequence: u64,
        highest: Option<u64>,
        is_retransmission: bool,
        now: Now,
    ) -> Arrival {
        let Some(highest) = highest else {
            return Arrival::InOrder;
        };
        if sequence <= highest {
            let at = self.missing.binary_search_by_key(&sequence, |m| m.sequence);
            return match at {
                Ok(at) => {
                    let missing = self.missing.remove(at);
                    self.learn(&missing, is_retransmission, now);
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
            first_asked: 0,
            asked_at: 0,
            requests: 0,
        }));
        Arrival::AfterGap
    }

    /// What an arrival says of the path: how long answers take, how long overtaken packets need.
    fn learn(&mut self, missing: &Missing, is_retransmission: bool, now: Now) {
        if !is_retransmission {
            self.lateness_ns = self.lateness_ns.max(now.saturating_sub(missing.since)).min(MAX_PATIENCE_NS);
        } else if missing.requests > 0 {
            let took_ns = now.saturating_sub(missing.first_asked);
            // which request was answered is not known: the shorter is believed sooner
            self.round_trip_ns = Some(match self.round_trip_ns {
                Some(known_ns) if took_ns > known_ns => known_ns + (took_ns - known_ns) / 8,
                _ => took_ns,
            });
        }
    }

    fn patience_ns(&self) -> u64 {
        PATIENCE_NS.max(self.lateness_ns + self.lateness_ns / 4)
    }

    fn retry_ns(&self) -> u64 {
        self.round_trip_ns.map_or(RETRY_NS, |rtt_ns| (rtt_ns + RETRY_MARGIN_NS).max(MIN_RETRY_NS))
    }

    /// Writes the numbers to ask for now to `into` (ascending); gives up those that would come too late, and says how
    /// many those are.
    pub fn due(&mut self, now: Now, into: &mut Vec<u16>) -> usize {
        let before = self.missing.len();
        self.missing.retain(|m| now.saturating_sub(m.since) < GIVE_UP_NS);
        let given_up = before - self.missing.len();
        self.lost += given_up as u64;
        let (patience_ns, retry_ns) = (self.patience_ns(), self.retry_ns());
        for missing in &mut self.missing {
            let is_due = if missing.requests == 0 {
                now.saturating_sub(missing.since) >= patience_ns
            } else {
                now.saturating_sub(missing.asked_at) >= retry_ns
            };
            if is_due && missing.requests < MAX_REQUESTS {
                if missing.requests == 0 {
                    missing.first_asked = now;
                    // a packet this late is lost; what is believed of reordering fades
                    self.lateness_ns -= self.lateness_ns / 16;
                }
                missing.requests += 1;
                self.requests += 1;
                missing.asked_at = now;
                into.push(missing.sequence as u16);
            }
        }
        given_up
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
        assert_eq!(nack.note(13, Some(10), false, 0), Arrival::AfterGap);
        assert!(due(&mut nack, 9 * MS).is_empty());
        assert_eq!(nack.note(11, Some(13), false, 9 * MS), Arrival::Repaired);
        assert!(due(&mut nack, 10 * MS).is_empty(), "this path reorders by nine milliseconds");
        assert_eq!(due(&mut nack, 12 * MS), [12]);
        assert!(due(&mut nack, 13 * MS).is_empty(), "not asked twice at once");
        assert_eq!(due(&mut nack, 112 * MS), [12]);
        assert_eq!(nack.note(12, Some(13), true, 120 * MS), Arrival::Repaired);
        assert_eq!(nack.note(12, Some(13), false, 121 * MS), Arrival::Late);
        assert!(nack.is_empty() && nack.lost() == 0);
    }

    #[test]
    fn what_never_comes_is_given_up() {
        let mut nack = Nack::default();
        nack.note(12, Some(10), false, 0);
        let asked: usize = (0..200).map(|i| due(&mut nack, i * 10 * MS).len()).sum();
        assert_eq!(asked, usize::from(MAX_REQUESTS));
        assert_eq!((nack.is_empty(), nack.lost()), (true, 1));
    }

    #[test]
    fn a_long_pause_asks_for_nothing() {
        let mut nack = Nack::default();
        nack.note(10_000, Some(10), false, 0);
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
