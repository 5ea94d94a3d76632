//! Commands that concern more than one lane: where a transport lives, and tracks whose publisher and subscribers live
//! in different lanes. They come one at a time; media threads never wait for one that looks at another lane.

use std::sync::atomic::Ordering;

use dataplane::{
    integrity_key, DownTrackId, DownTrackSpec, JournalId, Level, PlaneError, Receipt, TransportId,
    TransportSpec, UpTrackId,
};

use crate::ids::{global, split};
use crate::lane::{Lane, Shared};

/// Where the next transport goes.
#[derive(Default)]
pub struct Placing {
    last: usize,
    /// A participant opens two transports in a row: they share a lane.
    is_second: bool,
}

impl Placing {
    fn next(&mut self, lanes: &[Lane]) -> usize {
        self.is_second = !self.is_second;
        if self.is_second {
            let load = |at: &usize| lanes[*at].transports.load(Ordering::Relaxed);
            // of the least loaded the one after the last, so that short stays do not all meet in the first
            let order = (1..=lanes.len()).map(|step| (self.last + step) % lanes.len());
            self.last = order.min_by_key(load).unwrap_or(0);
        }
        self.last
    }
}

impl Shared {
    fn lane_of(&self, id: u64) -> (&Lane, u64) {
        let (lane, local) = split(id, self.lanes.len());
        (&self.lanes[lane], local)
    }

    pub fn open_transport(
        &self,
        placing: &mut Placing,
        spec: &TransportSpec,
    ) -> Result<TransportId, PlaneError> {
        if self.directory.has(&spec.local_ufrag) {
            return Err(PlaneError::UfragInUse);
        }
        let key = integrity_key(&spec.local_pwd).ok_or(PlaneError::BadSpec)?;
        let lane = &self.lanes[placing.next(&self.lanes)];
        let local = self.call(lane, |plane, now, _| plane.open_transport(spec, now))?;
        lane.transports.fetch_add(1, Ordering::Relaxed);
        let transport = global(lane.number, local.0);
        self.directory.add(transport, lane.number, &spec.local_ufrag, key);
        Ok(TransportId(transport))
    }

    pub fn restart_ice(&self, transport: u64, spec: &TransportSpec) -> Result<(), PlaneError> {
        if self.directory.has(&spec.local_ufrag) {
            return Err(PlaneError::UfragInUse);
        }
        let key = integrity_key(&spec.local_pwd).ok_or(PlaneError::BadSpec)?;
        let (lane, local) = self.lane_of(transport);
        let local = TransportId(local);
        let ufrags =
            self.call(lane, |plane, _, _| plane.restart_ice(local, spec).map(|()| plane.ufrags(local)))?;
        self.directory.add(transport, lane.number, &spec.local_ufrag, key);
        self.directory.retain(transport, &ufrags);
        Ok(())
    }

    pub fn close_transport(&self, transport: u64) -> Result<(), PlaneError> {
        let (lane, local) = self.lane_of(transport);
        let local = TransportId(local);
        let mirrored = self.call(lane, |plane, now, out| {
            let mirrored = plane.mirrored_of(local);
            plane.close_transport(local, now, out).map(|()| mirrored)
        })?;
        lane.transports.fetch_sub(1, Ordering::Relaxed);
        self.directory.forget(transport);
        for (up_track, mirrors) in mirrored {
            self.close_mirrors(lane, up_track, mirrors);
        }
        self.close_idle_mirrors(lane);
        Ok(())
    }

    pub fn close_up_track(&self, up_track: u64) -> Result<(), PlaneError> {
        let (lane, local) = self.lane_of(up_track);
        let local = UpTrackId(local);
        let mirrors = self.call(lane, |plane, now, out| {
            let (mirrors, _) = plane.mirrored(local)?;
            plane.close_up_track(local, now, out).map(|()| mirrors)
        })?;
        self.close_mirrors(lane, local, mirrors);
        Ok(())
    }

    fn close_mirrors(&self, lane: &Lane, up_track: UpTrackId, mirrors: u64) {
        for other in self.lanes.iter().filter(|other| mirrors & (1 << other.number) != 0) {
            self.call(other, |plane, now, out| {
                if let Some(mirror) = plane.mirror((lane.number, up_track)) {
                    // just found, so it is there
                    let _ = plane.close_up_track(mirror, now, out);
                }
            });
        }
    }

