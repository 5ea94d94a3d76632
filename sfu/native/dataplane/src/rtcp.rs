//! RTCP (RFC 3550, RFC 4585, RFC 5104): a walk over a compound, and the packets we write.

use crate::wire::{u16_at, u24_at, u32_at, u64_at};

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
const REPORT_BLOCK_LEN: usize = 24;

/// One packet out of a compound, as far as we care.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    SenderReport {
        ssrc: u32,
        ntp: u64,
        timestamp: u32,
        blocks: &'a [u8],
    },
    ReceiverReport {
        blocks: &'a [u8],
    },
    /// FCI of a generic NACK about `media`.
    Nack {
        media: u32,
        items: &'a [u8],
    },
    TransportCc {
        information: &'a [u8],
    },
    Pli {
        media: u32,
    },
    /// FCI of a full intra request.
    Fir {
        items: &'a [u8],
    },
    /// Receiver estimated maximum bitrate.
    Remb {
        bitrate_bps: u64,
    },
    Other,
}

/// Walks over a compound; ends where the text stops making sense.
pub(crate) struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    pub fn new(packet: &'a [u8]) -> Self {
        Self { rest: packet }
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        let first = *self.rest.first()?;
        let kind = *self.rest.get(1)?;
        let len = 4 * (usize::from(u16_at(self.rest, 2)?) + 1);
        if first >> 6 != 2 {
            return None;
        }
        let packet = self.rest.get(..len)?;
        self.rest = self.rest.get(len..)?;
        Some(parse(first & 0x1f, kind, packet).unwrap_or(Packet::Other))
    }
}

fn parse(count: u8, kind: u8, packet: &[u8]) -> Option<Packet<'_>> {
    let blocks_len = usize::from(count) * REPORT_BLOCK_LEN;
    Some(match (kind, count) {
        (SENDER_REPORT, _) => Packet::SenderReport {
            ssrc: u32_at(packet, 4)?,
            ntp: u64_at(packet, 8)?,
            timestamp: u32_at(packet, 16)?,
            blocks: packet.get(28..28 + blocks_len)?,
        },
        (RECEIVER_REPORT, _) => Packet::ReceiverReport { blocks: packet.get(8..8 + blocks_len)? },
        (TRANSPORT_FEEDBACK, 1) => Packet::Nack { media: u32_at(packet, 8)?, items: packet.get(12..)? },
        (TRANSPORT_FEEDBACK, 15) => Packet::TransportCc { information: packet.get(12..)? },
        (PAYLOAD_FEEDBACK, 1) => Packet::Pli { media: u32_at(packet, 8)? },
        (PAYLOAD_FEEDBACK, 4) => Packet::Fir { items: packet.get(12..)? },
        (PAYLOAD_FEEDBACK, 15) if packet.get(12..16)? == b"REMB" => {
            packet.get(20..20 + 4 * usize::from(*packet.get(16)?))?;
            Packet::Remb { bitrate_bps: remb_bitrate(u24_at(packet, 17)?) }
        }
        _ => Packet::Other,
    })
}

/// draft-alvestrand-rmcat-remb-03, 2.2: six bits of exponent, eighteen of mantissa.
fn remb_bitrate(field: u32) -> u64 {
    let bitrate_bps = u128::from(field & 0x3_ffff) << (field >> 18);
    u64::try_from(bitrate_bps).unwrap_or(u64::MAX)
}

/// One block of a sender or receiver report (RFC 3550, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    pub ssrc: u32,
    pub fraction_lost: u8,
    /// 24 bits, signed.
    pub lost: i32,
    pub highest: u32,
    pub jitter: u32,
    pub last_sender_report: u32,
    pub delay: u32,
}

pub(crate) fn report_blocks(blocks: &[u8]) -> impl Iterator<Item = ReportBlock> + '_ {
    blocks.chunks_exact(REPORT_BLOCK_LEN).filter_map(|block| {
        Some(ReportBlock {
            ssrc: u32_at(block, 0)?,
            fraction_lost: *block.get(4)?,
            lost: (u24_at(block, 5)? << 8) as i32 >> 8,
            highest: u32_at(block, 8)?,
            jitter: u32_at(block, 12)?,
            last_sender_report: u32_at(block, 16)?,
            delay: u32_at(block, 20)?,
        })
    })
}

/// Numbers a NACK asks for.
pub(crate) fn nack_numbers(items: &[u8]) -> impl Iterator<Item = u16> + '_ {
    items.chunks_exact(4).flat_map(|item| {
        let first = u16_at(item, 0).unwrap_or(0);
        let mask = u16_at(item, 2).unwrap_or(0);
        let following =
            (0..16).filter(move |bit| mask & (1 << bit) != 0).map(move |bit| first.wrapping_add(bit + 1));
        std::iter::once(first).chain(following)
    })
}

/// `(media ssrc, command sequence)` of a FIR (RFC 5104, 4.3.1).
pub(crate) fn fir_items(items: &[u8]) -> impl Iterator<Item = (u32, u8)> + '_ {
    items.chunks_exact(8).filter_map(|item| Some((u32_at(item, 0)?, *item.get(4)?)))
}

fn header(out: &mut Vec<u8>, count: u8, kind: u8, words: usize) {
    out.extend_from_slice(&[0x80 | count, kind]);
    out.extend_from_slice(&(words as u16).to_be_bytes());
}

