//! `sendmmsg` with UDP_SEGMENT: whole bursts in few system calls, straight from the outbox without a copy.
//! A burst whose segmentation is refused goes out as single datagrams; where the kernel cannot do it at all, so do all
//! later ones.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr;

use dataplane::{Outbox, Send as Datagram};

use crate::bursts;
use crate::control::Control;
use crate::homes::Known;

/// Messages in one system call; the kernel takes 1024.
const MESSAGES: usize = 256;
/// How long a full socket buffer may hold up the thread before the rest of the batch is lost, as on a full link.
const PATIENCE_MS: i32 = 2;

pub struct Transmitter {
    bursts: Vec<Range<usize>>,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    iovecs: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    can_segment: bool,
    /// Kernel or interface cannot segment at all.
    is_incapable: bool,
    is_v6: bool,
}

// SAFETY: the raw pointers inside are written and used only within one call of `send`; between calls they are dead.
unsafe impl Send for Transmitter {}

impl Transmitter {
    pub fn new(socket: &UdpSocket) -> io::Result<Self> {
        // SAFETY: sockaddr_storage and mmsghdr are plain C structs for which all bytes zero is a valid value.
        let (names, headers) =
            unsafe { (vec![std::mem::zeroed(); MESSAGES], vec![std::mem::zeroed(); MESSAGES]) };
        Ok(Self {
            bursts: Vec::new(),
            names,
            controls: vec![Control::EMPTY; MESSAGES],
            iovecs: vec![libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; MESSAGES],
            headers,
            can_segment: knows_segmentation(socket),
            is_incapable: false,
            is_v6: socket.local_addr()?.is_ipv6(),
        })
    }

    /// Sends everything; what the network refuses is lost, as the network may lose it anyway.
    pub fn send(&mut self, socket: &UdpSocket, outbox: &Outbox, known: Option<&Known>) {
        if outbox.sends.is_empty() {
            return;
        }
        let everything = outbox.sends.len();
        let mut done = 0;
        while done < everything {
            let refused = self.send_range(socket, outbox, done..everything, known);
            done = refused.as_ref().map_or(everything, |burst| burst.end);
            if let Some(burst) = refused {
                let could = std::mem::replace(&mut self.can_segment, false);
                self.send_range(socket, outbox, burst, known);
                self.can_segment = could && !self.is_incapable;
            }
        }
    }

    /// Sends a range of the sends up to the first burst whose segmentation is refused, which is returned.
    fn send_range(
        &mut self,
        socket: &UdpSocket,
        outbox: &Outbox,
        range: Range<usize>,
        known: Option<&Known>,
    ) -> Option<Range<usize>> {
        let mut bursts = std::mem::take(&mut self.bursts);
        bursts::cut(&outbox.sends[..range.end], range.start, self.can_segment, &mut bursts);
        let mut refused = None;
        for chunk in bursts.chunks(MESSAGES) {
            for (slot, burst) in chunk.iter().enumerate() {
                self.fill(slot, &outbox.sends[burst.clone()], &outbox.bytes, known);
            }
            refused = self.push(socket, chunk).map(|index| chunk[index].clone());
            if refused.is_some() {
                break;
            }
        }
        self.bursts = bursts;
        refused
    }

    /// Writes the message header of one burst.
    fn fill(&mut self, slot: usize, burst: &[Datagram], bytes: &[u8], known: Option<&Known>) {
        let (first, last) = (&burst[0], &burst[burst.len() - 1]);
        let slice = &bytes[first.start as usize..(last.start + last.len) as usize];
        self.iovecs[slot] = libc::iovec { iov_base: slice.as_ptr().cast_mut().cast(), iov_len: slice.len() };
        let header = &mut self.headers[slot].msg_hdr;
        header.msg_namelen = write_address(&mut self.names[slot], first.to.address, self.is_v6);
        header.msg_name = ptr::from_mut(&mut self.names[slot]).cast();
        header.msg_iov = ptr::from_mut(&mut self.iovecs[slot]);
        header.msg_iovlen = 1;
        let segment = (burst.len() > 1).then_some(first.len as u16);
        let home = known.and_then(|known| known.get(&first.to.address)).copied();
        self.controls[slot].write(header, segment, home, self.is_v6);
    }

    /// Hands the filled messages to the kernel; returns the index of one that it will not segment.
    fn push(&mut self, socket: &UdpSocket, chunk: &[Range<usize>]) -> Option<usize> {
        let mut done = 0;
        while done < chunk.len() {
            // SAFETY: headers[done..] up to the chunk's length were written by `fill`; their names, iovecs and controls
            // live in `self`, the bytes in the caller's borrowed outbox, and the kernel only reads them.
            let result = unsafe {
                let first = self.headers.as_mut_ptr().add(done);
                let count = (chunk.len() - done) as libc::c_uint;
                libc::sendmmsg(socket.as_raw_fd(), first, count, libc::MSG_DONTWAIT as _)
            };
            if let Ok(sent) = usize::try_from(result) {
                done += sent;
                continue;
            }
            match io::Error::last_os_error().raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) if wait_writable(socket) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) => break,
                // the path of this destination is too narrow for the segments
                Some(libc::EINVAL) if chunk[done].len() > 1 => return Some(done),
                Some(libc::EIO | libc::EOPNOTSUPP) if chunk[done].len() > 1 => {
                    self.is_incapable = true;
                    return Some(done);
                }
                // this one destination cannot be reached or the datagram is too long: nobody else is concerned
                _ => done += 1,
            }
        }
        None
    }
}

/// Linux 4.18 has UDP_SEGMENT; asking for its value tells.
fn knows_segmentation(socket: &UdpSocket) -> bool {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: value and length are alive and sized as the call is told.
    let result = unsafe {
        let out = ptr::from_mut(&mut value).cast();
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_UDP, libc::UDP_SEGMENT, out, &mut length)
    };
    result == 0
}

fn wait_writable(socket: &UdpSocket) -> bool {
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd, alive for the call.
    unsafe { libc::poll(&mut poll, 1, PATIENCE_MS) > 0 }
}

/// On a dual-stack socket IPv4 destinations are written as mapped IPv6.
pub fn write_address(storage: &mut libc::sockaddr_storage, to: SocketAddr, is_v6: bool) -> libc::socklen_t {
    if let (SocketAddr::V4(v4), false) = (to, is_v6) {
        // SAFETY: sockaddr_storage is larger than sockaddr_in, aligned for it, and any bytes are valid for it.
        let out = unsafe { &mut *ptr::from_mut(storage).cast::<libc::sockaddr_in>() };
        out.sin_family = libc::AF_INET as libc::sa_family_t;
        out.sin_port = v4.port().to_be();
        out.sin_addr.s_addr = u32::from(*v4.ip()).to_be();
        return size_of::<libc::sockaddr_in>() as libc::socklen_t;
    }
    let (ip, flow, scope) = match to {
        SocketAddr::V4(v4) => (v4.ip().to_ipv6_mapped(), 0, 0),
        SocketAddr::V6(v6) => (*v6.ip(), v6.flowinfo(), v6.scope_id()),
    };
    // SAFETY: as above, for sockaddr_in6.
    let out = unsafe { &mut *ptr::from_mut(storage).cast::<libc::sockaddr_in6>() };
    out.sin6_family = libc::AF_INET6 as libc::sa_family_t;
    out.sin6_port = to.port().to_be();
    out.sin6_flowinfo = flow;
    out.sin6_addr.s6_addr = ip.octets();
    out.sin6_scope_id = scope;
    size_of::<libc::sockaddr_in6>() as libc::socklen_t
}
