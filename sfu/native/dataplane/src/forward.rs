//! From the caches to the subscribers: rewrite, protect, send. Work goes subscriber by subscriber, so that the packets
//! of one transport lie one behind the other in the outbox.

use crate::down_track::DownTrack;
use crate::outbox::Outbox;
use crate::pacer::Waiting;
use crate::payload::Counters;
use crate::plane::Plane;
use crate::recording::Clock;
use crate::red::Redundancy;
use crate::rewrite::{abs_send_time, Fields, Template};
use crate::segment::Outgoing;
use crate::spec::Kind;
use crate::transport::Transport;
use crate::up_track::UpTrack;
use crate::Now;

/// See `Plane::flush_some`.
const FLUSH_BYTES: usize = 512 * 1024;

/// One packet for one subscriber.
pub(crate) struct Emission<'a> {
    pub template: &'a Template,
    pub payload_type: u8,
    pub marker: bool,
    /// Extended sequence number on `ssrc`.
    pub number: u64,
    pub ssrc: u32,
    pub timestamp: u32,
    pub level: Option<u8>,
    /// The number a retransmission repeats.
    pub original: Option<u16>,
    /// Set: the packet goes again byte for byte, since one SRTP index may never protect two different packets.
    pub stamp: Option<Stamp>,
    pub payload: &'a [u8],
    pub counters: Option<Counters>,
    pub picture_id: u16,
    pub tl0: u8,
    /// Goes again before it, and makes it RED.
    pub redundancy: Option<Redundancy<'a>>,
    /// The dependency descriptor as received, and the number its frame has for this subscriber.
    pub dependency: Option<(&'a [u8], u16)>,
}

/// What a packet was marked with when it first went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stamp {
    pub send_time: u32,
    pub transport_sequence: u16,
}

impl Plane {
    /// Forwards the media handled since the last call. Call it once after each batch, before draining `out`.
    pub fn flush(&mut self, now: Now, out: &mut Outbox) {
        self.flush_until(usize::MAX, now, out);
    }

    /// Like `flush`, but comes back when `out` holds about half a megabyte: drain it and call again while it says true.
    /// A burst to a thousand subscribers then stays in the processor's cache and takes no more memory than that.
    pub fn flush_some(&mut self, now: Now, out: &mut Outbox) -> bool {
        self.flush_until(FLUSH_BYTES, now, out)
    }

    /// Stops behind the transport with which `out` has reached `enough` bytes; true when others are left.
    fn flush_until(&mut self, enough: usize, now: Now, out: &mut Outbox) -> bool {
        if self.dirty.is_empty() {
            return false;
        }
        if self.next_job == 0 {
            self.plan_jobs();
        }
        let clock = self.clock(now);
        while let Some((slot, index)) = self.jobs.get(self.next_job).copied() {
            self.next_job += 1;
            let Some(transport) = self.transports.at_mut(slot) else {
                continue;
            };
            let Some(down_track) = self.down_tracks.at_mut(index) else {
                continue;
            };
            if let Some(up_track) = self.up_tracks.at(down_track.up_track) {
                forward(transport, slot, down_track, up_track, (clock, out));
            }
            if !transport.pacer.is_idle() && !transport.is_stepping {
                self.step_soon(slot, now);
            }
            if out.bytes.len() >= enough && self.next_job < self.jobs.len() {
                return true;
            }
        }
        self.next_job = 0;
        for up_track in self.dirty.drain(..) {
            if let Some(track) = self.up_tracks.at_mut(up_track) {
                track.pending.clear();
            }
        }
        false
    }

    /// Who gets something, transport by transport.
    fn plan_jobs(&mut self) {
        self.jobs.clear();
        for up_track in &self.dirty {
            if let Some(track) = self.up_tracks.at(*up_track) {
                self.jobs.extend_from_slice(&track.down_tracks);
            }
        }
        if self.dirty.len() > 1 {
            self.jobs.sort_unstable();
        }
    }
}

