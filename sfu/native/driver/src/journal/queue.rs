//! What waits for the writer thread: whole frames of each journal in order, bounded over all of them together.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::frame::{push_event, push_frame, FRAME_HEAD};
use super::run::Run;

/// Packets are refused beyond this; events a little later, because a lost event is worse than a lost picture.
const PACKET_LIMIT: usize = 60 * 1024 * 1024;
const EVENT_LIMIT: usize = 64 * 1024 * 1024;
const SPARE_LIMIT: usize = 4 * 1024 * 1024;

#[derive(Clone, Copy, Default, Debug)]
pub struct JournalStats {
    pub frames: u64,
    pub bytes: u64,
    pub queued_bytes: u64,
    pub packets_lost: u64,
}

pub enum AppendError {
    Unknown,
    Full,
}

/// What the writer takes from one journal in one round.
pub struct Round {
    pub journal: u64,
    pub opened: Option<Run>,
    pub frames: Vec<u8>,
    pub packets_lost: u64,
    pub is_closing: bool,
}

#[derive(Default)]
struct Waiting {
    /// Set until the writer thread has taken it over.
    opened: Option<Run>,
    frames: Vec<u8>,
    /// An empty buffer with its memory, for when `frames` is taken.
    spare: Vec<u8>,
    /// Frames the writer has taken but the disk has not.
    unwritten: usize,
    is_closing: bool,
    stats: JournalStats,
}

#[derive(Default)]
struct Inner {
    journals: BTreeMap<u64, Waiting>,
    queued: usize,
    last_id: u64,
    is_ending: bool,
}

#[derive(Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Queue {
    pub fn open(&self, run: Run) -> u64 {
        let mut inner = crate::locked(&self.inner);
        inner.last_id += 1;
        let journal = inner.last_id;
        inner.journals.insert(journal, Waiting { opened: Some(run), ..Waiting::default() });
        self.changed.notify_all();
        journal
    }

    pub fn append_event(&self, journal: u64, unix_ns: u64, json: &[u8]) -> Result<(), AppendError> {
        let mut inner = crate::locked(&self.inner);
        let is_full = inner.queued + json.len() > EVENT_LIMIT;
        let waiting =
            inner.journals.get_mut(&journal).filter(|it| !it.is_closing).ok_or(AppendError::Unknown)?;
        if is_full {
            return Err(AppendError::Full);
        }
        let before = waiting.frames.len();
        push_event(&mut waiting.frames, unix_ns, json);
        let grown = waiting.frames.len() - before;
        inner.queued += grown;
        Ok(())
    }

    /// Takes the records of one batch; those beyond the limit are counted instead.
    pub fn append_records<'a>(&self, records: impl Iterator<Item = (u64, &'a [u8])>) {
        let mut inner = crate::locked(&self.inner);
        for (journal, body) in records {
            let is_full = inner.queued + body.len() > PACKET_LIMIT;
            let Some(waiting) = inner.journals.get_mut(&journal).filter(|it| !it.is_closing) else {
                continue;
            };
            if is_full {
                waiting.stats.packets_lost += 1;
            } else {
                push_frame(&mut waiting.frames, body);
                inner.queued += FRAME_HEAD + body.len();
            }
        }
    }

    pub fn close(&self, journal: u64) {
        let mut inner = crate::locked(&self.inner);
        if let Some(waiting) = inner.journals.get_mut(&journal) {
            waiting.is_closing = true;
            self.changed.notify_all();
        }
    }

    pub fn is_open(&self, journal: u64) -> bool {
        crate::locked(&self.inner).journals.get(&journal).is_some_and(|waiting| !waiting.is_closing)
    }

    pub fn stats(&self, journal: u64) -> Option<JournalStats> {
        let inner = crate::locked(&self.inner);
        let waiting = inner.journals.get(&journal)?;
        Some(JournalStats {
            queued_bytes: (waiting.frames.len() + waiting.unwritten) as u64,
            ..waiting.stats
        })
    }

    /// Closes every journal and lets the writer thread end when they are done.
    pub fn end(&self) {
        let mut inner = crate::locked(&self.inner);
        inner.is_ending = true;
        for waiting in inner.journals.values_mut() {
            waiting.is_closing = true;
        }
        self.changed.notify_all();
    }

    pub fn is_ending(&self) -> bool {
        crate::locked(&self.inner).is_ending
    }

    /// Sleeps until the next round: `tick` long while journals are open, else until one is. False when it is over.
    pub fn sleep(&self, tick: Duration) -> bool {
        let mut inner = crate::locked(&self.inner);
        while inner.journals.is_empty() {
            if inner.is_ending {
                return false;
            }
            inner = crate::unpoisoned(self.changed.wait(inner));
        }
        if !inner.journals.values().any(|waiting| waiting.is_closing || waiting.opened.is_some()) {
            drop(crate::unpoisoned(self.changed.wait_timeout(inner, tick)));
        }
        true
    }

    /// Takes what waits in every journal.
    pub fn take(&self) -> Vec<Round> {
        let mut inner = crate::locked(&self.inner);
        let rounds = inner.journals.iter_mut().map(|(&journal, waiting)| {
            let frames = std::mem::replace(&mut waiting.frames, std::mem::take(&mut waiting.spare));
            waiting.unwritten += frames.len();
            Round {
                journal,
                opened: waiting.opened.take(),
                frames,
                packets_lost: waiting.stats.packets_lost,
                is_closing: waiting.is_closing,
            }
        });
        rounds.collect()
    }

    /// The disk has `frames` frames in `bytes` bytes more.
    pub fn written(&self, journal: u64, frames: u64, bytes: usize) {
        let mut inner = crate::locked(&self.inner);
        inner.queued -= bytes;
        if let Some(waiting) = inner.journals.get_mut(&journal) {
            waiting.unwritten -= bytes;
            waiting.stats.frames += frames;
            waiting.stats.bytes += bytes as u64;
        }
    }

    /// Gives a buffer back for reuse, unless a burst has made it too large to keep.
    pub fn recycle(&self, journal: u64, mut buffer: Vec<u8>) {
        buffer.clear();
        if let Some(waiting) = crate::locked(&self.inner).journals.get_mut(&journal) {
            if buffer.capacity() <= SPARE_LIMIT {
                waiting.spare = buffer;
            }
        }
    }

    /// Forgets a closed journal; what it still held is given up.
    pub fn forget(&self, journal: u64) {
        let mut inner = crate::locked(&self.inner);
        if let Some(waiting) = inner.journals.remove(&journal) {
            inner.queued -= waiting.frames.len() + waiting.unwritten;
        }
    }
}
