//! What the control side may ask of a plane.

use crate::down_track::{DownTrack, Owners};
use crate::ice::Ice;
use crate::ids::{DownTrackId, JournalId, TransportId, UpTrackId};
use crate::outbox::Outbox;
use crate::place::MAX_SPATIAL;
use crate::plane::Plane;
use crate::recording::Recording;
use crate::segment::Newest;
use crate::slab::Key;
use crate::spec::{DownTrackSpec, Extensions, Keys, PlaneError, TransportSpec, UpTrackSpec};
use crate::srtp;
use crate::stats::{DownTrackStats, Level, Receipt, TransportStats, UpTrackStats};
use crate::stun;
use crate::transport::{Retired, Route, Transport};
use crate::up_track::UpTrack;
use crate::Now;

/// Placeholder until the slab has given the id.
const NO_KEY: Key = Key { index: 0, generation: 0 };

impl Plane {
    pub fn open_transport(&mut self, spec: &TransportSpec, now: Now) -> Result<TransportId, PlaneError> {
        let key = self.integrity_key(spec)?;
        let ice = Ice::new(spec.local_ufrag.clone(), key);
        let mut transport = Transport::new(TransportId::new(NO_KEY), ice);
        transport.last_report = now;
        let key = self.transports.insert(transport);
        let id = TransportId::new(key);
        if let Some(transport) = self.transports.get_mut(key) {
            transport.id = id;
        }
        self.by_ufrag.insert(spec.local_ufrag.clone(), key.index);
        Ok(id)
    }

    fn integrity_key(&self, spec: &TransportSpec) -> Result<stun::IntegrityKey, PlaneError> {
        if spec.local_ufrag.is_empty() || spec.local_pwd.is_empty() {
            return Err(PlaneError::BadSpec);
        }
        if self.by_ufrag.contains_key(&spec.local_ufrag) {
            return Err(PlaneError::UfragInUse);
        }
        stun::integrity_key(&spec.local_pwd).ok_or(PlaneError::BadSpec)
    }

    /// Answers to other credentials too. The path in use goes on until the peer nominates one under the new ones; keys
    /// and tracks are untouched.
    pub fn restart_ice(&mut self, transport: TransportId, spec: &TransportSpec) -> Result<(), PlaneError> {
        let key = self.integrity_key(spec)?;
        let spent = self.transport_mut(transport)?.ice.restart(spec.local_ufrag.clone(), key);
        for ufrag in spent {
            self.by_ufrag.remove(&ufrag);
        }
        self.by_ufrag.insert(spec.local_ufrag.clone(), transport.key().index);
        Ok(())
    }

    /// The names by which checks may ask for it.
    pub fn ufrags(&self, transport: TransportId) -> Vec<String> {
        let held = self.transports.get(transport.key());
        held.iter().flat_map(|held| held.ice.ufrags()).map(str::to_owned).collect()
    }

    /// Closes it and all its tracks (and the down tracks fed by them).
    pub fn close_transport(
        &mut self,
        transport: TransportId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let held = self.transport(transport)?;
        let up_tracks: Vec<UpTrackId> = held
            .up_tracks
            .iter()
            .filter_map(|index| self.up_tracks.at(*index).map(|track| track.id))
            .collect();
        let down_tracks: Vec<DownTrackId> = held
            .down_tracks
            .iter()
            .filter_map(|index| self.down_tracks.at(*index).map(|track| track.id))
            .collect();
        for up_track in up_tracks {
            self.close_up_track(up_track, now, out)?;
        }
        for down_track in down_tracks {
            // Who subscribes to itself has lost that one with its own track.
            let _ = self.close_down_track(down_track);
        }
        if let Some(mut held) = self.transports.remove(transport.key()) {
            for ufrag in held.ice.ufrags() {
                self.by_ufrag.remove(ufrag);
            }
            for address in held.ice.forget_addresses() {
                self.by_address.remove(&address);
            }
        }
        Ok(())
    }

    pub fn set_keys(&mut self, transport: TransportId, keys: &Keys) -> Result<(), PlaneError> {
        self.transport(transport)?;
        let (opener, sealer) = srtp::contexts(keys)?;
        let transport = self.transport_mut(transport)?;
        transport.opener = Some(opener);
        transport.sealer = Some(sealer);
        Ok(())
    }

