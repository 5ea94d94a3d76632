//! R02: a viewer that changes its mind all the time about the layer it wants, on a path that loses.

use std::collections::HashMap;

use super::call::{Call, SECOND};
use super::layers::Random;
use super::link::{LinkSpec, Loss};
use super::world::{vp8_counters, MS};
use crate::rtcp::write_pli;
use crate::testing::Rtp;
use crate::Now;

const CHANGES: usize = 1_000;
const RATES: [u64; 3] = [150_000, 400_000, 900_000];
const LATENCY: Now = 20 * MS;
/// From the publisher to the viewer and back.
const RTT: Now = 4 * LATENCY;

fn path(loss: f64) -> LinkSpec {
    let loss = Loss { to_bad: 0.0, to_good: 0.0, in_good: loss, in_bad: loss };
    LinkSpec { latency: LATENCY, loss, ..LinkSpec::default() }
}

/// The layer a packet was made for: its filling says it.
fn layer_of(packet: &Rtp) -> usize {
    usize::from(packet.payload[19] - 7)
}

fn begins_frame(packet: &Rtp) -> bool {
    packet.payload[0] & 0x10 != 0
}

fn begins_key_frame(packet: &Rtp) -> bool {
    begins_frame(packet) && packet.payload[6] & 1 == 0
}

/// Wishes, with and without time between them, also for the uppermost layer while its publisher has stopped it.
/// Returns how often that one stopped or came back.
fn change_often(call: &mut Call, viewer: usize, random: &mut Random) -> usize {
    let mut turns = 0;
    for change in 0..CHANGES {
        call.want(viewer, random.below(3) as u8);
        if random.below(4) == 0 {
            continue;
        }
        for _ in 0..1 + random.below(10) {
            call.run(50 * MS);
            if call.viewers[viewer].is_stuck() {
                let mut pli = Vec::new();
                write_pli(&mut pli, 1, 50);
                call.say(viewer, &pli);
            }
        }
        let is_shown = call.layer(viewer) == Some(2);
        let upper = &mut call.streams[2];
        if change % 20 == 10 && !is_shown {
            upper.bitrate_bps = 0;
            turns += 1;
        } else if change % 20 == 0 && upper.bitrate_bps == 0 {
            upper.bitrate_bps = RATES[2];
            upper.ask_key_frame();
            turns += 1;
        }
    }
    call.run(SECOND);
    turns
}

/// Numbers, timestamps and picture ids of the one stream, and where layers begin. Returns the switches.
fn assert_one_stream(packets: &[&Rtp], case: &str) -> usize {
    let mut switches = 0;
    for pair in packets.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let is_switch = layer_of(before) != layer_of(after);
        switches += usize::from(is_switch);
        let step = after.timestamp.wrapping_sub(before.timestamp) as i32;
        assert!(step >= 0, "{case}: time goes back by {step} at {}", after.sequence);
        if after.sequence != before.sequence + 1 {
            continue;
        }
        assert!(!is_switch || begins_key_frame(after), "{case}: {} begins a layer", after.sequence);
        assert_eq!(step > 0, begins_frame(after), "{case}: {} {step}", after.sequence);
        let (was, is) = (vp8_counters(before).0, vp8_counters(after).0);
        assert_eq!(is.wrapping_sub(was) & 0x7fff, u16::from(step > 0), "{case}: picture ids {was} {is}");
    }
    switches
}

/// The longest time without a frame that could be decoded: each needs all its packets and the frame before it.
fn longest_gap(packets: &[&Rtp], arrivals: &HashMap<u64, Now>) -> Now {
    let mut decoded: Vec<Now> = Vec::new();
    let mut chain: Option<Now> = None;
    let mut at = 0;
    while at < packets.len() {
        let timestamp = packets[at].timestamp;
        let end = packets[at..].iter().position(|packet| packet.timestamp != timestamp);
        let end = end.map_or(packets.len(), |len| at + len);
        let frame = &packets[at..end];
        let spans = frame[frame.len() - 1].sequence - frame[0].sequence + 1 == frame.len() as u64;
        let follows = at == 0 || packets[at - 1].sequence + 1 == frame[0].sequence;
        let is_whole = spans && begins_frame(frame[0]) && frame[frame.len() - 1].marker;
        let complete = frame.iter().map(|packet| arrivals[&packet.sequence]).max().unwrap_or(0);
        chain = match chain {
            _ if is_whole && begins_key_frame(frame[0]) => Some(complete),
            Some(before) if is_whole && follows => Some(before.max(complete)),
            _ => None,
        };
        decoded.extend(chain);
        at = end;
    }
    decoded.sort_unstable();
    decoded.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(Now::MAX)
}

#[test]
fn r02_a_thousand_changes_of_mind_leave_one_stream_that_never_freezes() {
    for (loss, seed) in [(0.0, 1), (0.05, 2), (0.10, 3)] {
        let case = format!("loss {loss}");
        let mut call = Call::new(path(0.0), &RATES, seed);
        let viewer = call.watch(path(loss), 0, seed + 10);
        call.run(2 * SECOND);
        let turns = change_often(&mut call, viewer, &mut Random(seed));
        let seen = &call.viewers[viewer];
        let packets: Vec<&Rtp> = seen.got.values().collect();
        let switches = assert_one_stream(&packets, &case);
        assert!(switches > 50 && switches <= CHANGES + turns, "{case}: {switches} switches, {turns} turns");
        let missing = seen.missing();
        assert!(loss > 0.0 || missing == 0, "{case}: {missing} of {}", packets.len());
        // repair may take no more than its share of a bad path (R09)
        assert!(missing * 50 <= packets.len(), "{case}: {missing} of {}", packets.len());
        let mut arrivals = HashMap::new();
        for (at, number, _) in seen.media.iter().chain(&seen.repairs) {
            let first = arrivals.entry(*number).or_insert(*at);
            *first = (*at).min(*first);
        }
        let gap_ms = longest_gap(&packets, &arrivals) / MS;
        println!(
            "{case}: {} packets, {switches} switches, {missing} missing, gap {gap_ms} ms",
            packets.len()
        );
        // where a tenth is lost, what repair may take (R09) does not bring everything, and key frames are a second apart
        let most = if loss < 0.1 { 2 * RTT + SECOND } else { 2 * RTT + SECOND * 3 / 2 };
        assert!(gap_ms <= most / MS, "{case}: {gap_ms} ms without a frame");
        for stream in &call.streams {
            let most = (call.world.now / (500 * MS)) as usize;
            assert!(stream.plis.len() <= most, "{case}: {} requests", stream.plis.len());
        }
    }
}
