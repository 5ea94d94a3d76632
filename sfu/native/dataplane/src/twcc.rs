//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1): noting when
//! a publisher's packets arrive, telling it, and reading what subscribers tell us.

use crate::replay::nearest;
use crate::wire::{u16_at, u24_at};
use crate::Now;

/// Arrivals remembered between two feedbacks and for late packets.
const KEPT: usize = 1024;
/// Packets one feedback speaks of, so that it fits one datagram.
const MAX_REPORTED: u64 = 400;
const TICK_NS: i64 = 250_000;
const REFERENCE_TICKS: i64 = 256;
const FEEDBACK_HEADER_LEN: usize = 20;

#[derive(Clone, Copy, Default)]
struct Arrival {
    /// Sequence number + 1; 0 = empty.
    tag: u64,
    at: Now,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Arrivals {
    ring: Vec<Arrival>,
    highest: u64,
    /// First number the next feedback speaks of.
    from: u64,
    feedback_count: u8,
    has_news: bool,
}

impl Arrivals {
    pub fn push(&mut self, sequence: u16, now: Now) {
        let sequence = if self.ring.is_empty() {
            self.ring = vec![Arrival::default(); KEPT];
            // One round up, so that late packets before the first stay above zero.
            self.highest = u64::from(sequence) + 65_536;
            self.from = self.highest;
            self.highest
        } else {
            nearest(self.highest, sequence)
        };
        if self.highest.saturating_sub(sequence) >= KEPT as u64 {
            return;
        }
        self.highest = self.highest.max(sequence);
        self.from = self.from.min(sequence);
        self.has_news = true;
        self.ring[sequence as usize % KEPT] = Arrival { tag: sequence + 1, at: now };
    }

    fn arrived(&self, sequence: u64) -> Option<Now> {
        let arrival = self.ring.get(sequence as usize % KEPT)?;
        (arrival.tag == sequence + 1).then_some(arrival.at)
    }

    pub fn has_news(&self) -> bool {
        self.has_news
    }

    /// Appends one feedback packet about what is new; call again while `has_news`.
    pub fn write_feedback(&mut self, sender: u32, media: u32, out: &mut Vec<u8>) {
        let oldest = (self.highest + 1).saturating_sub(KEPT as u64);
        let mut first = self.from.max(oldest);
        while first < self.highest && self.arrived(first).is_none() && self.from < oldest {
            first += 1;
        }
        let last = self.highest.min(first + MAX_REPORTED - 1);
        let Some(base_at) = (first..=last).find_map(|sequence| self.arrived(sequence)) else {
            self.from = last + 1;
            self.has_news = last < self.highest;
            return;
        };
        let reference = ticks(base_at).div_euclid(REFERENCE_TICKS);
        let start = out.len();
        let deltas = self.deltas(first, last, reference * REFERENCE_TICKS);
        let count = deltas.len() as u16;
        out.extend_from_slice(&[0x80 | 15, 205, 0, 0]);
        out.extend_from_slice(&sender.to_be_bytes());
        out.extend_from_slice(&media.to_be_bytes());
        out.extend_from_slice(&(first as u16).to_be_bytes());
        out.extend_from_slice(&count.to_be_bytes());
        out.extend_from_slice(&(reference as u32).to_be_bytes()[1..]);
        out.push(self.feedback_count);
        write_chunks(&deltas, out);
        write_deltas(&deltas, out);
        while (out.len() - start) % 4 != 0 {
            out.push(0);
        }
        let words = ((out.len() - start) / 4 - 1) as u16;
        out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
        self.feedback_count = self.feedback_count.wrapping_add(1);
        self.from = first + u64::from(count);
        self.has_news = self.from <= self.highest;
    }

