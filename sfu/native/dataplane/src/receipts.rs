//! What one transport provably carried, second by second of the wall clock: the ground of proof of presence.
//! A second is credited only by what the peer said of packets first sent in that second.

use crate::ids::TransportId;
use crate::stats::Receipt;

/// Seconds that can still change: far more than an acknowledgement may be late.
const KEPT: usize = 32;

#[derive(Clone, Copy, Default)]
struct Line {
    second: u64,
    sent: u32,
    acknowledged: u32,
    received: u32,
    is_heard: bool,
    is_changed: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Receipts {
    lines: [Line; KEPT],
}

impl Receipts {
    fn line(&mut self, second: u64) -> Option<&mut Line> {
        let line = &mut self.lines[second as usize % KEPT];
        if line.second > second {
            return None;
        }
        if line.second < second {
            *line = Line { second, ..Line::default() };
        }
        line.is_changed = true;
        Some(line)
    }

    pub fn note_sent(&mut self, second: u64) {
        if let Some(line) = self.line(second) {
            line.sent += 1;
        }
    }

    pub fn note_acknowledged(&mut self, second: u64, packets: u32) {
        if let Some(line) = self.line(second) {
            line.acknowledged = line.acknowledged.saturating_add(packets).min(line.sent);
        }
    }

    pub fn note_heard(&mut self, second: u64) {
        if let Some(line) = self.line(second) {
            line.is_heard = true;
        }
    }

    pub fn note_received(&mut self, second: u64) {
        if let Some(line) = self.line(second) {
            line.received += 1;
            line.is_heard = true;
        }
    }

    /// Hands out the seconds before `current` that changed, oldest first.
    pub fn drain(&mut self, transport: TransportId, current: u64, into: &mut Vec<Receipt>) {
        let first = into.len();
        for line in &mut self.lines {
            if line.is_changed && line.second < current {
                line.is_changed = false;
                into.push(Receipt {
                    transport,
                    second: line.second,
                    sent: line.sent,
                    acknowledged: line.acknowledged,
                    received: line.received,
                    heard: line.is_heard,
                });
            }
        }
        into[first..].sort_unstable_by_key(|receipt| receipt.second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(receipts: &mut Receipts, current: u64) -> Vec<(u64, u32, u32)> {
        let mut into = Vec::new();
        receipts.drain(TransportId(1), current, &mut into);
        into.iter().map(|r| (r.second, r.sent, r.acknowledged)).collect()
    }

    #[test]
    fn a_second_is_handed_out_when_over_and_again_when_changed() {
        let mut receipts = Receipts::default();
        receipts.note_sent(100);
        assert_eq!(drained(&mut receipts, 100), []);
        assert_eq!(drained(&mut receipts, 101), [(100, 1, 0)]);
        assert_eq!(drained(&mut receipts, 102), []);
        receipts.note_acknowledged(100, 1);
        assert_eq!(drained(&mut receipts, 102), [(100, 1, 1)]);
    }

    #[test]
    fn more_than_was_sent_is_never_acknowledged() {
        let mut receipts = Receipts::default();
        receipts.note_sent(100);
        receipts.note_acknowledged(100, 7);
        assert_eq!(drained(&mut receipts, 101), [(100, 1, 1)]);
    }

    #[test]
    fn a_forgotten_second_cannot_be_credited() {
        let mut receipts = Receipts::default();
        receipts.note_sent(100);
        receipts.note_sent(100 + KEPT as u64);
        receipts.note_acknowledged(100, 1);
        assert_eq!(drained(&mut receipts, 200), [(132, 1, 0)]);
    }
}
