//! The listening thread: takes connections in, reads their first frame, and hands those that prove themselves to a lane.
//! It answers nothing, so strangers learn nothing and get nothing sent anywhere.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use dataplane::{Lane, Remote, Request};

use super::connection::is_passing;
use super::newcomers::Newcomers;
use super::poller::Poller;
use crate::lane::Shared;
use crate::mailbox::Parcel;
use crate::steering::Directory;

const LISTENER: u64 = 0;
/// A check with the longest name, twice over; what is longer is none.
const FIRST_BYTES: usize = 1500;
/// How often the thread looks at the time and whether it is to end.
const TICK_MS: i32 = 250;
const BATCH: usize = 64;

/// A connection whose first frame was an authentic check; the frame is in `bytes`, with what came behind it.
pub struct Newcomer {
    pub stream: TcpStream,
    pub remote: Remote,
    pub bytes: Vec<u8>,
}

struct Door {
    shared: Arc<Shared>,
    listener: TcpListener,
    poller: Poller,
    newcomers: Newcomers<Newcomer>,
    last_stream: u32,
    /// Without descriptors the listener rests, or it would be ready all the time.
    is_resting: bool,
}

/// Takes what comes to the listener; the thread ends when the lanes are stopped.
pub fn open(shared: Arc<Shared>, listener: TcpListener) -> io::Result<JoinHandle<()>> {
    listener.set_nonblocking(true)?;
    let poller = Poller::new()?;
    poller.add(&listener, LISTENER)?;
    let newcomers = Newcomers::default();
    let mut door = Door { shared, listener, poller, newcomers, last_stream: 0, is_resting: false };
    thread::Builder::new().name("tcp-door".into()).spawn(move || door.run())
}

impl Door {
    fn run(&mut self) {
        while !self.shared.is_stopping.load(Ordering::Acquire) {
            let ready: Vec<u64> = self.poller.wait(TICK_MS).iter().map(|ready| ready.token).collect();
            if ready.is_empty() && self.is_resting {
                self.is_resting = self.poller.add(&self.listener, LISTENER).is_err();
            }
            for token in ready {
                if token == LISTENER {
                    self.accept();
                } else {
                    self.read(token);
                }
            }
            if !self.newcomers.is_empty() {
                self.newcomers.expire(self.shared.clock.now());
            }
        }
    }

    fn accept(&mut self) {
        for _ in 0..BATCH {
            match self.listener.accept() {
                Ok((stream, address)) => self.welcome(stream, address),
                Err(error) if is_passing(&error) => return,
                // it was gone before we looked
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) => {
                    self.newcomers.remove_oldest();
                    self.is_resting = self.poller.remove(&self.listener).is_ok();
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, stream: TcpStream, address: SocketAddr) {
        self.last_stream = self.last_stream.checked_add(1).unwrap_or(1);
        let token = self.last_stream.into();
        if stream.set_nonblocking(true).is_err() || self.poller.add(&stream, token).is_err() {
            return;
        }
        let remote = Remote { address, stream: self.last_stream };
        let newcomer = Newcomer { stream, remote, bytes: Vec::new() };
        self.newcomers.add(token, address.ip(), newcomer, self.shared.clock.now());
    }

    fn read(&mut self, token: u64) {
        let Some(newcomer) = self.newcomers.get_mut(token) else {
            return;
        };
        let mut buffer = [0; FIRST_BYTES];
        let verdict = match newcomer.stream.read(&mut buffer) {
            Ok(0) => Verdict::Refused,
            Ok(count) => {
                newcomer.bytes.extend_from_slice(&buffer[..count]);
                judge(&newcomer.bytes, &self.shared.directory)
            }
            Err(error) if is_passing(&error) => Verdict::Unfinished,
            Err(_) => Verdict::Refused,
        };
        if verdict == Verdict::Unfinished {
            return;
        }
        let Some(newcomer) = self.newcomers.remove(token) else {
            return;
        };
        if let Verdict::Belongs(lane) = verdict {
            // a lane that is given it registers it with a poller of its own
            if self.poller.remove(&newcomer.stream).is_ok() {
                self.shared.lanes[usize::from(lane)].mailbox.post(Parcel::Connection(newcomer));
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Unfinished,
    Refused,
    Belongs(Lane),
}

/// Only a first frame that is an authentic check lets a connection in.
fn judge(bytes: &[u8], directory: &Directory) -> Verdict {
    let Some(header) = bytes.first_chunk::<2>() else {
        return Verdict::Unfinished;
    };
    let length = usize::from(u16::from_be_bytes(*header));
    // what does not begin like STUN need not be waited for
    let is_check = bytes.get(2).is_none_or(|first| *first < 4);
    if !is_check || length == 0 || length > FIRST_BYTES - header.len() {
        return Verdict::Refused;
    }
    let Some(frame) = bytes.get(2..2 + length) else {
        return Verdict::Unfinished;
    };
    let request = Request::parse(frame).filter(|request| directory.is_authentic(request));
    request.and_then(|request| directory.lane_of(&request)).map_or(Verdict::Refused, Verdict::Belongs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataplane::integrity_key;
    use dataplane::testing::check;

    fn framed(packet: &[u8]) -> Vec<u8> {
        [&(packet.len() as u16).to_be_bytes(), packet].concat()
    }

    fn directory() -> Directory {
        let directory = Directory::default();
        directory.add(1, 3, "ours", integrity_key("password").expect("any length will do"));
        directory
    }

    #[test]
    fn an_authentic_check_leads_to_its_lane_however_it_is_cut() {
        let bytes = framed(&check("ours", "password"));
        for cut in 0..bytes.len() {
            assert_eq!(judge(&bytes[..cut], &directory()), Verdict::Unfinished, "{cut}");
        }
        assert_eq!(judge(&bytes, &directory()), Verdict::Belongs(3));
        let more = [&bytes[..], &framed(b"\x16more")].concat();
        assert_eq!(judge(&more, &directory()), Verdict::Belongs(3));
    }

    #[test]
    fn everything_else_is_refused_as_soon_as_it_shows() {
        let foreign = framed(&check("theirs", "password"));
        let forged = framed(&check("ours", "wrong"));
        let dtls = framed(&[22, 254, 253]);
        for bytes in [&foreign[..], &forged, &dtls[..3], b"GET / HTTP/1.1", &[0, 0], &[255, 255], &[5, 220]] {
            let verdict = judge(bytes, &directory());
            assert_eq!(verdict, Verdict::Refused, "{bytes:?}");
        }
    }
}