    /// Deltas in ticks, `None` = not received; ends early where a delta cannot be expressed.
    fn deltas(&self, first: u64, last: u64, reference: i64) -> Vec<Option<i16>> {
        let mut previous = reference;
        let mut deltas = Vec::with_capacity((last - first + 1) as usize);
        for sequence in first..=last {
            let Some(at) = self.arrived(sequence) else {
                deltas.push(None);
                continue;
            };
            let Ok(delta) = i16::try_from(ticks(at) - previous) else {
                break;
            };
            previous = ticks(at);
            deltas.push(Some(delta));
        }
        deltas
    }
}

fn ticks(at: Now) -> i64 {
    at as i64 / TICK_NS
}

fn symbol(delta: Option<i16>) -> u16 {
    match delta {
        None => 0,
        Some(0..=255) => 1,
        Some(_) => 2,
    }
}

/// Run-length chunks for long runs, vectors of seven two-bit symbols for the rest.
fn write_chunks(deltas: &[Option<i16>], out: &mut Vec<u8>) {
    let mut rest = deltas;
    while let Some(first) = rest.first() {
        let kind = symbol(*first);
        let run = rest.iter().take_while(|d| symbol(**d) == kind).count();
        let (chunk, taken) = if run >= 7 || run == rest.len() {
            let run = run.min(0x1fff);
            ((kind << 13) | run as u16, run)
        } else {
            let taken = rest.len().min(7);
            let vector = rest[..taken].iter().enumerate();
            let bits = vector.fold(0, |bits, (i, d)| bits | (symbol(*d) << (12 - 2 * i)));
            (0xc000 | bits, taken)
        };
        out.extend_from_slice(&chunk.to_be_bytes());
        rest = &rest[taken..];
    }
}

fn write_deltas(deltas: &[Option<i16>], out: &mut Vec<u8>) {
    for delta in deltas.iter().flatten() {
        match u8::try_from(*delta) {
            Ok(small) => out.push(small),
            Err(_) => out.extend_from_slice(&delta.to_be_bytes()),
        }
    }
}

/// A received feedback: the feedback control information after the two SSRCs.
#[derive(Debug)]
pub(crate) struct Feedback<'a> {
    pub base: u16,
    count: u16,
    reference: i64,
    chunks: &'a [u8],
}

impl<'a> Feedback<'a> {
    pub fn parse(information: &'a [u8]) -> Option<Self> {
        let reference = u24_at(information, 4)?;
        // 24 bits, signed.
        let reference = i64::from((reference << 8) as i32 >> 8);
        Some(Self {
            base: u16_at(information, 0)?,
            count: u16_at(information, 2)?,
            reference: reference * REFERENCE_TICKS * TICK_NS,
            chunks: information.get(FEEDBACK_HEADER_LEN - 12..)?,
        })
    }

    /// Calls `visit(offset from base, arrival on the peer's clock)` for each packet until the text ends.
    pub fn for_each(&self, mut visit: impl FnMut(u16, Option<i64>)) {
        let mut delta_at = self.deltas_at();
        let mut arrived_ns = self.reference;
        let mut offset = 0u16;
        let mut chunk_at = 0;
        while offset < self.count {
            let Some(chunk) = u16_at(self.chunks, chunk_at) else {
                return;
            };
            chunk_at += 2;
            for index in 0..chunk_len(chunk) {
                if offset >= self.count {
                    return;
                }
                let ticks = match chunk_symbol(chunk, index) {
                    1 => self.chunks.get(delta_at).map(|d| (i64::from(*d), 1)),
                    2 => u16_at(self.chunks, delta_at).map(|d| (i64::from(d as i16), 2)),
                    _ => {
                        visit(offset, None);
                        offset += 1;
                        continue;
                    }
                };
                let Some((ticks, len)) = ticks else {
                    return;
                };
                delta_at += len;
                arrived_ns += ticks * TICK_NS;
                visit(offset, Some(arrived_ns));
                offset += 1;
            }
        }
    }

    /// Where the deltas begin: after as many chunks as cover the count.
    fn deltas_at(&self) -> usize {
        let (mut covered, mut at) = (0usize, 0);
        while covered < usize::from(self.count) {
            let Some(chunk) = u16_at(self.chunks, at) else {
                break;
            };
            // A run of nothing covers nothing: count it as one, so that hostile text ends.
            covered += usize::from(chunk_len(chunk));
            at += 2;
        }
        at
    }
}

fn chunk_len(chunk: u16) -> u16 {
    match chunk >> 14 {
        0 | 1 => chunk & 0x1fff,
        2 => 14,
        _ => 7,
    }
}

