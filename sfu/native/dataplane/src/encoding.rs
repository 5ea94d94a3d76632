//! One encoding of a published track: numbering, repair, and everything said of it in reports.

use crate::cache::{Cache, Extent, Meta};
use crate::layer_meter::LayerMeter;
use crate::nack::{Arrival, Nack};
use crate::packet::Header;
use crate::payload::{inspect, Payload};
use crate::rate::Rate;
use crate::replay::nearest;
use crate::reports::is_same_clock;
use crate::spec::{Codec, EncodingSpec};
use crate::stats::EncodingStats;
use crate::Now;

/// Silence after which an encoding counts as stopped.
pub(crate) const ACTIVE_NS: u64 = 1_000_000_000;
/// An encoding has been given up by its publisher when others go on for this long without it. More than a second,
/// because a screen at rest is repeated once a second.
const ABANDONED_NS: u64 = 1_500_000_000;
/// Key frame requests to one encoding are at least this far apart; an unanswered one is repeated after it. The lowest
/// is cheap, and what newcomers are shown first.
const LOWEST_PLI_INTERVAL_NS: u64 = 500_000_000;
const PLI_INTERVAL_NS: u64 = 1_000_000_000;
/// Padding-only packets whose place is remembered, for packets that come late.
const MAX_DROPS: usize = 32;

/// The publisher's clock as its newest sender report gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderReport {
    pub ntp: u64,
    pub timestamp: u32,
    pub arrival: Now,
}

pub(crate) struct Encoding {
    pub rid: String,
    /// 0 = not seen yet.
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    /// Grows when the SSRC changes: numbers of two epochs have nothing to do with each other.
    pub epoch: u32,
    pub cache: Cache,
    pub nack: Nack,
    pub rate: Rate,
    pub sender_report: Option<SenderReport>,
    pub highest: Option<u64>,
    pub last_arrival: Option<Now>,
    pub packets: u64,
    pub bytes: u64,
    pub repaired: u64,
    pub duplicates: u64,
    pub key_frames: u64,
    pub reception: Reception,
    pub key_frame: KeyFrameWish,
    /// Since the stream has said something of layers.
    pub layers: Option<Box<LayerMeter>>,
    drops: Vec<u64>,
    dropped: u64,
}

/// Reception as receiver reports tell it (RFC 3550, 6.4.1 and A.8).
#[derive(Clone, Copy, Default)]
pub(crate) struct Reception {
    pub first: u64,
    pub received: u64,
    pub jitter: f64,
    last_transit: Option<i64>,
    reported_expected: u64,
    reported_received: u64,
}

/// Key frames asked of the publisher.
#[derive(Clone, Copy, Default)]
pub(crate) struct KeyFrameWish {
    pub is_wanted: bool,
    asked_at: Option<Now>,
    pub requests: u64,
}

impl KeyFrameWish {
    /// Whether a request is to be sent now; it counts as sent then.
    pub fn is_due(&mut self, is_lowest: bool, now: Now) -> bool {
        let interval_ns = if is_lowest { LOWEST_PLI_INTERVAL_NS } else { PLI_INTERVAL_NS };
        let is_due = self.is_wanted && self.asked_at.is_none_or(|at| now.saturating_sub(at) >= interval_ns);
        if is_due {
            self.asked_at = Some(now);
            self.requests += 1;
        }
        is_due
    }
}

/// The best encoding that flows, not above `limit`: the publisher keeps it up as long as any other.
pub(crate) fn best_flowing(encodings: &[Encoding], limit: u8) -> Option<u8> {
    let newest = encodings.iter().filter_map(|encoding| encoding.last_arrival).max()?;
    let flows = |encoding: &Encoding| {
        encoding.last_arrival.is_some_and(|at| newest.saturating_sub(at) < ABANDONED_NS)
    };
    let up_to = encodings.len().min(usize::from(limit) + 1);
    encodings.get(..up_to)?.iter().rposition(flows).map(|index| index as u8)
}

/// A packet taken into the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub sequence: u64,
    pub is_key_frame_start: bool,
    pub level: Option<u8>,
    /// The encoding begins, or begins again.
    pub is_started: bool,
    /// The packet carries media and is to be forwarded.
    pub is_forwarded: bool,
    pub has_gap: bool,
}

