//! What a down track has sent, by outgoing number: how to send it again exactly, and in which second it first went.

use crate::forward::Stamp;
use crate::Now;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    /// Outgoing extended number + 1; 0 = empty.
    pub tag: u64,
    /// The number it had when received.
    pub sequence: u64,
    pub timestamp: u32,
    /// Wall-clock second of the first transmission (low 32 bits).
    pub second: u32,
    /// Milliseconds of the monotonic clock, wrapping.
    pub resent_ms: u32,
    pub stamp: Stamp,
    pub picture_id: u16,
    pub tl0: u8,
    pub frame_number: u16,
    pub marker: bool,
    pub is_empty: bool,
    pub encoding: u8,
    pub epoch: u8,
    pub resends: u8,
    /// Numbered, but not sent yet.
    pub is_waiting: bool,
}

/// So much of the past is kept where `most` packets allow it, in seconds of the wall clock: between one and two.
const KEPT_S: u32 = 1;
const FIRST_LEN: usize = 64;

/// Memory follows what flows: a small picture of ten packets a second needs few of the places that a large one fills.
pub(crate) struct History {
    ring: Vec<Sent>,
    most: usize,
}

impl History {
    /// Remembers up to `most` packets (a power of two); memory is taken with the first, and more as they come faster.
    pub fn new(most: usize) -> Self {
        Self { ring: Vec::new(), most }
    }

    pub fn insert(&mut self, outgoing: u64, sent: Sent) {
        if self.ring.is_empty() {
            self.ring = vec![Sent::default(); self.most.min(FIRST_LEN)];
        }
        while self.ring.len() < self.most && self.would_forget(outgoing, sent.second) {
            self.grow();
        }
        let at = self.place(outgoing);
        if let Some(slot) = self.ring.get_mut(at) {
            *slot = Sent { tag: outgoing + 1, ..sent };
        }
    }

    /// Whether something still needed is where this number belongs.
    fn would_forget(&self, outgoing: u64, second: u32) -> bool {
        self.ring.get(self.place(outgoing)).is_some_and(|slot| {
            let is_young = second.wrapping_sub(slot.second) <= KEPT_S;
            slot.tag != 0 && slot.tag != outgoing + 1 && (is_young || slot.is_waiting)
        })
    }

    fn grow(&mut self) {
        let len = 2 * self.ring.len();
        for sent in std::mem::replace(&mut self.ring, vec![Sent::default(); len]) {
            if sent.tag != 0 {
                let at = self.place(sent.tag - 1);
                self.ring[at] = sent;
            }
        }
    }

    fn place(&self, outgoing: u64) -> usize {
        outgoing as usize & self.ring.len().wrapping_sub(1)
    }

    pub fn get_mut(&mut self, outgoing: u64) -> Option<&mut Sent> {
        let at = self.place(outgoing);
        let slot = self.ring.get_mut(at)?;
        (slot.tag == outgoing + 1).then_some(slot)
    }

    pub fn get(&self, outgoing: u64) -> Option<&Sent> {
        let slot = self.ring.get(self.place(outgoing))?;
        (slot.tag == outgoing + 1).then_some(slot)
    }

    /// The oldest it may still know is so many packets back.
    pub fn most(&self) -> usize {
        self.most
    }
}

/// Milliseconds of the monotonic clock, wrapping.
pub(crate) fn millis(now: Now) -> u32 {
    (now / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sequence: u64, second: u32) -> Sent {
        Sent { sequence, second, ..Sent::default() }
    }

    #[test]
    fn a_slow_stream_takes_little_memory_and_is_remembered_for_seconds() {
        let mut history = History::new(512);
        for number in 0..1000 {
            history.insert(number, sent(number, number as u32 / 20));
        }
        assert_eq!(history.ring.len(), FIRST_LEN);
        assert!((1000 - FIRST_LEN as u64..1000).all(|number| history.get(number).unwrap().sequence == number));
        assert!(history.get(1000 - FIRST_LEN as u64 - 1).is_none());
    }

    #[test]
    fn a_fast_stream_keeps_a_second_of_itself_up_to_the_most() {
        let mut history = History::new(512);
        for number in 0..1000 {
            history.insert(number, sent(number, number as u32 / 200));
        }
        assert_eq!(history.ring.len(), 512);
        assert!((800..1000).all(|number| history.get(number).unwrap().sequence == number));
        for number in 1000..9000 {
            history.insert(number, sent(number, 5));
        }
        assert_eq!(history.ring.len(), 512);
        assert!((8488..9000).all(|number| history.get(number).is_some()));
    }

    #[test]
    fn who_waits_is_not_forgotten_however_long() {
        let mut history = History::new(512);
        history.insert(0, Sent { is_waiting: true, ..sent(7, 0) });
        for number in 1..512 {
            history.insert(number, sent(number, number as u32));
        }
        assert_eq!(history.get(0).unwrap().sequence, 7);
    }
}
