//! RTCP from peers: a publisher's sender reports; a subscriber's reports, requests and acknowledgements.

use crate::down_track::DownTrack;
use crate::encoding::SenderReport;
use crate::history::millis;
use crate::outbox::Outbox;
use crate::pacer::Waiting;
use crate::pacing::{recall, send_waiting};
use crate::plane::Plane;
use crate::recording::Clock;
use crate::remote::Remote;
use crate::replay::nearest;
use crate::rtcp::{fir_items, nack_numbers, report_blocks, Compound, Packet, ReportBlock};
use crate::transport::Transport;
use crate::twcc::Feedback;
use crate::up_track::UpTrack;
use crate::Now;

/// The same packet is sent again no sooner than after a round trip, and after this while that is not known.
const UNKNOWN_RTT_MS: u32 = 70;
const MIN_RESEND_INTERVAL_MS: u32 = 20;
const MAX_RESENDS: u8 = 3;
/// Packets one RTCP compound can make us send again: more is a flood, not repair.
const MAX_RESENT_AT_ONCE: usize = 200;

impl Plane {
    pub(crate) fn handle_rtcp(&mut self, datagram: &mut [u8], from: Remote, now: Now, out: &mut Outbox) {
        let clock = self.clock(now);
        let Some(index) = self.by_address.get(&from).copied() else {
            return;
        };
        let Some(transport) = self.transports.at_mut(index) else {
            return;
        };
        let opener = transport.opener.as_mut();
        let Some(len) = opener.and_then(|opener| opener.open_rtcp(datagram).ok()) else {
            transport.counters.refused += 1;
            return;
        };
        transport.counters.packets_received += 1;
        transport.counters.bytes_received += datagram.len() as u64;
        transport.receipts.note_heard(clock.second());
        let Some(compound) = datagram.get(..len) else {
            return;
        };
        let mut budget = MAX_RESENT_AT_ONCE;
        for packet in Compound::new(compound) {
            self.handle_rtcp_packet(index, &packet, &mut budget, clock, out);
        }
    }

    fn handle_rtcp_packet(
        &mut self,
        index: u32,
        packet: &Packet<'_>,
        budget: &mut usize,
        clock: Clock,
        out: &mut Outbox,
    ) {
        match packet {
            Packet::SenderReport { ssrc, ntp, timestamp, blocks } => {
                let report = SenderReport { ntp: *ntp, timestamp: *timestamp, arrival: clock.now };
                self.handle_sender_report(index, *ssrc, report, clock, out);
                self.handle_blocks(index, blocks, clock);
            }
            Packet::ReceiverReport { blocks } => self.handle_blocks(index, blocks, clock),
            Packet::Nack { media, items } => {
                self.handle_nack(index, (*media, items), budget, clock, out);
            }
            Packet::TransportCc { information } => {
                self.handle_transport_cc(index, information, clock);
            }
            Packet::Pli { media } => self.handle_pli(index, *media, clock.now, out),
            Packet::Fir { items } => {
                for (media, sequence) in fir_items(items) {
                    self.handle_fir(index, (media, sequence), clock.now, out);
                }
            }
            Packet::Remb { bitrate_bps } => {
                if let Some(transport) = self.transports.at_mut(index) {
                    transport.bandwidth.note_remb(*bitrate_bps, clock.now);
                }
            }
            Packet::Other => {}
        }
    }

    fn handle_sender_report(
        &mut self,
        index: u32,
        ssrc: u32,
        report: SenderReport,
        clock: Clock,
        out: &mut Outbox,
    ) {
        let route = self.transports.at(index).and_then(|t| t.route(ssrc));
        let Some(route) = route.filter(|route| !route.is_rtx) else {
            return;
        };
        let Some(track) = self.up_tracks.at_mut(route.up_track) else {
            return;
        };
        let clock_rate = track.clock_rate;
        let Some(encoding) = track.encodings.get_mut(usize::from(route.encoding)) else {
            return;
        };
        if !encoding.is_credible(&report, clock_rate) {
            return;
        }
        encoding.sender_report = Some(report);
        if track.mirrors != 0 {
            out.notes.report(track, route.encoding, report);
        }
        if let (Some(recording), false) = (&track.recording, track.is_muted) {
            recording.sender_report(route.encoding, &track.encodings, &report, clock, out);
        }
    }

