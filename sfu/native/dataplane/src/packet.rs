//! The RTP header (RFC 3550, 5.1) and its extensions (RFC 8285), read without copying.

use crate::wire::{u16_at, u32_at};

pub(crate) const FIXED_HEADER_LEN: usize = 12;
const ONE_BYTE_PROFILE: u16 = 0xbede;
const TWO_BYTE_PROFILE: u16 = 0x1000;

/// A parsed header; offsets are into the packet it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub has_padding: bool,
    /// Where the payload begins.
    pub len: usize,
    profile: u16,
    extensions_at: usize,
}

impl Header {
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let first = *packet.first()?;
        let second = *packet.get(1)?;
        if first >> 6 != 2 {
            return None;
        }
        let mut header = Self {
            payload_type: second & 0x7f,
            marker: second & 0x80 != 0,
            sequence: u16_at(packet, 2)?,
            timestamp: u32_at(packet, 4)?,
            ssrc: u32_at(packet, 8)?,
            has_padding: first & 0x20 != 0,
            len: FIXED_HEADER_LEN + 4 * usize::from(first & 0x0f),
            profile: 0,
            extensions_at: 0,
        };
        if first & 0x10 != 0 {
            header.profile = u16_at(packet, header.len)?;
            let words = usize::from(u16_at(packet, header.len + 2)?);
            header.extensions_at = header.len + 4;
            header.len = header.extensions_at + 4 * words;
        }
        (header.len <= packet.len()).then_some(header)
    }

    /// Length of the payload without padding; `None` when the padding is a lie.
    pub fn payload_len(&self, packet: &[u8]) -> Option<usize> {
        let len = packet.len().checked_sub(self.len)?;
        if !self.has_padding {
            return Some(len);
        }
        let padding = usize::from(*packet.last()?);
        if padding == 0 {
            return None;
        }
        len.checked_sub(padding)
    }

    pub fn extensions<'a>(&self, packet: &'a [u8]) -> Extensions<'a> {
        let block = if self.extensions_at == 0 { None } else { packet.get(self.extensions_at..self.len) };
        Extensions {
            block: block.unwrap_or(&[]),
            is_one_byte: self.profile == ONE_BYTE_PROFILE,
            is_known: self.profile == ONE_BYTE_PROFILE || self.profile & 0xfff0 == TWO_BYTE_PROFILE,
        }
    }
}

/// Walks over `(id, value)`.
pub(crate) struct Extensions<'a> {
    block: &'a [u8],
    is_one_byte: bool,
    is_known: bool,
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.is_known {
            return None;
        }
        while let [0, rest @ ..] = self.block {
            self.block = rest;
        }
        let first = *self.block.first()?;
        let (id, len, at) = if self.is_one_byte {
            (first >> 4, usize::from(first & 0x0f) + 1, 1)
        } else {
            (first, usize::from(*self.block.get(1)?), 2)
        };
        if self.is_one_byte && id == 15 {
            return None;
        }
        let value = self.block.get(at..at + len)?;
        self.block = self.block.get(at + len..)?;
        Some((id, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(profile: u16, block: &[u8], payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x90, 0x80 | 96, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9];
        packet.extend_from_slice(&profile.to_be_bytes());
        packet.extend_from_slice(&((block.len() / 4) as u16).to_be_bytes());
        packet.extend_from_slice(block);
        packet.extend_from_slice(payload);
        packet
    }

    #[test]
    fn one_byte_extensions_are_read_with_padding_between() {
        let packet = packet(0xbede, &[0x10, 0xaa, 0, 0x21, 1, 2, 0, 0], b"x");
        let header = Header::parse(&packet).unwrap();
        assert_eq!((header.sequence, header.timestamp, header.ssrc), (0x1234, 7, 9));
        assert!(header.marker);
        let found: Vec<_> = header.extensions(&packet).collect();
        assert_eq!(found, [(1, &[0xaa][..]), (2, &[1, 2][..])]);
        assert_eq!(&packet[header.len..], b"x");
    }

    #[test]
    fn two_byte_extensions_may_be_empty_or_long() {
        let packet = packet(0x1000, &[5, 0, 20, 4, 1, 2, 3, 4], b"");
        let header = Header::parse(&packet).unwrap();
        let found: Vec<_> = header.extensions(&packet).collect();
        assert_eq!(found, [(5, &[][..]), (20, &[1, 2, 3, 4][..])]);
    }

    #[test]
    fn an_extension_that_runs_over_its_block_ends_the_walk() {
        let packet = packet(0xbede, &[0x1f, 1, 2, 3], b"payload behind it");
        let header = Header::parse(&packet).unwrap();
        assert_eq!(header.extensions(&packet).count(), 0);
    }

    #[test]
    fn a_header_longer_than_its_packet_is_refused() {
        let whole = packet(0xbede, &[0x10, 1, 0, 0], b"");
        for len in 0..whole.len() {
            assert_eq!(Header::parse(&whole[..len]), None, "{len}");
        }
        assert_eq!(Header::parse(&[0x40; 40]), None, "version 1");
    }

    #[test]
    fn padding_is_not_payload() {
        let mut packet = vec![0xa0, 96, 0, 1, 0, 0, 0, 7, 0, 0, 0, 9, 5, 0, 0, 3];
        let header = Header::parse(&packet).unwrap();
        assert_eq!(header.payload_len(&packet), Some(1));
        *packet.last_mut().unwrap() = 4;
        assert_eq!(header.payload_len(&packet), Some(0));
        *packet.last_mut().unwrap() = 5;
        assert_eq!(header.payload_len(&packet), None);
        *packet.last_mut().unwrap() = 0;
        assert_eq!(header.payload_len(&packet), None);
    }
}
