//! How numbers of one encoding become the subscriber's: a run of packets between two switches. The subscriber sees
//! one continuous sequence, timestamps that grow as the wall clock does, and counters of the codec without a jump.

use crate::cache::Meta;
use crate::encoding::{Encoding, SenderReport};
use crate::picking::Verdict;
use crate::skips::Skips;
use crate::Now;

/// A timestamp taken from sender reports may differ this much from one taken from arrival, else it is not believed.
const MAX_CLOCK_DISAGREEMENT_S: f64 = 0.5;
/// After a pause longer than this no clock is believed to have run exactly: 200 ppm are 120 ms in ten minutes.
const PAUSE_S: f64 = 5.0;
/// So far the publisher's clock is followed then.
const MAX_RESUME_ERROR_S: f64 = 0.04;
/// A stream whose time goes back, or ahead of the time that passed, by more than this has another clock now.
const JUMP_S: f64 = 5.0;

#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub encoding: u8,
    pub epoch: u32,
    /// Compacted number of the first packet, and what it became.
    pub first_in: u64,
    pub first_out: u64,
    /// Newest compacted number seen.
    pub last_in: u64,
    pub timestamp_offset: u32,
    picture_id_offset: u16,
    tl0_offset: u8,
    frame_offset: u16,
    /// Packets of layers that are not sent.
    skips: Skips,
    /// Newest compacted number sent.
    sent_in: u64,
}

/// The newest packet sent, from which the next segment goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Newest {
    pub outgoing: u64,
    pub timestamp: u32,
    pub arrival: Now,
    pub picture_id: u16,
    pub tl0: u8,
    pub frame_number: u16,
}

/// What a packet becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub number: u64,
    pub timestamp: u32,
    pub picture_id: u16,
    pub tl0: u8,
    pub frame_number: u16,
    pub marker: bool,
    /// Only the number goes: the packet is of a layer that is not sent, and came too late to close its gap.
    pub is_empty: bool,
}

impl Segment {
    /// The very first one: numbers begin at `first_out`, timestamps and counters stay as they are.
    pub fn first(encoding: u8, epoch: u32, meta: &Meta, first_out: u64) -> Self {
        Self {
            encoding,
            epoch,
            first_in: meta.compact,
            first_out,
            last_in: meta.compact,
            timestamp_offset: 0,
            picture_id_offset: 0,
            tl0_offset: 0,
            frame_offset: 0,
            skips: Skips::default(),
            sent_in: 0,
        }
    }

    /// The one that follows `self` with the packet `meta`, whose outgoing timestamp is `timestamp`.
    pub fn next(encoding: u8, epoch: u32, meta: &Meta, newest: &Newest, timestamp: u32) -> Self {
        let counters = meta.counters.unwrap_or_default();
        Self {
            encoding,
            epoch,
            first_in: meta.compact,
            first_out: newest.outgoing + 1,
            last_in: meta.compact,
            timestamp_offset: timestamp.wrapping_sub(meta.timestamp),
            picture_id_offset: newest.picture_id.wrapping_add(1).wrapping_sub(counters.picture_id),
            tl0_offset: newest.tl0.wrapping_add(1).wrapping_sub(counters.tl0),
            frame_offset: newest.frame_number.wrapping_add(1).wrapping_sub(meta.frame_number),
            skips: Skips::default(),
            sent_in: 0,
        }
    }

    /// Leaves out a packet of a layer that is not sent; only the newest closes the gap it leaves.
    pub fn skip(&mut self, meta: &Meta, verdict: &Verdict, counts_pictures: bool) {
        if meta.compact < self.last_in {
            return;
        }
        self.last_in = meta.compact;
        let is_picture = counts_pictures && verdict.is_new_picture;
        self.skips.skip(meta.compact, is_picture, verdict.bridges.then_some(self.sent_in));
    }

    /// `None` for packets from before the segment, and for those whose place has been closed.
    pub fn map(&mut self, meta: &Meta) -> Option<Outgoing> {
        let step = meta.compact.checked_sub(self.first_in)?;
        let skipped = self.skips.before(meta.compact)?;
        self.last_in = self.last_in.max(meta.compact);
        self.sent_in = self.sent_in.max(meta.compact);
        let counters = meta.counters.unwrap_or_default();
        Some(Outgoing {
            number: (self.first_out + step).checked_sub(skipped.numbers)?,
            timestamp: meta.timestamp.wrapping_add(self.timestamp_offset),
            picture_id: counters
                .picture_id
                .wrapping_add(self.picture_id_offset)
                .wrapping_sub(skipped.pictures)
                & 0x7fff,
            tl0: counters.tl0.wrapping_add(self.tl0_offset),
            frame_number: meta.frame_number.wrapping_add(self.frame_offset),
            marker: meta.marker,
            is_empty: false,
        })
    }
}

/// Where time goes on when the clock of a stream that flows has jumped; `None`: it has not.
pub(crate) fn after_jump(timestamp: u32, arrival: Now, newest: &Newest, clock_rate: u32) -> Option<u32> {
    let step_s = f64::from(timestamp.wrapping_sub(newest.timestamp) as i32) / f64::from(clock_rate);
    let elapsed_s = arrival.saturating_sub(newest.arrival) as f64 / 1e9;
    let has_jumped = step_s < -JUMP_S || step_s > elapsed_s + JUMP_S;
    let passed = (elapsed_s * f64::from(clock_rate)).max(1.0) as u64 as u32;
    has_jumped.then(|| newest.timestamp.wrapping_add(passed))
}