    /// The down track of a transport that sends as `ssrc`.
    fn down_track_of(&self, index: u32, ssrc: u32) -> Option<u32> {
        let transport = self.transports.at(index)?;
        let mut held = transport.down_tracks.iter().copied();
        held.find(|down| {
            let track = self.down_tracks.at(*down);
            track.is_some_and(|track| track.ssrc == ssrc)
        })
    }

    fn handle_blocks(&mut self, index: u32, blocks: &[u8], clock: Clock) {
        for block in report_blocks(blocks) {
            let Some(down) = self.down_track_of(index, block.ssrc) else {
                continue;
            };
            let (Some(transport), Some(track)) =
                (self.transports.at_mut(index), self.down_tracks.at_mut(down))
            else {
                continue;
            };
            note_round_trip(transport, track, &block, clock.now);
            let has_feedback = track.template.has_transport_cc();
            if !has_feedback || transport.sent.is_never_reported(clock.now) {
                acknowledge_by_report(transport, track, &block, clock);
            }
            let report = &mut track.report;
            report.fraction_lost = f64::from(block.fraction_lost) / 256.0;
            report.lost = u64::try_from(block.lost).unwrap_or(0);
            report.jitter_ms = f64::from(block.jitter) * 1_000.0 / f64::from(track.clock_rate);
        }
    }

    fn handle_transport_cc(&mut self, index: u32, information: &[u8], clock: Clock) {
        let Some(transport) = self.transports.at_mut(index) else {
            return;
        };
        let Some(feedback) = Feedback::parse(information) else {
            return;
        };
        self.acknowledged.clear();
        let lost = transport.sent.handle_feedback(&feedback, &mut self.acknowledged);
        for packet in self.acknowledged.iter().filter(|packet| packet.is_media) {
            transport.receipts.note_acknowledged(clock.second_of(packet.sent_at), 1);
        }
        if self.acknowledged.len() > lost as usize {
            transport.heard_at = Some(clock.now);
        }
        transport.bandwidth.note_feedback(&self.acknowledged, lost, clock.now);
    }

    fn handle_pli(&mut self, index: u32, media: u32, now: Now, out: &mut Outbox) {
        let Some(down) = self.down_track_of(index, media) else {
            return;
        };
        let Some(track) = self.down_tracks.at_mut(down) else {
            return;
        };
        track.counters.plis += 1;
        let hears = self.transports.at(index).is_some_and(|transport| transport.hears(now));
        if !track.report.may_ask_key_frame(hears, now) {
            return;
        }
        let flowing = track.segment.as_ref().map(|segment| segment.encoding);
        let up_index = track.up_track;
        let Some(encoding) = flowing.or(track.aim) else {
            return;
        };
        if let Some(up_track) = self.up_tracks.at_mut(up_index) {
            up_track.wish_key_frame(encoding);
        }
        self.ask_key_frames(up_index, now, out);
    }

    /// A full intra request repeats its number until answered (RFC 5104, 4.3.1.2).
    fn handle_fir(&mut self, index: u32, (media, sequence): (u32, u8), now: Now, out: &mut Outbox) {
        let down = self.down_track_of(index, media);
        let Some(track) = down.and_then(|down| self.down_tracks.at_mut(down)) else {
            return;
        };
        if track.report.fir_sequence.replace(sequence) != Some(sequence) {
            self.handle_pli(index, media, now, out);
        }
    }

    fn handle_nack(
        &mut self,
        index: u32,
        (media, items): (u32, &[u8]),
        budget: &mut usize,
        clock: Clock,
        out: &mut Outbox,
    ) {
        let Some(down) = self.down_track_of(index, media) else {
            return;
        };
        let (Some(transport), Some(track)) = (self.transports.at_mut(index), self.down_tracks.at_mut(down))
        else {
            return;
        };
        let Some(up_track) = self.up_tracks.at(track.up_track) else {
            return;
        };
        for number in nack_numbers(items) {
            track.counters.nacks += 1;
            if *budget == 0 {
                break;
            }
            let emitted = resend(transport, index, track, up_track, (number, clock, out));
            *budget -= usize::from(emitted.is_some());
        }
        if !transport.pacer.is_idle() {
            self.step_soon(index, clock.now);
        }
    }
}

