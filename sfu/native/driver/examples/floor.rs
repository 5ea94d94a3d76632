//! What the kernel and the cipher cost and no program can avoid: CPU per packet of sending bursts to many receivers,
//! by `sendto`, `sendmmsg` and UDP_SEGMENT, each plain and with AES-128-GCM. Prints one JSON object a line.
//!
//! floor BURSTS GAP_US BURST SIZE PORT...

use std::env;
use std::mem::{size_of, zeroed};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr;
use std::thread;
use std::time::Duration;

use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, AES_128_GCM};

const TAG: usize = 16;
const HEADER: usize = 12;

#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; 24]);

struct Floor {
    socket: UdpSocket,
    names: Vec<libc::sockaddr_in>,
    key: LessSafeKey,
    burst: usize,
    size: usize,
    counter: u64,
    bytes: Vec<u8>,
}

fn main() {
    let numbers: Vec<u64> = env::args().skip(1).map(|it| it.parse().expect("a number")).collect();
    let [bursts, gap_us, burst, size, ports @ ..] = &numbers[..] else { panic!("see the head of the file") };
    let mut floor = Floor::new(*burst as usize, *size as usize, ports);
    type Way = fn(&mut Floor);
    let ways: [(&str, Way); 3] =
        [("sendto", Floor::sendto), ("sendmmsg", Floor::sendmmsg), ("gso", Floor::gso)];
    for (name, way) in ways {
        for is_encrypted in [false, true] {
            let packets = bursts * burst * ports.len() as u64;
            let mut cpu_ns = 0;
            for index in 0..bursts + 20 {
                thread::sleep(Duration::from_micros(*gap_us));
                let before = thread_cpu_ns();
                floor.prepare(is_encrypted);
                way(&mut floor);
                // the first ones warm everything up
                cpu_ns += if index < 20 { 0 } else { thread_cpu_ns() - before };
            }
            let each = cpu_ns as f64 / packets as f64;
            println!("{{\"way\":\"{name}\",\"encrypted\":{is_encrypted},\"ns\":{each:.0}}}");
        }
    }
}

fn thread_cpu_ns() -> u64 {
    // SAFETY: the timespec is alive for the call and plain data.
    unsafe {
        let mut time: libc::timespec = zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time);
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }
}

impl Floor {
    fn new(burst: usize, size: usize, ports: &[u64]) -> Self {
        let name = |port: &u64| {
            // SAFETY: sockaddr_in is plain data.
            let mut name: libc::sockaddr_in = unsafe { zeroed() };
            name.sin_family = libc::AF_INET as libc::sa_family_t;
            name.sin_port = (*port as u16).to_be();
            name.sin_addr.s_addr = u32::from(std::net::Ipv4Addr::LOCALHOST).to_be();
            name
        };
        Self {
            socket: UdpSocket::bind("127.0.0.1:0").expect("a socket"),
            names: ports.iter().map(name).collect(),
            key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16]).expect("16 bytes")),
            burst,
            size,
            counter: 0,
            bytes: vec![0x80; ports.len() * burst * size],
        }
    }

    /// Fills in every packet of the burst to everyone, as a forwarder has to.
    fn prepare(&mut self, is_encrypted: bool) {
        if !is_encrypted {
            return;
        }
        for packet in self.bytes.chunks_exact_mut(self.size) {
            self.counter += 1;
            let mut nonce = [0; 12];
            nonce[4..].copy_from_slice(&self.counter.to_be_bytes());
            let (header, body) = packet.split_at_mut(HEADER);
            let (text, tag) = body.split_at_mut(body.len() - TAG);
            let nonce = Nonce::assume_unique_for_key(nonce);
            let made =
                self.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), text).expect("short text");
            tag.copy_from_slice(made.as_ref());
        }
    }

    fn sendto(&mut self) {
        for (name, packets) in self.names.iter().zip(self.bytes.chunks_exact(self.burst * self.size)) {
            for packet in packets.chunks_exact(self.size) {
                // SAFETY: packet and name are alive for the call, with their lengths.
                unsafe {
                    let length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
                    let to = ptr::from_ref(name).cast();
                    libc::sendto(
                        self.socket.as_raw_fd(),
                        packet.as_ptr().cast(),
                        packet.len(),
                        0,
                        to,
                        length,
                    );
                }
            }
        }
    }

    fn sendmmsg(&mut self) {
        self.send_messages(self.size);
    }

    fn gso(&mut self) {
        self.send_messages(self.burst * self.size);
    }

    /// One message for every `length` bytes, segmented by the kernel where that is more than one packet.
    fn send_messages(&mut self, length: usize) {
        let each = self.burst * self.size / length;
        let mut iovecs: Vec<libc::iovec> = self
            .bytes
            .chunks_exact(length)
            .map(|it| libc::iovec { iov_base: it.as_ptr().cast_mut().cast(), iov_len: it.len() })
            .collect();
        let mut controls = vec![Control([0; 24]); iovecs.len()];
        // SAFETY: mmsghdr is plain data; every pointer put in lives until the end of this function.
        unsafe {
            let mut headers: Vec<libc::mmsghdr> = vec![zeroed(); iovecs.len()];
            for (index, header) in headers.iter_mut().enumerate() {
                let header = &mut header.msg_hdr;
                header.msg_name = ptr::from_mut(&mut self.names[index / each]).cast();
                header.msg_namelen = size_of::<libc::sockaddr_in>() as libc::socklen_t;
                header.msg_iov = &mut iovecs[index];
                header.msg_iovlen = 1;
                if length > self.size {
                    header.msg_control = ptr::from_mut(&mut controls[index]).cast();
                    header.msg_controllen = size_of::<Control>() as _;
                    let first = libc::CMSG_FIRSTHDR(header);
                    (*first).cmsg_level = libc::SOL_UDP;
                    (*first).cmsg_type = libc::UDP_SEGMENT;
                    (*first).cmsg_len = libc::CMSG_LEN(2) as _;
                    libc::CMSG_DATA(first).cast::<u16>().write_unaligned(self.size as u16);
                }
            }
            let mut at = 0;
            while at < headers.len() {
                let rest = (headers.len() - at) as libc::c_uint;
                let sent = libc::sendmmsg(self.socket.as_raw_fd(), headers.as_mut_ptr().add(at), rest, 0);
                assert!(sent > 0, "{}", std::io::Error::last_os_error());
                at += sent as usize;
            }
        }
    }
}
