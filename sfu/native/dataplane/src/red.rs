//! Redundant audio (RFC 2198): a packet that carries the packets before it again. What comes as RED is taken apart on
//! arrival, lost packets are made again from what follows them, and everything behind that is plain; for a
//! subscriber that understands RED it is put together again.

use crate::cache::Meta;
use crate::encoding::{Encoding, Source};
use crate::outbox::Outbox;
use crate::packet::Header;
use crate::plane::Plane;
use crate::replay::nearest;
use crate::transport::Route;
use crate::wire::u16_at;
use crate::Now;

/// Blocks before the primary one that are read and written.
const MAX_READ: usize = 4;
const MAX_WRITTEN: usize = 2;
/// Fourteen bits.
const MAX_OFFSET: u32 = 0x3fff;
/// Ten bits.
const MAX_BLOCK: usize = 0x3ff;
const MORE: u8 = 0x80;
/// A subscriber that loses more than this gets two packets again instead of one.
const MUCH_LOSS: f64 = 0.03;

/// An earlier packet inside another: so many packets and ticks before it, at these bytes of the payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    pub distance: u8,
    pub offset: u32,
    pub at: usize,
    pub len: usize,
}

/// A payload taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Red {
    blocks: [Block; MAX_READ],
    count: usize,
    pub primary_at: usize,
}

impl Red {
    /// `None` unless every length is true and the primary block is of `payload_type`.
    pub fn read(payload: &[u8], payload_type: u8) -> Option<Self> {
        let (mut headers, mut at) = (0, 0);
        while payload.get(at)? & MORE != 0 {
            headers += 1;
            at += 4;
        }
        if payload.get(at)? & 0x7f != payload_type || headers > MAX_READ {
            return None;
        }
        let mut red = Self { blocks: [Block::default(); MAX_READ], count: 0, primary_at: at + 1 };
        for header in 0..headers {
            let field =
                (u32::from(u16_at(payload, 4 * header + 1)?) << 8) | u32::from(*payload.get(4 * header + 3)?);
            let (offset, len) = (field >> 10, (field & 0x3ff) as usize);
            let block = Block { distance: (headers - header) as u8, offset, at: red.primary_at, len };
            red.primary_at += len;
            let is_ours = payload.get(4 * header)? & 0x7f == payload_type;
            if is_ours && len > 0 && offset > 0 {
                red.blocks[red.count] = block;
                red.count += 1;
            }
        }
        (red.primary_at < payload.len()).then_some(red)
    }

    /// Oldest first.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks[..self.count]
    }
}

/// Writes the packet that a block repeats, as it was but for its extensions.
pub(crate) fn write_repeated(
    (packet, header): (&[u8], &Header),
    payload_type: u8,
    (block, block_at): (&Block, usize),
    into: &mut Vec<u8>,
) -> Option<()> {
    let payload = packet.get(block_at..block_at + block.len)?;
    let sequence = header.sequence.wrapping_sub(u16::from(block.distance));
    into.clear();
    into.extend_from_slice(&[0x80, payload_type]);
    into.extend_from_slice(&sequence.to_be_bytes());
    into.extend_from_slice(&header.timestamp.wrapping_sub(block.offset).to_be_bytes());
    into.extend_from_slice(&header.ssrc.to_be_bytes());
    into.extend_from_slice(payload);
    Some(())
}

/// Makes a RED packet its plain primary one, in place; returns the new length.
pub(crate) fn strip(
    packet: &mut [u8],
    header: &Header,
    primary_at: usize,
    payload_type: u8,
) -> Option<usize> {
    let end = header.len + header.payload_len(packet)?;
    let begin = header.len + primary_at;
    packet.get(begin..end)?;
    packet.copy_within(begin..end, header.len);
    packet[0] &= !0x20;
    packet[1] = (packet[1] & 0x80) | payload_type;
    Some(end - primary_at)
}

