//! A publisher's packet on its way in: authenticate, find its track, unwrap a retransmission, keep it.

use crate::cache::Extent;
use crate::encoding::{Source, Taken};
use crate::outbox::{Event, Outbox};
use crate::packet::Header;
use crate::plane::Plane;
use crate::remote::Remote;
use crate::slab::Slab;
use crate::spec::{Extensions, Kind};
use crate::transport::{Route, Transport};
use crate::up_track::UpTrack;
use crate::wire::u16_at;
use crate::Now;

/// Routes one transport may have: SSRCs that were bound, never more than a description could name.
const MAX_ROUTES: usize = 256;

/// Values of the extensions we read.
#[derive(Default)]
struct Found<'a> {
    mid: &'a [u8],
    rid: &'a [u8],
    repaired_rid: &'a [u8],
    level: Option<u8>,
    transport_sequence: Option<u16>,
    dependency: Option<Extent>,
}

impl<'a> Found<'a> {
    fn read(header: &Header, packet: &'a [u8], ids: &Extensions) -> Self {
        let mut found = Self::default();
        for (id, value) in header.extensions(packet).filter(|(id, _)| *id != 0) {
            if id == ids.transport_cc {
                found.transport_sequence = u16_at(value, 0);
            } else if id == ids.audio_level {
                found.level = value.first().copied();
            } else if id == ids.mid {
                found.mid = value;
            } else if id == ids.rid {
                found.rid = value;
            } else if id == ids.repaired_rid {
                found.repaired_rid = value;
            } else if id == ids.dependency_descriptor {
                found.dependency = extent(packet, value);
            }
        }
        found
    }
}

/// Where a part of a packet stands in it.
fn extent(packet: &[u8], part: &[u8]) -> Option<Extent> {
    let at = (part.as_ptr() as usize).checked_sub(packet.as_ptr() as usize)?;
    Some(Extent { at: u16::try_from(at).ok()?, len: u16::try_from(part.len()).ok()? })
}

impl Plane {
    pub(crate) fn handle_rtp(&mut self, datagram: &mut [u8], from: Remote, now: Now, out: &mut Outbox) {
        let second = self.clock(now).second();
        let Some(index) = self.by_address.get(&from).copied() else {
            return;
        };
        let Some(transport) = self.transports.at_mut(index) else {
            return;
        };
        let wire_len = datagram.len();
        let opened = Header::parse(datagram).and_then(|header| {
            let opener = transport.opener.as_mut()?;
            let (len, sequence) = opener.open_rtp(datagram, header.len).ok()?;
            Some((header, len, sequence))
        });
        let Some((header, len, sequence)) = opened else {
            transport.counters.refused += 1;
            return;
        };
        transport.counters.packets_received += 1;
        transport.counters.bytes_received += wire_len as u64;
        transport.receipts.note_received(second);
        let Some(packet) = datagram.get_mut(..len) else {
            return;
        };
        let found = Found::read(&header, packet, &transport.extensions);
        if let Some(sequence) = found.transport_sequence {
            transport.arrivals.push(sequence, now);
        }
        let known = transport.route(header.ssrc);
        let route = known.or_else(|| bind(transport, &mut self.up_tracks, &header, &found));
        let Some(route) = route else {
            transport.counters.refused += 1;
            return;
        };
        let has_feedback = transport.extensions.transport_cc != 0;
        if let Some(track) =
            self.up_tracks.at(route.up_track).filter(|track| !has_feedback && track.kind == Kind::Video)
        {
            let remb = transport.remb.get_or_insert_default();
            remb.note(&header, (track.clock_rate, route.is_rtx), wire_len, now);
        }
        let said = (found.level, found.dependency);
        self.take(packet, &header, (route, sequence, said), now, out);
    }

    /// Hands an authenticated packet to its encoding; a retransmission becomes the packet it repeats.
    fn take(
        &mut self,
        packet: &mut [u8],
        header: &Header,
        (route, sequence, (level, dependency)): (Route, u64, (Option<u8>, Option<Extent>)),
        now: Now,
        out: &mut Outbox,
    ) {
        let Some(track) = self.up_tracks.at_mut(route.up_track) else {
            return;
        };
        let mut source = Source {
            sequence,
            is_retransmission: route.is_rtx,
            codec: track.codec,
            clock_rate: track.clock_rate,
            level,
            dependency,
        };
        let (packet, header): (&[u8], Header) = if route.is_rtx {
            let Some((len, sequence)) = unwrap(packet, header, track, route.encoding) else {
                return;
            };
            source.sequence = sequence;
            let plain = &packet[..len];
            let Some(header) = Header::parse(plain) else {
                return;
            };
            (plain, header)
        } else if track.red_payload_type == Some(header.payload_type) {
            let Some(len) = self.take_red(packet, header, route, sequence, (now, out)) else {
                return;
            };
            let plain = &packet[..len];
            let Some(header) = Header::parse(plain) else {
                return;
            };
            (plain, header)
        } else {
            (packet, *header)
        };
        let Some(track) = self.up_tracks.at_mut(route.up_track) else {
            return;
        };
        if header.payload_type != track.payload_type {
            return;
        }
        let Some(encoding) = track.encodings.get(usize::from(route.encoding)) else {
            return;
        };
        if !route.is_rtx {
            // Our own count, not that of SRTP, which begins anew with new keys.
            source.sequence = encoding.extend(header.sequence).unwrap_or(sequence);
        }
        self.take_plain((packet, &header), route, source, now, out);
    }

