//! Events on their way from the media and journal threads to Python, with an eventfd that is readable while any wait.

use std::collections::VecDeque;
use std::io;
use std::os::fd::RawFd;
use std::sync::Mutex;

use dataplane::{Lane, Outbox};

use crate::ids::global;
use crate::wake::Wake;

/// A peer can make events (DTLS datagrams) at will; what does not fit is dropped as a network would.
const LIMIT: usize = 65_536;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: &'static str,
    pub id: u64,
    pub data: Vec<u8>,
}

pub struct EventQueue {
    waiting: Mutex<VecDeque<Event>>,
    wake: Wake,
}

impl EventQueue {
    pub fn new() -> io::Result<Self> {
        Ok(Self { waiting: Mutex::new(VecDeque::new()), wake: Wake::new()? })
    }

    pub fn raw_fd(&self) -> RawFd {
        self.wake.raw()
    }

    pub fn push(&self, events: impl Iterator<Item = Event>) {
        let mut waiting = crate::locked(&self.waiting);
        let was_empty = waiting.is_empty();
        let room = LIMIT - waiting.len().min(LIMIT);
        waiting.extend(events.take(room));
        if was_empty && !waiting.is_empty() {
            self.wake.set();
        }
    }

    /// Copies the events of a batch of a lane out of its outbox.
    pub fn push_outbox(&self, lane: Lane, outbox: &Outbox) {
        if !outbox.events.is_empty() {
            self.push(outbox.events.iter().map(|event| owned(event, lane, outbox)));
        }
    }

    pub fn drain(&self) -> VecDeque<Event> {
        let mut waiting = crate::locked(&self.waiting);
        self.wake.clear();
        std::mem::take(&mut waiting)
    }
}

fn owned(event: &dataplane::Event, lane: Lane, outbox: &Outbox) -> Event {
    use dataplane::Event as Made;
    match *event {
        Made::Dtls { transport, start, len } => {
            Event { kind: "dtls", id: global(lane, transport.0), data: outbox.range(start, len).to_vec() }
        }
        Made::Connected { transport } => {
            Event { kind: "connected", id: global(lane, transport.0), data: Vec::new() }
        }
        Made::ConsentLost { transport } => {
            Event { kind: "consent_lost", id: global(lane, transport.0), data: Vec::new() }
        }
        Made::MediaStarted { up_track, encoding } => {
            Event { kind: "media_started", id: global(lane, up_track.0), data: vec![encoding] }
        }
    }
}