impl Encoding {
    pub fn new(spec: &EncodingSpec, cache_bytes: usize) -> Self {
        Self {
            rid: spec.rid.clone(),
            ssrc: spec.ssrc,
            rtx_ssrc: spec.rtx_ssrc,
            epoch: 0,
            cache: Cache::new(cache_bytes),
            nack: Nack::default(),
            rate: Rate::default(),
            sender_report: None,
            highest: None,
            last_arrival: None,
            packets: 0,
            bytes: 0,
            repaired: 0,
            duplicates: 0,
            key_frames: 0,
            reception: Reception::default(),
            key_frame: KeyFrameWish::default(),
            layers: None,
            drops: Vec::new(),
            dropped: 0,
        }
    }

    /// Binds another SSRC: everything counted by sequence number begins anew.
    pub fn rebind(&mut self, ssrc: u32) {
        if self.highest.is_some() {
            self.epoch += 1;
            self.cache.clear();
            self.nack.clear();
            self.sender_report = None;
            self.highest = None;
            self.reception = Reception::default();
            self.layers = None;
            self.drops.clear();
            self.dropped = 0;
        }
        self.ssrc = ssrc;
    }

    pub fn is_active(&self, now: Now) -> bool {
        self.last_arrival.is_some_and(|at| now.saturating_sub(at) < ACTIVE_NS)
    }

    pub fn stats(&self, now: Now) -> EncodingStats {
        let mut stats = EncodingStats {
            rid: self.rid.clone(),
            ssrc: self.ssrc,
            packets: self.packets,
            bytes: self.bytes,
            bitrate_bps: self.rate.bits_per_second(now),
            is_active: self.is_active(now),
            key_frames: self.key_frames,
            ..EncodingStats::default()
        };
        if let Some(meter) = &self.layers {
            (stats.width, stats.height) = meter.size(0);
            stats.temporal = meter.temporal(0);
        }
        stats
    }

    /// One spatial layer as if it were an encoding: what its viewer is sent.
    pub fn layer_stats(&self, meter: &LayerMeter, spatial: usize, now: Now) -> EncodingStats {
        let temporal = meter.temporal(spatial);
        let (width, height) = meter.size(spatial);
        EncodingStats {
            bitrate_bps: temporal.last().map_or(0, |all| all.bitrate_bps),
            is_active: self.is_active(now) && meter.flows(spatial),
            width,
            height,
            temporal,
            ..self.stats(now)
        }
    }

    /// Whether a report is of the clock that its stream has: a timestamp may jump, and a report may say anything.
    pub fn is_credible(&self, report: &SenderReport, clock_rate: u32) -> bool {
        let newest = self.highest.and_then(|highest| self.cache.get(highest));
        newest.is_none_or(|(meta, _)| {
            let passed_ns = u128::from(report.arrival.saturating_sub(meta.arrival));
            let passed = (passed_ns * u128::from(clock_rate) / 1_000_000_000) as u32;
            is_same_clock(report.timestamp, meta.timestamp.wrapping_add(passed), clock_rate)
        })
    }

    /// The extended number of an original sequence number out of a retransmission.
    pub fn extend(&self, sequence: u16) -> Option<u64> {
        self.highest.map(|highest| nearest(highest, sequence))
    }

