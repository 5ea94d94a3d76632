//! A lane: one media thread's plane, socket and mailbox. The thread and the calls from Python share the plane's lock;
//! nobody holds it across a system call that may wait. What all lanes share is here too.

use std::io;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use dataplane::{Lane as Number, Notes, Outbox, Plane};

use crate::clock::Clock;
use crate::events::EventQueue;
use crate::journal;
use crate::mailbox::{Mailbox, Parcel};
use crate::steering::Directory;

/// What all lanes and the threads that call from Python share.
pub struct Shared {
    pub clock: Clock,
    pub events: EventQueue,
    pub journals: Arc<journal::Queue>,
    pub directory: Directory,
    pub lanes: Vec<Lane>,
    pub is_stopping: AtomicBool,
}

pub struct Lane {
    pub number: Number,
    pub socket: UdpSocket,
    pub mailbox: Mailbox,
    /// When the media thread will look at the plane next by itself.
    pub planned: AtomicU64,
    pub transports: AtomicUsize,
    /// Datagrams handed over to other lanes, and notes sent to them.
    pub handed: AtomicU64,
    pub noted: AtomicU64,
    plane: Mutex<Core>,
}

pub struct Core {
    pub plane: Plane,
    /// What calls from Python made us send; the media thread takes it along.
    pub pending: Outbox,
}

impl Lane {
    pub fn new(number: Number, socket: UdpSocket, plane: Plane, mailbox: Mailbox) -> Self {
        Self {
            number,
            socket,
            mailbox,
            planned: AtomicU64::new(u64::MAX),
            transports: AtomicUsize::new(0),
            handed: AtomicU64::new(0),
            noted: AtomicU64::new(0),
            plane: Mutex::new(Core { plane, pending: Outbox::default() }),
        }
    }

    pub fn core(&self) -> MutexGuard<'_, Core> {
        crate::locked(&self.plane)
    }
}

impl Shared {
    pub fn new(lanes: Vec<Lane>, clock: Clock) -> io::Result<Self> {
        Ok(Self {
            clock,
            events: EventQueue::new()?,
            journals: Arc::default(),
            directory: Directory::default(),
            lanes,
            is_stopping: AtomicBool::new(false),
        })
    }

    /// Runs one call on a plane. Its sends are left for the media thread, which is woken only when there is something to
    /// do sooner than it planned; its records enter the journal in this very order.
    pub fn call<T>(&self, lane: &Lane, run: impl FnOnce(&mut Plane, u64, &mut Outbox) -> T) -> T {
        let mut core = lane.core();
        let core = &mut *core;
        let records = core.pending.records.len();
        let result = run(&mut core.plane, self.clock.now(), &mut core.pending);
        if core.pending.records.len() > records {
            self.write_records(&mut core.pending);
        }
        let is_sooner = core.plane.deadline().unwrap_or(u64::MAX) < lane.planned.load(Ordering::Relaxed);
        if is_sooner || !core.pending.is_empty() {
            lane.mailbox.wake.set();
        }
        result
    }

    /// Under the plane's lock, so that the order of packets and events of a journal is the order in which they happened.
    pub fn write_records(&self, outbox: &mut Outbox) {
        let bodies =
            outbox.records.iter().map(|record| (record.journal.0, outbox.range(record.start, record.len)));
        self.journals.append_records(bodies);
        outbox.records.clear();
    }

    /// Lets the other lanes know; one that does not keep up loses it.
    pub fn post(&self, from: &Lane, notes: &mut Notes) {
        if notes.is_empty() {
            return;
        }
        from.noted.fetch_add(notes.notes.len() as u64, Ordering::Relaxed);
        let lanes = notes.notes.iter().fold(0, |lanes, note| lanes | note.lanes);
        let notes = Arc::new(std::mem::take(notes));
        for to in self.lanes.iter().filter(|lane| lanes & (1 << lane.number) != 0) {
            to.mailbox.post(Parcel::Notes { from: from.number, notes: Arc::clone(&notes) });
        }
    }

    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        for lane in &self.lanes {
            lane.mailbox.wake.set();
        }
    }
}
