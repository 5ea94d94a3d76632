//! The media thread: wait, take what has arrived, let the plane decide, send. And the plane's lock, which Python calls
//! share: nobody holds it across a system call that may wait.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use dataplane::{Outbox, Plane};

use crate::clock::Clock;
use crate::events::EventQueue;
use crate::homes::Homes;
use crate::journal;
use crate::receive::Receiver;
use crate::sending::Sending;
use crate::wake::Wake;

const SECOND_NS: u64 = 1_000_000_000;
/// Full batches taken in a row before what they made us send goes out.
const BATCHES: usize = 4;
const AFTER_PANIC: Duration = Duration::from_millis(10);

/// What the media thread and the threads that call from Python share.
pub struct Shared {
    pub socket: UdpSocket,
    pub homes: Homes,
    pub clock: Clock,
    pub events: EventQueue,
    pub journals: Arc<journal::Queue>,
    plane: Mutex<Core>,
    wake: Wake,
    is_stopping: AtomicBool,
    /// When the media thread will look at the plane next by itself.
    planned: AtomicU64,
}

struct Core {
    plane: Plane,
    /// What calls from Python made us send; the media thread takes it along.
    pending: Outbox,
}

impl Shared {
    pub fn new(socket: UdpSocket, plane: Plane, clock: Clock) -> io::Result<Self> {
        Ok(Self {
            homes: Homes::new(socket.local_addr()?),
            socket,
            clock,
            events: EventQueue::new()?,
            journals: Arc::default(),
            plane: Mutex::new(Core { plane, pending: Outbox::default() }),
            wake: Wake::new()?,
            is_stopping: AtomicBool::new(false),
            planned: AtomicU64::new(u64::MAX),
        })
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        crate::locked(&self.plane)
    }

    /// Runs one call on the plane. Its sends are left for the media thread, which is woken only when there is something to
    /// do sooner than it planned; its records enter the journal in this very order.
    pub fn call<T>(&self, run: impl FnOnce(&mut Plane, u64, &mut Outbox) -> T) -> T {
        let mut core = self.core();
        let core = &mut *core;
        let records = core.pending.records.len();
        let result = run(&mut core.plane, self.clock.now(), &mut core.pending);
        if core.pending.records.len() > records {
            self.write_records(&mut core.pending);
        }
        let is_sooner = core.plane.deadline().unwrap_or(u64::MAX) < self.planned.load(Ordering::Relaxed);
        if is_sooner || !core.pending.is_empty() {
            self.wake.set();
        }
        result
    }

    /// Under the plane's lock, so that the order of packets and events of a journal is the order in which they happened.
    fn write_records(&self, outbox: &mut Outbox) {
        let bodies =
            outbox.records.iter().map(|record| (record.journal.0, outbox.range(record.start, record.len)));
        self.journals.append_records(bodies);
        outbox.records.clear();
    }

    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.wake.set();
    }
}

/// The body of the media thread.
pub fn run(shared: &Shared, mut receiver: Receiver, mut sending: Sending) {
    let mut next_wall = 0;
    while !shared.is_stopping.load(Ordering::Acquire) {
        wait(shared);
        let now = shared.clock.now();
        if now >= next_wall {
            shared.core().plane.set_wall_offset(shared.clock.wall_offset());
            next_wall = now + SECOND_NS;
        }
        for _ in 0..BATCHES {
            let mut next = guarded(sending.outbox(), |outbox| take_batch(shared, &mut receiver, outbox));
            shared.events.push_outbox(sending.filled());
            sending.send(shared);
            while next.has_more_to_send {
                next.has_more_to_send =
                    guarded(sending.outbox(), |outbox| flush(shared, outbox)).has_more_to_send;
                sending.send(shared);
            }
            if !next.has_more_to_take {
                break;
            }
        }
    }
    sending.end();
}

/// What a batch left undone.
#[derive(Clone, Copy, Default)]
struct Next {
    has_more_to_take: bool,
    has_more_to_send: bool,
}

/// The plane never panics by intent. Should it, one batch is lost and everybody else goes on; the pause keeps a fault
/// that comes back from taking the whole core.
fn guarded(outbox: &mut Outbox, work: impl FnOnce(&mut Outbox) -> Next) -> Next {
    catch_unwind(AssertUnwindSafe(|| work(outbox))).unwrap_or_else(|_| {
        outbox.clear();
        thread::sleep(AFTER_PANIC);
        Next::default()
    })
}

/// One batch through the plane.
fn take_batch(shared: &Shared, receiver: &mut Receiver, outbox: &mut Outbox) -> Next {
    // an error of the socket belongs to some earlier datagram of ours; those that wait are read the next time
    let has_more_to_take = receiver.receive(&shared.socket).unwrap_or(true);
    if shared.homes.is_needed() {
        receiver.each_home(|peer, home| shared.homes.learn(peer, home));
    }
    let now = shared.clock.now();
    let mut core = shared.core();
    let core = &mut *core;
    std::mem::swap(outbox, &mut core.pending);
    receiver.each(|datagram, from| core.plane.handle(datagram, from, now, outbox));
    if core.plane.deadline().is_some_and(|deadline| deadline <= now) {
        core.plane.tick(now, outbox);
    }
    let has_more_to_send = core.plane.flush_some(now, outbox);
    if !outbox.records.is_empty() {
        shared.write_records(outbox);
    }
    shared.planned.store(core.plane.deadline().unwrap_or(u64::MAX), Ordering::Relaxed);
    Next { has_more_to_take, has_more_to_send }
}

/// The next part of a burst too large for one outbox; calls from Python come in between.
fn flush(shared: &Shared, outbox: &mut Outbox) -> Next {
    let now = shared.clock.now();
    let has_more_to_send = shared.core().plane.flush_some(now, outbox);
    Next { has_more_to_take: false, has_more_to_send }
}

/// Sleeps until a datagram, a wake-up or the plane's deadline, at most a second.
fn wait(shared: &Shared) {
    let now = shared.clock.now();
    let nanoseconds = shared.planned.load(Ordering::Relaxed).saturating_sub(now).min(SECOND_NS);
    let timeout = libc::timespec {
        tv_sec: (nanoseconds / SECOND_NS) as libc::time_t,
        tv_nsec: (nanoseconds % SECOND_NS) as libc::c_long,
    };
    let readable = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut polls = [readable(shared.socket.as_raw_fd()), readable(shared.wake.raw())];
    // SAFETY: the pointers describe two pollfds and one timespec, all alive for the call; no signal mask is given.
    unsafe {
        libc::ppoll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, &timeout, std::ptr::null());
    }
    if polls[1].revents != 0 {
        shared.wake.clear();
    }
}