    /// Takes an authenticated packet with its extended sequence number; `None` for what is not to be handled further.
    pub fn take(&mut self, packet: &[u8], header: &Header, source: Source, now: Now) -> Option<Taken> {
        let payload_len = header.payload_len(packet)?;
        let sequence = source.sequence;
        if self.is_known(sequence, source.is_retransmission) {
            self.duplicates += 1;
            return None;
        }
        let is_started = !self.is_active(now);
        let arrival = self.nack.note(sequence, self.highest, source.is_retransmission, now);
        let is_newest = self.highest.is_none_or(|highest| sequence > highest);
        self.reception.note(sequence, header, source, self.highest.is_none(), now);
        let compact = self.compact(sequence, payload_len == 0 && is_newest);
        if is_newest {
            self.highest = Some(sequence);
        }
        self.last_arrival = Some(now);
        self.packets += 1;
        self.bytes += payload_len as u64;
        self.rate.add(packet.len(), now);
        if source.is_retransmission {
            self.repaired += 1;
        }
        let payload = packet.get(header.len..header.len + payload_len)?;
        let mut facts = if payload_len == 0 { Default::default() } else { inspect(source.codec, payload) };
        let descriptor = source.dependency.and_then(|extent| extent.of(packet));
        let frame_number = self.read_layers(&mut facts, descriptor, (header, payload_len, is_newest), now);
        let is_video_key = facts.is_key_frame_start && payload_len > 0;
        if is_video_key {
            self.key_frames += 1;
            self.key_frame.is_wanted = false;
        }
        self.cache.insert(
            packet,
            Meta {
                sequence,
                compact: compact.unwrap_or(0),
                arrival: now,
                timestamp: header.timestamp,
                header_len: header.len as u16,
                payload_len: payload_len as u16,
                marker: header.marker,
                is_newest,
                is_key_frame_start: is_video_key,
                level: source.level,
                counters: facts.counters,
                place: facts.place,
                dependency: source.dependency.filter(|_| frame_number.is_some()),
                frame_number: frame_number.unwrap_or(0),
            },
        );
        Some(Taken {
            sequence,
            is_key_frame_start: is_video_key,
            level: source.level,
            is_started,
            is_forwarded: compact.is_some(),
            has_gap: arrival == Arrival::AfterGap,
        })
    }

    /// Finds the place of a packet among the layers; returns the frame number of its dependency descriptor.
    fn read_layers(
        &mut self,
        facts: &mut Payload,
        descriptor: Option<&[u8]>,
        (header, payload_len, is_newest): (&Header, usize, bool),
        now: Now,
    ) -> Option<u16> {
        if payload_len == 0 || (descriptor.is_none() && facts.place.is_none()) {
            return None;
        }
        let meter = self.layers.get_or_insert_default();
        let read = descriptor.and_then(|bytes| meter.read(bytes, header.timestamp, is_newest));
        if is_newest && descriptor.is_some() && meter.lacks_structure(read.is_some(), now) {
            self.key_frame.is_wanted = true;
        }
        if let Some((place, _)) = read {
            facts.place = Some(place);
        }
        if let Some(sizes) = facts.sizes.filter(|_| is_newest) {
            meter.note_sizes(sizes);
        }
        if let Some(place) = &mut facts.place {
            place.ends |= header.marker;
            place.top = meter.top();
            meter.note(place, header.timestamp, payload_len, now);
        }
        read.map(|(_, number)| number)
    }

    /// Whether a packet brings nothing new: it is here, or it is a retransmission too old for anyone.
    fn is_known(&self, sequence: u64, is_retransmission: bool) -> bool {
        let is_older = self.highest.is_some_and(|highest| sequence <= highest);
        is_older && (self.cache.contains(sequence) || (is_retransmission && !self.nack.is_missing(sequence)))
    }

    /// The number less the padding-only packets before it; `None` for such a packet itself.
    fn compact(&mut self, sequence: u64, is_dropped: bool) -> Option<u64> {
        if is_dropped {
            if self.drops.len() == MAX_DROPS {
                self.drops.remove(0);
            }
            self.drops.push(sequence);
            self.dropped += 1;
            return None;
        }
        let after = self.drops.iter().rev().take_while(|d| **d > sequence);
        let after = after.count() as u64;
        // One round up, so that a late packet before the first one stays above zero.
        Some(sequence + 65_536 - (self.dropped - after))
    }
}

/// What came with a packet beside its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub sequence: u64,
    pub is_retransmission: bool,
    pub codec: Codec,
    pub clock_rate: u32,
    pub level: Option<u8>,
    /// Where its dependency descriptor stands in it.
    pub dependency: Option<Extent>,
}

impl Reception {
    fn note(&mut self, sequence: u64, header: &Header, source: Source, is_first: bool, now: Now) {
        if is_first {
            self.first = sequence;
        }
        self.received += 1;
        if source.is_retransmission {
            return;
        }
        let arrival = (u128::from(now) * u128::from(source.clock_rate) / 1_000_000_000) as u32;
        let transit = i64::from(arrival.wrapping_sub(header.timestamp) as i32);
        if let Some(last) = self.last_transit {
            let change = (transit as i32).wrapping_sub(last as i32).unsigned_abs();
            // A jump of the publisher's clock is not jitter.
            if change < source.clock_rate {
                self.jitter += (f64::from(change) - self.jitter) / 16.0;
            }
        }
        self.last_transit = Some(transit);
    }

