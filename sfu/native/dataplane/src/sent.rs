//! What went to one peer under transport-wide sequence numbers, and what its feedback says of it
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01). Memory is taken with the first packet sent.

use crate::replay::nearest;
use crate::twcc::Feedback;
use crate::Now;

/// Four seconds at 500 packets a second: far more than feedback takes.
const KEPT: usize = 2048;

#[derive(Clone, Copy, Default)]
struct SentPacket {
    at: Now,
    /// Low bits of the sequence number.
    tag: u32,
    bytes: u16,
    is_media: bool,
    probe: u8,
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Empty,
    Sent,
    Lost,
    Settled,
}

/// A packet the peer has reported as arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub sent_at: Now,
    /// On the peer's clock, any origin.
    pub arrived_ns: i64,
    pub bytes: u16,
    /// A first transmission of media: counts for presence.
    pub is_media: bool,
    /// The probe it was part of; 0 = none.
    pub probe: u8,
}

/// See the module.
#[derive(Default)]
pub(crate) struct SentPackets {
    ring: Vec<SentPacket>,
    next: u64,
    lost: u64,
    first_at: Now,
    is_reported: bool,
}

/// A peer that has not reported for this long never will: it knows the extension, not the feedback.
const NEVER_NS: u64 = 3_000_000_000;

impl SentPackets {
    /// Takes note of a packet, with the probe it is part of, and returns its transport-wide sequence number.
    pub fn push(&mut self, bytes: usize, is_media: bool, probe: u8, now: Now) -> u16 {
        if self.ring.is_empty() {
            self.ring = vec![SentPacket::default(); KEPT];
            self.first_at = now;
        }
        let sequence = self.next;
        self.next += 1;
        let (tag, bytes) = (sequence as u32, bytes as u16);
        self.ring[sequence as usize % KEPT] =
            SentPacket { at: now, tag, bytes, is_media, probe, state: State::Sent };
        sequence as u16
    }

    /// The packet goes again under the same number: its arrival proves nothing of the time it first went.
    pub fn disown(&mut self, sequence: u16) {
        let sequence = nearest(self.next, sequence);
        if let Some(packet) = self.ring.get_mut(sequence as usize % KEPT) {
            if packet.tag == sequence as u32 {
                packet.is_media = false;
            }
        }
    }

    /// The number the next packet will get.
    pub fn next_sequence(&self) -> u16 {
        self.next as u16
    }

    /// Numbers went out long enough ago and no feedback has ever come.
    pub fn is_never_reported(&self, now: Now) -> bool {
        !self.is_reported && now.saturating_sub(self.first_at) >= NEVER_NS
    }

    /// Packets reported missing and not reported as arrived since.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Works through a feedback; newly acknowledged packets go to `into`, the number of newly lost ones is returned.
    pub fn handle_feedback(&mut self, feedback: &Feedback<'_>, into: &mut Vec<Acknowledged>) -> u32 {
        let mut newly_lost = 0;
        if self.ring.is_empty() {
            return 0;
        }
        self.is_reported = true;
        let first = nearest(self.next, feedback.base);
        feedback.for_each(|offset, arrived_ns| {
            let sequence = first + u64::from(offset);
            let packet = &mut self.ring[sequence as usize % KEPT];
            let is_awaited = matches!(packet.state, State::Sent | State::Lost);
            if packet.tag != sequence as u32 || !is_awaited {
                return;
            }
            let Some(arrived_ns) = arrived_ns else {
                if packet.state == State::Sent {
                    packet.state = State::Lost;
                    newly_lost += 1;
                    self.lost += 1;
                }
                return;
            };
            if packet.state == State::Lost {
                self.lost -= 1;
            }
            packet.state = State::Settled;
            into.push(Acknowledged {
                sent_at: packet.at,
                arrived_ns,
                bytes: packet.bytes,
                is_media: packet.is_media,
                probe: packet.probe,
            });
        });
        newly_lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twcc::Arrivals;

    #[test]
    fn each_packet_is_acknowledged_once() {
        let mut sent = SentPackets::default();
        let mut arrivals = Arrivals::default();
        for index in 0..100u64 {
            let sequence = sent.push(1200, true, 0, index * 1_000_000);
            if index % 4 != 0 {
                arrivals.push(sequence, index * 1_000_000 + 20_000_000);
            }
        }
        let mut packet = Vec::new();
        arrivals.write_feedback(1, 2, &mut packet);
        let feedback = Feedback::parse(&packet[12..]).unwrap();
        let mut acknowledged = Vec::new();
        let lost = sent.handle_feedback(&feedback, &mut acknowledged);
        assert_eq!(acknowledged.len(), 75);
        assert_eq!(lost, 24, "the first was lost before the base");
        acknowledged.clear();
        assert_eq!(sent.handle_feedback(&feedback, &mut acknowledged), 0);
        assert!(acknowledged.is_empty());
    }
}
