//! One TCP connection of a peer: frames in, frames out through a bounded queue.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;

use dataplane::{FrameReader, Remote};

/// What may wait for a slow reader. Beyond it media is lost, as on any narrow path.
const QUEUE_BYTES: usize = 256 * 1024;
/// More for checks and handshakes, so that a flood of media does not end the connection itself.
const SPARE_BYTES: usize = 32 * 1024;
/// Older media is worth nothing any more.
const STALE_NS: u64 = 1_000_000_000;
/// Frames in one system call.
const SLICES: usize = 64;
/// The header of a frame.
const HEADER: usize = 2;

struct Frame {
    bytes: Box<[u8]>,
    queued_at: u64,
}

impl Frame {
    /// RFC 7983: STUN and DTLS stand below.
    fn is_media(&self) -> bool {
        self.bytes.get(HEADER).is_some_and(|first| *first >= 128)
    }
}

pub struct Connection {
    pub stream: TcpStream,
    pub remote: Remote,
    reader: FrameReader,
    queue: VecDeque<Frame>,
    queued_bytes: usize,
    /// Bytes of the first frame that the kernel has taken already.
    begun: usize,
    pub is_waiting_for_room: bool,
}

/// The connection is over: closed by the peer, broken, or no stream of packets.
#[derive(Debug, PartialEq, Eq)]
pub struct Over;

impl Connection {
    pub fn new(stream: TcpStream, remote: Remote) -> Self {
        Self {
            stream,
            remote,
            reader: FrameReader::default(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            begun: 0,
            is_waiting_for_room: false,
        }
    }

    /// Bytes that were read before the connection was ours.
    pub fn begin(&mut self, bytes: &mut [u8], take: impl FnMut(&mut [u8])) -> Result<(), Over> {
        self.reader.push(bytes, take).map_err(|_| Over)
    }

    /// One read of what has arrived, so that a fast sender does not keep others waiting.
    pub fn receive(&mut self, buffer: &mut [u8], take: impl FnMut(&mut [u8])) -> Result<(), Over> {
        match self.stream.read(buffer) {
            Ok(0) => Err(Over),
            Ok(count) => self.reader.push(&mut buffer[..count], take).map_err(|_| Over),
            Err(error) if is_passing(&error) => Ok(()),
            Err(_) => Err(Over),
        }
    }

    /// False when it does not fit and is lost.
    pub fn push(&mut self, packet: &[u8], now: u64) -> bool {
        let Ok(length) = u16::try_from(packet.len()) else {
            return false;
        };
        let bytes = [&length.to_be_bytes(), packet].concat().into_boxed_slice();
        let frame = Frame { bytes, queued_at: now };
        let limit = if frame.is_media() { QUEUE_BYTES } else { QUEUE_BYTES + SPARE_BYTES };
        let fits = self.queued_bytes + frame.bytes.len() <= limit;
        if fits {
            self.queued_bytes += frame.bytes.len();
            self.queue.push_back(frame);
        }
        fits
    }

    /// Writes what the kernel takes; true when something is left that waits for room.
    pub fn flush(&mut self, now: u64) -> Result<bool, Over> {
        loop {
            self.drop_stale(now);
            if self.queue.is_empty() {
                return Ok(false);
            }
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.queue.len().min(SLICES);
            for (slice, frame) in slices.iter_mut().zip(&self.queue) {
                *slice = IoSlice::new(&frame.bytes);
            }
            slices[0] = IoSlice::new(&self.queue[0].bytes[self.begun..]);
            match self.stream.write_vectored(&slices[..count]) {
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(_) => return Err(Over),
            }
        }
    }

    fn advance(&mut self, written: usize) {
        self.begun += written;
        while let Some(frame) = self.queue.front().filter(|frame| frame.bytes.len() <= self.begun) {
            self.begun -= frame.bytes.len();
            self.queued_bytes -= frame.bytes.len();
            self.queue.pop_front();
        }
    }

    /// A frame that has begun must end; after it old media makes room for new.
    fn drop_stale(&mut self, now: u64) {
        let is_stale = |frame: &Frame| frame.is_media() && now.saturating_sub(frame.queued_at) > STALE_NS;
        let first = usize::from(self.begun > 0);
        if !self.queue.get(first).is_some_and(is_stale) {
            return;
        }
        let mut index = 0;
        self.queue.retain(|frame| {
            index += 1;
            index <= first || !is_stale(frame)
        });
        self.queued_bytes = self.queue.iter().map(|frame| frame.bytes.len()).sum();
    }
}

pub fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const SECOND: u64 = 1_000_000_000;
    const RTP: u8 = 0x80;

    fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let theirs = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
        let (ours, address) = listener.accept().expect("one waits");
        ours.set_nonblocking(true).expect("a socket");
        (Connection::new(ours, Remote { address, stream: 1 }), theirs)
    }

    /// Media of that length until no more of it fits.
    fn fill(connection: &mut Connection, now: u64) -> usize {
        let mut pushed = 0;
        loop {
            while connection.push(&[RTP; 1000], now) {
                pushed += 1;
            }
            if connection.flush(now) == Ok(true) && !connection.push(&[RTP; 1000], now) {
                return pushed;
            }
            pushed += 1;
        }
    }

    #[test]
    fn packets_arrive_framed_and_in_order() {
        let (mut connection, mut theirs) = pair();
        assert!(connection.push(b"one", 0) && connection.push(b"three", 0));
        assert_eq!(connection.flush(0), Ok(false));
        let mut bytes = [0; 12];
        theirs.read_exact(&mut bytes).expect("twelve bytes");
        assert_eq!(&bytes, b"\0\x03one\0\x05three");
    }

    #[test]
    fn who_does_not_read_loses_media_and_holds_a_bounded_queue() {
        let (mut connection, _theirs) = pair();
        fill(&mut connection, 0);
        assert!(connection.queued_bytes <= QUEUE_BYTES);
        assert!(!connection.push(&[RTP; 1000], 0));
        assert!(connection.push(&[22; 1000], 0), "a handshake still fits");
    }

    #[test]
    fn a_reader_that_wakes_up_gets_whole_frames_and_nothing_stale() {
        let (mut connection, mut theirs) = pair();
        fill(&mut connection, 0);
        let later = 5 * SECOND;
        assert_eq!(connection.flush(later), Ok(true));
        assert!(connection.queued_bytes < 2000, "only what had begun is left");
        assert!(connection.push(&[RTP + 1; 500], later));
        theirs.set_nonblocking(true).expect("a socket");
        let (mut reader, mut last) = (FrameReader::default(), Vec::new());
        let mut buffer = [0; 65536];
        while last != [RTP + 1; 500] {
            match theirs.read(&mut buffer) {
                Ok(count) => {
                    let is_good = reader.push(&mut buffer[..count], |frame| last = frame.to_vec());
                    is_good.expect("whole frames");
                    assert!(last.is_empty() || last.len() == 1000 || last.len() == 500);
                }
                Err(_) => drop(connection.flush(later)),
            }
        }
    }

    #[test]
    fn what_is_no_stream_of_packets_is_over() {
        let (mut connection, mut theirs) = pair();
        theirs.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("room");
        let mut buffer = [0; 64];
        let mut result = Ok(());
        while result.is_ok() {
            result = connection.receive(&mut buffer, |_| panic!("no frame is in it"));
        }
    }

    #[test]
    fn a_peer_that_leaves_is_over() {
        let (mut connection, theirs) = pair();
        drop(theirs);
        let mut buffer = [0; 64];
        while connection.receive(&mut buffer, |_| {}).is_ok() {}
    }
}
