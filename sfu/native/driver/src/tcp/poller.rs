//! epoll: which of many connections have something to read or room to write.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

const EVENTS: usize = 64;

/// What is ready: the token given with it. Errors and hang-ups show as readable, so that reading tells what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    pub token: u64,
    pub is_readable: bool,
    pub is_writable: bool,
}

pub struct Poller {
    epoll: OwnedFd,
    ready: Vec<Ready>,
}

impl Poller {
    pub fn new() -> io::Result<Self> {
        // SAFETY: epoll_create1 takes no pointers; a non-negative result is a descriptor that nobody else owns yet.
        let epoll = unsafe {
            let raw = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            if raw < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(raw)
        };
        Ok(Self { epoll, ready: Vec::new() })
    }

    /// Readable while anything registered is ready, so that pollers can be polled.
    pub fn raw(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// A descriptor is forgotten by itself when it is closed.
    pub fn add(&self, source: &impl AsRawFd, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, source, token, libc::EPOLLIN)
    }

    pub fn set(&self, source: &impl AsRawFd, token: u64, wants_write: bool) -> io::Result<()> {
        let write = if wants_write { libc::EPOLLOUT } else { 0 };
        self.control(libc::EPOLL_CTL_MOD, source, token, libc::EPOLLIN | write)
    }

    pub fn remove(&self, source: &impl AsRawFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, source, 0, 0)
    }

    fn control(&self, what: i32, source: &impl AsRawFd, token: u64, interest: i32) -> io::Result<()> {
        let mut event = libc::epoll_event { events: interest as u32, u64: token };
        // SAFETY: both descriptors are open for the call, and `event` is alive for it.
        let result = unsafe { libc::epoll_ctl(self.raw(), what, source.as_raw_fd(), &mut event) };
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// What is ready now, or becomes so within `timeout_ms`.
    pub fn wait(&mut self, timeout_ms: i32) -> &[Ready] {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS];
        // SAFETY: the pointer and count describe `events`, alive and writable for the call.
        let count = unsafe { libc::epoll_wait(self.raw(), events.as_mut_ptr(), EVENTS as i32, timeout_ms) };
        let count = usize::try_from(count).unwrap_or(0);
        self.ready.clear();
        self.ready.extend(events[..count].iter().map(|event| {
            let has = |what: i32| event.events & what as u32 != 0;
            Ready {
                token: event.u64,
                is_readable: has(libc::EPOLLIN | libc::EPOLLERR | libc::EPOLLHUP),
                is_writable: has(libc::EPOLLOUT),
            }
        }));
        &self.ready
    }
}
