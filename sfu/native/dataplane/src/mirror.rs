//! A room may span planes: an up track with subscribers at another plane has a mirror there, which takes the same packets
//! and so comes to the same state. Wishes for key frames and lost packets go back to the plane of the publisher.
//!
//! Planes tell each other by `Note`s. They may be lost like packets: what is missing is asked for again.

use crate::encoding::{SenderReport, Source};
use crate::ids::UpTrackId;
use crate::outbox::Outbox;
use crate::packet::Header;
use crate::plane::Plane;
use crate::spec::{Kind, PlaneError, UpTrackSpec};
use crate::transport::Route;
use crate::up_track::UpTrack;
use crate::Now;

/// Number of a plane among those that share rooms, below [`MAX_LANES`].
pub type Lane = u8;

/// A set of lanes has to fit 64 bits.
pub const MAX_LANES: usize = 64;

/// What one plane has to tell others about a track of one of them.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    /// A bit for each lane that is to hear of it.
    pub lanes: u64,
    /// As the publisher's plane calls it.
    track: UpTrackId,
    body: Body,
}

#[derive(Clone, Copy, Debug)]
enum Body {
    /// To mirrors: a packet that the publisher's plane has taken.
    Packet { encoding: u8, source: Source, arrival: Now, start: u32, len: u32 },
    /// To mirrors: the publisher's clock.
    Report { encoding: u8, report: SenderReport },
    /// From a mirror: a key frame is wished.
    KeyFrame { encoding: u8 },
    /// From a mirror: this one did not come.
    Missing { encoding: u8, sequence: u16 },
}

/// All notes of one batch, and the bytes they speak of.
#[derive(Default, Debug)]
pub struct Notes {
    pub bytes: Vec<u8>,
    pub notes: Vec<Note>,
}

impl Notes {
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.notes.clear();
    }

    pub(crate) fn packet(
        &mut self,
        track: &UpTrack,
        encoding: u8,
        source: Source,
        packet: &[u8],
        arrival: Now,
    ) {
        self.packet_to(track.mirrors, track.id, (encoding, source, arrival), packet);
    }

    fn packet_to(
        &mut self,
        lanes: u64,
        track: UpTrackId,
        (encoding, source, arrival): (u8, Source, Now),
        packet: &[u8],
    ) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(packet);
        let body = Body::Packet { encoding, source, arrival, start, len: packet.len() as u32 };
        self.notes.push(Note { lanes, track, body });
    }

    pub(crate) fn report(&mut self, track: &UpTrack, encoding: u8, report: SenderReport) {
        let body = Body::Report { encoding, report };
        self.notes.push(Note { lanes: track.mirrors, track: track.id, body });
    }
}

/// Asks the publisher's plane for what this mirror misses. True when packets are missing.
pub(crate) fn ask_origin(track: &mut UpTrack, missed: &mut Vec<u16>, now: Now, out: &mut Outbox) -> bool {
    let Some((lane, id)) = track.origin else {
        return false;
    };
    let mut is_busy = false;
    let mut tell = |body| out.notes.notes.push(Note { lanes: 1 << lane, track: id, body });
    for (number, encoding) in track.encodings.iter_mut().enumerate() {
        let number = number as u8;
        if encoding.is_active(now) && encoding.key_frame.is_due(true, now) {
            tell(Body::KeyFrame { encoding: number });
        }
        if encoding.nack.is_empty() {
            continue;
        }
        is_busy = true;
        missed.clear();
        if encoding.nack.due(now, missed) > 0 && track.kind == Kind::Video && !track.is_muted {
            encoding.key_frame.is_wanted = true;
        }
        if track.kind == Kind::Video {
            missed.iter().for_each(|sequence| tell(Body::Missing { encoding: number, sequence: *sequence }));
        }
    }
    is_busy
}

impl Plane {
    /// What a mirror of this track is made from.
    pub fn mirror_spec(&self, up_track: UpTrackId) -> Result<UpTrackSpec, PlaneError> {
        Ok(self.up_track(up_track)?.spec.clone())
    }

    /// The mirror of another plane's track, made when there is none.
    pub fn open_mirror(
        &mut self,
        origin: (Lane, UpTrackId),
        spec: &UpTrackSpec,
        is_muted: bool,
    ) -> Result<UpTrackId, PlaneError> {
        if let Some(mirror) = self.mirrors.get(&origin) {
            return Ok(*mirror);
        }
        let mut track = UpTrack::new(UpTrackId(0), NOBODY, spec, &self.config)?;
        track.origin = Some(origin);
        track.is_muted = is_muted;
        let mirror = self.insert_up_track(track);
        self.mirrors.insert(origin, mirror);
        Ok(mirror)
    }

    /// From now on (or no longer) `lane` has a mirror of this track.
    pub fn set_mirrored(
        &mut self,
        up_track: UpTrackId,
        lane: Lane,
        is_mirrored: bool,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let track = self.up_track_mut(up_track)?;
        let bit = 1 << lane;
        if !is_mirrored {
            track.mirrors &= !bit;
            return Ok(());
        }
        if track.mirrors & bit != 0 {
            return Ok(());
        }
        track.mirrors |= bit;
        for (encoding, report) in track.encodings.iter().enumerate().map(|(at, e)| (at, e.sender_report)) {
            if let Some(report) = report {
                out.notes.report(track, encoding as u8, report);
            }
        }
        Ok(())
    }

