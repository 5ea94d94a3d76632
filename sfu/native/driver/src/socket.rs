//! The UDP socket: bound, non-blocking by flag of each call, with buffers that survive a burst of key frames.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

/// Packets that arrive while the thread is busy, and a key frame on its way to everyone, have to fit.
const BUFFER_BYTES: libc::c_int = 8 * 1024 * 1024;

pub fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
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
    Ok(socket)
}

fn set_option(socket: &UdpSocket, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> bool {
    // SAFETY: the pointer and length describe `value`, alive for the call.
    let result = unsafe {
        let length = size_of::<libc::c_int>() as libc::socklen_t;
        libc::setsockopt(socket.as_raw_fd(), level, option, ptr::from_ref(&value).cast(), length)
    };
    result == 0
}