    /// False while no 5-tuple has been validated: the datagram is dropped then.
    pub fn send_dtls(
        &mut self,
        transport: TransportId,
        datagram: &[u8],
        out: &mut Outbox,
    ) -> Result<bool, PlaneError> {
        let Some(remote) = self.transport(transport)?.ice.remote else {
            return Ok(false);
        };
        let start = out.start();
        out.bytes.extend_from_slice(datagram);
        out.send(remote, transport.key().index, start);
        Ok(true)
    }

    pub fn open_up_track(
        &mut self,
        transport: TransportId,
        spec: &UpTrackSpec,
        _now: Now,
    ) -> Result<UpTrackId, PlaneError> {
        let index = transport.key().index;
        let routes = routes_of(spec);
        let held = self.transport(transport)?;
        let is_taken = |route: &Route| held.route(route.ssrc).is_some();
        if routes.iter().any(is_taken) {
            return Err(PlaneError::SsrcInUse);
        }
        let track = UpTrack::new(UpTrackId::new(NO_KEY), index, spec, &self.config)?;
        let id = self.insert_up_track(track);
        let index = id.key().index;
        let held = self.transport_mut(transport)?;
        held.up_tracks.push(index);
        held.routes.extend(routes.into_iter().map(|route| Route { up_track: index, ..route }));
        merge(&mut held.extensions, &spec.extensions);
        Ok(id)
    }

    pub(crate) fn insert_up_track(&mut self, track: UpTrack) -> UpTrackId {
        let key = self.up_tracks.insert(track);
        let id = UpTrackId::new(key);
        if let Some(track) = self.up_tracks.get_mut(key) {
            track.id = id;
        }
        id
    }

    /// Closes it and its down tracks; what the journal still holds back is written.
    pub fn close_up_track(
        &mut self,
        up_track: UpTrackId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        self.end_recording(up_track, now, out)?;
        let legs = self.up_track(up_track)?.down_tracks.clone();
        for (_, down_track) in legs {
            if let Some(id) = self.down_tracks.at(down_track).map(|track| track.id) {
                self.close_down_track(id)?;
            }
        }
        let index = up_track.key().index;
        self.dirty.retain(|dirty| *dirty != index);
        if let Some(track) = self.up_tracks.remove(up_track.key()) {
            if let Some(origin) = track.origin {
                self.mirrors.remove(&origin);
            }
            if let Some(transport) = self.transports.at_mut(track.transport) {
                transport.up_tracks.retain(|held| *held != index);
                transport.routes.retain(|route| route.up_track != index);
            }
        }
        Ok(())
    }

    /// Audio flows at once; video is paused until `set_layer`.
    pub fn open_down_track(
        &mut self,
        transport: TransportId,
        up_track: UpTrackId,
        spec: &DownTrackSpec,
        now: Now,
        _out: &mut Outbox,
    ) -> Result<DownTrackId, PlaneError> {
        let index = transport.key().index;
        let held = self.transport(transport)?;
        let is_taken = held.down_tracks.iter().any(|index| {
            let track = self.down_tracks.at(*index);
            track.is_some_and(|track| {
                let used = [track.ssrc, track.rtx_ssrc];
                used.contains(&spec.ssrc) || (spec.rtx_ssrc != 0 && used.contains(&spec.rtx_ssrc))
            })
        });
        if is_taken {
            return Err(PlaneError::SsrcInUse);
        }
        let up = self.up_track(up_track)?;
        let owners = Owners {
            transport: index,
            up_track: up_track.key().index,
            kind: up.kind,
            codec: up.codec,
            is_scalable: up.is_scalable(),
            clock_rate: up.clock_rate,
            now,
            lines: (held.retired(spec.ssrc), held.retired(spec.rtx_ssrc)),
        };
        let random = self.next_random();
        let track = DownTrack::new(DownTrackId::new(NO_KEY), &owners, spec, random)?;
        let key = self.down_tracks.insert(track);
        let id = DownTrackId::new(key);
        if let Some(track) = self.down_tracks.get_mut(key) {
            track.id = id;
        }
        self.transport_mut(transport)?.down_tracks.push(key.index);
        self.up_track_mut(up_track)?.down_tracks.push((index, key.index));
        Ok(id)
    }

    pub fn close_down_track(&mut self, down_track: DownTrackId) -> Result<(), PlaneError> {
        let track = self.down_tracks.remove(down_track.key()).ok_or(PlaneError::UnknownDownTrack)?;
        let index = down_track.key().index;
        if let Some(transport) = self.transports.at_mut(track.transport) {
            transport.down_tracks.retain(|held| *held != index);
            let next = (track.newest.outgoing + 1).max(track.first_out);
            transport.retire(Retired { ssrc: track.ssrc, next, newest: track.newest });
            if track.rtx_ssrc != 0 {
                let newest = Newest::default();
                transport.retire(Retired { ssrc: track.rtx_ssrc, next: track.next_rtx, newest });
            }
        }
        if let Some(up_track) = self.up_tracks.at_mut(track.up_track) {
            up_track.down_tracks.retain(|(_, held)| *held != index);
        }
        Ok(())
    }

