//! What time demands towards peers: repair requests, key frame requests, transport-wide feedback, RTCP reports.

use crate::down_track::DownTrack;
use crate::mirror::ask_origin;
use crate::outbox::Outbox;
use crate::plane::Plane;
use crate::recording::Clock;
use crate::rtcp::{self, ReportBlock, SenderInfo};
use crate::slab::Slab;
use crate::spec::Kind;
use crate::transport::Transport;
use crate::up_track::UpTrack;
use crate::Now;

const REPORT_INTERVAL_NS: u64 = 1_000_000_000;
/// A down track silent for longer than this sends no reports.
const QUIET_NS: u64 = 5_000_000_000;
/// Sender reports in one compound, so that it fits one datagram with its descriptions.
const REPORTS_PER_COMPOUND: usize = 20;
/// A publisher's report older than this says nothing of now: 200 ppm are 6 ms until then.
const STALE_NS: u64 = 30_000_000_000;
/// A report further from the stream it reports than this many seconds is of another clock.
const MAX_REPORT_ERROR_S: u32 = 10;
/// Without a publisher's own report we make its clock up after this.
const OWN_CLOCK_NS: u64 = 3_000_000_000;
/// Seconds between 1900 and 1970.
const NTP_EPOCH_S: u64 = 2_208_988_800;

impl Plane {
    /// Asks publishers for what is missing and lets journals go on. True when there is more to come soon.
    pub(crate) fn repair(&mut self, now: Now, out: &mut Outbox) -> bool {
        let clock = self.clock(now);
        let mut is_busy = false;
        for (_, track) in self.up_tracks.iter_mut() {
            if let Some(recording) = track.recording.as_mut() {
                recording.drain(&track.encodings, clock, false, out);
                is_busy |= recording.is_holding(&track.encodings);
            }
            if track.origin.is_some() {
                is_busy |= ask_origin(track, &mut self.numbers, now, out);
                continue;
            }
            let Some(transport) = self.transports.at_mut(track.transport) else {
                continue;
            };
            ask_for_key_frames(track, transport, self.ssrc, now, out);
            for encoding in &mut track.encodings {
                if encoding.nack.is_empty() {
                    continue;
                }
                is_busy = true;
                self.numbers.clear();
                let given_up = encoding.nack.due(now, &mut self.numbers);
                if given_up > 0 && track.kind == Kind::Video && !track.is_muted {
                    // what is gone for good leaves every decoder stuck
                    encoding.key_frame.is_wanted = true;
                }
                // Without RTX a publisher repeats plainly; audio of browsers does not repeat at all.
                if !self.numbers.is_empty() && track.kind == Kind::Video {
                    let start = out.start();
                    rtcp::write_nack(&mut out.bytes, self.ssrc, encoding.ssrc, &self.numbers);
                    transport.send_rtcp(track.transport, start, out);
                }
            }
        }
        is_busy
    }

    /// Sends the key frame requests of one up track that are due.
    pub(crate) fn ask_key_frames(&mut self, up_track: u32, now: Now, out: &mut Outbox) {
        let Some(track) = self.up_tracks.at_mut(up_track) else {
            return;
        };
        if track.origin.is_some() {
            ask_origin(track, &mut self.numbers, now, out);
            return;
        }
        let Some(transport) = self.transports.at_mut(track.transport) else {
            return;
        };
        ask_for_key_frames(track, transport, self.ssrc, now, out);
    }

    /// Lets every down track aim at the best encoding that flows, and wishes the key frames that are awaited.
    pub(crate) fn choose_layers(&mut self, now: Now) {
        for up_track in 0..self.up_tracks.slots() {
            self.choose_layers_of(up_track, now);
        }
    }