/// All waiting packets of one up track to one subscriber.
fn forward(
    transport: &mut Transport,
    slot: u32,
    down_track: &mut DownTrack,
    up_track: &UpTrack,
    (clock, out): (Clock, &mut Outbox),
) {
    if !transport.is_ready() {
        return;
    }
    let second = clock.second();
    let may_wait = up_track.kind == Kind::Video;
    if may_wait {
        // audio asks for no leave: what it spends is counted when a picture does
        transport.pacer.refill(transport.bandwidth.available_bps(clock.now), clock.now);
    }
    for (layer, sequence) in &up_track.pending {
        let Some(encoding) = up_track.encodings.get(usize::from(*layer)) else {
            continue;
        };
        let Some((meta, packet)) = encoding.cache.get(*sequence) else {
            continue;
        };
        let Some(outgoing) = down_track.accept(*layer, &up_track.encodings, meta) else {
            continue;
        };
        if std::mem::take(&mut down_track.report.is_due) {
            transport.report_soon();
        }
        let begin = usize::from(meta.header_len);
        let Some(payload) = packet.get(begin..begin + usize::from(meta.payload_len)) else {
            continue;
        };
        if may_wait && !transport.pacer.is_open(payload.len()) {
            down_track.remember(&outgoing, meta, *layer, (second, Stamp::default()));
            hold(transport, down_track, &outgoing, payload.len());
            continue;
        }
        let is_empty = outgoing.is_empty;
        let redundancy = (down_track.red_payload_type != 0).then(|| {
            Redundancy::before(meta, encoding, down_track.payload_type, down_track.report.fraction_lost)
        });
        let emission = Emission {
            template: &down_track.template,
            payload_type: if redundancy.is_some() {
                down_track.red_payload_type
            } else {
                down_track.payload_type
            },
            marker: outgoing.marker,
            number: outgoing.number,
            ssrc: down_track.ssrc,
            timestamp: outgoing.timestamp,
            level: meta.level,
            original: None,
            stamp: None,
            payload: if is_empty { &[] } else { payload },
            counters: meta.counters,
            picture_id: outgoing.picture_id,
            tl0: outgoing.tl0,
            redundancy,
            dependency: meta.dependency_in(packet, outgoing.frame_number).filter(|_| !is_empty),
        };
        let stamp = emit(transport, slot, &emission, clock, out);
        transport.bandwidth.note_media(payload.len(), clock.now);
        down_track.remember(&outgoing, meta, *layer, (second, stamp));
        transport.receipts.note_sent(second);
    }
}

/// A numbered packet waits for its step.
fn hold(transport: &mut Transport, down_track: &mut DownTrack, outgoing: &Outgoing, bytes: usize) {
    if let Some(sent) = down_track.history.get_mut(outgoing.number) {
        sent.is_waiting = true;
    }
    let (number, bytes) = (outgoing.number, bytes as u16);
    transport.pacer.push(Waiting { down_track: down_track.id, number, bytes, is_repair: false });
}

/// Writes, protects and sends one packet; the transport is ready. Returns what it was marked with.
pub(crate) fn emit(
    transport: &mut Transport,
    slot: u32,
    emission: &Emission<'_>,
    clock: Clock,
    out: &mut Outbox,
) -> Stamp {
    let stamp = emission.stamp.unwrap_or_else(|| Stamp {
        send_time: abs_send_time(clock.now),
        transport_sequence: transport.sent.next_sequence(),
    });
    let (Some(remote), Some(sealer)) = (transport.ice.remote, transport.sealer.as_ref()) else {
        return stamp;
    };
    let start = out.start();
    let at = start as usize;
    let fields = Fields {
        payload_type: emission.payload_type,
        marker: emission.marker,
        sequence: emission.number as u16,
        timestamp: emission.timestamp,
        ssrc: emission.ssrc,
        transport_sequence: stamp.transport_sequence,
        send_time: stamp.send_time,
        level: emission.level,
        dependency: emission.dependency,
    };
    let header_len = emission.template.write(&fields, &mut out.bytes);
    if let Some(original) = emission.original {
        out.bytes.extend_from_slice(&original.to_be_bytes());
    }
    let payload_at = out.bytes.len();
    if let Some(redundancy) = &emission.redundancy {
        redundancy.write(&mut out.bytes);
    }
    out.bytes.extend_from_slice(emission.payload);
    if let Some(counters) = &emission.counters {
        counters.rewrite(&mut out.bytes[payload_at..], emission.picture_id, emission.tl0);
    }
    sealer.seal_rtp(&mut out.bytes, at, header_len, emission.number);
    let len = out.bytes.len() - at;
    transport.pacer.spend(len);
    if emission.template.has_transport_cc() {
        match emission.stamp {
            None => {
                let is_media = emission.original.is_none();
                let probe = transport.bandwidth.probing.note_sent(len);
                transport.sent.push(len, is_media, probe, clock.now);
            }
            Some(stamp) => transport.sent.disown(stamp.transport_sequence),
        }
    }
    transport.counters.packets_sent += 1;
    transport.counters.bytes_sent += len as u64;
    out.send(remote, slot, start);
    stamp
}