    /// Index into the encodings, or the spatial layer within the only one of a scalable codec; `None` =
    /// paused. Where a switch needs a key frame, that is asked for.
    pub fn set_layer(
        &mut self,
        down_track: DownTrackId,
        layer: Option<u8>,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let track = self.down_tracks.get_mut(down_track.key()).ok_or(PlaneError::UnknownDownTrack)?;
        let up_index = track.up_track;
        let Some(up_track) = self.up_tracks.at_mut(up_index) else {
            return Err(PlaneError::UnknownUpTrack);
        };
        let Some(layer) = layer else {
            track.pause();
            return Ok(());
        };
        let (encoding, spatial) = if track.is_scalable { (0, layer) } else { (layer, u8::MAX) };
        let is_known = usize::from(encoding) < up_track.encodings.len();
        if !is_known || (track.is_scalable && usize::from(layer) >= MAX_SPATIAL) {
            return Err(PlaneError::BadSpec);
        }
        track.wanted = Some(encoding);
        track.picking.want_spatial(spatial);
        track.choose(&up_track.encodings);
        if let (Some(aim), true) = (track.aim, track.is_waiting(&up_track.encodings)) {
            up_track.wish_key_frame(aim);
        }
        self.ask_key_frames(up_index, now, out);
        Ok(())
    }

    /// The highest temporal layer wanted: fewer pictures a second, where the stream has such layers.
    pub fn set_temporal_layer(&mut self, down_track: DownTrackId, temporal: u8) -> Result<(), PlaneError> {
        let track = self.down_tracks.get_mut(down_track.key()).ok_or(PlaneError::UnknownDownTrack)?;
        track.picking.want_temporal(temporal);
        Ok(())
    }

    /// What would be sent to this peer if its path carried it; 0 = all there is is sent. Where more is wanted than is
    /// known, the path is probed with padding.
    pub fn set_wanted_bitrate(
        &mut self,
        transport: TransportId,
        bitrate_bps: u64,
        now: Now,
    ) -> Result<(), PlaneError> {
        self.transport_mut(transport)?.bandwidth.probing.want(bitrate_bps, now);
        Ok(())
    }

    /// A muted track forwards nothing.
    pub fn set_up_track_muted(
        &mut self,
        up_track: UpTrackId,
        is_muted: bool,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let clock = self.clock(now);
        let track = self.up_track_mut(up_track)?;
        if let (Some(recording), true) = (track.recording.as_mut(), is_muted) {
            recording.suspend(&track.encodings, clock, out);
        }
        if track.is_muted && !is_muted {
            for encoding in 0..track.encodings.len() as u8 {
                track.wish_key_frame(encoding);
            }
        }
        if track.is_muted && !is_muted {
            track.unmuted_at = now;
        }
        track.is_muted = is_muted;
        for (_, index) in track.down_tracks.clone() {
            if let Some(down_track) = self.down_tracks.at_mut(index) {
                down_track.interrupt();
            }
        }
        self.ask_key_frames(up_track.key().index, now, out);
        Ok(())
    }

    pub fn request_key_frame(
        &mut self,
        up_track: UpTrackId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let track = self.up_track_mut(up_track)?;
        for encoding in 0..track.encodings.len() as u8 {
            if track.encodings[usize::from(encoding)].is_active(now) {
                track.wish_key_frame(encoding);
            }
        }
        self.ask_key_frames(up_track.key().index, now, out);
        Ok(())
    }

    /// From now on the packets of the track go to the journal under this number.
    pub fn record(
        &mut self,
        journal: JournalId,
        up_track: UpTrackId,
        number: u32,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        self.end_recording(up_track, now, out)?;
        let track = self.up_track_mut(up_track)?;
        let recording = Recording::new(journal, number);
        let wished = recording.wished(&track.encodings, now);
        track.recording = Some(recording);
        if let Some(encoding) = wished {
            track.wish_key_frame(encoding);
        }
        self.ask_key_frames(up_track.key().index, now, out);
        Ok(())
    }

