//! Sending on one thread or two. With two, both read the same outbox and each sends to its own destinations; the media
//! thread meanwhile fills the next outbox of a small ring.

use std::io;
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use dataplane::Outbox;

use crate::bursts::Share;
use crate::media::Shared;
use crate::transmit::Transmitter;

const OUTBOXES: usize = 3;
/// Less than this is sent sooner than another thread wakes up.
const WORTH_SHARING: usize = 24;

pub struct Sending {
    transmitter: Transmitter,
    outboxes: [Arc<Outbox>; OUTBOXES],
    current: usize,
    second: Option<Second>,
}

struct Second {
    work: SyncSender<Arc<Outbox>>,
    done: Receiver<()>,
    thread: JoinHandle<()>,
    /// Outboxes handed over and not yet done with.
    pending: usize,
}

impl Sending {
    pub fn start(shared: &Arc<Shared>, threads: usize) -> io::Result<Self> {
        let second = if threads > 1 { Some(Second::start(Arc::clone(shared))?) } else { None };
        Ok(Self {
            transmitter: Transmitter::new(&shared.socket)?,
            outboxes: std::array::from_fn(|_| Arc::default()),
            current: 0,
            second,
        })
    }

    /// An empty outbox to be filled; waits for one where the second thread is behind.
    pub fn outbox(&mut self) -> &mut Outbox {
        self.current = (self.current + 1) % OUTBOXES;
        while Arc::strong_count(&self.outboxes[self.current]) > 1 {
            let Some(second) = &mut self.second else { break };
            second.wait();
        }
        let place = &mut self.outboxes[self.current];
        if Arc::get_mut(place).is_none() {
            // the second thread died with it
            *place = Arc::default();
        }
        let outbox = Arc::get_mut(place).expect("nobody else holds it");
        outbox.clear();
        outbox
    }

    /// What `outbox` was filled with.
    pub fn filled(&self) -> &Outbox {
        &self.outboxes[self.current]
    }

    /// Sends what `outbox` was filled with.
    pub fn send(&mut self, shared: &Shared) {
        let outbox = &self.outboxes[self.current];
        let share = match &mut self.second {
            Some(second) => second.share(outbox),
            None => Share::All,
        };
        self.transmitter.send(shared, outbox, share);
    }

    pub fn end(self) {
        if let Some(second) = self.second {
            drop(second.work);
            let _ = second.thread.join();
        }
    }
}

impl Second {
    fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let (work, outboxes) = sync_channel::<Arc<Outbox>>(OUTBOXES);
        let (tell, done) = sync_channel(OUTBOXES);
        let mut transmitter = Transmitter::new(&shared.socket)?;
        let thread = thread::Builder::new().name("media-send".into()).spawn(move || {
            while let Ok(outbox) = outboxes.recv() {
                transmitter.send(&shared, &outbox, Share::Rest);
                drop(outbox);
                if tell.send(()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { work, done, thread, pending: 0 })
    }

    /// While it is, even a small outbox has to be shared: a destination's packets keep their order.
    fn is_busy(&mut self) -> bool {
        while self.done.try_recv().is_ok() {
            self.pending -= 1;
        }
        self.pending > 0
    }

    fn wait(&mut self) {
        if self.done.recv().is_ok() {
            self.pending -= 1;
        } else {
            self.pending = 0;
        }
    }

    /// Hands the outbox over where that pays; returns what is left for the media thread.
    fn share(&mut self, outbox: &Arc<Outbox>) -> Share {
        let pays = self.is_busy() || outbox.sends.len() >= WORTH_SHARING;
        if !pays || self.work.send(Arc::clone(outbox)).is_err() {
            return Share::All;
        }
        self.pending += 1;
        Share::Third
    }
}