fn chunk_symbol(chunk: u16, index: u16) -> u16 {
    match chunk >> 14 {
        0 | 1 => (chunk >> 13) & 3,
        2 => (chunk >> (13 - index)) & 1,
        _ => (chunk >> (12 - 2 * index)) & 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(packet: &[u8]) -> (u16, Vec<Option<i64>>) {
        let feedback = Feedback::parse(&packet[12..]).unwrap();
        let mut seen = Vec::new();
        feedback.for_each(|offset, at| {
            assert_eq!(usize::from(offset), seen.len());
            seen.push(at);
        });
        (feedback.base, seen)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut arrivals = Arrivals::default();
        let ms = 1_000_000;
        let start = 1_000 * ms;
        // 65535 and 2 are lost, 1 comes late and out of order.
        let arrived = [(65_533u16, 0), (65_534, 1), (0, 5), (3, 100), (1, 101), (4, 300)];
        for (sequence, at) in arrived {
            arrivals.push(sequence, start + at * ms);
        }
        let mut packet = Vec::new();
        arrivals.write_feedback(1, 2, &mut packet);
        assert!(!arrivals.has_news());
        let (base, seen) = reported(&packet);
        let relative: Vec<_> = seen.iter().map(|at| at.map(|at| (at - start as i64) / ms as i64)).collect();
        assert_eq!(base, 65_533);
        let expected = [Some(0), Some(1), None, Some(5), Some(101), None, Some(100), Some(300)];
        assert_eq!(relative, expected);
    }

    #[test]
    fn a_long_gap_is_told_in_several_packets() {
        let mut arrivals = Arrivals::default();
        arrivals.push(0, 0);
        arrivals.push(900, 20_000_000_000);
        let mut packets = 0;
        let mut received = 0;
        while arrivals.has_news() {
            let mut packet = Vec::new();
            arrivals.write_feedback(1, 2, &mut packet);
            if packet.is_empty() {
                continue;
            }
            assert!(packet.len() <= 1_200 && packet.len() % 4 == 0);
            received += reported(&packet).1.iter().flatten().count();
            packets += 1;
            assert!(packets < 10);
        }
        assert_eq!(received, 2);
    }

    #[test]
    fn a_reader_never_fails_on_any_text() {
        let mut state = 1u64;
        let mut text = [0u8; 40];
        for _ in 0..20_000 {
            for byte in &mut text {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (state >> 56) as u8;
            }
            let len = (state >> 32) as usize % 40;
            if let Some(feedback) = Feedback::parse(&text[..len]) {
                feedback.for_each(|_, _| {});
            }
        }
    }

    /// Whatever comes, in whichever order and after whichever pause: what was told is what arrived, each packet once
    /// as arrived, and a pause is no loss.
    #[test]
    fn m09_random_arrivals_are_told_as_they_were() {
        let mut state = 9u64;
        let mut below = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % end
        };
        for pattern in 0..100_000u64 {
            let mut arrivals = Arrivals::default();
            let first = below(65_536);
            let mut now = 1_000_000_000 + below(1 << 40);
            let mut expected = std::collections::BTreeMap::new();
            let mut told = std::collections::BTreeMap::new();
            let mut sequence = first;
            for _ in 0..1 + below(30) {
                sequence += 1 + if below(5) == 0 { below(8) } else { 0 };
                now += match below(20) {
                    0 => below(20_000_000_000),
                    1..=4 => below(200_000_000),
                    _ => below(3_000_000),
                };
                arrivals.push(sequence as u16, now);
                expected.insert(sequence as u16, now as i64 / TICK_NS * TICK_NS);
                if below(12) == 0 {
                    drain(&mut arrivals, &mut told);
                }
            }
            drain(&mut arrivals, &mut told);
            let circle = (1i64 << 24) * REFERENCE_TICKS * TICK_NS;
            let apart = |a: i64, b: i64| (a - b).rem_euclid(circle);
            assert_eq!(told.len(), expected.len(), "pattern {pattern}");
            for (sequence, at) in &expected {
                assert_eq!(apart(told[sequence], *at), 0, "pattern {pattern}, packet {sequence}");
            }
        }
    }

    fn drain(arrivals: &mut Arrivals, told: &mut std::collections::BTreeMap<u16, i64>) {
        while arrivals.has_news() {
            let mut packet = Vec::new();
            arrivals.write_feedback(1, 2, &mut packet);
            if packet.is_empty() {
                continue;
            }
            let (base, seen) = reported(&packet);
            for (offset, at) in seen.into_iter().enumerate() {
                if let Some(at) = at {
                    assert!(told.insert(base.wrapping_add(offset as u16), at).is_none(), "told twice");
                }
            }
        }
    }
}