/// The outgoing timestamp of the first packet of a new segment.
pub(crate) fn switch_timestamp(
    old: &Segment,
    encodings: &[Encoding],
    new: u8,
    meta: &Meta,
    newest: &Newest,
    clock_rate: u32,
) -> u32 {
    let elapsed_s = meta.arrival.saturating_sub(newest.arrival) as f64 / 1e9;
    let by_arrival = (elapsed_s * f64::from(clock_rate)).max(1.0);
    let step = |timestamp: u32| f64::from(timestamp.wrapping_sub(newest.timestamp) as i32);
    let believable = |timestamp: u32| {
        let disagreement_s = (step(timestamp) - by_arrival).abs() / f64::from(clock_rate);
        disagreement_s <= MAX_CLOCK_DISAGREEMENT_S
    };
    let after_pause = |timestamp: u32| {
        let error = MAX_RESUME_ERROR_S * f64::from(clock_rate);
        let passed = step(timestamp).clamp(by_arrival - error, by_arrival + error);
        newest.timestamp.wrapping_add(passed as u64 as u32)
    };
    let report = |encoding: u8, epoch: u32| {
        let encoding = encodings.get(usize::from(encoding))?;
        (encoding.epoch == epoch).then_some(encoding.sender_report)?
    };
    let new_epoch = encodings.get(usize::from(new)).map_or(0, |e| e.epoch);
    let is_same = old.encoding == new && old.epoch == new_epoch;
    let exact = if is_same {
        Some(meta.timestamp.wrapping_add(old.timestamp_offset))
    } else {
        match (report(old.encoding, old.epoch), report(new, new_epoch)) {
            (Some(from), Some(to)) => {
                let as_old = translate(&from, &to, meta.timestamp, clock_rate);
                Some(as_old.wrapping_add(old.timestamp_offset))
            }
            _ => None,
        }
    };
    match exact.filter(|timestamp| believable(*timestamp)) {
        Some(timestamp) if elapsed_s > PAUSE_S => after_pause(timestamp),
        // Both layers show the same captured moment: time still must go on.
        Some(timestamp) if timestamp.wrapping_sub(newest.timestamp) as i32 <= 0 => {
            newest.timestamp.wrapping_add(1)
        }
        Some(timestamp) => timestamp,
        None => newest.timestamp.wrapping_add(by_arrival as u64 as u32),
    }
}

/// What a timestamp of one stream would be in another of the same publisher, by their sender reports.
fn translate(from: &SenderReport, to: &SenderReport, timestamp: u32, clock_rate: u32) -> u32 {
    let since_report = f64::from(timestamp.wrapping_sub(to.timestamp) as i32);
    let reports_apart_s = (to.ntp.wrapping_sub(from.ntp) as i64) as f64 / f64::from(1u32 << 31) / 2.0;
    let step = reports_apart_s * f64::from(clock_rate) + since_report;
    from.timestamp.wrapping_add(step.round() as i64 as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Counters;
    use crate::spec::EncodingSpec;

    fn meta(compact: u64, timestamp: u32, picture_id: u16) -> Meta {
        Meta {
            compact,
            timestamp,
            counters: Some(Counters { picture_id, tl0: picture_id as u8, ..Counters::default() }),
            ..Meta::default()
        }
    }

    fn encoding(report: Option<SenderReport>) -> Encoding {
        let mut encoding = Encoding::new(&EncodingSpec::default(), 0);
        encoding.sender_report = report;
        encoding
    }

    #[test]
    fn a_segment_goes_on_where_the_last_one_ended() {
        let newest =
            Newest { outgoing: 500, timestamp: 9_000, picture_id: 0x7fff, tl0: 255, ..Newest::default() };
        let first = meta(70_000, 123, 77);
        let mut segment = Segment::next(1, 0, &first, &newest, 12_000);
        let mapped = segment.map(&first).unwrap();
        assert_eq!((mapped.number, mapped.timestamp), (501, 12_000));
        assert_eq!((mapped.picture_id, mapped.tl0, mapped.frame_number), (0, 0, 1));
        let mapped = segment.map(&meta(70_003, 3_123, 78)).unwrap();
        assert_eq!((mapped.number, mapped.timestamp, mapped.picture_id), (504, 15_000, 1));
        assert_eq!(segment.map(&meta(69_999, 0, 76)), None);
    }

    #[test]
    fn sender_reports_align_the_clocks_of_two_layers() {
        let low = SenderReport { ntp: 1_000 << 32, timestamp: 50_000, arrival: 0 };
        // A second later the other layer's clock stood at 4,000,000,000.
        let high = SenderReport { ntp: 1_001 << 32, timestamp: 4_000_000_000, arrival: 0 };
        let encodings = [encoding(Some(low)), encoding(Some(high))];
        let old = Segment::first(0, 0, &meta(1, 0, 0), 1);
        let newest = Newest { timestamp: 50_000 + 90_000 + 6_000, arrival: 0, ..Newest::default() };
        let mut packet = meta(1, 4_000_009_000, 0);
        packet.arrival = 33_000_000;
        let timestamp = switch_timestamp(&old, &encodings, 1, &packet, &newest, 90_000);
        assert_eq!(timestamp, 50_000 + 90_000 + 9_000);
    }

    #[test]
    fn without_reports_or_with_false_ones_arrival_decides() {
        let wrong = SenderReport { ntp: 77 << 32, timestamp: 1, arrival: 0 };
        let old = Segment::first(0, 0, &meta(1, 0, 0), 1);
        let newest = Newest { timestamp: 90_000, arrival: 1_000_000_000, ..Newest::default() };
        let mut packet = meta(1, 5, 0);
        packet.arrival = 1_100_000_000;
        for report in [None, Some(wrong)] {
            let encodings = [encoding(report), encoding(Some(SenderReport { ntp: 0, ..wrong }))];
            let timestamp = switch_timestamp(&old, &encodings, 1, &packet, &newest, 90_000);
            assert_eq!(timestamp, 99_000);
        }
    }
}