    pub(crate) fn choose_layers_of(&mut self, up_track: u32, now: Now) {
        let track = self.up_tracks.at_mut(up_track);
        // Audio has one encoding and begins anywhere.
        let Some(track) = track.filter(|track| track.kind == Kind::Video) else {
            return;
        };
        let mut wished = [false; crate::spec::MAX_ENCODINGS];
        for (slot, index) in &track.down_tracks {
            let is_ready = self.transports.at(*slot).is_some_and(Transport::is_ready);
            let Some(down_track) = self.down_tracks.at_mut(*index) else {
                continue;
            };
            down_track.choose(&track.encodings);
            if let (Some(aim), true) = (down_track.aim, is_ready) {
                if down_track.is_waiting(&track.encodings) {
                    wished[usize::from(aim)] = true;
                }
            }
        }
        let recording = track.recording.as_ref();
        if let Some(encoding) = recording.and_then(|r| r.wished(&track.encodings, now)) {
            wished[usize::from(encoding)] = true;
        }
        for (encoding, is_wished) in wished.iter().enumerate() {
            let is_active = track.encodings.get(encoding).is_some_and(|e| e.is_active(now));
            if *is_wished && is_active && !track.is_muted && !track.has_key_frame_pending(encoding as u8) {
                track.wish_key_frame(encoding as u8);
            }
        }
    }

    pub(crate) fn write_transport_feedback(&mut self, out: &mut Outbox) {
        for (key, transport) in self.transports.iter_mut() {
            while transport.arrivals.has_news() {
                let media = transport.routes.first().map_or(0, |route| route.ssrc);
                let start = out.start();
                transport.arrivals.write_feedback(self.ssrc, media, &mut out.bytes);
                transport.send_rtcp(key.index, start, out);
            }
        }
    }

    pub(crate) fn write_reports(&mut self, now: Now, out: &mut Outbox) {
        let clock = self.clock(now);
        for (key, transport) in self.transports.iter_mut() {
            let is_due = now.saturating_sub(transport.last_report) >= REPORT_INTERVAL_NS;
            if !is_due || !transport.is_ready() {
                continue;
            }
            transport.last_report = now;
            write_receiver_reports(transport, key.index, &mut self.up_tracks, (self.ssrc, clock, out));
            let mut ssrcs = Vec::with_capacity(REPORTS_PER_COMPOUND);
            let mut start = out.start();
            let held = std::mem::take(&mut transport.down_tracks);
            for index in &held {
                let Some(track) = self.down_tracks.at_mut(*index) else {
                    continue;
                };
                let up_track = self.up_tracks.at(track.up_track);
                let Some(info) = up_track.and_then(|up| sender_info(track, up, clock)) else {
                    continue;
                };
                rtcp::write_sender_report(&mut out.bytes, &info);
                track.report.before_last = track.report.last_sent;
                track.report.last_sent = Some(((info.ntp >> 16) as u32, now));
                ssrcs.push(info.ssrc);
                if ssrcs.len() == REPORTS_PER_COMPOUND {
                    rtcp::write_cname(&mut out.bytes, &ssrcs);
                    transport.send_rtcp(key.index, start, out);
                    ssrcs.clear();
                    start = out.start();
                }
            }
            transport.down_tracks = held;
            if !ssrcs.is_empty() {
                rtcp::write_cname(&mut out.bytes, &ssrcs);
                transport.send_rtcp(key.index, start, out);
            }
        }
    }
}

/// Sends the key frame requests that are due, to encodings that flow.
fn ask_for_key_frames(track: &mut UpTrack, transport: &mut Transport, ssrc: u32, now: Now, out: &mut Outbox) {
    if !transport.is_ready() {
        return;
    }
    for (index, encoding) in track.encodings.iter_mut().enumerate() {
        if encoding.is_active(now) && encoding.key_frame.is_due(index == 0, now) {
            let start = out.start();
            rtcp::write_pli(&mut out.bytes, ssrc, encoding.ssrc);
            transport.send_rtcp(track.transport, start, out);
        }
    }
}

