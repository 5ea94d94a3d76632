//! A track on its way into a journal: one encoding at a time (the best that flows), each packet once, in order, after
//! repair. The cache is the waiting room, so a missing packet holds the rest back for `HOLD_NS` at most.

use crate::encoding::{best_flowing, Encoding, SenderReport};
use crate::ids::JournalId;
use crate::outbox::{Outbox, Record};
use crate::Now;

const HOLD_NS: u64 = 500_000_000;
/// An archive is cut and searched at key frames.
const KEY_FRAME_INTERVAL_NS: u64 = 3_000_000_000;
const RTP: u8 = 2;
const SENDER_REPORT: u8 = 3;

pub(crate) struct Recording {
    pub journal: JournalId,
    pub number: u32,
    /// Encoding and its epoch.
    current: Option<(u8, u32)>,
    last_key_frame: Now,
    /// The next number to write.
    next: u64,
}

impl Recording {
    pub fn new(journal: JournalId, number: u32) -> Self {
        Self { journal, number, current: None, last_key_frame: 0, next: 0 }
    }

    /// The encoding from which a key frame is wanted: better than what is recorded, the only one left, or the recorded
    /// one when its last key frame is long ago.
    pub fn wished(&self, encodings: &[Encoding], now: Now) -> Option<u8> {
        let best = best_flowing(encodings, u8::MAX)?;
        let epoch = encodings.get(usize::from(best))?.epoch;
        let is_old = now.saturating_sub(self.last_key_frame) >= KEY_FRAME_INTERVAL_NS;
        (is_old || self.current != Some((best, epoch))).then_some(best)
    }

    /// Considers a key frame of `encoding` at `sequence` as the place to begin or to change over.
    pub fn consider(
        &mut self,
        encoding: u8,
        sequence: u64,
        encodings: &[Encoding],
        clock: Clock,
        out: &mut Outbox,
    ) {
        let epoch = encodings.get(usize::from(encoding)).map_or(0, |e| e.epoch);
        if self.current == Some((encoding, epoch)) {
            self.last_key_frame = clock.now;
            return;
        }
        if self.wished(encodings, clock.now) != Some(encoding) {
            return;
        }
        self.drain(encodings, clock, true, out);
        self.last_key_frame = clock.now;
        self.current = Some((encoding, epoch));
        self.next = sequence;
    }

    /// Writes what can be written in order; with `is_last` everything there is.
    pub fn drain(&mut self, encodings: &[Encoding], clock: Clock, is_last: bool, out: &mut Outbox) {
        let Some((index, epoch)) = self.current else {
            return;
        };
        let Some(encoding) = encodings.get(usize::from(index)) else {
            return;
        };
        let Some(highest) = encoding.highest.filter(|_| encoding.epoch == epoch) else {
            return;
        };
        while self.next <= highest {
            let Some((meta, packet)) = encoding.cache.get(self.next) else {
                match self.after_gap(encoding, highest, clock.now, is_last) {
                    Some(next) => self.next = next,
                    None => return,
                }
                continue;
            };
            self.write(RTP, clock.wall(meta.arrival), &[packet], out);
            self.next += 1;
        }
    }

    /// Where to go on when `next` is missing; `None` = wait for it.
    fn after_gap(&self, encoding: &Encoding, highest: u64, now: Now, is_last: bool) -> Option<u64> {
        let found = (self.next + 1..=highest).find_map(|sequence| encoding.cache.get(sequence));
        let Some((meta, _)) = found else {
            return Some(highest + 1);
        };
        let is_over = now.saturating_sub(meta.arrival) >= HOLD_NS;
        let is_awaited = (self.next..meta.sequence).any(|s| encoding.nack.is_missing(s));
        (is_last || is_over || !is_awaited).then_some(meta.sequence)
    }

    /// Writes what is held back; what comes until the next key frame is left out.
    pub fn suspend(&mut self, encodings: &[Encoding], clock: Clock, out: &mut Outbox) {
        self.drain(encodings, clock, true, out);
        self.current = None;
    }

    /// Whether something is held back.
    pub fn is_holding(&self, encodings: &[Encoding]) -> bool {
        let highest = self.current.and_then(|(index, _)| {
            let encoding = encodings.get(usize::from(index))?;
            encoding.highest
        });
        highest.is_some_and(|highest| self.next <= highest)
    }

    /// Writes a sender report: of every encoding, so that a reader knows the clock of the one it changes to.
    pub fn sender_report(
        &self,
        encoding: u8,
        encodings: &[Encoding],
        report: &SenderReport,
        clock: Clock,
        out: &mut Outbox,
    ) {
        let ssrc = encodings.get(usize::from(encoding)).map_or(0, |e| e.ssrc);
        let parts: [&[u8]; 3] =
            [&ssrc.to_le_bytes(), &report.ntp.to_le_bytes(), &report.timestamp.to_le_bytes()];
        self.write(SENDER_REPORT, clock.wall(report.arrival), &parts, out);
    }

    /// The frame body of docs/journal.md: type, arrival, track number, payload; little endian.
    fn write(&self, kind: u8, arrival_ns: u64, payload: &[&[u8]], out: &mut Outbox) {
        let start = out.start();
        out.bytes.push(kind);
        out.bytes.extend_from_slice(&arrival_ns.to_le_bytes());
        out.bytes.extend_from_slice(&self.number.to_le_bytes());
        payload.iter().for_each(|part| out.bytes.extend_from_slice(part));
        out.records.push(Record { journal: self.journal, start, len: out.start() - start });
    }
}

/// Both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub now: Now,
    pub wall_offset_ns: u64,
}

impl Clock {
    pub fn wall(self, at: Now) -> u64 {
        at.wrapping_add(self.wall_offset_ns)
    }

    pub fn second(self) -> u64 {
        self.second_of(self.now)
    }

    /// The wall-clock second of a moment.
    pub fn second_of(self, at: Now) -> u64 {
        self.wall(at) / 1_000_000_000
    }
}
