//! `sendmmsg` with UDP_SEGMENT: whole bursts in few system calls, straight from the outbox without a copy.
//! Where the kernel or the interface refuses segmentation, single datagrams go out from then on.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use dataplane::Send as Datagram;

use crate::bursts::{Burst, Bursts};

/// The kernel clamps sendmmsg to 1024 messages.
const MESSAGES: usize = 256;
/// How long a full socket buffer may hold up the thread before the rest of the batch is lost, as on a full link.
const PATIENCE_MS: i32 = 2;

#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; 24]);

pub struct Transmitter {
    bursts: Bursts,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    iovecs: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    can_segment: bool,
    is_v6: bool,
}

// SAFETY: the raw pointers inside are written and used only within one call of `send`; between calls they are dead.
unsafe impl Send for Transmitter {}

impl Transmitter {
    pub fn new(socket: &UdpSocket) -> io::Result<Self> {
        // SAFETY: sockaddr_storage and mmsghdr are plain C structs for which all bytes zero is a valid value.
        let (names, headers) = unsafe { (vec![std::mem::zeroed(); MESSAGES], vec![std::mem::zeroed(); MESSAGES]) };
        Ok(Self {
            bursts: Bursts::default(),
            names,
            controls: vec![Control([0; 24]); MESSAGES],
            iovecs: Vec::new(),
            headers,
            can_segment: knows_segmentation(socket),
            is_v6: socket.local_addr()?.is_ipv6(),
        })
    }

    /// Sends everything; what the network refuses is lost, as the network may lose it anyway.
    pub fn send(&mut self, socket: &UdpSocket, bytes: &[u8], sends: &[Datagram]) {
        if sends.is_empty() {
            return;
        }
        let mut bursts = std::mem::take(&mut self.bursts);
        bursts.arrange(sends, self.can_segment);
        let mut at = 0;
        while at < bursts.bursts.len() {
            let upto = (at + MESSAGES).min(bursts.bursts.len());
            self.fill(&bursts, at..upto, bytes, sends);
            at += self.push(socket, upto - at, |index| bursts.bursts[at + index].count);
            if !self.can_segment && bursts.bursts[at - 1].count > 1 {
                // segmentation was refused for this burst just now: it goes out one by one, and so do all later ones
                let refused = &bursts.bursts[at - 1];
                let singles: Vec<Datagram> =
                    bursts.members[refused.first..refused.first + refused.count].iter().map(|&m| sends[m]).collect();
                let rest = bursts.bursts[at..].iter().flat_map(|burst| {
                    bursts.members[burst.first..burst.first + burst.count].iter().map(|&member| sends[member])
                });
                let all: Vec<Datagram> = singles.into_iter().chain(rest).collect();
                self.bursts = bursts;
                return self.send(socket, bytes, &all);
            }
        }
        self.bursts = bursts;
    }

    /// Writes the message headers of `range`.
    fn fill(&mut self, bursts: &Bursts, range: std::ops::Range<usize>, bytes: &[u8], sends: &[Datagram]) {
        self.iovecs.clear();
        for burst in &bursts.bursts[range.clone()] {
            for &member in &bursts.members[burst.first..burst.first + burst.count] {
                let send = &sends[member];
                let slice = &bytes[send.start..send.start + send.len];
                self.iovecs.push(libc::iovec { iov_base: slice.as_ptr().cast_mut().cast(), iov_len: slice.len() });
            }
        }
        let mut iovec = 0;
        for (slot, burst) in bursts.bursts[range].iter().enumerate() {
            let name_length = write_address(&mut self.names[slot], burst.to, self.is_v6);
            let header = &mut self.headers[slot].msg_hdr;
            header.msg_name = ptr::from_mut(&mut self.names[slot]).cast();
            header.msg_namelen = name_length;
            header.msg_iov = ptr::from_mut(&mut self.iovecs[iovec]);
            header.msg_iovlen = burst.count as _;
            iovec += burst.count;
            write_segment(header, &mut self.controls[slot], burst);
        }
    }

