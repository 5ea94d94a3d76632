//! What other threads hand to a media thread: datagrams that came to their sockets, notes about shared tracks, and TCP
//! connections. Bounded: a thread never waits for another, and what does not fit is lost and counted.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::Arc;

use dataplane::{Lane, Notes};

use crate::tcp::Newcomer;
use crate::wake::Wake;

const PARCELS: usize = 1024;
const BYTES: usize = 16 * 1024 * 1024;

pub enum Parcel {
    Datagrams(Datagrams),
    Notes {
        from: Lane,
        notes: Arc<Notes>,
    },
    /// A peer that has proven itself over TCP.
    Connection(Newcomer),
}

impl Parcel {
    fn size(&self) -> usize {
        match self {
            Self::Datagrams(datagrams) => datagrams.bytes.len(),
            Self::Notes { notes, .. } => notes.bytes.len(),
            Self::Connection(newcomer) => newcomer.bytes.len(),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Datagrams(datagrams) => datagrams.heads.len(),
            Self::Notes { notes, .. } => notes.notes.len(),
            Self::Connection(_) => 1,
        }
    }
}

/// Datagrams as they came: from whom, to which of our addresses where that matters.
#[derive(Default)]
pub struct Datagrams {
    bytes: Vec<u8>,
    heads: Vec<(SocketAddr, Option<IpAddr>, Range<usize>)>,
}

impl Datagrams {
    pub fn push(&mut self, datagram: &[u8], from: SocketAddr, home: Option<IpAddr>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(datagram);
        self.heads.push((from, home, start..self.bytes.len()));
    }

    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    pub fn len(&self) -> usize {
        self.heads.len()
    }

    pub fn each(&mut self, mut take: impl FnMut(&mut [u8], SocketAddr, Option<IpAddr>)) {
        for (from, home, range) in &self.heads {
            take(&mut self.bytes[range.clone()], *from, *home);
        }
    }
}

/// The end that others post to.
pub struct Mailbox {
    pub wake: Wake,
    post: SyncSender<Parcel>,
    waiting: AtomicUsize,
    bytes: AtomicUsize,
    lost: AtomicU64,
    is_asleep: AtomicBool,
}

impl Mailbox {
    /// The receiving end belongs to the media thread.
    pub fn new() -> io::Result<(Self, Receiver<Parcel>)> {
        let (post, parcels) = sync_channel(PARCELS);
        let mailbox = Self {
            wake: Wake::new()?,
            post,
            waiting: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            is_asleep: AtomicBool::new(false),
        };
        Ok((mailbox, parcels))
    }

    pub fn post(&self, parcel: Parcel) {
        let (size, count) = (parcel.size(), parcel.count() as u64);
        let is_full = self.bytes.fetch_add(size, Ordering::Relaxed) > BYTES;
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if is_full || self.post.try_send(parcel).is_err() {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            self.lost.fetch_add(count, Ordering::Relaxed);
            return;
        }
        // sequentially consistent with `begin_sleep`: either the sleeper sees the parcel or we see the sleeper
        if self.is_asleep.swap(false, Ordering::SeqCst) {
            self.wake.set();
        }
    }

    pub fn take(&self, parcels: &Receiver<Parcel>) -> Option<Parcel> {
        let parcel = parcels.try_recv().ok()?;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.bytes.fetch_sub(parcel.size(), Ordering::Relaxed);
        Some(parcel)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0
    }

    /// From now on a parcel wakes the thread; false when one waits already and it should not sleep.
    pub fn begin_sleep(&self) -> bool {
        self.is_asleep.store(true, Ordering::SeqCst);
        self.is_empty()
    }

    pub fn end_sleep(&self) {
        self.is_asleep.store(false, Ordering::Relaxed);
    }

    /// Datagrams and notes that did not fit.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(bytes: usize) -> Parcel {
        let mut datagrams = Datagrams::default();
        datagrams.push(&vec![7; bytes], SocketAddr::from(([127, 0, 0, 1], 1)), None);
        Parcel::Datagrams(datagrams)
    }

    #[test]
    fn parcels_come_out_in_order() {
        let (mailbox, parcels) = Mailbox::new().unwrap();
        (1..=3).for_each(|bytes| mailbox.post(parcel(bytes)));
        let sizes: Vec<_> = std::iter::from_fn(|| mailbox.take(&parcels)).map(|it| it.size()).collect();
        assert_eq!(sizes, [1, 2, 3]);
        assert!(mailbox.is_empty());
    }

    #[test]
    fn a_thread_that_does_not_come_loses_what_does_not_fit_and_others_do_not_wait() {
        let (mailbox, parcels) = Mailbox::new().unwrap();
        (0..PARCELS + 5).for_each(|_| mailbox.post(parcel(10)));
        assert_eq!(mailbox.lost(), 5);
        while mailbox.take(&parcels).is_some() {}
        (0..20).for_each(|_| mailbox.post(parcel(BYTES / 10)));
        assert!((11..20).contains(&(mailbox.lost() as usize)), "{}", mailbox.lost());
        while mailbox.take(&parcels).is_some() {}
        mailbox.post(parcel(10));
        assert!(mailbox.take(&parcels).is_some());
    }

    #[test]
    fn a_parcel_is_seen_by_one_who_goes_to_sleep() {
        let (mailbox, parcels) = Mailbox::new().unwrap();
        assert!(mailbox.begin_sleep());
        mailbox.post(parcel(1));
        assert!(!mailbox.begin_sleep());
        assert!(mailbox.take(&parcels).is_some());
        assert!(mailbox.begin_sleep());
    }
}
