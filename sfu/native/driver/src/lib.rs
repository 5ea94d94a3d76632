//! The only place that does I/O for the data plane: one UDP socket and its media thread, the journal files and their
//! threads, and the eventfd towards Python. It drains the pure plane and knows no decisions.
//!
//! `unsafe` stands here alone, each block with its reason: system calls that the standard library does not offer.

mod bursts;
mod clock;
mod control;
mod events;
mod homes;
mod journal;
mod media;
mod receive;
mod sending;
mod socket;
mod transmit;
mod wake;

use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dataplane::{Config, JournalId, Outbox, Plane};

pub use events::Event;
pub use journal::{AppendError, JournalStats, OpenError};
use media::Shared;

/// How long the journals may take to finish when everything ends.
const END_PATIENCE: Duration = Duration::from_secs(5);

/// A poisoned lock means that another thread died in the middle of a call; the plane's own state is checked, not trusted,
/// so the others go on.
fn unpoisoned<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}

/// A running data plane.
pub struct Driver {
    shared: Arc<Shared>,
    threads: Mutex<Option<Threads>>,
}

struct Threads {
    media: JoinHandle<()>,
    journal: JoinHandle<()>,
}

impl Driver {
    /// `threads` 2 sends on a second thread too.
    pub fn start(bind: SocketAddr, threads: usize, seed: u64) -> io::Result<Self> {
        let socket = socket::bind(bind)?;
        let clock = clock::Clock::start();
        let config = Config { wall_offset_ns: clock.wall_offset(), seed, ..Config::default() };
        let shared = Arc::new(Shared::new(socket, Plane::new(config), clock)?);
        let journal = journal::start(Arc::clone(&shared))?;
        let sending = sending::Sending::start(&shared, threads)?;
        let for_media = Arc::clone(&shared);
        let run = move || media::run(&for_media, receive::Receiver::new(), sending);
        let media = thread::Builder::new().name("media".into()).spawn(run)?;
        Ok(Self { shared, threads: Mutex::new(Some(Threads { media, journal })) })
    }

    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.shared.socket.local_addr()
    }

    pub fn event_fd(&self) -> RawFd {
        self.shared.events.raw_fd()
    }

    pub fn drain_events(&self) -> impl Iterator<Item = Event> {
        self.shared.events.drain().into_iter()
    }

    pub fn is_closed(&self) -> bool {
        locked(&self.threads).is_none()
    }

    /// Runs one call on the plane, between two batches of packets.
    pub fn call<T>(&self, run: impl FnOnce(&mut Plane, u64, &mut Outbox) -> T) -> T {
        self.shared.call(run)
    }

    pub fn open_journal(&self, folder: &Path) -> Result<JournalId, OpenError> {
        let run = journal::Run::open(folder)?;
        Ok(JournalId(self.shared.journals.open(run)))
    }

    pub fn append_event(&self, journal: JournalId, json: &[u8]) -> Result<(), AppendError> {
        let clock = &self.shared.clock;
        self.shared.journals.append_event(journal.0, clock.now() + clock.wall_offset(), json)
    }

    pub fn has_journal(&self, journal: JournalId) -> bool {
        self.shared.journals.is_open(journal.0)
    }

    pub fn journal_stats(&self, journal: JournalId) -> Option<JournalStats> {
        self.shared.journals.stats(journal.0)
    }

    pub fn close_journal(&self, journal: JournalId) {
        self.call(|plane, now, out| plane.close_journal(journal, now, out));
        self.shared.journals.close(journal.0);
    }

    /// Stops the threads; journals are finished first, if the disk lets them within a few seconds.
    pub fn close(&self) {
        let Some(threads) = locked(&self.threads).take() else {
            return;
        };
        self.shared.stop();
        let _ = threads.media.join();
        self.shared.journals.end();
        let started = Instant::now();
        while !threads.journal.is_finished() && started.elapsed() < END_PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.close();
    }
}
