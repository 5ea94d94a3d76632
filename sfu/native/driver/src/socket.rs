//! The UDP sockets, one for each media thread, all on one port: bound, non-blocking by flag of each call, with buffers that survive a burst of key frames.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr;

use crate::transmit::write_address;

/// Packets that arrive while the thread is busy, and a key frame on its way to everyone, have to fit.
const BUFFER_BYTES: libc::c_int = 8 * 1024 * 1024;

/// The first is bound alone, so that a port in use is refused; only then do its siblings join it (SO_REUSEPORT), and the
/// kernel spreads peers over them by a hash of their addresses.
pub fn bind(address: SocketAddr, count: usize) -> io::Result<Vec<UdpSocket>> {
    let first = prepared(UdpSocket::bind(address)?, address);
    if count == 1 {
        return Ok(vec![first]);
    }
    share_port(&first)?;
    let bound = first.local_addr()?;
    let mut sockets = vec![first];
    for _ in 1..count {
        sockets.push(prepared(bind_sibling(bound)?, address));
    }
    Ok(sockets)
}

fn share_port(socket: &UdpSocket) -> io::Result<()> {
    let is_shared = set_option(socket, libc::SOL_SOCKET, libc::SO_REUSEPORT, 1);
    is_shared.then_some(()).ok_or_else(io::Error::last_os_error)
}

fn bind_sibling(address: SocketAddr) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    // SAFETY: no pointers; a non-negative result is a descriptor that nobody else owns yet.
    let socket = unsafe {
        let raw = libc::socket(family, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if raw < 0 {
            return Err(io::Error::last_os_error());
        }
        UdpSocket::from_raw_fd(raw)
    };
    share_port(&socket)?;
    // SAFETY: sockaddr_storage is plain data for which all bytes zero is a valid value.
    let mut name: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
    let length = write_address(&mut name, address, address.is_ipv6());
    // SAFETY: pointer and length describe `name`, alive for the call.
    let result = unsafe { libc::bind(socket.as_raw_fd(), ptr::from_ref(&name).cast(), length) };
    if result == 0 {
        Ok(socket)
    } else {
        Err(io::Error::last_os_error())
    }
}

fn prepared(socket: UdpSocket, address: SocketAddr) -> UdpSocket {
    if address.ip().is_unspecified() {
        let (level, option) = match address {
            SocketAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_PKTINFO),
            SocketAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
        };
        set_option(&socket, level, option, 1);
    }
    for (forced, asked) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)]
    {
        // beyond the system's limit only a privileged process gets all it wants; the others get what there is
        if !set_option(&socket, libc::SOL_SOCKET, forced, BUFFER_BYTES) {
            set_option(&socket, libc::SOL_SOCKET, asked, BUFFER_BYTES);
        }
    }
    socket
}

fn set_option(socket: &UdpSocket, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> bool {
    // SAFETY: the pointer and length describe `value`, alive for the call.
    let result = unsafe {
        let length = size_of::<libc::c_int>() as libc::socklen_t;
        libc::setsockopt(socket.as_raw_fd(), level, option, ptr::from_ref(&value).cast(), length)
    };
    result == 0
}