/// Sends one packet again, exactly as it was, if it is still here and not just now sent.
fn resend(
    transport: &mut Transport,
    slot: u32,
    track: &mut DownTrack,
    up_track: &UpTrack,
    (number, clock, out): (u16, Clock, &mut Outbox),
) -> Option<()> {
    if track.red_payload_type != 0 {
        // its redundancy is its repair; the same bytes could not be promised a second time
        return None;
    }
    let outgoing = nearest(track.newest.outgoing, number);
    let interval_ms = transport.smoothed_rtt_ns.map_or(UNKNOWN_RTT_MS, |rtt_ns| millis(rtt_ns) + 1);
    let interval_ms = interval_ms.max(MIN_RESEND_INTERVAL_MS);
    let has_rtx = track.rtx_ssrc != 0 && track.rtx_payload_type != 0;
    let bytes = recall(track, up_track, outgoing)?.payload.len();
    let sent = track.history.get_mut(outgoing)?;
    let is_recent = sent.resends > 0 && millis(clock.now).wrapping_sub(sent.resent_ms) < interval_ms;
    let is_refused = is_recent || sent.is_waiting || sent.resends >= MAX_RESENDS;
    if is_refused || !transport.is_ready() || !transport.bandwidth.may_repair(bytes, clock.now) {
        return None;
    }
    transport.bandwidth.note_repair(bytes, clock.now);
    sent.resends += 1;
    sent.resent_ms = millis(clock.now);
    let waiting = Waiting { down_track: track.id, number: outgoing, bytes: bytes as u16, is_repair: true };
    transport.pacer.refill(transport.bandwidth.available_bps(clock.now), clock.now);
    if has_rtx && !transport.pacer.is_open(bytes) {
        return transport.pacer.push(waiting).then_some(());
    }
    send_waiting(transport, slot, (track, up_track), &waiting, (clock, out))
}

/// Round trip from the echo of our last sender reports (RFC 3550, 6.4.1).
fn note_round_trip(transport: &mut Transport, track: &mut DownTrack, block: &ReportBlock, now: Now) {
    let reports = [track.report.last_sent, track.report.before_last];
    let mut reports = reports.iter().flatten();
    let Some((_, sent_at)) = reports.find(|(middle, _)| *middle == block.last_sender_report) else {
        return;
    };
    let delay_ns = u64::from(block.delay) * 1_000_000_000 / 65_536;
    if let Some(rtt_ns) = now.saturating_sub(*sent_at).checked_sub(delay_ns) {
        transport.note_rtt(rtt_ns);
    }
}

/// Without transport-wide feedback, arrival is proven by receiver reports: of the packets between two of them, as many
/// as the peer has received on the first try, counted from the newest. A cut therefore credits none of its seconds,
/// whatever is repaired after it.
fn acknowledge_by_report(
    transport: &mut Transport,
    track: &mut DownTrack,
    block: &ReportBlock,
    _clock: Clock,
) {
    let newest = track.newest.outgoing;
    let highest = nearest(newest, block.highest as u16);
    if track.counters.packets == 0 || highest > newest {
        return;
    }
    let before = track.report.highest.replace(highest);
    let Some(before) = before.filter(|before| *before < highest) else {
        // The first report has no interval; a step back is an old packet of the network.
        track.report.highest = Some(before.map_or(highest, |before| before.max(highest)));
        return;
    };
    let expected = highest - before;
    let lost_before = i64::try_from(track.report.lost).unwrap_or(0);
    let lost = (i64::from(block.lost) - lost_before).max(0) as u64;
    let first = (before + 1).max(highest.saturating_sub(track.history.most() as u64));
    let is_resent = |number: &u64| track.history.get(*number).is_some_and(|s| s.resends > 0);
    let resent = (first..=highest).filter(is_resent).count() as u64;
    let mut credit = expected.saturating_sub(lost).saturating_sub(resent);
    for number in (first..=highest).rev() {
        if credit == 0 {
            break;
        }
        if let Some(sent) = track.history.get(number).filter(|s| s.resends == 0) {
            let second = u64::from(sent.second);
            transport.receipts.note_acknowledged(second, 1);
            credit -= 1;
        }
    }
}