    /// Writes what is held back for repair, then stops.
    pub fn stop_recording(
        &mut self,
        journal: JournalId,
        up_track: UpTrackId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let recording = self.up_track(up_track)?.recording.as_ref();
        if recording.is_some_and(|recording| recording.journal == journal) {
            self.end_recording(up_track, now, out)?;
        }
        Ok(())
    }

    fn end_recording(&mut self, up_track: UpTrackId, now: Now, out: &mut Outbox) -> Result<(), PlaneError> {
        let clock = self.clock(now);
        let track = self.up_track_mut(up_track)?;
        if let Some(mut recording) = track.recording.take() {
            recording.drain(&track.encodings, clock, true, out);
        }
        Ok(())
    }

    /// Writes what is held back for this journal and stops all its recordings.
    pub fn close_journal(&mut self, journal: JournalId, now: Now, out: &mut Outbox) {
        let clock = self.clock(now);
        for (_, track) in self.up_tracks.iter_mut() {
            let is_of = |recording: &Recording| recording.journal == journal;
            if track.recording.as_ref().is_some_and(is_of) {
                if let Some(mut recording) = track.recording.take() {
                    recording.drain(&track.encodings, clock, true, out);
                }
            }
        }
    }

    /// Audio levels since the last call, of tracks that sent anything.
    pub fn levels(&mut self, into: &mut Vec<Level>) {
        let tracks = self.up_tracks.iter_mut();
        into.extend(tracks.filter_map(|(_, track)| track.take_level()));
    }

    /// Receipts of seconds that are over and changed since the last call.
    pub fn receipts(&mut self, now: Now, into: &mut Vec<Receipt>) {
        let current = self.clock(now).second();
        for (_, transport) in self.transports.iter_mut() {
            transport.receipts.drain(transport.id, current, into);
        }
        into.sort_by_key(|receipt| receipt.second);
    }

    pub fn transport_stats(&self, transport: TransportId, now: Now) -> Result<TransportStats, PlaneError> {
        Ok(self.transport(transport)?.stats(now))
    }

    pub fn up_track_stats(&self, up_track: UpTrackId, now: Now) -> Result<UpTrackStats, PlaneError> {
        Ok(self.up_track(up_track)?.stats(now))
    }

    pub fn down_track_stats(&self, down_track: DownTrackId) -> Result<DownTrackStats, PlaneError> {
        let track = self.down_tracks.get(down_track.key());
        Ok(track.ok_or(PlaneError::UnknownDownTrack)?.stats())
    }

    fn transport(&self, id: TransportId) -> Result<&Transport, PlaneError> {
        let found = self.transports.get(id.key());
        found.ok_or(PlaneError::UnknownTransport)
    }

    fn transport_mut(&mut self, id: TransportId) -> Result<&mut Transport, PlaneError> {
        let found = self.transports.get_mut(id.key());
        found.ok_or(PlaneError::UnknownTransport)
    }

    pub(crate) fn up_track(&self, id: UpTrackId) -> Result<&UpTrack, PlaneError> {
        let found = self.up_tracks.get(id.key());
        found.ok_or(PlaneError::UnknownUpTrack)
    }

    pub(crate) fn up_track_mut(&mut self, id: UpTrackId) -> Result<&mut UpTrack, PlaneError> {
        let found = self.up_tracks.get_mut(id.key());
        found.ok_or(PlaneError::UnknownUpTrack)
    }
}

/// The SSRCs a description names beforehand.
fn routes_of(spec: &UpTrackSpec) -> Vec<Route> {
    let mut routes = Vec::new();
    for (encoding, named) in spec.encodings.iter().enumerate() {
        for (ssrc, is_rtx) in [(named.ssrc, false), (named.rtx_ssrc, true)] {
            if ssrc != 0 {
                routes.push(Route { ssrc, up_track: 0, encoding: encoding as u8, is_rtx });
            }
        }
    }
    routes
}

/// Takes over the ids that are negotiated.
fn merge(into: &mut Extensions, from: &Extensions) {
    let pairs = [
        (&mut into.mid, from.mid),
        (&mut into.rid, from.rid),
        (&mut into.repaired_rid, from.repaired_rid),
        (&mut into.audio_level, from.audio_level),
        (&mut into.transport_cc, from.transport_cc),
        (&mut into.abs_send_time, from.abs_send_time),
        (&mut into.abs_capture_time, from.abs_capture_time),
        (&mut into.dependency_descriptor, from.dependency_descriptor),
    ];
    for (field, id) in pairs {
        if id != 0 {
            *field = id;
        }
    }
}