    /// Tells the lanes of the publishers that nobody here looks at their tracks any longer.
    fn close_idle_mirrors(&self, lane: &Lane) {
        if self.lanes.len() == 1 {
            return;
        }
        let idle = self.call(lane, |plane, now, out| plane.close_idle_mirrors(now, out));
        for (origin, up_track) in idle {
            let origin = &self.lanes[usize::from(origin)];
            // the track may have been closed with its transport
            let _ = self.call(origin, |plane, _, out| plane.set_mirrored(up_track, lane.number, false, out));
        }
    }

    pub fn open_down_track(
        &self,
        transport: u64,
        up_track: u64,
        spec: &DownTrackSpec,
    ) -> Result<DownTrackId, PlaneError> {
        let (lane, transport) = self.lane_of(transport);
        let (origin, up_track) = self.lane_of(up_track);
        let (transport, up_track) = (TransportId(transport), UpTrackId(up_track));
        let opened = if lane.number == origin.number {
            self.call(lane, |plane, now, out| plane.open_down_track(transport, up_track, spec, now, out))
        } else {
            let opened = self.open_at_mirror(lane, origin, (transport, up_track), spec);
            if opened.is_err() {
                self.close_idle_mirrors(lane);
            }
            opened
        };
        opened.map(|local| DownTrackId(global(lane.number, local.0)))
    }

    fn open_at_mirror(
        &self,
        lane: &Lane,
        origin: &Lane,
        (transport, up_track): (TransportId, UpTrackId),
        spec: &DownTrackSpec,
    ) -> Result<DownTrackId, PlaneError> {
        let (mirror_spec, is_muted) = self.call(origin, |plane, _, _| {
            let (_, is_muted) = plane.mirrored(up_track)?;
            plane.mirror_spec(up_track).map(|spec| (spec, is_muted))
        })?;
        let opened = self.call(lane, |plane, now, out| {
            let mirror = plane.open_mirror((origin.number, up_track), &mirror_spec, is_muted)?;
            plane.open_down_track(transport, mirror, spec, now, out)
        })?;
        self.call(origin, |plane, _, out| plane.set_mirrored(up_track, lane.number, true, out))?;
        Ok(opened)
    }

    pub fn close_down_track(&self, down_track: u64) -> Result<(), PlaneError> {
        let (lane, local) = self.lane_of(down_track);
        self.call(lane, |plane, _, _| plane.close_down_track(DownTrackId(local)))?;
        self.close_idle_mirrors(lane);
        Ok(())
    }

    pub fn set_up_track_muted(&self, up_track: u64, is_muted: bool) -> Result<(), PlaneError> {
        let (lane, local) = self.lane_of(up_track);
        let local = UpTrackId(local);
        let mirrors = self.call(lane, |plane, now, out| {
            let (mirrors, _) = plane.mirrored(local)?;
            plane.set_up_track_muted(local, is_muted, now, out).map(|()| mirrors)
        })?;
        for other in self.lanes.iter().filter(|other| mirrors & (1 << other.number) != 0) {
            self.call(other, |plane, now, out| {
                plane.mirror((lane.number, local)).map(|it| plane.set_up_track_muted(it, is_muted, now, out))
            });
        }
        Ok(())
    }

    pub fn levels(&self) -> Vec<Level> {
        let mut levels = Vec::new();
        for lane in &self.lanes {
            let first = levels.len();
            self.call(lane, |plane, _, _| plane.levels(&mut levels));
            for level in &mut levels[first..] {
                level.up_track = UpTrackId(global(lane.number, level.up_track.0));
            }
        }
        levels
    }

    pub fn receipts(&self) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for lane in &self.lanes {
            let mut found = Vec::new();
            self.call(lane, |plane, now, _| plane.receipts(now, &mut found));
            receipts.extend(found.into_iter().map(|receipt| Receipt {
                transport: TransportId(global(lane.number, receipt.transport.0)),
                ..receipt
            }));
        }
        receipts.sort_by_key(|receipt: &Receipt| receipt.second);
        receipts
    }

    pub fn close_journal(&self, journal: JournalId) {
        for lane in &self.lanes {
            self.call(lane, |plane, now, out| plane.close_journal(journal, now, out));
        }
        self.journals.close(journal.0);
    }
}
