//! A published track on its way to one subscriber: which encoding flows, and the continuous stream made of it.

use crate::cache::Meta;
use crate::encoding::{best_flowing, Encoding};
use crate::forward::Stamp;
use crate::history::{History, Sent};
use crate::ids::DownTrackId;
use crate::layer_meter::LayerMeter;
use crate::picking::Picking;
use crate::rewrite::Template;
use crate::segment::{after_jump, switch_timestamp, Newest, Outgoing, Segment};
use crate::spec::{Codec, DownTrackSpec, Kind, PlaneError};
use crate::stats::DownTrackStats;
use crate::transport::Retired;
use crate::Now;

/// Packets a subscriber may ask for again.
const VIDEO_HISTORY: usize = 512;
const AUDIO_HISTORY: usize = 64;

pub(crate) struct DownTrack {
    pub id: DownTrackId,
    pub transport: u32,
    pub up_track: u32,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    pub payload_type: u8,
    pub rtx_payload_type: u8,
    /// 0: plain.
    pub red_payload_type: u8,
    pub template: Template,
    pub clock_rate: u32,
    /// What the control side wishes; `None` = paused.
    pub wanted: Option<u8>,
    /// What is aimed at now: the wish, or the best below it while that one does not flow.
    pub aim: Option<u8>,
    pub segment: Option<Segment>,
    /// The choice within an encoding.
    pub picking: Picking,
    codec: Codec,
    /// The layers of the track lie in one encoding.
    pub is_scalable: bool,
    previous: Option<Segment>,
    pub newest: Newest,
    pub opened: Now,
    pub first_out: u64,
    pub history: History,
    pub next_rtx: u64,
    pub counters: Counters,
    pub report: Report,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Counters {
    pub packets: u64,
    pub bytes: u64,
    pub retransmitted: u64,
    pub nacks: u64,
    pub plis: u64,
}

/// The newest receiver report and what is needed to read the next.
#[derive(Clone, Copy, Default)]
pub(crate) struct Report {
    pub fraction_lost: f64,
    pub lost: u64,
    pub jitter_ms: f64,
    pub highest: Option<u64>,
    /// Middle 32 bits of the NTP time of our last sender report, and when it went.
    pub last_sent: Option<(u32, Now)>,
    /// Round trip times read so far need `last_sent` to match; older ones are kept for one report.
    pub before_last: Option<(u32, Now)>,
    pub fir_sequence: Option<u8>,
    /// The clock told last is not that of what flows now.
    pub is_due: bool,
    key_frame_asks: Asks,
}

/// When the peer last asked for key frames, oldest first.
type Asks = [Option<Now>; MAX_ASKS];

/// So many requests of one receiver are passed on in any ten seconds, and no two at once: one that loses everything
/// would otherwise make the publisher send nothing but key frames to all (Jitsi's bridge has the same limit). One that
/// gets most of what it is sent can use a key frame, and may go on asking, slowly.
const MAX_ASKS: usize = 3;
const ASKS_NS: u64 = 10_000_000_000;
const ASK_INTERVAL_NS: u64 = 200_000_000;
const SLOW_ASK_INTERVAL_NS: u64 = 1_000_000_000;

impl Report {
    /// Whether a request of the peer for a key frame is to be passed on; it counts then. `hears`: most of what it is sent
    /// reaches it.
    pub fn may_ask_key_frame(&mut self, hears: bool, now: Now) -> bool {
        let is_younger = |at: Option<Now>, ns: u64| at.is_some_and(|at| now.saturating_sub(at) < ns);
        let newest = self.key_frame_asks[MAX_ASKS - 1];
        let has_asked_much = is_younger(self.key_frame_asks[0], ASKS_NS);
        let interval_ns = if has_asked_much { SLOW_ASK_INTERVAL_NS } else { ASK_INTERVAL_NS };
        if (has_asked_much && !hears) || is_younger(newest, interval_ns) {
            return false;
        }
        self.key_frame_asks.rotate_left(1);
        self.key_frame_asks[MAX_ASKS - 1] = Some(now);
        true
    }
}

/// Who a down track belongs to.
pub(crate) struct Owners {
    pub transport: u32,
    pub up_track: u32,
    pub kind: Kind,
    pub codec: Codec,
    pub is_scalable: bool,
    pub clock_rate: u32,
    pub now: Now,
    /// What the two SSRCs go on with when they were used before.
    pub lines: (Option<Retired>, Option<Retired>),
}

impl DownTrack {
    pub fn new(
        id: DownTrackId,
        owners: &Owners,
        spec: &DownTrackSpec,
        random: u64,
    ) -> Result<Self, PlaneError> {
        let is_payload_type = |value: u8| value < 128;
        if !is_payload_type(spec.payload_type)
            || !is_payload_type(spec.rtx_payload_type)
            || !is_payload_type(spec.red_payload_type)
        {
            return Err(PlaneError::BadSpec);
        }
        let is_audio = owners.kind == Kind::Audio;
        Ok(Self {
            id,
            transport: owners.transport,
            up_track: owners.up_track,
            ssrc: spec.ssrc,
            rtx_ssrc: spec.rtx_ssrc,
            payload_type: spec.payload_type,
            rtx_payload_type: spec.rtx_payload_type,
            red_payload_type: if is_audio { spec.red_payload_type } else { 0 },
            template: Template::new(spec)?,
            clock_rate: owners.clock_rate,
            wanted: is_audio.then_some(0),
            aim: is_audio.then_some(0),
            segment: None,
            picking: Picking::default(),
            codec: owners.codec,
            is_scalable: owners.is_scalable,
            previous: None,
            newest: owners.lines.0.map_or_else(Newest::default, |line| line.newest),
            opened: owners.now,
            // The lower half, so that the first roll-over is far off (RFC 3711, 3.3.1).
            first_out: owners.lines.0.map_or(1 + (random & 0x3fff), |line| line.next),
            history: History::new(if is_audio { AUDIO_HISTORY } else { VIDEO_HISTORY }),
            next_rtx: owners.lines.1.map_or(1 + ((random >> 16) & 0x3fff), |line| line.next),
            counters: Counters::default(),
            report: Report::default(),
        })
    }

