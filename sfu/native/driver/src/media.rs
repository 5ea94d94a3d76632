//! A media thread: wait, take what has arrived, let the plane decide, send.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use dataplane::{Outbox, Plane};

use crate::homes::Homes;
use crate::lane::{Lane, Shared};
use crate::mailbox::{Datagrams, Parcel};
use crate::receive::Receiver;
use crate::steering::Steering;
use crate::tcp::Streams;
use crate::transmit::Transmitter;

const SECOND_NS: u64 = 1_000_000_000;
/// Full batches taken in a row before what they made us send goes out.
const BATCHES: usize = 4;
/// Parcels of other lanes taken with one batch.
const PARCELS: usize = 64;
const AFTER_PANIC: Duration = Duration::from_millis(10);

/// What only the thread itself touches.
pub struct Media {
    shared: Arc<Shared>,
    lane: usize,
    receiver: Receiver,
    parcels: mpsc::Receiver<Parcel>,
    transmitter: Transmitter,
    streams: Streams,
    homes: Homes,
    steering: Steering,
    outbox: Outbox,
    /// For each lane, what has to be handed over to it.
    handed: Vec<Datagrams>,
}

/// What a batch left undone.
#[derive(Clone, Copy, Default)]
struct Next {
    has_more_to_take: bool,
    has_more_to_send: bool,
}

impl Media {
    pub fn new(shared: Arc<Shared>, lane: usize, parcels: mpsc::Receiver<Parcel>) -> std::io::Result<Self> {
        let own = &shared.lanes[lane];
        Ok(Self {
            receiver: Receiver::new(),
            parcels,
            transmitter: Transmitter::new(&own.socket)?,
            streams: Streams::new()?,
            homes: Homes::new(own.socket.local_addr()?),
            steering: Steering::new(own.number),
            outbox: Outbox::default(),
            handed: shared.lanes.iter().map(|_| Datagrams::default()).collect(),
            lane,
            shared,
        })
    }

