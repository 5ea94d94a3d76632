//! The whole plane: transports, up tracks and down tracks, and the commands that change them.

use std::net::SocketAddr;

use crate::ids::{DownTrackId, JournalId, TransportId, UpTrackId};
use crate::outbox::Outbox;
use crate::spec::{Config, DownTrackSpec, Keys, PlaneError, TransportSpec, UpTrackSpec};
use crate::stats::{DownTrackStats, Level, Receipt, TransportStats, UpTrackStats};
use crate::Now;

/// See the module.
pub struct Plane {
    config: Config,
}

impl Plane {
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// Handles one datagram; it is decrypted in place. What it makes us forward is written by the next `flush`.
    pub fn handle(&mut self, datagram: &mut [u8], from: SocketAddr, now: Now, out: &mut Outbox) {
        let _ = (datagram, from, now, out);
    }

    /// Forwards the media handled since the last call. Call it once after each batch, before draining `out`.
    pub fn flush(&mut self, now: Now, out: &mut Outbox) {
        let _ = (now, out);
    }

    /// Does what time demands, then flushes. Call it at `deadline`; calling it early does no harm.
    pub fn tick(&mut self, now: Now, out: &mut Outbox) {
        let _ = (now, out);
    }

    /// When `tick` is wanted next; `None` = not before something is opened.
    pub fn deadline(&self) -> Option<Now> {
        None
    }

    /// Follows a step of the wall clock.
    pub fn set_wall_offset(&mut self, wall_offset_ns: u64) {
        self.config.wall_offset_ns = wall_offset_ns;
    }

    pub fn open_transport(
        &mut self,
        spec: &TransportSpec,
        now: Now,
    ) -> Result<TransportId, PlaneError> {
        let _ = (spec, now);
        Err(PlaneError::BadSpec)
    }

    /// Closes it and all its tracks (and the down tracks fed by them).
    pub fn close_transport(
        &mut self,
        transport: TransportId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let _ = (transport, now, out);
        Err(PlaneError::UnknownTransport)
    }

    pub fn set_keys(&mut self, transport: TransportId, keys: &Keys) -> Result<(), PlaneError> {
        let _ = (transport, keys);
        Err(PlaneError::UnknownTransport)
    }

    /// False while no 5-tuple has been validated: the datagram is dropped then.
    pub fn send_dtls(
        &mut self,
        transport: TransportId,
        datagram: &[u8],
        out: &mut Outbox,
    ) -> Result<bool, PlaneError> {
        let _ = (transport, datagram, out);
        Err(PlaneError::UnknownTransport)
    }

    pub fn open_up_track(
        &mut self,
        transport: TransportId,
        spec: &UpTrackSpec,
        now: Now,
    ) -> Result<UpTrackId, PlaneError> {
        let _ = (transport, spec, now);
        Err(PlaneError::UnknownTransport)
    }

    /// Closes it and its down tracks; what the journal still holds back is written.
    pub fn close_up_track(
        &mut self,
        up_track: UpTrackId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let _ = (up_track, now, out);
        Err(PlaneError::UnknownUpTrack)
    }

    /// Audio flows at once; video is paused until `set_layer`.
    pub fn open_down_track(
        &mut self,
        transport: TransportId,
        up_track: UpTrackId,
        spec: &DownTrackSpec,
        now: Now,
        out: &mut Outbox,
    ) -> Result<DownTrackId, PlaneError> {
        let _ = (transport, up_track, spec, now, out);
        Err(PlaneError::UnknownTransport)
    }

    pub fn close_down_track(&mut self, down_track: DownTrackId) -> Result<(), PlaneError> {
        let _ = down_track;
        Err(PlaneError::UnknownDownTrack)
    }

    /// Index into the encodings, `None` = paused. The switch happens at a key frame, which is asked for.
    pub fn set_layer(
        &mut self,
        down_track: DownTrackId,
        layer: Option<u8>,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let _ = (down_track, layer, now, out);
        Err(PlaneError::UnknownDownTrack)
    }

    /// A muted track forwards nothing.
    pub fn set_up_track_muted(
        &mut self,
        up_track: UpTrackId,
        is_muted: bool,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let _ = (up_track, is_muted, now, out);
        Err(PlaneError::UnknownUpTrack)
    }

    pub fn request_key_frame(
        &mut self,
        up_track: UpTrackId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let _ = (up_track, now, out);
        Err(PlaneError::UnknownUpTrack)
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
        let _ = (journal, up_track, number, now, out);
        Err(PlaneError::UnknownUpTrack)
    }

    /// Writes what is held back for repair, then stops.
    pub fn stop_recording(
        &mut self,
        journal: JournalId,
        up_track: UpTrackId,
        now: Now,
        out: &mut Outbox,
    ) -> Result<(), PlaneError> {
        let _ = (journal, up_track, now, out);
        Err(PlaneError::UnknownUpTrack)
    }

    /// Writes what is held back for this journal and stops all its recordings.
    pub fn close_journal(&mut self, journal: JournalId, now: Now, out: &mut Outbox) {
        let _ = (journal, now, out);
    }

    /// Audio levels since the last call, of tracks that sent anything.
    pub fn levels(&mut self, into: &mut Vec<Level>) {
        let _ = into;
    }

    /// Receipts that changed since the last call.
    pub fn receipts(&mut self, now: Now, into: &mut Vec<Receipt>) {
        let _ = (now, into);
    }

    pub fn transport_stats(
        &self,
        transport: TransportId,
        now: Now,
    ) -> Result<TransportStats, PlaneError> {
        let _ = (transport, now);
        Err(PlaneError::UnknownTransport)
    }

    pub fn up_track_stats(
        &self,
        up_track: UpTrackId,
        now: Now,
    ) -> Result<UpTrackStats, PlaneError> {
        let _ = (up_track, now);
        Err(PlaneError::UnknownUpTrack)
    }

    pub fn down_track_stats(&self, down_track: DownTrackId) -> Result<DownTrackStats, PlaneError> {
        let _ = down_track;
        Err(PlaneError::UnknownDownTrack)
    }
}