    /// Chooses what to aim at among the encodings that flow.
    pub fn choose(&mut self, encodings: &[Encoding]) {
        self.aim = self.wanted.map(|wanted| best_flowing(encodings, wanted).unwrap_or(wanted));
    }

    /// The aim does not flow yet.
    pub fn is_waiting(&self, encodings: &[Encoding]) -> bool {
        let Some(aim) = self.aim else {
            return false;
        };
        let Some(encoding) = encodings.get(usize::from(aim)) else {
            return true;
        };
        let flowing = self.segment.as_ref().map(|s| (s.encoding, s.epoch));
        let lacks_layer = |meter: &LayerMeter| {
            let best = meter.best_flowing(self.picking.wanted().0);
            self.picking.needs_key_frame(best)
        };
        flowing != Some((aim, encoding.epoch)) || encoding.layers.as_deref().is_some_and(lacks_layer)
    }

    /// Stops at once; going on needs a key frame.
    pub fn pause(&mut self) {
        self.wanted = None;
        self.aim = None;
        self.interrupt();
    }

    /// Ends the segment: what comes next begins a new one, without a hole for what was left out.
    pub fn interrupt(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.previous = Some(segment);
        }
    }

    /// What the packet becomes for this subscriber; `None` = it is not for it.
    pub fn accept(&mut self, layer: u8, encodings: &[Encoding], meta: &Meta) -> Option<Outgoing> {
        self.aim?;
        let epoch = encodings.get(usize::from(layer))?.epoch;
        let is_of = |segment: &Segment| (segment.encoding, segment.epoch) == (layer, epoch);
        let is_flowing = self.segment.as_ref().is_some_and(is_of);
        let mapped = self.map(layer, epoch, meta).map(|outgoing| self.steady(outgoing, meta));
        let outgoing = mapped.or_else(|| {
            // A late packet begins nothing: what follows it has already been passed over.
            let is_start = meta.is_key_frame_start && meta.is_newest;
            (is_start && !is_flowing && self.aim == Some(layer))
                .then(|| self.switch(layer, epoch, encodings, meta))?
        })?;
        if outgoing.number <= self.newest.outgoing && self.history.get(outgoing.number).is_some() {
            return None;
        }
        if outgoing.number > self.newest.outgoing {
            self.newest = Newest {
                outgoing: outgoing.number,
                timestamp: outgoing.timestamp,
                arrival: meta.arrival,
                picture_id: outgoing.picture_id,
                tl0: outgoing.tl0,
                frame_number: outgoing.frame_number,
            };
        }
        self.counters.packets += 1;
        self.counters.bytes += u64::from(meta.payload_len);
        Some(outgoing)
    }

    fn map(&mut self, layer: u8, epoch: u32, meta: &Meta) -> Option<Outgoing> {
        let is_of = |segment: &Segment| segment.encoding == layer && segment.epoch == epoch;
        if let Some(segment) = self.segment.as_mut().filter(|segment| is_of(segment)) {
            return pick(&mut self.picking, segment, meta, self.codec);
        }
        // Late packets of the segment before may still complete its last frames.
        let is_late = |segment: &Segment| is_of(segment) && meta.compact <= segment.last_in;
        self.segment.as_ref()?;
        self.previous.as_mut().filter(|segment| is_late(segment))?.map(meta)
    }

