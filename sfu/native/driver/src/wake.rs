//! An eventfd: how one thread tells another (or an asyncio loop) that there is something to look at.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

pub struct Wake {
    fd: OwnedFd,
}

impl Wake {
    pub fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers; a non-negative result is a descriptor that nobody else owns yet.
        let fd = unsafe {
            let raw = libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
            if raw < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(raw)
        };
        Ok(Self { fd })
    }

    pub fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Makes the descriptor readable. A counter that is already at its limit is readable too, so errors need no care.
    pub fn set(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: the pointer and length describe the eight bytes of `one`, alive for the whole call.
        unsafe {
            libc::write(self.raw(), one.as_ptr().cast(), one.len());
        }
    }

    /// Makes the descriptor unreadable again.
    pub fn clear(&self) {
        let mut count = [0u8; 8];
        // SAFETY: the pointer and length describe the eight bytes of `count`, alive and writable for the whole call.
        unsafe {
            libc::read(self.raw(), count.as_mut_ptr().cast(), count.len());
        }
    }
}
