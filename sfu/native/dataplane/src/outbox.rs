//! What the plane wants done: one flat reused byte buffer, and lists of ranges into it. The driver performs
//! everything after each batch and calls `clear`, which keeps the memory. Ranges are valid until then.

use crate::ids::{JournalId, TransportId, UpTrackId};
use crate::mirror::Notes;
use crate::remote::Remote;

/// A datagram to send. `slot` is small and equal for equal transports. `flush` writes all packets of one transport
/// one behind the other, in `sends` and in `bytes`.
#[derive(Clone, Copy, Debug)]
pub struct Send {
    pub to: Remote,
    pub slot: u32,
    pub start: u32,
    pub len: u32,
}

/// Something the control side must hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A DTLS datagram from the validated 5-tuple of a transport.
    Dtls { transport: TransportId, start: u32, len: u32 },
    /// An authenticated connectivity check has fixed the peer's address.
    Connected { transport: TransportId },
    /// No authenticated check for 30 s. The transport sends nothing until the next one (`Connected` again).
    ConsentLost { transport: TransportId },
    /// An encoding has begun, or begun again after a second of silence.
    MediaStarted { up_track: UpTrackId, encoding: u8 },
}

/// One frame body for a journal: type, arrival, track number, payload (docs/journal.md). The driver adds length and CRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub journal: JournalId,
    pub start: u32,
    pub len: u32,
}

/// See the module.
#[derive(Default)]
pub struct Outbox {
    pub bytes: Vec<u8>,
    pub sends: Vec<Send>,
    pub events: Vec<Event>,
    pub records: Vec<Record>,
    /// For the other planes that share our rooms.
    pub notes: Notes,
}

impl Outbox {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.sends.clear();
        self.events.clear();
        self.records.clear();
        self.notes.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.sends.is_empty() && self.events.is_empty() && self.records.is_empty() && self.notes.is_empty()
    }

    /// The bytes of a send, an event or a record.
    pub fn range(&self, start: u32, len: u32) -> &[u8] {
        let start = start as usize;
        self.bytes.get(start..start + len as usize).unwrap_or(&[])
    }

    pub(crate) fn start(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Sends everything written since `start`.
    pub(crate) fn send(&mut self, to: Remote, slot: u32, start: u32) {
        let len = self.start() - start;
        self.sends.push(Send { to, slot, start, len });
    }
}