    /// Time goes on as it passes although the publisher's clock has jumped.
    fn steady(&mut self, outgoing: Outgoing, meta: &Meta) -> Outgoing {
        let Some(segment) = self.segment.as_mut().filter(|_| meta.is_newest && self.newest.outgoing > 0)
        else {
            return outgoing;
        };
        let jumped = after_jump(outgoing.timestamp, meta.arrival, &self.newest, self.clock_rate);
        let Some(timestamp) = jumped else {
            return outgoing;
        };
        segment.timestamp_offset = timestamp.wrapping_sub(meta.timestamp);
        Outgoing { timestamp, ..outgoing }
    }

    fn switch(&mut self, layer: u8, epoch: u32, encodings: &[Encoding], meta: &Meta) -> Option<Outgoing> {
        self.interrupt();
        let mut segment = match &self.previous {
            // Another track was shown under this SSRC: its last packet is what time goes on from.
            None if self.newest.outgoing > 0 => {
                let elapsed_ns = u128::from(meta.arrival.saturating_sub(self.newest.arrival));
                let elapsed = (elapsed_ns * u128::from(self.clock_rate) / 1_000_000_000).max(1);
                let timestamp = self.newest.timestamp.wrapping_add(elapsed as u32);
                Segment::next(layer, epoch, meta, &self.newest, timestamp)
            }
            None => Segment::first(layer, epoch, meta, self.first_out),
            Some(old) => {
                let timestamp = switch_timestamp(old, encodings, layer, meta, &self.newest, self.clock_rate);
                Segment::next(layer, epoch, meta, &self.newest, timestamp)
            }
        };
        self.report.is_due = self.newest.outgoing > 0;
        self.picking.restart();
        let outgoing = pick(&mut self.picking, &mut segment, meta, self.codec);
        self.segment = Some(segment);
        outgoing
    }

    /// Notes what has been sent, in which second of the wall clock, marked with what.
    pub fn remember(&mut self, outgoing: &Outgoing, meta: &Meta, layer: u8, (second, stamp): (u64, Stamp)) {
        let epoch = self.segment.as_ref().map_or(0, |segment| segment.epoch);
        self.history.insert(
            outgoing.number,
            Sent {
                sequence: meta.sequence,
                timestamp: outgoing.timestamp,
                second: second as u32,
                stamp,
                picture_id: outgoing.picture_id,
                tl0: outgoing.tl0,
                frame_number: outgoing.frame_number,
                marker: outgoing.marker,
                is_empty: outgoing.is_empty,
                encoding: layer,
                epoch: epoch as u8,
                ..Sent::default()
            },
        );
    }

    pub fn stats(&self) -> DownTrackStats {
        let encoding = self.segment.as_ref().map(|segment| segment.encoding);
        let (spatial, temporal) = self.picking.current();
        DownTrackStats {
            packets: self.counters.packets,
            bytes: self.counters.bytes,
            retransmitted: self.counters.retransmitted,
            nacks_received: self.counters.nacks,
            plis_received: self.counters.plis,
            lost: self.report.lost,
            fraction_lost: self.report.fraction_lost,
            jitter_ms: self.report.jitter_ms,
            layer: if self.is_scalable { encoding.map(|_| spatial) } else { encoding },
            temporal,
            wanted_layer: if self.is_scalable {
                self.wanted.map(|_| self.picking.wanted().0)
            } else {
                self.wanted
            },
        }
    }
}

/// The packet as the subscriber gets it, unless it is of a layer that is not sent.
fn pick(picking: &mut Picking, segment: &mut Segment, meta: &Meta, codec: Codec) -> Option<Outgoing> {
    let Some(place) = &meta.place else {
        return segment.map(meta);
    };
    let verdict = picking.judge(meta.timestamp, place, meta.is_newest);
    if verdict.is_sent {
        let mut outgoing = segment.map(meta)?;
        outgoing.marker |= place.ends && verdict.closes;
        return Some(outgoing);
    }
    if meta.is_newest {
        // Only VP8 demands picture ids without gaps; elsewhere references are told as differences of them.
        segment.skip(meta, &verdict, codec == Codec::Vp8);
        return None;
    }
    // Its number was kept for it: without it the subscriber would ask again and again.
    let outgoing = segment.map(meta)?;
    Some(Outgoing { is_empty: true, marker: false, ..outgoing })
}
