//! `recvmmsg`: everything that has arrived, up to one batch, in one system call.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use crate::control::Control;

const BATCH: usize = 64;
/// Longer than any datagram of an Ethernet path; what is longer is cut by the kernel and then refused by authentication.
const DATAGRAM: usize = 2048;

pub struct Receiver {
    buffers: Vec<u8>,
    addresses: Vec<libc::sockaddr_storage>,
    iovecs: Vec<libc::iovec>,
    controls: Vec<Control>,
    headers: Vec<libc::mmsghdr>,
    count: usize,
}

// SAFETY: the raw pointers inside `iovecs` and `headers` point only into this struct's own heap buffers, which are never
// reallocated; moving the struct to another thread moves their sole user.
unsafe impl Send for Receiver {}

impl Receiver {
    pub fn new() -> Self {
        // SAFETY: sockaddr_storage and mmsghdr are plain C structs for which all bytes zero is a valid value.
        let (addresses, headers) =
            unsafe { (vec![std::mem::zeroed(); BATCH], vec![std::mem::zeroed(); BATCH]) };
        let mut receiver = Self {
            buffers: vec![0; BATCH * DATAGRAM],
            addresses,
            iovecs: vec![libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; BATCH],
            controls: vec![Control::EMPTY; BATCH],
            headers,
            count: 0,
        };
        receiver.aim();
        receiver
    }

    /// Points every header at its own slot of the buffers.
    fn aim(&mut self) {
        for (index, slot) in self.buffers.chunks_exact_mut(DATAGRAM).enumerate() {
            self.iovecs[index] = libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: DATAGRAM };
            let header = &mut self.headers[index].msg_hdr;
            header.msg_name = ptr::from_mut(&mut self.addresses[index]).cast();
            header.msg_iov = ptr::from_mut(&mut self.iovecs[index]);
            header.msg_iovlen = 1;
        }
    }

    /// Takes what has arrived. True when the batch was filled, so that more may be waiting.
    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<bool> {
        self.count = 0;
        for (header, control) in self.headers.iter_mut().zip(&mut self.controls) {
            header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            control.attach(&mut header.msg_hdr);
        }
        // SAFETY: `headers` holds BATCH headers whose names and iovecs point into buffers owned by `self` (see `aim`),
        // none of which is borrowed elsewhere during the call.
        let result = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                ptr::null_mut(),
            )
        };
        match usize::try_from(result) {
            Ok(count) => {
                self.count = count;
                Ok(count == BATCH)
            }
            Err(_) => {
                let error = io::Error::last_os_error();
                match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(false),
                    _ => Err(error),
                }
            }
        }
    }

    /// Hands every datagram of the batch to `take`: who sent it and, for a check where that matters, to which of our
    /// addresses.
    pub fn each(&mut self, has_homes: bool, mut take: impl FnMut(&mut [u8], SocketAddr, Option<IpAddr>)) {
        for index in 0..self.count {
            let length = (self.headers[index].msg_len as usize).min(DATAGRAM);
            let Some(from) = address_of(&self.addresses[index]) else {
                continue;
            };
            let start = index * DATAGRAM;
            let is_check = has_homes && self.buffers[start] < 4;
            let home =
                is_check.then(|| self.controls[index].home(self.headers[index].msg_hdr.msg_controllen));
            take(&mut self.buffers[start..start + length], from, home.flatten());
        }
    }
}

/// IPv4 addresses that a dual-stack socket shows as mapped IPv6 keep that form: they are sent back through the same socket.
fn address_of(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says the kernel wrote a sockaddr_in, and sockaddr_storage is larger and aligned for it.
            let v4 = unsafe { &*ptr::from_ref(storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: as above, for sockaddr_in6.
            let v6 = unsafe { &*ptr::from_ref(storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            Some(SocketAddr::V6(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id)))
        }
        _ => None,
    }
}
