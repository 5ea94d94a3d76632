//! The two journal threads: one writes what waits, a few times a second; the other syncs pieces to the disk, because a
//! sync may take as long as it likes and the writing must not wait for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::frame::{frame_length, seal};
use super::queue::Round;
use super::run::Run;
use crate::events::Event;
use crate::lane::Shared;

/// Half of what the format promises, so that a slow write does not break the promise.
const TICK: Duration = Duration::from_millis(100);
const SYNC_EVERY: Duration = Duration::from_secs(2);
/// How often a failing journal says so, and how long a closing one keeps trying.
const COMPLAIN_EVERY: Duration = Duration::from_secs(1);
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);
const GIVE_UP_AT_END: Duration = Duration::from_secs(3);

pub fn start(shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let (to_sync, pieces) = sync_channel(256);
    let syncer = thread::Builder::new().name("journal-sync".into()).spawn(move || sync(&pieces))?;
    thread::Builder::new().name("journal-write".into()).spawn(move || {
        let mut writer = Writer { shared, to_sync, open: BTreeMap::new(), last_sync: Instant::now() };
        while writer.shared.journals.sleep(TICK) {
            writer.round();
        }
        drop(writer);
        let _ = syncer.join();
    })
}

/// One journal as the writer thread holds it.
struct Open {
    run: Run,
    /// Sealed frames the disk has not taken yet.
    backlog: Vec<u8>,
    is_dirty: bool,
    failing_since: Option<Instant>,
    last_complaint: Option<Instant>,
    told_lost: u64,
    closing_since: Option<Instant>,
}

struct Writer {
    shared: Arc<Shared>,
    to_sync: SyncSender<Arc<File>>,
    open: BTreeMap<u64, Open>,
    last_sync: Instant,
}

impl Writer {
    fn round(&mut self) {
        let is_ending = self.shared.journals.is_ending();
        let is_sync_due = self.last_sync.elapsed() >= SYNC_EVERY;
        let mut is_stuck = false;
        for mut round in self.shared.journals.take() {
            if let Some(run) = round.opened.take() {
                self.begin(round.journal, run);
            }
            let Some(mut open) = self.open.remove(&round.journal) else {
                continue;
            };
            self.write(&mut open, &mut round);
            self.complain(&mut open, &round);
            if is_sync_due && open.is_dirty {
                open.is_dirty = self.to_sync.try_send(open.run.piece()).is_err();
            }
            if round.is_closing && self.may_close(&mut open, is_ending) {
                self.finish(round.journal, open);
            } else {
                is_stuck |= round.is_closing;
                self.open.insert(round.journal, open);
            }
        }
        if is_sync_due {
            self.last_sync = Instant::now();
        }
        if is_stuck {
            thread::sleep(TICK);
        }
    }

    fn begin(&mut self, journal: u64, run: Run) {
        let _ = self.to_sync.try_send(run.piece());
        self.sync_folders(&run);
        let open = Open {
            run,
            backlog: Vec::new(),
            is_dirty: true,
            failing_since: None,
            last_complaint: None,
            told_lost: 0,
            closing_since: None,
        };
        self.open.insert(journal, open);
    }

    /// New names are safe only once their folders are synced: the run's, the room's and the journal's.
    fn sync_folders(&self, run: &Run) {
        for folder in run.folder().ancestors().take(3) {
            if let Ok(folder) = File::open(folder) {
                let _ = self.to_sync.try_send(Arc::new(folder));
            }
        }
    }

    fn write(&mut self, open: &mut Open, round: &mut Round) {
        let mut frames = std::mem::take(&mut round.frames);
        seal(&mut frames);
        if open.backlog.is_empty() {
            open.backlog = frames;
        } else {
            open.backlog.extend_from_slice(&frames);
        }
        if open.backlog.is_empty() {
            return;
        }
        let piece = open.run.piece();
        let (bytes, result) = open.run.write(&open.backlog);
        self.shared.journals.written(round.journal, count_frames(&open.backlog[..bytes]), bytes);
        open.backlog.drain(..bytes);
        if open.backlog.is_empty() {
            self.shared.journals.recycle(round.journal, std::mem::take(&mut open.backlog));
        }
        open.is_dirty |= bytes > 0;
        if !Arc::ptr_eq(&piece, &open.run.piece()) {
            let _ = self.to_sync.try_send(piece);
            self.sync_folders(&open.run);
        }
        match result {
            Ok(()) => open.failing_since = None,
            Err(error) => {
                if open.failing_since.is_none() {
                    self.tell(round.journal, &reason_of(&error), round.packets_lost);
                    open.last_complaint = Some(Instant::now());
                }
                open.failing_since.get_or_insert_with(Instant::now);
            }
        }
    }

    /// Says that packets were lost, at most once a second.
    fn complain(&self, open: &mut Open, round: &Round) {
        let is_time = open.last_complaint.is_none_or(|last| last.elapsed() >= COMPLAIN_EVERY);
        if round.packets_lost > open.told_lost && is_time {
            open.told_lost = round.packets_lost;
            open.last_complaint = Some(Instant::now());
            self.tell(round.journal, "queue_full", round.packets_lost);
        }
    }

    fn tell(&self, journal: u64, reason: &str, packets_lost: u64) {
        let data = format!("{{\"reason\":\"{reason}\",\"packets_lost\":{packets_lost}}}").into_bytes();
        self.shared.events.push(std::iter::once(Event { kind: "journal_failed", id: journal, data }));
    }

    /// A closing journal may go once everything is written, or when the disk has refused for too long.
    fn may_close(&self, open: &mut Open, is_ending: bool) -> bool {
        let since = *open.closing_since.get_or_insert_with(Instant::now);
        let patience = if is_ending { GIVE_UP_AT_END } else { GIVE_UP_AFTER };
        open.backlog.is_empty() || since.elapsed() > patience
    }

    /// The last sync needs no lock: nothing more will be written.
    fn finish(&mut self, journal: u64, open: Open) {
        let _ = self.to_sync.send(open.run.piece());
        self.shared.journals.forget(journal);
        drop(open);
    }
}

fn count_frames(frames: &[u8]) -> u64 {
    let (mut at, mut count) = (0, 0);
    while at < frames.len() {
        at += frame_length(&frames[at..]);
        count += 1;
    }
    count
}

fn reason_of(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => "disk_full".into(),
        _ => format!("disk_error_{}", error.raw_os_error().unwrap_or(0)),
    }
}

fn sync(pieces: &Receiver<Arc<File>>) {
    while let Ok(piece) = pieces.recv() {
        // a disk that cannot sync will fail the writes too, and those are reported
        let _ = piece.sync_data();
    }
}
