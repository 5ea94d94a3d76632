//! What leaves a little later than it came: packets that wait for their step, retransmissions, and the padding of probes.

use crate::down_track::DownTrack;
use crate::forward::{emit, Emission};
use crate::outbox::Outbox;
use crate::pacer::{Waiting, STEP_NS};
use crate::plane::Plane;
use crate::recording::Clock;
use crate::rewrite::{abs_send_time, Fields};
use crate::slab::Slab;
use crate::transport::Transport;
use crate::up_track::UpTrack;
use crate::Now;

/// The most that RTP's own padding can take (RFC 3550, 5.1): the last octet says how much it is.
const PADDING: u8 = 255;

impl Plane {
    /// The transport has something to send at the next step.
    pub(crate) fn step_soon(&mut self, slot: u32, now: Now) {
        let Some(transport) = self.transports.at_mut(slot).filter(|transport| !transport.is_stepping) else {
            return;
        };
        transport.is_stepping = true;
        if self.stepping.is_empty() {
            self.next_step = now + STEP_NS;
        }
        self.stepping.push(slot);
    }

    /// One step of everybody who has something waiting or a probe to send.
    pub(crate) fn step(&mut self, now: Now, out: &mut Outbox) {
        if self.stepping.is_empty() || now < self.next_step {
            return;
        }
        self.next_step = now + STEP_NS;
        let clock = self.clock(now);
        let mut stepping = std::mem::take(&mut self.stepping);
        stepping.retain(|slot| self.step_one(*slot, clock, out));
        self.stepping = stepping;
    }

    /// False when there is nothing left to do.
    fn step_one(&mut self, slot: u32, clock: Clock, out: &mut Outbox) -> bool {
        let Some(transport) = self.transports.at_mut(slot).filter(|transport| transport.is_stepping) else {
            return false;
        };
        if !transport.is_ready() {
            transport.pacer.clear();
        }
        transport.pacer.refill(transport.bandwidth.available_bps(clock.now), clock.now);
        while let Some(waiting) = transport.pacer.pop() {
            let Some(down_track) = self.down_tracks.get_mut(waiting.down_track.key()) else {
                continue;
            };
            if let Some(up_track) = self.up_tracks.at(down_track.up_track) {
                send_waiting(transport, slot, (down_track, up_track), &waiting, (clock, out));
            }
        }
        let due = transport.bandwidth.probing.due(clock.now);
        if due > 0 {
            pad(transport, slot, &mut self.down_tracks, due, (clock, out));
        }
        transport.is_stepping = !transport.pacer.is_idle() || transport.bandwidth.probing.is_sending();
        transport.is_stepping
    }

    /// Begins the probes that are due.
    pub(crate) fn begin_probes(&mut self, now: Now) {
        let mut slot = 0;
        while slot < self.transports.slots() {
            let transport = self.transports.at_mut(slot).filter(|transport| transport.is_ready());
            let down_tracks = &self.down_tracks;
            let is_probing = transport.is_some_and(|transport| {
                let can_pad =
                    transport.down_tracks.iter().any(|down| down_tracks.at(*down).is_some_and(can_pad));
                can_pad && transport.bandwidth.probe(now)
            });
            if is_probing {
                self.step_soon(slot, now);
            }
            slot += 1;
        }
    }
}

/// A numbered packet as it goes first, made again from what is remembered of it; `None` when too much is forgotten.
pub(crate) fn recall<'a>(track: &'a DownTrack, up_track: &'a UpTrack, number: u64) -> Option<Emission<'a>> {
    let sent = track.history.get(number)?;
    let encoding = up_track.encodings.get(usize::from(sent.encoding))?;
    if encoding.epoch as u8 != sent.epoch {
        return None;
    }
    let (meta, packet) = encoding.cache.get(sent.sequence)?;
    let begin = usize::from(meta.header_len);
    let payload = packet.get(begin..begin + usize::from(meta.payload_len))?;
    Some(Emission {
        template: &track.template,
        payload_type: track.payload_type,
        marker: sent.marker,
        number,
        ssrc: track.ssrc,
        timestamp: sent.timestamp,
        level: meta.level,
        original: None,
        stamp: None,
        payload: if sent.is_empty { &[] } else { payload },
        counters: meta.counters,
        picture_id: sent.picture_id,
        tl0: sent.tl0,
        redundancy: None,
        dependency: meta.dependency_in(packet, sent.frame_number).filter(|_| !sent.is_empty),
    })
}