pub(crate) fn write_pli(out: &mut Vec<u8>, sender: u32, media: u32) {
    header(out, 1, PAYLOAD_FEEDBACK, 2);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
}

pub(crate) fn write_nack(out: &mut Vec<u8>, sender: u32, media: u32, numbers: &[u16]) {
    let start = out.len();
    header(out, 1, TRANSPORT_FEEDBACK, 0);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
    crate::nack::write_items(numbers, out);
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

pub(crate) fn write_remb(out: &mut Vec<u8>, sender: u32, media: &[u32], bitrate_bps: u64) {
    let count = media.len().min(255);
    header(out, 15, PAYLOAD_FEEDBACK, 4 + count);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(b"REMB");
    let exponent = (64 - bitrate_bps.leading_zeros()).saturating_sub(18);
    let mantissa = (bitrate_bps >> exponent) as u32;
    let field = (count as u32) << 24 | exponent << 18 | mantissa;
    out.extend_from_slice(&field.to_be_bytes());
    for ssrc in &media[..count] {
        out.extend_from_slice(&ssrc.to_be_bytes());
    }
}

/// What a sender report says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SenderInfo {
    pub ssrc: u32,
    pub ntp: u64,
    pub timestamp: u32,
    pub packets: u32,
    pub bytes: u32,
}

pub(crate) fn write_sender_report(out: &mut Vec<u8>, info: &SenderInfo) {
    header(out, 0, SENDER_REPORT, 6);
    out.extend_from_slice(&info.ssrc.to_be_bytes());
    out.extend_from_slice(&info.ntp.to_be_bytes());
    out.extend_from_slice(&info.timestamp.to_be_bytes());
    out.extend_from_slice(&info.packets.to_be_bytes());
    out.extend_from_slice(&info.bytes.to_be_bytes());
}

/// Writes a receiver report; at most 31 blocks are taken.
pub(crate) fn write_receiver_report(out: &mut Vec<u8>, sender: u32, blocks: &[ReportBlock]) {
    let blocks = &blocks[..blocks.len().min(31)];
    header(out, blocks.len() as u8, RECEIVER_REPORT, 1 + 6 * blocks.len());
    out.extend_from_slice(&sender.to_be_bytes());
    for block in blocks {
        out.extend_from_slice(&block.ssrc.to_be_bytes());
        let loss = (u32::from(block.fraction_lost) << 24) | (block.lost as u32 & 0xff_ffff);
        for word in [loss, block.highest, block.jitter, block.last_sender_report, block.delay] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

const CNAME: &[u8] = b"lophop";

/// A source description with the CNAME every compound must carry (RFC 3550, 6.1).
pub(crate) fn write_cname(out: &mut Vec<u8>, ssrcs: &[u32]) {
    let ssrcs = &ssrcs[..ssrcs.len().min(31)];
    let start = out.len();
    header(out, ssrcs.len() as u8, SOURCE_DESCRIPTION, 0);
    for ssrc in ssrcs {
        out.extend_from_slice(&ssrc.to_be_bytes());
        out.extend_from_slice(&[1, CNAME.len() as u8]);
        out.extend_from_slice(CNAME);
        out.push(0);
        while (out.len() - start) % 4 != 0 {
            out.push(0);
        }
    }
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_is_walked_to_its_end() {
        let block = ReportBlock {
            ssrc: 5,
            fraction_lost: 64,
            lost: -3,
            highest: 0x0001_0002,
            jitter: 9,
            last_sender_report: 10,
            delay: 11,
        };
        let mut out = Vec::new();
        write_receiver_report(&mut out, 1, &[block]);
        write_cname(&mut out, &[1, 2]);
        write_pli(&mut out, 1, 2);
        write_nack(&mut out, 1, 2, &[10, 12, 100]);
        write_remb(&mut out, 1, &[2, 3], 3_000_000);
        let packets: Vec<_> = Compound::new(&out).collect();
        let Packet::ReceiverReport { blocks } = packets[0] else {
            panic!("{packets:?}");
        };
        assert_eq!(report_blocks(blocks).collect::<Vec<_>>(), [block]);
        assert_eq!(packets[1], Packet::Other);
        assert_eq!(packets[2], Packet::Pli { media: 2 });
        let Packet::Nack { media: 2, items } = packets[3] else {
            panic!("{packets:?}");
        };
        assert_eq!(nack_numbers(items).collect::<Vec<_>>(), [10, 12, 100]);
        let Packet::Remb { bitrate_bps } = packets[4] else {
            panic!("{packets:?}");
        };
        assert!((2_999_000..=3_000_000).contains(&bitrate_bps));
    }

    #[test]
    fn a_sender_report_reads_back() {
        let info = SenderInfo { ssrc: 9, ntp: 0x1234_5678_9abc_def0, timestamp: 77, packets: 3, bytes: 400 };
        let mut out = Vec::new();
        write_sender_report(&mut out, &info);
        let expected = Packet::SenderReport { ssrc: 9, ntp: info.ntp, timestamp: 77, blocks: &[] };
        assert_eq!(Compound::new(&out).collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn lengths_and_counts_that_lie_end_the_walk() {
        assert_eq!(Compound::new(&[0x81, 201, 0, 9, 0, 0, 0, 1]).count(), 0);
        let lying_count = [0x9f, 201, 0, 1, 0, 0, 0, 1];
        assert_eq!(Compound::new(&lying_count).collect::<Vec<_>>(), [Packet::Other]);
    }
}