    /// Hands a packet that is as its publisher's encoder made it to its encoding.
    pub(crate) fn take_plain(
        &mut self,
        (packet, header): (&[u8], &Header),
        route: Route,
        source: Source,
        now: Now,
        out: &mut Outbox,
    ) {
        let Some(track) = self.up_tracks.at_mut(route.up_track) else {
            return;
        };
        let Some(encoding) = track.encodings.get_mut(usize::from(route.encoding)) else {
            return;
        };
        if let Some(taken) = encoding.take(packet, header, source, now) {
            if track.mirrors != 0 && !track.is_muted {
                out.notes.packet(track, route.encoding, source, packet, now);
            }
            self.spread(route, &taken, now, out);
        }
    }

    /// Everything that follows from a packet that has been taken.
    pub(crate) fn spread(&mut self, route: Route, taken: &Taken, now: Now, out: &mut Outbox) {
        let clock = self.clock(now);
        let Some(track) = self.up_tracks.at_mut(route.up_track) else {
            return;
        };
        self.is_busy |= taken.has_gap;
        let is_mirror = track.origin.is_some();
        if taken.is_started && !is_mirror {
            out.events.push(Event::MediaStarted { up_track: track.id, encoding: route.encoding });
        }
        if track.is_muted {
            return;
        }
        if let Some(level) = taken.level.filter(|_| !is_mirror) {
            track.note_level(level);
        }
        if let Some(recording) = track.recording.as_mut() {
            let encodings = &track.encodings;
            if taken.is_key_frame_start {
                recording.consider(route.encoding, taken.sequence, encodings, clock, out);
            }
            recording.drain(encodings, clock, false, out);
        }
        if taken.is_forwarded {
            if track.pending.is_empty() && !self.dirty.contains(&route.up_track) {
                self.dirty.push(route.up_track);
            }
            track.pending.push((route.encoding, taken.sequence));
        }
        if taken.is_started {
            self.choose_layers_of(route.up_track, now);
            self.ask_key_frames(route.up_track, now, out);
        }
    }
}

/// Finds the encoding an unknown SSRC belongs to (RFC 8852 for MID and RID, payload type as the last resort) and
/// remembers it.
fn bind(
    transport: &mut Transport,
    up_tracks: &mut Slab<UpTrack>,
    header: &Header,
    found: &Found<'_>,
) -> Option<Route> {
    if transport.routes.len() >= MAX_ROUTES {
        return None;
    }
    let is_meant = |track: &UpTrack| {
        if !found.mid.is_empty() {
            return found.mid == track.mid.as_bytes();
        }
        let is_named = |rid: &[u8]| {
            let mut encodings = track.encodings.iter();
            !rid.is_empty() && encodings.any(|e| e.rid.as_bytes() == rid)
        };
        let is_unbound = track.encodings.len() == 1 && track.encodings[0].ssrc == 0;
        is_named(found.rid)
            || is_named(found.repaired_rid)
            || (found.rid.is_empty() && is_unbound && track.is_media(header.payload_type))
    };
    let mut meant = transport.up_tracks.iter().copied().filter(|index| {
        let track = up_tracks.at(*index);
        track.is_some_and(is_meant)
    });
    let index = meant.next()?;
    if meant.next().is_some() {
        return None;
    }
    drop(meant);
    let track = up_tracks.at_mut(index)?;
    let is_rtx = if track.is_media(header.payload_type) {
        false
    } else if Some(header.payload_type) == track.rtx_payload_type {
        true
    } else {
        return None;
    };
    let rid = if is_rtx && !found.repaired_rid.is_empty() { found.repaired_rid } else { found.rid };
    let position = if track.encodings.len() == 1 && rid.is_empty() {
        Some(0)
    } else {
        track.encodings.iter().position(|e| e.rid.as_bytes() == rid && !rid.is_empty())
    }?;
    let encoding = track.encodings.get_mut(position)?;
    let old = if is_rtx { encoding.rtx_ssrc } else { encoding.ssrc };
    if is_rtx {
        encoding.rtx_ssrc = header.ssrc;
    } else {
        encoding.rebind(header.ssrc);
        // Its numbers mean something else from now on; what waits of the other encodings still goes out.
        track.pending.retain(|(waiting, _)| usize::from(*waiting) != position);
    }
    let route = Route { ssrc: header.ssrc, up_track: index, encoding: position as u8, is_rtx };
    transport.routes.retain(|held| old == 0 || held.ssrc != old || held.up_track != index);
    transport.routes.push(route);
    Some(route)
}

/// Turns a retransmission (RFC 4588, 4) into the packet it repeats, in place. Returns its length and original
/// extended number; `None` for padding sent to probe the path.
fn unwrap(packet: &mut [u8], header: &Header, track: &UpTrack, encoding: u8) -> Option<(usize, u64)> {
    if Some(header.payload_type) != track.rtx_payload_type {
        return None;
    }
    let payload_len = header.payload_len(packet)?;
    let original = u16_at(packet, header.len)?;
    let len = (header.len + payload_len).checked_sub(2)?;
    if payload_len <= 2 {
        return None;
    }
    let encoding = track.encodings.get(usize::from(encoding))?;
    let sequence = encoding.extend(original)?;
    packet.copy_within(header.len + 2..header.len + payload_len, header.len);
    let fixed = packet.get_mut(..12)?;
    fixed[0] &= !0x20;
    fixed[1] = (fixed[1] & 0x80) | track.payload_type;
    fixed[2..4].copy_from_slice(&original.to_be_bytes());
    fixed[8..12].copy_from_slice(&encoding.ssrc.to_be_bytes());
    Some((len, sequence))
}
