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

pub(crate) struct History {
    ring: Vec<Sent>,
    len: usize,
}

impl History {
    /// Remembers `len` packets (a power of two); memory is taken with the first.
    pub fn new(len: usize) -> Self {
        Self { ring: Vec::new(), len }
    }

    pub fn insert(&mut self, outgoing: u64, sent: Sent) {
        if self.ring.is_empty() {
            self.ring = vec![Sent::default(); self.len];
        }
        let at = outgoing as usize & (self.len - 1);
        if let Some(slot) = self.ring.get_mut(at) {
            *slot = Sent { tag: outgoing + 1, ..sent };
        }
    }

    pub fn get_mut(&mut self, outgoing: u64) -> Option<&mut Sent> {
        let slot = self.ring.get_mut(outgoing as usize & (self.len - 1))?;
        (slot.tag == outgoing + 1).then_some(slot)
    }

    pub fn get(&self, outgoing: u64) -> Option<&Sent> {
        let slot = self.ring.get(outgoing as usize & (self.len - 1))?;
        (slot.tag == outgoing + 1).then_some(slot)
    }

    pub fn len(&self) -> usize {
        self.len
    }
}

/// Milliseconds of the monotonic clock, wrapping.
pub(crate) fn millis(now: Now) -> u32 {
    (now / 1_000_000) as u32
}
