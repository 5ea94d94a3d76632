//! The only place that does I/O for the data plane: one UDP port and its media threads, the journal files and their
//! threads, and the eventfd towards Python. It drains the pure plane and knows no decisions.
//!
//! `unsafe` stands here alone, each block with its reason: system calls that the standard library does not offer.

mod bursts;
mod clock;
mod control;
mod events;
mod homes;
mod ids;
mod journal;
mod lane;
mod mailbox;
mod media;
mod receive;
mod socket;
mod spanning;
mod steering;
mod tcp;
mod transmit;
mod wake;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::RawFd;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dataplane::{
    Config, DownTrackId, DownTrackSpec, JournalId, Level, Outbox, Plane, PlaneError, Receipt, TransportId,
    TransportSpec,
};

pub use events::Event;
pub use journal::{AppendError, JournalStats, OpenError};
use lane::{Lane, Shared};
use mailbox::Mailbox;
use media::Media;
use spanning::Placing;

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
    /// Held by every command that concerns more than one lane.
    placing: Mutex<Placing>,
    tcp_address: Option<SocketAddr>,
    threads: Mutex<Option<Threads>>,
}

/// A media thread in numbers since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadStats {
    pub transports: u64,
    /// Datagrams that came to its socket and belonged to another thread.
    pub handed: u64,
    /// Packets and wishes told to other threads.
    pub noted: u64,
    /// What other threads had for it and did not fit.
    pub lost: u64,
}

struct Threads {
    media: Vec<JoinHandle<()>>,
    journal: JoinHandle<()>,
    door: Option<JoinHandle<()>>,
}

impl Driver {
    /// Transports are spread over `threads` media threads. Peers come by UDP, and by TCP where `tcp` is given.
    pub fn start(bind: SocketAddr, tcp: Option<SocketAddr>, threads: usize, seed: u64) -> io::Result<Self> {
        let clock = clock::Clock::start();
        let listener = tcp.map(TcpListener::bind).transpose()?;
        let (mut lanes, mut mailboxes) = (Vec::new(), Vec::new());
        for (number, socket) in socket::bind(bind, threads)?.into_iter().enumerate() {
            let seed = seed.wrapping_add(number as u64);
            let config = Config { wall_offset_ns: clock.wall_offset(), seed, ..Config::default() };
            let (mailbox, parcels) = Mailbox::new()?;
            lanes.push(Lane::new(number as u8, socket, Plane::new(config), mailbox));
            mailboxes.push(parcels);
        }
        let shared = Arc::new(Shared::new(lanes, clock)?);
        let journal = journal::start(Arc::clone(&shared))?;
        let mut media = Vec::new();
        for (lane, parcels) in mailboxes.into_iter().enumerate() {
            let it = Media::new(Arc::clone(&shared), lane, parcels)?;
            media.push(thread::Builder::new().name(format!("media-{lane}")).spawn(move || it.run())?);
        }
        let tcp_address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let door = listener.map(|listener| tcp::open(Arc::clone(&shared), listener)).transpose()?;
        let threads = Mutex::new(Some(Threads { media, journal, door }));
        Ok(Self { shared, placing: Mutex::default(), tcp_address, threads })
    }

    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.shared.lanes[0].socket.local_addr()
    }

    /// Where connections are taken; `None` without TCP.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.tcp_address
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

    /// Runs one call on the plane that knows `id`, between two batches of packets; it is given the plane's own id.
    pub fn call<T>(&self, id: u64, run: impl FnOnce(&mut Plane, u64, u64, &mut Outbox) -> T) -> T {
        let (lane, local) = ids::split(id, self.shared.lanes.len());
        self.shared.call(&self.shared.lanes[lane], |plane, now, out| run(plane, local, now, out))
    }

    /// The same for calls whose answer is an id of that plane.
    pub fn open<E>(
        &self,
        id: u64,
        run: impl FnOnce(&mut Plane, u64, u64, &mut Outbox) -> Result<u64, E>,
    ) -> Result<u64, E> {
        let (lane, _) = ids::split(id, self.shared.lanes.len());
        self.call(id, run).map(|local| ids::global(lane as u8, local))
    }

    pub fn open_transport(&self, spec: &TransportSpec) -> Result<TransportId, PlaneError> {
        self.shared.open_transport(&mut locked(&self.placing), spec)
    }

    pub fn restart_ice(&self, transport: u64, spec: &TransportSpec) -> Result<(), PlaneError> {
        let _one_at_a_time = locked(&self.placing);
        self.shared.restart_ice(transport, spec)
    }

    pub fn close_transport(&self, transport: u64) -> Result<(), PlaneError> {
        let _one_at_a_time = locked(&self.placing);
        self.shared.close_transport(transport)
    }

    pub fn close_up_track(&self, up_track: u64) -> Result<(), PlaneError> {
        let _one_at_a_time = locked(&self.placing);
        self.shared.close_up_track(up_track)
    }

    pub fn open_down_track(
        &self,
        transport: u64,
        up_track: u64,
        spec: &DownTrackSpec,
    ) -> Result<DownTrackId, PlaneError> {
        let _one_at_a_time = locked(&self.placing);
        self.shared.open_down_track(transport, up_track, spec)
    }

    pub fn close_down_track(&self, down_track: u64) -> Result<(), PlaneError> {
        let _one_at_a_time = locked(&self.placing);
        self.shared.close_down_track(down_track)
    }

    pub fn set_up_track_muted(&self, up_track: u64, is_muted: bool) -> Result<(), PlaneError> {
        let _one_at_a_time = locked(&self.placing);
        self.shared.set_up_track_muted(up_track, is_muted)
    }

    pub fn levels(&self) -> Vec<Level> {
        self.shared.levels()
    }

    pub fn receipts(&self) -> Vec<Receipt> {
        self.shared.receipts()
    }

    pub fn thread_stats(&self) -> Vec<ThreadStats> {
        let stats = |lane: &Lane| ThreadStats {
            transports: lane.transports.load(Ordering::Relaxed) as u64,
            handed: lane.handed.load(Ordering::Relaxed),
            noted: lane.noted.load(Ordering::Relaxed),
            lost: lane.mailbox.lost(),
        };
        self.shared.lanes.iter().map(stats).collect()
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
        self.shared.close_journal(journal);
    }

    /// Stops the threads; journals are finished first, if the disk lets them within a few seconds.
    pub fn close(&self) {
        let Some(threads) = locked(&self.threads).take() else {
            return;
        };
        self.shared.stop();
        for thread in threads.media.into_iter().chain(threads.door) {
            let _ = thread.join();
        }
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
