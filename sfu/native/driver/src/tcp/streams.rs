//! The connections of one lane. Read like datagrams, written through their queues; none waits for another.

use std::collections::HashMap;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, RawFd};

use dataplane::{Outbox, Remote};

use super::connection::{Connection, Over};
use super::door::Newcomer;
use super::poller::{Poller, Ready};

/// Each participant has one or two.
const LIMIT: usize = 8192;
const READ: usize = 16 * 1024;
/// Unsent bytes that the kernel takes of one connection: what it has is late for good, what we have may still be dropped.
const UNSENT: libc::c_int = 32 * 1024;

pub struct Streams {
    poller: Poller,
    connections: HashMap<u32, Connection>,
    buffer: Vec<u8>,
    ready: Vec<Ready>,
    touched: Vec<u32>,
}

impl Streams {
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poller: Poller::new()?,
            connections: HashMap::new(),
            buffer: vec![0; READ],
            ready: Vec::new(),
            touched: Vec::new(),
        })
    }

    /// Readable while any connection is ready.
    pub fn raw(&self) -> RawFd {
        self.poller.raw()
    }

    /// Takes a connection over; the frames that came already go to `take`.
    pub fn adopt(&mut self, newcomer: Newcomer, mut take: impl FnMut(&mut [u8], Remote)) {
        let Newcomer { stream, remote, mut bytes } = newcomer;
        prepare(&stream);
        let mut connection = Connection::new(stream, remote);
        let is_good = connection.begin(&mut bytes, |frame| take(frame, remote)).is_ok();
        let has_room = self.connections.len() < LIMIT;
        if is_good && has_room && self.poller.add(&connection.stream, remote.stream.into()).is_ok() {
            self.connections.insert(remote.stream, connection);
        }
    }

    /// One read of each connection that has something, up to a batch of them. Returns those that are over.
    pub fn receive(&mut self, now: u64, mut take: impl FnMut(&mut [u8], Remote)) -> Vec<Remote> {
        let mut over = Vec::new();
        if self.connections.is_empty() {
            return over;
        }
        self.ready.clear();
        self.ready.extend_from_slice(self.poller.wait(0));
        for ready in &self.ready {
            let Some(connection) = self.connections.get_mut(&(ready.token as u32)) else {
                continue;
            };
            let remote = connection.remote;
            let mut result = Ok(());
            if ready.is_readable {
                result = connection.receive(&mut self.buffer, |frame| take(frame, remote));
            }
            if ready.is_writable {
                result = result.and_then(|()| flush(&self.poller, connection, now));
            }
            if result.is_err() {
                over.push(remote);
            }
        }
        for remote in &over {
            self.connections.remove(&remote.stream);
        }
        over
    }

    /// Sends what goes over connections. One that turns out to be over is found by the next read of it.
    pub fn send(&mut self, outbox: &Outbox, now: u64) {
        if self.connections.is_empty() {
            return;
        }
        self.touched.clear();
        for send in outbox.sends.iter().filter(|send| send.to.stream != 0) {
            if let Some(connection) = self.connections.get_mut(&send.to.stream) {
                connection.push(outbox.range(send.start, send.len), now);
                if self.touched.last() != Some(&send.to.stream) {
                    self.touched.push(send.to.stream);
                }
            }
        }
        for stream in &self.touched {
            if let Some(connection) = self.connections.get_mut(stream) {
                let _ = flush(&self.poller, connection, now);
            }
        }
    }

    /// Closes those to which nobody listens any more.
    pub fn retain(&mut self, is_wanted: impl Fn(&Remote) -> bool) {
        self.connections.retain(|_, connection| is_wanted(&connection.remote));
    }
}

/// Asks to be told of room exactly while something waits for it.
fn flush(poller: &Poller, connection: &mut Connection, now: u64) -> Result<(), Over> {
    let waits = connection.flush(now)?;
    if waits != connection.is_waiting_for_room {
        let token = connection.remote.stream.into();
        poller.set(&connection.stream, token, waits).map_err(|_| Over)?;
        connection.is_waiting_for_room = waits;
    }
    Ok(())
}

/// What cannot be set is as the system has it.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let unsent = UNSENT;
    // SAFETY: the pointer and length describe `unsent`, alive for the call.
    unsafe {
        let value = std::ptr::from_ref(&unsent).cast();
        let length = size_of::<libc::c_int>() as libc::socklen_t;
        libc::setsockopt(stream.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT, value, length);
    }
}