    /// The body of the thread.
    pub fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let lane = &shared.lanes[self.lane];
        let mut next_wall = 0;
        while !shared.is_stopping.load(Ordering::Acquire) {
            wait(&shared, lane, &self.streams);
            let now = shared.clock.now();
            if now >= next_wall {
                let mut core = lane.core();
                core.plane.set_wall_offset(shared.clock.wall_offset());
                self.streams.retain(|remote| core.plane.has_remote(remote));
                next_wall = now + SECOND_NS;
            }
            for _ in 0..BATCHES {
                let mut next = self.guarded(|it| it.take_batch(&shared, lane));
                self.carry_out(&shared, lane);
                while next.has_more_to_send {
                    next.has_more_to_send = self.guarded(|it| it.flush(&shared, lane)).has_more_to_send;
                    self.carry_out(&shared, lane);
                }
                if !next.has_more_to_take {
                    break;
                }
            }
        }
    }

    /// The plane never panics by intent. Should it, one batch is lost and everybody else goes on; the pause keeps a fault
    /// that comes back from taking the whole core.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Next) -> Next {
        self.outbox.clear();
        catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|_| {
            self.outbox.clear();
            thread::sleep(AFTER_PANIC);
            Next::default()
        })
    }

    /// One batch through the plane.
    fn take_batch(&mut self, shared: &Shared, lane: &Lane) -> Next {
        // an error of the socket belongs to some earlier datagram of ours; those that wait are read the next time
        let mut has_more_to_take = self.receiver.receive(&lane.socket).unwrap_or(true);
        let now = shared.clock.now();
        let mut core = lane.core();
        let core = &mut *core;
        std::mem::swap(&mut self.outbox, &mut core.pending);
        self.take_datagrams(shared, &mut core.plane, now);
        self.take_frames(&mut core.plane, now);
        if shared.lanes.len() > 1 {
            self.hand_over(shared, lane);
        }
        for _ in 0..PARCELS {
            let Some(parcel) = lane.mailbox.take(&self.parcels) else { break };
            self.open(parcel, lane, &mut core.plane, now);
        }
        has_more_to_take |= !lane.mailbox.is_empty();
        if core.plane.deadline().is_some_and(|deadline| deadline <= now) {
            core.plane.tick(now, &mut self.outbox);
        }
        let has_more_to_send = core.plane.flush_some(now, &mut self.outbox);
        if !self.outbox.records.is_empty() {
            shared.write_records(&mut self.outbox);
        }
        lane.planned.store(core.plane.deadline().unwrap_or(u64::MAX), Ordering::Relaxed);
        Next { has_more_to_take, has_more_to_send }
    }

    /// Ours go to the plane, the others to those that are to be handed over.
    fn take_datagrams(&mut self, shared: &Shared, plane: &mut Plane, now: u64) {
        let Self { receiver, steering, homes, handed, outbox, .. } = self;
        let is_shared = shared.lanes.len() > 1;
        receiver.each(homes.is_needed(), |datagram, from, home| {
            if is_shared {
                if let Some(to) = steering.elsewhere(&shared.directory, datagram, from, now) {
                    handed[usize::from(to)].push(datagram, from, home);
                    return;
                }
            }
            take(plane, homes, (datagram, from, home), now, outbox);
        });
    }

    /// Frames of connections are all ours: a connection belongs to the lane of its transport.
    fn take_frames(&mut self, plane: &mut Plane, now: u64) {
        let Self { streams, outbox, .. } = self;
        let over = streams.receive(now, |frame, remote| plane.handle(frame, remote, now, outbox));
        for remote in over {
            plane.forget_remote(remote);
        }
    }

    fn hand_over(&mut self, shared: &Shared, lane: &Lane) {
        for (to, handed) in shared.lanes.iter().zip(&mut self.handed) {
            if !handed.is_empty() {
                lane.handed.fetch_add(handed.len() as u64, Ordering::Relaxed);
                to.mailbox.post(Parcel::Datagrams(std::mem::take(handed)));
            }
        }
    }

    fn open(&mut self, parcel: Parcel, lane: &Lane, plane: &mut Plane, now: u64) {
        let Self { streams, homes, outbox, .. } = self;
        match parcel {
            Parcel::Connection(newcomer) => {
                streams.adopt(newcomer, |frame, remote| plane.handle(frame, remote, now, outbox));
            }
            Parcel::Datagrams(mut datagrams) => {
                datagrams
                    .each(|datagram, from, home| take(plane, homes, (datagram, from, home), now, outbox));
            }
            Parcel::Notes { from, notes } => {
                let ours = |note: &&dataplane::Note| note.lanes & (1 << lane.number) != 0;
                for note in notes.notes.iter().filter(ours) {
                    plane.handle_note(from, note, &notes.bytes, now, outbox);
                }
            }
        }
    }

    /// The next part of a burst too large for one outbox; calls from Python come in between.
    fn flush(&mut self, shared: &Shared, lane: &Lane) -> Next {
        let now = shared.clock.now();
        let has_more_to_send = lane.core().plane.flush_some(now, &mut self.outbox);
        Next { has_more_to_take: false, has_more_to_send }
    }

    /// Does what the plane wants done.
    fn carry_out(&mut self, shared: &Shared, lane: &Lane) {
        shared.post(lane, &mut self.outbox.notes);
        shared.events.push_outbox(lane.number, &self.outbox);
        self.streams.send(&self.outbox, shared.clock.now());
        self.transmitter.send(&lane.socket, &self.outbox, self.homes.known());
    }
}

fn take(
    plane: &mut Plane,
    homes: &mut Homes,
    (datagram, from, home): (&mut [u8], SocketAddr, Option<IpAddr>),
    now: u64,
    outbox: &mut Outbox,
) {
    if let Some(home) = home {
        homes.learn(from, home);
    }
    plane.handle(datagram, from, now, outbox);
}

/// Sleeps until a datagram, a frame, a wake-up or the plane's deadline, at most a second.
fn wait(shared: &Shared, lane: &Lane, streams: &Streams) {
    let now = shared.clock.now();
    let nanoseconds = lane.planned.load(Ordering::Relaxed).saturating_sub(now).min(SECOND_NS);
    let nanoseconds = if lane.mailbox.begin_sleep() { nanoseconds } else { 0 };
    let timeout = libc::timespec {
        tv_sec: (nanoseconds / SECOND_NS) as libc::time_t,
        tv_nsec: (nanoseconds % SECOND_NS) as libc::c_long,
    };
    let readable = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut polls =
        [readable(lane.socket.as_raw_fd()), readable(lane.mailbox.wake.raw()), readable(streams.raw())];
    // SAFETY: the pointers describe three pollfds and one timespec, all alive for the call; no signal mask is given.
    unsafe {
        libc::ppoll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, &timeout, std::ptr::null());
    }
    lane.mailbox.end_sleep();
    if polls[1].revents != 0 {
        lane.mailbox.wake.clear();
    }
}