/// Sends a packet whose turn has come: for the first time, as RTX, or again byte for byte.
pub(crate) fn send_waiting(
    transport: &mut Transport,
    slot: u32,
    (track, up_track): (&mut DownTrack, &UpTrack),
    waiting: &Waiting,
    (clock, out): (Clock, &mut Outbox),
) -> Option<()> {
    let mut emission = recall(track, up_track, waiting.number)?;
    if !waiting.is_repair {
        let bytes = emission.payload.len();
        let stamp = emit(transport, slot, &emission, clock, out);
        let second = clock.second();
        transport.bandwidth.note_media(bytes, clock.now);
        transport.receipts.note_sent(second);
        let sent = track.history.get_mut(waiting.number)?;
        (sent.stamp, sent.second, sent.is_waiting) = (stamp, second as u32, false);
        return Some(());
    }
    if track.rtx_ssrc != 0 && track.rtx_payload_type != 0 {
        emission.payload_type = track.rtx_payload_type;
        emission.ssrc = track.rtx_ssrc;
        emission.number = track.next_rtx;
        emission.original = Some(waiting.number as u16);
        emit(transport, slot, &emission, clock, out);
        track.next_rtx += 1;
    } else {
        emission.stamp = track.history.get(waiting.number).map(|sent| sent.stamp);
        emit(transport, slot, &emission, clock, out);
    }
    track.counters.retransmitted += 1;
    Some(())
}

/// Padding goes under the SSRC of retransmissions: it takes no number of the media and reaches no decoder.
fn can_pad(track: &DownTrack) -> bool {
    let has_rtx = track.rtx_ssrc != 0 && track.rtx_payload_type != 0;
    has_rtx && track.template.has_transport_cc() && track.counters.packets > 0
}

fn pad(
    transport: &mut Transport,
    slot: u32,
    down_tracks: &mut Slab<DownTrack>,
    due: usize,
    (clock, out): (Clock, &mut Outbox),
) {
    let mut held = transport.down_tracks.iter().copied();
    let found = held.find(|down| down_tracks.at(*down).is_some_and(can_pad));
    let Some(track) = found.and_then(|down| down_tracks.at_mut(down)) else {
        return;
    };
    let mut padded = 0;
    while padded < due {
        let len = send_padding(transport, slot, track, clock, out);
        if len == 0 {
            return;
        }
        padded += len;
    }
}

/// Returns its length; 0 = it cannot be sent.
fn send_padding(
    transport: &mut Transport,
    slot: u32,
    track: &mut DownTrack,
    clock: Clock,
    out: &mut Outbox,
) -> usize {
    let (Some(remote), Some(sealer)) = (transport.ice.remote, transport.sealer.as_ref()) else {
        return 0;
    };
    let start = out.start();
    let at = start as usize;
    let number = track.next_rtx;
    track.next_rtx += 1;
    let fields = Fields {
        payload_type: track.rtx_payload_type,
        marker: false,
        sequence: number as u16,
        timestamp: track.newest.timestamp,
        ssrc: track.rtx_ssrc,
        transport_sequence: transport.sent.next_sequence(),
        send_time: abs_send_time(clock.now),
        level: None,
        dependency: None,
    };
    let header_len = track.template.write(&fields, &mut out.bytes);
    out.bytes[at] |= 0x20;
    out.bytes.resize(out.bytes.len() + usize::from(PADDING) - 1, 0);
    out.bytes.push(PADDING);
    sealer.seal_rtp(&mut out.bytes, at, header_len, number);
    let len = out.bytes.len() - at;
    let probe = transport.bandwidth.probing.note_sent(len);
    transport.sent.push(len, false, probe, clock.now);
    transport.pacer.spend(len);
    transport.counters.packets_sent += 1;
    transport.counters.bytes_sent += len as u64;
    out.send(remote, slot, start);
    len
}