/// Tells a publisher how its encodings arrive.
fn write_receiver_reports(
    transport: &mut Transport,
    slot: u32,
    up_tracks: &mut Slab<UpTrack>,
    (ssrc, clock, out): (u32, Clock, &mut Outbox),
) {
    let mut blocks = Vec::new();
    for index in &transport.up_tracks {
        let Some(track) = up_tracks.at_mut(*index) else {
            continue;
        };
        for encoding in &mut track.encodings {
            let Some(highest) = encoding.highest else {
                continue;
            };
            let (fraction_lost, lost) = encoding.reception.report(highest);
            let (last_sender_report, delay) = encoding.sender_report.map_or((0, 0), |report| {
                let since_ns = clock.now.saturating_sub(report.arrival);
                let delay = since_ns.saturating_mul(65_536) / 1_000_000_000;
                ((report.ntp >> 16) as u32, delay as u32)
            });
            blocks.push(ReportBlock {
                ssrc: encoding.ssrc,
                fraction_lost,
                lost: lost as i32,
                highest: highest as u32,
                jitter: encoding.reception.jitter as u32,
                last_sender_report,
                delay,
            });
        }
    }
    if blocks.is_empty() {
        return;
    }
    for blocks in blocks.chunks(REPORTS_PER_COMPOUND) {
        let start = out.start();
        rtcp::write_receiver_report(&mut out.bytes, ssrc, blocks);
        rtcp::write_cname(&mut out.bytes, &[ssrc]);
        transport.send_rtcp(slot, start, out);
    }
}

/// What our sender report says: the publisher's clock, carried on to this moment, in the subscriber's timestamps.
fn sender_info(track: &DownTrack, up_track: &UpTrack, clock: Clock) -> Option<SenderInfo> {
    let segment = track.segment.as_ref()?;
    let idle_ns = clock.now.saturating_sub(track.newest.arrival);
    if track.counters.packets == 0 || idle_ns >= QUIET_NS {
        return None;
    }
    let encoding = up_track.encodings.get(usize::from(segment.encoding))?;
    let to_ticks = |ns: u64| (u128::from(ns) * u128::from(track.clock_rate) / 1_000_000_000) as u32;
    let report = encoding.sender_report.filter(|_| encoding.epoch == segment.epoch);
    let of_stream = track.newest.timestamp.wrapping_add(to_ticks(idle_ns));
    let (ntp, timestamp) = match report {
        Some(report) => {
            let since_ns = clock.now.saturating_sub(report.arrival);
            let timestamp = report.timestamp.wrapping_add(to_ticks(since_ns));
            let timestamp = timestamp.wrapping_add(segment.timestamp_offset);
            if since_ns >= STALE_NS || !is_same_clock(timestamp, of_stream, track.clock_rate) {
                return None;
            }
            (report.ntp.wrapping_add(to_ntp(since_ns)), timestamp)
        }
        None if clock.now.saturating_sub(track.opened) >= OWN_CLOCK_NS => {
            let ntp = to_ntp(clock.wall(clock.now)).wrapping_add(NTP_EPOCH_S << 32);
            (ntp, of_stream)
        }
        None => return None,
    };
    Some(SenderInfo {
        ssrc: track.ssrc,
        ntp,
        timestamp,
        packets: track.counters.packets as u32,
        bytes: track.counters.bytes as u32,
    })
}

/// Whether two timestamps can be of one clock at about the same moment.
pub(crate) fn is_same_clock(one: u32, other: u32, clock_rate: u32) -> bool {
    let apart = one.wrapping_sub(other) as i32;
    apart.unsigned_abs() <= MAX_REPORT_ERROR_S * clock_rate
}

/// Nanoseconds as 32.32 fixed-point seconds.
fn to_ntp(ns: u64) -> u64 {
    let (seconds, rest) = (ns / 1_000_000_000, ns % 1_000_000_000);
    (seconds << 32) | ((rest << 32) / 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_become_fixed_point_seconds() {
        assert_eq!(to_ntp(1_500_000_000), (1 << 32) | (1 << 31));
    }
}
