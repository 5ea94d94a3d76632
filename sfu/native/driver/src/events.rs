//! Events on their way from the media and journal threads to Python, with an eventfd that is readable while any wait.

use std::collections::VecDeque;
use std::io;
use std::os::fd::RawFd;
use std::sync::Mutex;

use dataplane::Event;

use crate::wake::Wake;

/// A peer can make events (DTLS datagrams) at will; what does not fit is dropped as a network would.
const LIMIT: usize = 65_536;

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

    pub fn drain(&self) -> VecDeque<Event> {
        let mut waiting = crate::locked(&self.waiting);
        self.wake.clear();
        std::mem::take(&mut waiting)
    }
}
