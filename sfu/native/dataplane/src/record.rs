//! One up track on its way into a journal: packets in sequence order as far as repair allows, one encoding at a time (the
//! best that flows), changed only at a key frame. What is in order is written at once; what comes ahead of a gap is
//! held back until the gap is filled or has had its time.

use std::collections::BTreeMap;

use crate::ids::JournalId;
use crate::outbox::{Outbox, Record};
use crate::spec::MAX_ENCODINGS;
use crate::Now;

const RTP: u8 = 2;
const SENDER_REPORT: u8 = 3;
/// Long enough for a third request over a slow path; short enough to lose little when the process dies.
const PATIENCE_NS: Now = 500_000_000;
/// Packets held back at most.
const MAX_HELD: usize = 1024;
/// An encoding without packets for this long has stopped.
const SILENCE_NS: Now = 1_000_000_000;
/// Segments are cut at key frames, so there has to be one at least this often.
const KEY_FRAME_EVERY_NS: Now = 3_000_000_000;

/// A packet of an encoding, decrypted, repaired, never twice.
#[derive(Clone, Copy)]
pub(crate) struct Arrived<'a> {
    pub encoding: u8,
    /// Sequence number, extended.
    pub sequence: u64,
    /// Begins a key frame.
    pub is_key_frame: bool,
    pub packet: &'a [u8],
    pub at: Now,
    /// The same on the wall clock.
    pub unix_ns: u64,
}

struct Held {
    packet: Vec<u8>,
    at: Now,
    unix_ns: u64,
}

/// See the module.
pub(crate) struct Recording {
    journal: JournalId,
    number: u32,
    /// Audio and unknown codecs begin anywhere and keep the encoding they began with.
    knows_key_frames: bool,
    current: Option<u8>,
    /// Sequence number to be written next.
    next: u64,
    held: BTreeMap<u64, Held>,
    last_packet: [Option<Now>; MAX_ENCODINGS],
    last_key_frame: Option<Now>,
}

impl Recording {
    pub fn new(journal: JournalId, number: u32, knows_key_frames: bool) -> Self {
        Self {
            journal,
            number,
            knows_key_frames,
            current: None,
            next: 0,
            held: BTreeMap::new(),
            last_packet: [None; MAX_ENCODINGS],
            last_key_frame: None,
        }
    }

    pub fn journal(&self) -> JournalId {
        self.journal
    }

    pub fn handle(&mut self, arrived: Arrived<'_>, out: &mut Outbox) {
        let Some(last_packet) = self.last_packet.get_mut(usize::from(arrived.encoding)) else { return };
        *last_packet = Some(arrived.at);
        if self.is_better(&arrived) {
            self.finish(out);
            self.current = Some(arrived.encoding);
            self.next = arrived.sequence;
        }
        if self.current != Some(arrived.encoding) {
            return;
        }
        if arrived.is_key_frame {
            self.last_key_frame = Some(arrived.at);
        }
        if arrived.sequence > self.next {
            self.hold(arrived, out);
            return;
        }
        // behind `next` it comes later than its gap was given: out of order is better than not at all
        self.write(RTP, arrived.unix_ns, &[arrived.packet], out);
        if arrived.sequence == self.next {
            self.next += 1;
            self.write_following(out);
        }
    }

    /// Writes the report of any encoding: the reader tells them apart by SSRC.
    pub fn sender_report(&self, ssrc: u32, ntp: u64, rtp: u32, unix_ns: u64, out: &mut Outbox) {
        let parts: [&[u8]; 3] = [&ssrc.to_le_bytes(), &ntp.to_le_bytes(), &rtp.to_le_bytes()];
        self.write(SENDER_REPORT, unix_ns, &parts, out);
    }