    /// A bit for each lane with a mirror of this track, and whether it is muted.
    pub fn mirrored(&self, up_track: UpTrackId) -> Result<(u64, bool), PlaneError> {
        let track = self.up_track(up_track)?;
        Ok((track.mirrors, track.is_muted))
    }

    /// The tracks of a transport that have mirrors.
    pub fn mirrored_of(&self, transport: crate::TransportId) -> Vec<(UpTrackId, u64)> {
        let held = self.transports.get(transport.key());
        let tracks = held.iter().flat_map(|held| held.up_tracks.iter());
        let tracks = tracks.filter_map(|index| self.up_tracks.at(*index));
        tracks.filter(|track| track.mirrors != 0).map(|track| (track.id, track.mirrors)).collect()
    }

    /// The mirror of another plane's track.
    pub fn mirror(&self, origin: (Lane, UpTrackId)) -> Option<UpTrackId> {
        self.mirrors.get(&origin).copied()
    }

    /// Closes the mirrors that nobody subscribes to and says whose they were.
    pub fn close_idle_mirrors(&mut self, now: Now, out: &mut Outbox) -> Vec<(Lane, UpTrackId)> {
        let is_idle =
            |mirror: &UpTrackId| self.up_track(*mirror).is_ok_and(|track| track.down_tracks.is_empty());
        let idle: Vec<_> =
            self.mirrors.iter().filter(|(_, mirror)| is_idle(mirror)).map(|(o, m)| (*o, *m)).collect();
        for (_, mirror) in &idle {
            // just found, so it is there
            let _ = self.close_up_track(*mirror, now, out);
        }
        idle.into_iter().map(|(origin, _)| origin).collect()
    }

    /// Takes a note of the plane `from`; `bytes` are those of its `Notes`. What follows is written by the next `flush`.
    pub fn handle_note(&mut self, from: Lane, note: &Note, bytes: &[u8], now: Now, out: &mut Outbox) {
        if self.next_job != 0 {
            self.flush(now, out);
        }
        match note.body {
            Body::Packet { encoding, source, arrival, start, len } => {
                let (start, end) = (start as usize, start as usize + len as usize);
                let packet = bytes.get(start..end).unwrap_or(&[]);
                self.take_mirrored((from, note.track), (encoding, source, arrival), packet, now, out);
            }
            Body::Report { encoding, report } => {
                let mirror = self.mirrors.get(&(from, note.track)).copied();
                let track = mirror.and_then(|mirror| self.up_track_mut(mirror).ok());
                let encoding = track.and_then(|track| track.encodings.get_mut(usize::from(encoding)));
                if let Some(encoding) = encoding {
                    encoding.sender_report = Some(report);
                }
            }
            Body::KeyFrame { encoding } => {
                if let Ok(track) = self.up_track_mut(note.track) {
                    track.wish_key_frame(encoding);
                    self.ask_key_frames(note.track.key().index, now, out);
                }
            }
            Body::Missing { encoding, sequence } => self.repeat(from, note.track, (encoding, sequence), out),
        }
    }

    fn take_mirrored(
        &mut self,
        origin: (Lane, UpTrackId),
        (number, source, arrival): (u8, Source, Now),
        packet: &[u8],
        now: Now,
        out: &mut Outbox,
    ) {
        let mirror = self.mirrors.get(&origin).copied();
        let Some(mirror) = mirror else {
            return;
        };
        let (Ok(track), Some(header)) = (self.up_track_mut(mirror), Header::parse(packet)) else {
            return;
        };
        let Some(encoding) = track.encodings.get_mut(usize::from(number)) else {
            return;
        };
        if encoding.ssrc != header.ssrc {
            encoding.rebind(header.ssrc);
            track.pending.retain(|(waiting, _)| *waiting != number);
        }
        if let Some(taken) = encoding.take(packet, &header, source, arrival) {
            let up_track = mirror.key().index;
            let route = Route { ssrc: header.ssrc, up_track, encoding: number, is_rtx: false };
            self.spread(route, &taken, now, out);
        }
    }

    /// Sends a packet to a mirror again, if it is still here.
    fn repeat(&mut self, to: Lane, track: UpTrackId, (number, sequence): (u8, u16), out: &mut Outbox) {
        let Ok(track) = self.up_track(track) else {
            return;
        };
        let Some(encoding) = track.encodings.get(usize::from(number)) else {
            return;
        };
        let found = encoding.extend(sequence).and_then(|sequence| encoding.cache.get(sequence));
        let may_tell = |arrival| arrival >= track.unmuted_at && !track.is_muted;
        let Some((meta, packet)) = found.filter(|(meta, _)| may_tell(meta.arrival)) else {
            return;
        };
        let source = Source {
            sequence: meta.sequence,
            is_retransmission: true,
            codec: track.codec,
            clock_rate: track.clock_rate,
            level: meta.level,
            dependency: meta.dependency,
        };
        out.notes.packet_to(1 << to, track.id, (number, source, meta.arrival), packet);
    }
}

/// A mirror has no transport.
const NOBODY: u32 = u32::MAX;