/// The packets that go again before a primary one, oldest first.
#[derive(Clone, Copy)]
pub(crate) struct Redundancy<'a> {
    /// Of the primary block, and of the others.
    payload_type: u8,
    blocks: [(u16, &'a [u8]); MAX_WRITTEN],
    count: usize,
}

impl<'a> Redundancy<'a> {
    /// Of what has been received right before; `fraction_lost` as the subscriber reports it.
    pub fn before(meta: &Meta, encoding: &'a Encoding, payload_type: u8, fraction_lost: f64) -> Self {
        let wished = if fraction_lost > MUCH_LOSS { MAX_WRITTEN } else { 1 };
        let mut found: [(u16, &[u8]); MAX_WRITTEN] = [(0, &[]); MAX_WRITTEN];
        let mut count = 0;
        while count < wished && meta.is_newest {
            let back = count as u64 + 1;
            let earlier = meta.sequence.checked_sub(back).and_then(|sequence| encoding.cache.get(sequence));
            let Some((earlier, packet)) = earlier else { break };
            let offset = meta.timestamp.wrapping_sub(earlier.timestamp);
            let begin = usize::from(earlier.header_len);
            let payload = packet.get(begin..begin + usize::from(earlier.payload_len)).unwrap_or(&[]);
            let is_next = earlier.compact + back == meta.compact;
            if !is_next || !(1..=MAX_OFFSET).contains(&offset) || !(1..=MAX_BLOCK).contains(&payload.len()) {
                break;
            }
            found[count] = (offset as u16, payload);
            count += 1;
        }
        found[..count].reverse();
        Self { payload_type, blocks: found, count }
    }

    /// Everything of the payload that stands before the primary data.
    pub fn write(&self, out: &mut Vec<u8>) {
        let blocks = &self.blocks[..self.count];
        for (offset, block) in blocks {
            let field = (u32::from(*offset) << 10) | block.len() as u32;
            out.push(MORE | self.payload_type);
            out.extend_from_slice(&field.to_be_bytes()[1..]);
        }
        out.push(self.payload_type);
        blocks.iter().for_each(|(_, block)| out.extend_from_slice(block));
    }
}

impl Plane {
    /// Takes a RED packet apart: what is missing of the packets before is made again, the packet becomes its primary one.
    /// Returns the new length.
    pub(crate) fn take_red(
        &mut self,
        packet: &mut [u8],
        header: &Header,
        route: Route,
        sequence: u64,
        (now, out): (Now, &mut Outbox),
    ) -> Option<usize> {
        let track = self.up_tracks.at(route.up_track)?;
        let (payload_type, end) = (track.payload_type, header.len + header.payload_len(packet)?);
        let red = Red::read(packet.get(header.len..end)?, payload_type)?;
        let highest = track.encodings.get(usize::from(route.encoding)).and_then(|encoding| encoding.highest);
        let sequence = highest.map_or(sequence, |highest| nearest(highest, header.sequence));
        for block in red.blocks() {
            let Some(number) = sequence.checked_sub(u64::from(block.distance)) else { continue };
            if highest.is_some_and(|highest| number > highest || self.is_missing(route, number)) {
                let mut repeated = std::mem::take(&mut self.repeated);
                let place = (block, header.len + block.at);
                if write_repeated((packet, header), payload_type, place, &mut repeated).is_some() {
                    self.take_repeated(&repeated, route, number, now, out);
                }
                self.repeated = repeated;
            }
        }
        strip(packet, header, red.primary_at, payload_type)
    }

    fn is_missing(&self, route: Route, number: u64) -> bool {
        let encodings = self.up_tracks.at(route.up_track).map(|track| &track.encodings);
        let encoding = encodings.and_then(|encodings| encodings.get(usize::from(route.encoding)));
        encoding.is_some_and(|encoding| encoding.nack.is_missing(number))
    }

    fn take_repeated(&mut self, packet: &[u8], route: Route, sequence: u64, now: Now, out: &mut Outbox) {
        let Some(track) = self.up_tracks.at_mut(route.up_track) else { return };
        let source = Source {
            sequence,
            is_retransmission: true,
            codec: track.codec,
            clock_rate: track.clock_rate,
            level: None,
            dependency: None,
        };
        if let Some(header) = Header::parse(packet) {
            self.take_plain((packet, &header), route, source, now, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two packets before `primary`.
    fn payload() -> Vec<u8> {
        let redundancy =
            Redundancy { payload_type: 111, blocks: [(1_920, &[1, 1, 1]), (960, &[2, 2])], count: 2 };
        let mut payload = Vec::new();
        redundancy.write(&mut payload);
        payload.extend_from_slice(&[3, 3, 3, 3]);
        payload
    }

    #[test]
    fn m15_what_is_written_reads_back() {
        let payload = payload();
        let red = Red::read(&payload, 111).unwrap();
        let told: Vec<_> =
            red.blocks().iter().map(|b| (b.distance, b.offset, &payload[b.at..b.at + b.len])).collect();
        assert_eq!(told, [(2, 1_920, &[1, 1, 1][..]), (1, 960, &[2, 2][..])]);
        assert_eq!(payload[red.primary_at..], [3, 3, 3, 3]);
    }

    #[test]
    fn s_lengths_that_lie_are_refused() {
        let whole = payload();
        for len in 0..whole.len() - 3 {
            assert_eq!(Red::read(&whole[..len], 111), None, "{len}");
        }
        assert_eq!(Red::read(&whole, 110), None, "another codec inside");
        assert_eq!(Red::read(&[0xef; 60], 111), None, "headers without an end");
        assert_eq!(Red::read(&[111], 111), None, "nothing inside");
        let mut state = 7u64;
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..24)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 56) as u8
                })
                .collect();
            if let Some(red) = Red::read(&text, text[0] & 0x7f) {
                assert!(red.blocks().iter().all(|block| block.at + block.len <= text.len()));
            }
        }
    }
}
