//! One stream out of whatever comes in: numbers, timestamps and pictures over loss, reordering, switches and wraps.

use std::collections::{BTreeMap, HashSet};

use super::layers::Random;
use super::world::*;
use crate::rtcp::{write_sender_report, SenderInfo};
use crate::testing::{Peer, Rtp};
use crate::*;

const INPUTS: u64 = 50_000;
const SEEDS: u64 = 20;
const RATE: f64 = 90_000.0;

fn watched(encodings: &[(&str, u32, u32)]) -> (World, UpTrackId, Peer, DownTrackId) {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, encodings);
    let viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    (world, up_track, viewer, down_track)
}

/// What was received, without padding that came too late to close its gap.
fn pictures(viewer: &mut Peer, out: &Outbox) -> Vec<Rtp> {
    let packets = rtp(&viewer.receive(out)).into_iter();
    packets.filter(|packet| !packet.payload.is_empty()).collect()
}

/// The number `vp8` has written into a packet.
fn source(packet: &Rtp) -> u64 {
    u64::from_be_bytes(packet.payload[8..16].try_into().unwrap())
}

/// Everybody checks connectivity, so that consent goes on.
fn greet(world: &mut World, viewer: &Peer) {
    for peer in [&world.publisher, viewer] {
        let mut check = peer.check(false);
        world.plane.handle(&mut check, peer.address, world.now, &mut world.out);
    }
}

/// A million packets in all, of which some are padding, lost, doubled, or overtaken by up to a hundred others.
#[test]
fn m01_numbers_are_injective_keep_their_order_and_have_holes_only_where_something_was_lost() {
    let mut random = Random(11);
    for seed in 0..SEEDS {
        let (mut world, _, mut viewer, _) = watched(&[("", 10, 11)]);
        let first = 60_000 + seed;
        let mut absent: HashSet<u64> = HashSet::new();
        let mut padding: HashSet<u64> = HashSet::new();
        let mut order: Vec<(u64, u64)> = Vec::new();
        for sequence in first..first + INPUTS {
            let is_early = sequence < first + 200;
            match random.below(100) {
                0..=4 if !is_early => drop(absent.insert(sequence)),
                5..=9 if !is_early => drop(padding.insert(sequence)),
                _ => {}
            }
            let delay = if !is_early && random.below(20) == 0 { random.below(100) } else { 0 };
            order.push((sequence + delay, sequence));
            if random.below(30) == 0 {
                order.push((sequence + random.below(50), sequence));
            }
        }
        order.retain(|(_, sequence)| !absent.contains(sequence));
        order.sort_unstable();
        let mut got: BTreeMap<u64, u64> = BTreeMap::new();
        let mut late_padding = HashSet::new();
        let mut newest = 0;
        for batch in order.chunks(20) {
            let packets = batch.iter().map(|(_, sequence)| {
                if padding.contains(sequence) && *sequence < newest {
                    late_padding.insert(*sequence);
                }
                newest = newest.max(*sequence);
                let mut packet = vp8(10, *sequence, *sequence as u32 * 300, *sequence == first);
                if padding.contains(sequence) {
                    packet.payload.clear();
                }
                packet
            });
            let packets: Vec<_> = packets.collect();
            world.now += 20 * MS;
            world.publish(&packets);
            for packet in pictures(&mut viewer, &world.out) {
                assert!(
                    got.insert(packet.sequence, source(&packet)).is_none(),
                    "a number twice, seed {seed}"
                );
            }
            greet(&mut world, &viewer);
        }
        assert!(got.len() as u64 > INPUTS * 85 / 100, "{} with seed {seed}", got.len());
        let all: Vec<_> = got.into_iter().collect();
        for pair in all.windows(2) {
            let ((number, from), (next, to)) = (pair[0], pair[1]);
            assert!(from < to, "{from} {to} out of order, seed {seed}");
            let mut between = from + 1..to;
            let holes =
                between.clone().filter(|s| absent.contains(s) || late_padding.contains(s)).count() as u64;
            let unexplained = between.find(|s| !absent.contains(s) && !padding.contains(s));
            assert_eq!(unexplained, None, "not forwarded, seed {seed}");
            assert!(next - number - 1 <= holes, "{} holes for {holes} lost, seed {seed}", next - number - 1);
        }
    }
}

