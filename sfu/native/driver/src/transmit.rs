//! `sendmmsg` with UDP_SEGMENT: whole bursts in few system calls, straight from the outbox without a copy.
//! Where the kernel or the interface refuses segmentation, single datagrams go out from then on.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr;

use dataplane::{Outbox, Send as Datagram};

use crate::bursts::{self, Share};

/// Messages in one system call; the kernel takes 1024.
const MESSAGES: usize = 256;
/// How long a full socket buffer may hold up the thread before the rest of the batch is lost, as on a full link.
const PATIENCE_MS: i32 = 2;

#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; 24]);

pub struct Transmitter {
    bursts: Vec<Range<usize>>,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    iovecs: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    can_segment: bool,
    is_v6: bool,
}

// SAFETY: the raw pointers inside are written and used only within one call of `send`; between calls they are dead.
unsafe impl Send for Transmitter {}

/// What became of the messages handed to the kernel.
enum Pushed {
    All,
    /// Segmentation was refused for the message at this index; it has not been sent.
    Unsegmentable(usize),
}

impl Transmitter {
    pub fn new(socket: &UdpSocket) -> io::Result<Self> {
        // SAFETY: sockaddr_storage and mmsghdr are plain C structs for which all bytes zero is a valid value.
        let (names, headers) =
            unsafe { (vec![std::mem::zeroed(); MESSAGES], vec![std::mem::zeroed(); MESSAGES]) };
        Ok(Self {
            bursts: Vec::new(),
            names,
            controls: vec![Control([0; 24]); MESSAGES],
            iovecs: vec![libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; MESSAGES],
            headers,
            can_segment: knows_segmentation(socket),
            is_v6: socket.local_addr()?.is_ipv6(),
        })
    }

    /// Sends our share of everything; what the network refuses is lost, as the network may lose it anyway.
    pub fn send(&mut self, socket: &UdpSocket, outbox: &Outbox, share: Share) {
        let mut done = 0;
        while done < outbox.sends.len() {
            let mut bursts = std::mem::take(&mut self.bursts);
            bursts::cut(&outbox.sends, done, share, self.can_segment, &mut bursts);
            done = self.send_bursts(socket, outbox, &bursts);
            self.bursts = bursts;
        }
    }

    /// Returns how many of the sends are done with: all, or those before the first refused segmentation.
    fn send_bursts(&mut self, socket: &UdpSocket, outbox: &Outbox, bursts: &[Range<usize>]) -> usize {
        for chunk in bursts.chunks(MESSAGES) {
            for (slot, burst) in chunk.iter().enumerate() {
                self.fill(slot, &outbox.sends[burst.clone()], &outbox.bytes);
            }
            if let Pushed::Unsegmentable(index) = self.push(socket, chunk) {
                self.can_segment = false;
                return chunk[index].start;
            }
        }
        outbox.sends.len()
    }

    /// Writes the message header of one burst.
    fn fill(&mut self, slot: usize, burst: &[Datagram], bytes: &[u8]) {
        let (first, last) = (&burst[0], &burst[burst.len() - 1]);
        let slice = &bytes[first.start as usize..(last.start + last.len) as usize];
        self.iovecs[slot] = libc::iovec { iov_base: slice.as_ptr().cast_mut().cast(), iov_len: slice.len() };
        let header = &mut self.headers[slot].msg_hdr;
        header.msg_namelen = write_address(&mut self.names[slot], first.to, self.is_v6);
        header.msg_name = ptr::from_mut(&mut self.names[slot]).cast();
        header.msg_iov = ptr::from_mut(&mut self.iovecs[slot]);
        header.msg_iovlen = 1;
        if burst.len() == 1 {
            header.msg_control = ptr::null_mut();
            header.msg_controllen = 0;
        } else {
            write_segment(header, &mut self.controls[slot], first.len as u16);
        }
    }

    /// Hands the filled messages to the kernel.
    fn push(&mut self, socket: &UdpSocket, chunk: &[Range<usize>]) -> Pushed {
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
                Some(libc::EIO | libc::EINVAL | libc::EOPNOTSUPP) if chunk[done].len() > 1 => {
                    return Pushed::Unsegmentable(done);
                }
                // this one destination cannot be reached or the datagram is too long: nobody else is concerned
                _ => done += 1,
            }
        }
        Pushed::All
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
fn write_address(storage: &mut libc::sockaddr_storage, to: SocketAddr, is_v6: bool) -> libc::socklen_t {
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

fn write_segment(header: &mut libc::msghdr, control: &mut Control, segment: u16) {
    header.msg_control = ptr::from_mut(control).cast();
    header.msg_controllen = size_of::<Control>() as _;
    // SAFETY: `control` is 24 bytes, CMSG_SPACE of a u16 on 64-bit Linux, and aligned to 8; CMSG_FIRSTHDR therefore gives
    // its start, and the data of one u16 lies inside it.
    unsafe {
        let first = libc::CMSG_FIRSTHDR(header);
        (*first).cmsg_level = libc::SOL_UDP;
        (*first).cmsg_type = libc::UDP_SEGMENT;
        (*first).cmsg_len = libc::CMSG_LEN(size_of::<u16>() as u32) as _;
        libc::CMSG_DATA(first).cast::<u16>().write_unaligned(segment);
    }
}