    /// Gives up gaps that have had their time.
    pub fn tick(&mut self, now: Now, out: &mut Outbox) {
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            self.skip_gap(out);
        }
    }

    /// When the first gap has had its time.
    pub fn deadline(&self) -> Option<Now> {
        self.held.first_key_value().map(|(_, held)| held.at + PATIENCE_NS)
    }

    /// Writes what is held back.
    pub fn finish(&mut self, out: &mut Outbox) {
        while !self.held.is_empty() {
            self.skip_gap(out);
        }
    }

    /// The encoding that should be asked for a key frame now: the best that flows, when the last one is too long ago or
    /// when that encoding is not the one being written.
    pub fn wants_key_frame(&self, now: Now) -> Option<u8> {
        let best = (0..MAX_ENCODINGS as u8).rev().find(|encoding| self.flows(*encoding, now))?;
        let is_stale = self.last_key_frame.is_none_or(|last| now >= last + KEY_FRAME_EVERY_NS);
        (self.knows_key_frames && (is_stale || self.current != Some(best))).then_some(best)
    }

    fn flows(&self, encoding: u8, now: Now) -> bool {
        self.last_packet[usize::from(encoding)].is_some_and(|last| now < last + SILENCE_NS)
    }

    /// Whether writing should go on with this packet's encoding instead of the current one.
    fn is_better(&self, arrived: &Arrived<'_>) -> bool {
        match self.current {
            None => arrived.is_key_frame || !self.knows_key_frames,
            Some(current) if current == arrived.encoding => false,
            Some(current) => {
                let is_wanted = arrived.encoding > current || !self.flows(current, arrived.at);
                self.knows_key_frames && arrived.is_key_frame && is_wanted
            }
        }
    }

    fn hold(&mut self, arrived: Arrived<'_>, out: &mut Outbox) {
        let held = Held { packet: arrived.packet.to_vec(), at: arrived.at, unix_ns: arrived.unix_ns };
        self.held.insert(arrived.sequence, held);
        if self.held.len() > MAX_HELD {
            self.skip_gap(out);
        }
    }

    /// Goes on behind the first gap.
    fn skip_gap(&mut self, out: &mut Outbox) {
        if let Some((&sequence, _)) = self.held.first_key_value() {
            self.next = sequence;
            self.write_following(out);
        }
    }

    fn write_following(&mut self, out: &mut Outbox) {
        while let Some(held) = self.held.remove(&self.next) {
            self.write(RTP, held.unix_ns, &[&held.packet], out);
            self.next += 1;
        }
    }

    fn write(&self, kind: u8, unix_ns: u64, payload: &[&[u8]], out: &mut Outbox) {
        let start = out.start();
        out.bytes.push(kind);
        out.bytes.extend_from_slice(&unix_ns.to_le_bytes());
        out.bytes.extend_from_slice(&self.number.to_le_bytes());
        for part in payload {
            out.bytes.extend_from_slice(part);
        }
        out.records.push(Record { journal: self.journal, start, len: out.start() - start });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Now = 1_000_000;

    struct Bench {
        recording: Recording,
        out: Outbox,
    }

    impl Bench {
        fn new(knows_key_frames: bool) -> Self {
            Self { recording: Recording::new(JournalId(1), 7, knows_key_frames), out: Outbox::default() }
        }

        fn push(&mut self, encoding: u8, sequence: u64, is_key_frame: bool, at: Now) {
            let packet = [encoding, sequence as u8];
            let arrived =
                Arrived { encoding, sequence, is_key_frame, packet: &packet, at, unix_ns: at + 1_000_000 };
            self.recording.handle(arrived, &mut self.out);
        }

        /// (encoding, sequence) of what was written since the last call.
        fn written(&mut self) -> Vec<(u8, u8)> {
            let body = |record: &Record| self.out.range(record.start, record.len);
            let pairs = self.out.records.iter().map(|record| (body(record)[13], body(record)[14])).collect();
            self.out.clear();
            pairs
        }
    }

    #[test]
    fn a_frame_body_is_type_arrival_track_and_packet() {
        let mut bench = Bench::new(false);
        bench.push(0, 5, false, 2);
        let body = bench.out.range(0, 15);
        assert_eq!(body[0], 2);
        assert_eq!(body[1..9], 1_000_002u64.to_le_bytes());
        assert_eq!(body[9..13], 7u32.to_le_bytes());
        assert_eq!(body[13..], [0, 5]);
        assert_eq!(bench.out.records.len(), 1);
    }

    #[test]
    fn a_gap_is_waited_for_and_filled_in_order() {
        let mut bench = Bench::new(false);
        for sequence in [10, 12, 13] {
            bench.push(0, sequence, false, MS);
        }
        assert_eq!(bench.written(), [(0, 10)]);
        bench.push(0, 11, false, 100 * MS);
        assert_eq!(bench.written(), [(0, 11), (0, 12), (0, 13)]);
        assert_eq!(bench.recording.deadline(), None);
    }

    #[test]
    fn a_gap_that_is_not_filled_is_given_up_in_time() {
        let mut bench = Bench::new(false);
        bench.push(0, 10, false, 0);
        bench.push(0, 12, false, 10 * MS);
        bench.push(0, 14, false, 200 * MS);
        assert_eq!(bench.recording.deadline(), Some(510 * MS));
        bench.recording.tick(509 * MS, &mut bench.out);
        assert_eq!(bench.written(), [(0, 10)]);
        bench.recording.tick(510 * MS, &mut bench.out);
        assert_eq!(bench.written(), [(0, 12)]);
        bench.push(0, 11, false, 520 * MS);
        assert_eq!(bench.written(), [(0, 11)], "late, but not thrown away");
        bench.recording.finish(&mut bench.out);
        assert_eq!(bench.written(), [(0, 14)]);
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let mut bench = Bench::new(false);
        bench.push(0, 0, false, 0);
        for sequence in 0..5000 {
            bench.push(0, 2 + sequence * 2, false, 0);
            assert!(bench.recording.held.len() <= MAX_HELD);
        }
    }

    #[test]
    fn video_begins_with_a_key_frame_and_rises_with_one() {
        let mut bench = Bench::new(true);
        bench.push(0, 1, false, 0);
        bench.push(0, 2, true, 0);
        bench.push(2, 50, false, 0);
        bench.push(0, 3, false, 0);
        bench.push(2, 51, true, 0);
        bench.push(0, 4, true, 0);
        bench.push(2, 52, false, 0);
        assert_eq!(bench.written(), [(0, 2), (0, 3), (2, 51), (2, 52)]);
    }

    #[test]
    fn video_falls_to_a_lower_encoding_when_the_higher_one_has_stopped() {
        let mut bench = Bench::new(true);
        bench.push(2, 1, true, 0);
        bench.push(1, 9, true, 900 * MS);
        assert_eq!(bench.written(), [(2, 1)]);
        bench.push(1, 10, true, 1000 * MS);
        bench.push(1, 11, false, 1000 * MS);
        assert_eq!(bench.written(), [(1, 10), (1, 11)]);
    }

    #[test]
    fn key_frames_are_wanted_at_the_start_on_a_change_and_every_three_seconds() {
        let mut bench = Bench::new(true);
        assert_eq!(bench.recording.wants_key_frame(0), None, "nothing flows");
        bench.push(0, 1, false, 0);
        assert_eq!(bench.recording.wants_key_frame(0), Some(0));
        bench.push(0, 2, true, MS);
        assert_eq!(bench.recording.wants_key_frame(2 * MS), None);
        bench.push(1, 2, false, 2 * MS);
        assert_eq!(bench.recording.wants_key_frame(3 * MS), Some(1));
        bench.push(1, 3, true, 4 * MS);
        bench.push(1, 4, false, 3003 * MS);
        assert_eq!(bench.recording.wants_key_frame(3003 * MS), None);
        assert_eq!(bench.recording.wants_key_frame(3004 * MS), Some(1));
        assert_eq!(bench.recording.wants_key_frame(9000 * MS), None, "it has stopped");
    }

    #[test]
    fn audio_never_wants_a_key_frame() {
        let mut bench = Bench::new(false);
        bench.push(0, 1, false, 0);
        assert_eq!(bench.recording.wants_key_frame(0), None);
    }

    #[test]
    fn sender_reports_are_little_endian() {
        let mut bench = Bench::new(true);
        bench.recording.sender_report(1, 2, 3, 4, &mut bench.out);
        let body = bench.out.range(0, 29);
        assert_eq!(body[0], 3);
        assert_eq!(body[13..], [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
    }
}