/// Three layers with random offsets on clocks that run wrong by up to 200 ppm, seen through a path that delays by up to
/// 30 ms; each reports its clock every second.
#[test]
fn m02_a_thousand_switches_move_the_clock_by_no_more_than_50_ms_and_never_back() {
    let (mut world, _, mut viewer, down_track) = watched(&[("q", 10, 11), ("h", 20, 21), ("f", 30, 31)]);
    let mut random = Random(4);
    let ppm = [200.0, -200.0, 90.0];
    let offsets = [random.next() as u32, random.next() as u32, random.next() as u32];
    let clock = |layer: usize, captured: Now| {
        offsets[layer].wrapping_add((captured as f64 / 1e9 * RATE * (1.0 + ppm[layer] / 1e6)) as u64 as u32)
    };
    let mut last: Option<(u32, Now, u8)> = None;
    let (mut switches, mut worst_ms) = (0, 0f64);
    for step in 0..18_000u64 {
        let captured = step * 33 * MS;
        if step % 10 == 0 {
            world.set_layer(down_track, Some(random.below(3) as u8));
        }
        world.now = captured + 40 * MS + random.below(30) * MS;
        if step % 30 == 0 {
            for (layer, ssrc) in SSRCS.into_iter().enumerate() {
                let ntp = (captured as u128 * (1 << 32) / 1_000_000_000) as u64 + (4_000_000_000 << 32);
                let timestamp = clock(layer, captured);
                let info = SenderInfo { ssrc, ntp, timestamp, packets: 1, bytes: 1 };
                let mut compound = Vec::new();
                write_sender_report(&mut compound, &info);
                world.publish_rtcp(&compound);
            }
            greet(&mut world, &viewer);
        }
        let batch: Vec<_> = (0..3)
            .map(|layer| vp8(SSRCS[layer], 1_000 + step, clock(layer, captured), step % 5 == 0))
            .collect();
        world.publish(&batch);
        for packet in rtp(&viewer.receive(&world.out)) {
            let layer = world.plane.down_track_stats(down_track).unwrap().layer.unwrap();
            if let Some((timestamp, at, before)) = last {
                let step_ticks = packet.timestamp.wrapping_sub(timestamp) as i32;
                assert!(step_ticks > 0, "{step_ticks} at {step}");
                let ideal_ms = (captured - at) as f64 / 1e6;
                let error_ms = (f64::from(step_ticks) / 90.0 - ideal_ms).abs();
                if layer != before {
                    switches += 1;
                    worst_ms = worst_ms.max(error_ms);
                } else {
                    assert!(error_ms < 1.0, "{error_ms} ms within a layer");
                }
            }
            last = Some((packet.timestamp, captured, layer));
        }
    }
    println!("{switches} switches, {worst_ms:.2} ms at most");
    assert!(switches >= 1_000, "{switches}");
    assert!(worst_ms <= 50.0, "{worst_ms} ms");
}

const SSRCS: [u32; 3] = [10, 20, 30];

/// Doubles, overtaking by three, large packets, empty ones, loss at the wrap of the numbers, the wrap of the picture
/// id, and another SSRC in the middle.
#[test]
fn r19_a_tortured_path_delivers_each_frame_at_most_once() {
    for seed in 1..30u64 {
        let mut random = Random(seed);
        let mut world = World::new();
        let up_track = world.video(Codec::Vp8, &[("", 0, 0)]);
        let mut viewer = world.subscriber();
        let down_track = world.subscribe(&viewer, up_track, 50);
        world.set_layer(down_track, Some(0));
        let mut numbers = HashSet::new();
        let mut frames = HashSet::new();
        let mut greatest = 0;
        // picture ids and numbers wrap within: 32,767 to 0 and 65,535 to 0
        for (life, start) in [(0u32, 32_600u64), (1, 65_400), (2, 65_300)] {
            let ssrc = 10 + life;
            let mut order: Vec<(u64, u64)> = Vec::new();
            for sequence in start..start + 400 {
                let is_wrap = matches!(sequence % 65_536, 65_535 | 0 | 1);
                let is_first = sequence == start;
                if !is_first && (is_wrap && random.below(2) == 0 || random.below(50) == 0) {
                    continue;
                }
                let later = if !is_first && random.below(10) == 0 { 3 } else { 0 };
                order.push((sequence + later, sequence));
                if random.below(10) == 0 {
                    order.push((sequence + 1, sequence));
                }
            }
            order.sort_unstable();
            for (_, sequence) in order {
                world.now += 10 * MS;
                let mut packet = vp8(ssrc, sequence, (world.now / MS * 90) as u32, sequence == start);
                packet.extensions = vec![(MID, b"v".to_vec())];
                match random.below(20) {
                    0 if sequence != start => packet.payload.clear(),
                    1 => packet.payload.resize(1_460, 9),
                    _ => {}
                }
                world.publish(&[packet]);
                for packet in pictures(&mut viewer, &world.out) {
                    greatest = greatest.max(packet.payload.len());
                    assert!(numbers.insert(packet.sequence), "seed {seed}: a number twice");
                    assert!(frames.insert((life, source(&packet))), "seed {seed}: a frame twice");
                }
                world.pass(0);
                world.out.clear();
            }
            greet(&mut world, &viewer);
        }
        assert!(frames.len() > 1_000, "{} with seed {seed}", frames.len());
        assert_eq!(greatest, 1_460);
    }
}
