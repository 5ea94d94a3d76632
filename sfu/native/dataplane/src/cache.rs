//! The newest packets of one encoding, decrypted: what forwarding, retransmission and the journal read. One byte
//! ring and one index; both grow until they hold `RETENTION_NS` or their bound, then no more memory is taken.

use crate::payload::Counters;
use crate::place::Place;
use crate::Now;

/// What a slow subscriber may still ask for.
pub(crate) const RETENTION_NS: u64 = 800_000_000;
const FIRST_INDEX: usize = 64;
const MAX_INDEX: usize = 4096;
const FIRST_BYTES: usize = 8 * 1024;

/// Facts of a cached packet, read once on arrival and used for every subscriber.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meta {
    /// Extended sequence number as received.
    pub sequence: u64,
    /// The same, less the padding-only packets before it: what subscribers' numbers are made from.
    pub compact: u64,
    pub arrival: Now,
    pub timestamp: u32,
    pub header_len: u16,
    pub payload_len: u16,
    pub marker: bool,
    /// Higher than every number before it when it came.
    pub is_newest: bool,
    pub is_key_frame_start: bool,
    /// The value of the audio level extension.
    pub level: Option<u8>,
    pub counters: Option<Counters>,
    /// Among the layers of the stream; `None` when it says nothing of layers.
    pub place: Option<Place>,
    /// Where the dependency descriptor stands in the packet, and its number.
    pub dependency: Option<Extent>,
    pub frame_number: u16,
}

impl Meta {
    /// The dependency descriptor of the packet these are the facts of, to be sent under another frame number.
    pub fn dependency_in<'a>(&self, packet: &'a [u8], frame_number: u16) -> Option<(&'a [u8], u16)> {
        Some((self.dependency?.of(packet)?, frame_number))
    }
}

/// A part of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub at: u16,
    pub len: u16,
}

impl Extent {
    pub fn of<'a>(&self, packet: &'a [u8]) -> Option<&'a [u8]> {
        packet.get(usize::from(self.at)..usize::from(self.at) + usize::from(self.len))
    }
}

#[derive(Clone, Copy, Default)]
struct Slot {
    meta: Meta,
    is_used: bool,
    at: u32,
    len: u16,
    lap: u32,
}

pub(crate) struct Cache {
    slots: Vec<Slot>,
    bytes: Vec<u8>,
    head: usize,
    lap: u32,
    lap_began: Now,
    max_bytes: usize,
}

impl Cache {
    pub fn new(max_bytes: usize) -> Self {
        Self {
            slots: Vec::new(),
            bytes: Vec::new(),
            head: 0,
            lap: 0,
            lap_began: 0,
            max_bytes: max_bytes.max(FIRST_BYTES),
        }
    }