    /// Fraction lost (of 256) since the last call, and cumulative loss.
    pub fn report(&mut self, highest: u64) -> (u8, u32) {
        let expected = (highest + 1).saturating_sub(self.first);
        let interval = expected.saturating_sub(self.reported_expected);
        let received = self.received.saturating_sub(self.reported_received);
        self.reported_expected = expected;
        self.reported_received = self.received;
        let lost = interval.saturating_sub(received);
        let fraction = (lost * 256).checked_div(interval).unwrap_or(0).min(255);
        let cumulative = expected.saturating_sub(self.received).min(0x7f_ffff);
        (fraction as u8, cumulative as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn packet(sequence: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80, 96];
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 7, 0, 0, 0, 9]);
        packet.extend_from_slice(payload);
        packet
    }

    fn padding(sequence: u16) -> Vec<u8> {
        let mut packet = packet(sequence, &[0, 0, 3]);
        packet[0] |= 0x20;
        packet
    }

    fn take(encoding: &mut Encoding, packet: &[u8], is_retransmission: bool) -> Option<Taken> {
        let header = Header::parse(packet).unwrap();
        let source = Source {
            sequence: u64::from(header.sequence),
            is_retransmission,
            codec: Codec::Vp8,
            clock_rate: 90_000,
            level: None,
            dependency: None,
        };
        encoding.take(packet, &header, source, 5 * MS)
    }

    fn encoding() -> Encoding {
        Encoding::new(&EncodingSpec::default(), 64 * 1024)
    }

    fn compact(encoding: &Encoding, sequence: u64) -> u64 {
        encoding.cache.get(sequence).unwrap().0.compact - 65_536
    }

    #[test]
    fn padding_leaves_no_hole_in_the_numbers() {
        let mut encoding = encoding();
        take(&mut encoding, &packet(10, b"a"), false).unwrap();
        assert!(!take(&mut encoding, &padding(11), false).unwrap().is_forwarded);
        take(&mut encoding, &packet(13, b"c"), false).unwrap();
        assert!(!take(&mut encoding, &padding(14), false).unwrap().is_forwarded);
        take(&mut encoding, &packet(15, b"d"), false).unwrap();
        take(&mut encoding, &packet(12, b"b"), false).unwrap();
        let numbers = [10, 12, 13, 15].map(|s| compact(&encoding, s));
        assert_eq!(numbers, [10, 11, 12, 13]);
    }

    #[test]
    fn a_retransmission_counts_only_when_it_was_missing() {
        let mut encoding = encoding();
        take(&mut encoding, &packet(10, b"a"), false).unwrap();
        take(&mut encoding, &packet(12, b"c"), false).unwrap();
        assert!(take(&mut encoding, &packet(10, b"a"), true).is_none());
        assert!(take(&mut encoding, &packet(11, b"b"), true).is_some());
        assert!(take(&mut encoding, &packet(11, b"b"), true).is_none());
        assert!(take(&mut encoding, &packet(5, b"x"), true).is_none());
        assert_eq!((encoding.repaired, encoding.duplicates), (1, 3));
    }

    #[test]
    fn another_ssrc_begins_anew() {
        let mut encoding = encoding();
        take(&mut encoding, &packet(10, b"a"), false).unwrap();
        encoding.rebind(77);
        assert_eq!((encoding.epoch, encoding.highest), (1, None));
        assert!(!encoding.cache.contains(10));
    }

    #[test]
    fn key_frame_requests_are_throttled_and_repeated_until_one_comes() {
        let mut wish = KeyFrameWish::default();
        assert!(!wish.is_due(true, 0));
        wish.is_wanted = true;
        assert!(wish.is_due(true, 0));
        assert!(!wish.is_due(true, 499 * MS));
        assert!(wish.is_due(true, 500 * MS));
        assert!(!wish.is_due(false, 1_499 * MS));
        assert!(wish.is_due(false, 1_500 * MS));
        wish.is_wanted = false;
        assert!(!wish.is_due(true, 5_000 * MS));
        assert_eq!(wish.requests, 3);
    }

    #[test]
    fn reception_is_reported_per_interval() {
        let mut reception = Reception { first: 100, received: 90, ..Reception::default() };
        assert_eq!(reception.report(199), (25, 10));
        reception.received += 100;
        assert_eq!(reception.report(299), (0, 10));
    }
}