    /// Hands `count` filled messages to the kernel; returns how many are done with, sent or refused.
    fn push(&mut self, socket: &UdpSocket, count: usize, segments: impl Fn(usize) -> usize) -> usize {
        let mut done = 0;
        while done < count {
            // SAFETY: headers[done..count] were filled by `fill`; their names, iovecs and controls live in `self`, the
            // bytes in the caller's borrowed slice, and the kernel only reads them.
            let result = unsafe {
                let first = self.headers.as_mut_ptr().add(done);
                libc::sendmmsg(socket.as_raw_fd(), first, (count - done) as libc::c_uint, libc::MSG_DONTWAIT as _)
            };
            if let Ok(sent) = usize::try_from(result) {
                done += sent;
                continue;
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) => {
                    if !wait_writable(socket) {
                        return count;
                    }
                }
                Some(libc::EIO | libc::EINVAL | libc::EOPNOTSUPP) if segments(done) > 1 => {
                    self.can_segment = false;
                    return done + 1;
                }
                // this one destination cannot be reached or the datagram is too long: nobody else is concerned
                _ => done += 1,
            }
        }
        count
    }
}

/// Linux 4.18 has UDP_SEGMENT; asking for its value tells.
fn knows_segmentation(socket: &UdpSocket) -> bool {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: value and length are alive and sized as the call is told.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_SEGMENT,
            ptr::from_mut(&mut value).cast(),
            &mut length,
        )
    };
    result == 0
}

fn wait_writable(socket: &UdpSocket) -> bool {
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd, alive for the call.
    unsafe { libc::poll(&mut poll, 1, PATIENCE_MS) > 0 }
}

/// On a dual-stack socket IPv4 destinations are written as mapped IPv6.
fn write_address(storage: &mut libc::sockaddr_storage, to: SocketAddr, is_v6: bool) -> libc::socklen_t {
    match to {
        SocketAddr::V4(v4) if !is_v6 => {
            // SAFETY: sockaddr_storage is larger than sockaddr_in, aligned for it, and any bytes are valid for it.
            let out = unsafe { &mut *ptr::from_mut(storage).cast::<libc::sockaddr_in>() };
            out.sin_family = libc::AF_INET as libc::sa_family_t;
            out.sin_port = v4.port().to_be();
            out.sin_addr.s_addr = u32::from(*v4.ip()).to_be();
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        other => {
            let (ip, flow, scope) = match other {
                SocketAddr::V4(v4) => (v4.ip().to_ipv6_mapped(), 0, 0),
                SocketAddr::V6(v6) => (*v6.ip(), v6.flowinfo(), v6.scope_id()),
            };
            // SAFETY: as above, for sockaddr_in6.
            let out = unsafe { &mut *ptr::from_mut(storage).cast::<libc::sockaddr_in6>() };
            out.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            out.sin6_port = other.port().to_be();
            out.sin6_flowinfo = flow;
            out.sin6_addr.s6_addr = ip.octets();
            out.sin6_scope_id = scope;
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

/// Attaches the segment size when there is more than one segment.
fn write_segment(header: &mut libc::msghdr, control: &mut Control, burst: &Burst) {
    if burst.count == 1 {
        header.msg_control = ptr::null_mut();
        header.msg_controllen = 0;
        return;
    }
    header.msg_control = ptr::from_mut(control).cast();
    header.msg_controllen = size_of::<Control>() as _;
    // SAFETY: `control` is 24 bytes, CMSG_SPACE of a u16 on 64-bit Linux, and aligned to 8; CMSG_FIRSTHDR therefore gives
    // its start, and the data of one u16 lies inside it.
    unsafe {
        let first = libc::CMSG_FIRSTHDR(header);
        (*first).cmsg_level = libc::SOL_UDP;
        (*first).cmsg_type = libc::UDP_SEGMENT;
        (*first).cmsg_len = libc::CMSG_LEN(size_of::<u16>() as u32) as _;
        libc::CMSG_DATA(first).cast::<u16>().write_unaligned(burst.segment as u16);
    }
}