    pub fn clear(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.is_used = false);
    }

    pub fn insert(&mut self, packet: &[u8], meta: Meta) {
        let Ok(len) = u16::try_from(packet.len()) else {
            return;
        };
        let Some(at) = self.room_for(packet.len(), meta.arrival) else {
            return;
        };
        self.bytes[at..at + packet.len()].copy_from_slice(packet);
        self.head = at + packet.len();
        self.grow_index(meta.sequence, meta.arrival);
        let index = self.index_of(meta.sequence);
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Slot { meta, is_used: true, at: at as u32, len, lap: self.lap };
        }
    }

    /// The packet as received (decrypted) and its facts.
    pub fn get(&self, sequence: u64) -> Option<(&Meta, &[u8])> {
        let slot = self.slots.get(self.index_of(sequence))?;
        if !slot.is_used || slot.meta.sequence != sequence || !self.is_intact(slot) {
            return None;
        }
        let at = slot.at as usize;
        let packet = self.bytes.get(at..at + usize::from(slot.len))?;
        Some((&slot.meta, packet))
    }

    pub fn contains(&self, sequence: u64) -> bool {
        self.get(sequence).is_some()
    }

    /// Bytes of memory held.
    #[cfg(test)]
    pub fn footprint(&self) -> usize {
        self.bytes.len() + self.slots.len() * std::mem::size_of::<Slot>()
    }

    fn index_of(&self, sequence: u64) -> usize {
        // A power of two, or empty.
        sequence as usize & self.slots.len().wrapping_sub(1)
    }

    /// Written in this lap, or in the one before and not yet written over.
    fn is_intact(&self, slot: &Slot) -> bool {
        slot.lap == self.lap || (slot.lap.wrapping_add(1) == self.lap && slot.at as usize >= self.head)
    }

    /// Where the next packet goes. The ring grows at its end, where nothing has to move.
    fn room_for(&mut self, len: usize, now: Now) -> Option<usize> {
        if self.head + len <= self.bytes.len() {
            return Some(self.head);
        }
        let is_young = now.saturating_sub(self.lap_began) < RETENTION_NS;
        if self.bytes.len() < self.max_bytes && (is_young || self.bytes.is_empty()) {
            let wished = (self.bytes.len() * 2).max(FIRST_BYTES).min(self.max_bytes);
            if self.head + len <= wished {
                self.bytes.resize(wished, 0);
                if self.head == 0 {
                    self.lap_began = now;
                }
                return Some(self.head);
            }
        }
        if len > self.bytes.len() {
            return None;
        }
        self.lap = self.lap.wrapping_add(1);
        self.lap_began = now;
        Some(0)
    }

    /// Doubles the index when the slot to be taken holds something still young.
    fn grow_index(&mut self, sequence: u64, now: Now) {
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); FIRST_INDEX];
            return;
        }
        while self.slots.len() < MAX_INDEX {
            let slot = &self.slots[self.index_of(sequence)];
            let is_young = now.saturating_sub(slot.meta.arrival) < RETENTION_NS;
            if !slot.is_used || slot.meta.sequence == sequence || !is_young {
                return;
            }
            let size = self.slots.len() * 2;
            let old = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
            for slot in old.into_iter().filter(|slot| slot.is_used) {
                let index = self.index_of(slot.meta.sequence);
                self.slots[index] = slot;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn meta(sequence: u64, arrival: Now) -> Meta {
        Meta { sequence, arrival, ..Meta::default() }
    }

    fn packet(sequence: u64) -> Vec<u8> {
        let len = 100 + (sequence * 7919 % 1100) as usize;
        vec![sequence as u8; len]
    }

    #[test]
    fn whatever_is_found_is_exactly_what_was_put() {
        let mut cache = Cache::new(64 * 1024);
        for sequence in 0..20_000u64 {
            cache.insert(&packet(sequence), meta(sequence, sequence * 3 * MS));
            for back in [0, 1, 7, 30, 200] {
                let asked = sequence.saturating_sub(back);
                if let Some((meta, bytes)) = cache.get(asked) {
                    assert_eq!((meta.sequence, bytes), (asked, &packet(asked)[..]));
                }
            }
            assert!(cache.contains(sequence));
        }
        assert!(!cache.contains(0) && !cache.contains(30_000));
    }

    #[test]
    fn a_second_of_an_ordinary_stream_is_kept_and_memory_stays_bounded() {
        let mut cache = Cache::new(512 * 1024);
        for sequence in 0..5_000u64 {
            cache.insert(&packet(sequence), meta(sequence, sequence * 5 * MS));
        }
        let kept = RETENTION_NS / (5 * MS);
        assert!((5_000 - kept..5_000).all(|sequence| cache.contains(sequence)));
        let whole = cache.footprint();
        for sequence in 5_000..9_000u64 {
            cache.insert(&packet(sequence), meta(sequence, sequence * 5 * MS));
        }
        assert_eq!(cache.footprint(), whole, "no memory is taken in steady state");
        assert!(whole < 420 * 1024, "{whole}");
    }

    #[test]
    fn a_slow_audio_stream_stays_small() {
        let mut cache = Cache::new(512 * 1024);
        for sequence in 0..5_000u64 {
            cache.insert(&[1; 120], meta(sequence, sequence * 20 * MS));
        }
        assert!(cache.footprint() <= 16 * 1024, "{}", cache.footprint());
    }

    #[test]
    fn out_of_order_packets_are_found() {
        let mut cache = Cache::new(64 * 1024);
        for sequence in [5u64, 3, 4, 9, 1] {
            cache.insert(&packet(sequence), meta(sequence, 0));
        }
        assert!([5u64, 3, 4, 9, 1].iter().all(|s| cache.contains(*s)));
        assert!(!cache.contains(2));
        cache.clear();
        assert!(!cache.contains(5));
    }

    #[test]
    fn a_packet_larger_than_the_ring_is_not_kept() {
        let mut cache = Cache::new(0);
        cache.insert(&[0; 60_000], meta(1, 0));
        assert!(!cache.contains(1));
        cache.insert(&[0; 1_000], meta(2, 0));
        assert!(cache.contains(2));
    }
}
