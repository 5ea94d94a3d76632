use super::world::*;
use crate::rtcp::{write_sender_report, SenderInfo};
use crate::testing::{Peer, Rtp};
use crate::*;

const LOW: u32 = 10;
const HIGH: u32 = 20;

fn two_layers() -> (World, UpTrackId, Peer, DownTrackId) {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("q", LOW, LOW + 1), ("f", HIGH, HIGH + 1)]);
    let viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    (world, up_track, viewer, down_track)
}

fn report(world: &mut World, ssrc: u32, ntp: u64, timestamp: u32) {
    let mut compound = Vec::new();
    write_sender_report(&mut compound, &SenderInfo { ssrc, ntp, timestamp, packets: 1, bytes: 1 });
    world.publish_rtcp(&compound);
}

fn only(peer: &mut Peer, out: &Outbox) -> Rtp {
    let mut packets = rtp(&peer.receive(out));
    assert_eq!(packets.len(), 1);
    packets.remove(0)
}

#[test]
fn a_switch_happens_at_a_key_frame_and_the_old_layer_flows_until_then() {
    let (mut world, _, mut viewer, down_track) = two_layers();
    world.publish(&[vp8(LOW, 500, 1_000, true), vp8(HIGH, 9_000, 777_000, true)]);
    let first = only(&mut viewer, &world.out);
    world.out.clear();
    world.now += 600 * MS;
    world.set_layer(down_track, Some(1));
    assert_eq!(world.plis(), [HIGH]);
    world.publish(&[vp8(LOW, 501, 4_000, false), vp8(HIGH, 9_001, 780_000, false)]);
    let second = only(&mut viewer, &world.out);
    world.now += 33 * MS;
    world.publish(&[vp8(HIGH, 9_002, 783_000, true), vp8(LOW, 502, 7_000, false)]);
    let third = only(&mut viewer, &world.out);
    let numbers = [first.sequence, second.sequence, third.sequence].map(|s| s - first.sequence);
    assert_eq!(numbers, [0, 1, 2]);
    let counters = [&first, &second, &third].map(vp8_counters);
    let steps = counters.map(|(picture_id, tl0)| (picture_id - counters[0].0, tl0 - counters[0].1));
    assert_eq!(steps, [(0, 0), (1, 1), (2, 2)]);
    assert_eq!(third.timestamp - second.timestamp, 2_970, "33 ms by arrival");
    assert_eq!(world.plane.down_track_stats(down_track).unwrap().layer, Some(1));
}

#[test]
fn a_layer_that_appears_takes_nothing_from_one_that_flows() {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("q", 0, 0), ("f", 0, 0)]);
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    let named = |rid: &str, packet: Rtp| Rtp { extensions: vec![(RID, rid.into())], ..packet };
    // Both SSRCs are new, and both packets come in one batch.
    world.publish(&[named("q", vp8(LOW, 1, 0, true)), named("f", vp8(HIGH, 1, 0, true))]);
    assert_eq!(only(&mut viewer, &world.out).payload[5..], vp8(LOW, 1, 0, true).payload[5..]);
}

#[test]
fn sender_reports_make_the_timestamps_of_two_layers_agree() {
    let (mut world, _, mut viewer, down_track) = two_layers();
    let second = 1 << 32;
    world.publish(&[vp8(LOW, 1, 100_000, true), vp8(HIGH, 1, 4_000_000, true)]);
    let first = only(&mut viewer, &world.out);
    report(&mut world, LOW, 5_000 * second, 100_000);
    report(&mut world, HIGH, 5_000 * second, 4_000_000);
    world.set_layer(down_track, Some(1));
    // The network delays this one by 40 ms: captured 33 ms after the first.
    world.now += 73 * MS;
    world.publish(&[vp8(HIGH, 2, 4_002_970, true)]);
    assert_eq!(only(&mut viewer, &world.out).timestamp - first.timestamp, 2_970);
}

#[test]
fn a_layer_that_stops_is_replaced_by_the_best_below_and_comes_back() {
    let (mut world, _, mut viewer, down_track) = two_layers();
    world.set_layer(down_track, Some(1));
    world.publish(&[vp8(LOW, 1, 0, true)]);
    world.publish(&[vp8(LOW, 2, 3_000, true)]);
    assert!(only(&mut viewer, &world.out).marker, "the low one while there is no other");
    world.publish(&[vp8(HIGH, 1, 0, true)]);
    world.publish(&[vp8(HIGH, 2, 3_000, true)]);
    only(&mut viewer, &world.out);
    assert_eq!(world.plane.down_track_stats(down_track).unwrap().layer, Some(1));
    // Only the low one goes on.
    for step in 0..40u64 {
        world.publish(&[vp8(LOW, 3 + step, 6_000, false)]);
        world.pass(50 * MS);
    }
    world.out.clear();
    world.pass(600 * MS);
    assert!(world.plis().contains(&LOW));
    world.publish(&[vp8(LOW, 50, 9_000, true)]);
    only(&mut viewer, &world.out);
    let stats = world.plane.down_track_stats(down_track).unwrap();
    assert_eq!((stats.layer, stats.wanted_layer), (Some(0), Some(1)));
}

#[test]
fn a_screen_at_rest_keeps_its_layer() {
    let (mut world, _, mut viewer, down_track) = two_layers();
    world.set_layer(down_track, Some(1));
    world.publish(&[vp8(LOW, 1, 0, true), vp8(HIGH, 1, 0, true)]);
    for step in 2..12u64 {
        world.out.clear();
        world.pass(1_050 * MS);
        assert!(world.plis().is_empty());
        world.publish(&[vp8(LOW, step, 0, false), vp8(HIGH, step, 0, false)]);
        assert!(world.plis().is_empty());
        only(&mut viewer, &world.out);
    }
    assert_eq!(world.plane.down_track_stats(down_track).unwrap().layer, Some(1));
}

#[test]
fn key_frame_requests_of_many_subscribers_become_one() {
    let (mut world, up_track, viewer, _) = two_layers();
    world.publish(&[vp8(LOW, 1, 0, true)]);
    world.out.clear();
    let peers: Vec<_> = (0..20).map(|_| world.subscriber()).collect();
    for peer in &peers {
        let down_track = world.subscribe(peer, up_track, 50);
        world.set_layer(down_track, Some(0));
    }
    let _ = viewer;
    assert_eq!(world.plis(), [LOW]);
    world.out.clear();
    for step in 0..6 {
        world.publish(&[vp8(LOW, 2 + step, 0, false)]);
        world.out.clear();
        world.pass(100 * MS);
        let count = world.plis().len();
        assert_eq!(count, usize::from(step == 4), "asked again after 500 ms: {step}");
    }
}

#[test]
fn late_packets_of_the_old_layer_still_complete_it() {
    let (mut world, _, mut viewer, down_track) = two_layers();
    world.publish(&[vp8(LOW, 1, 0, true), vp8(LOW, 3, 6_000, false), vp8(HIGH, 1, 0, false)]);
    let before = rtp(&viewer.receive(&world.out));
    world.set_layer(down_track, Some(1));
    world.publish(&[vp8(HIGH, 2, 6_000, true)]);
    let switched = only(&mut viewer, &world.out);
    world.publish(&[vp8(LOW, 2, 3_000, false)]);
    let late = only(&mut viewer, &world.out);
    assert_eq!(late.sequence, before[0].sequence + 1);
    assert_eq!(switched.sequence, before[1].sequence + 1);
    world.publish(&[vp8(LOW, 4, 9_000, false)]);
    assert!(rtp(&viewer.receive(&world.out)).is_empty());
}

/// Whatever the publisher and the network do, the subscriber's numbers name one packet each, run without holes of our
/// making, and its clock never runs back.
#[test]
fn the_law_of_one_continuous_stream() {
    for seed in 1..40u64 {
        let (mut world, _, mut viewer, down_track) = two_layers();
        let mut random = Random(seed);
        let mut seen: std::collections::BTreeMap<u64, Rtp> = Default::default();
        let mut sequences = [random.below(65_000), random.below(65_000)];
        for step in 0..300u64 {
            world.now += 33 * MS;
            if random.below(20) == 0 {
                let layer = [None, Some(0), Some(1)][random.below(3) as usize];
                world.set_layer(down_track, layer);
            }
            let mut batch = Vec::new();
            for (layer, ssrc) in [LOW, HIGH].into_iter().enumerate() {
                for _ in 0..1 + random.below(3) {
                    sequences[layer] += 1;
                    let is_key = random.below(12) == 0;
                    let timestamp = (step as u32).wrapping_mul(2_970).wrapping_add(ssrc << 20);
                    let mut packet = vp8(ssrc, sequences[layer], timestamp, is_key);
                    if random.below(15) == 0 {
                        packet.payload.clear();
                    }
                    if random.below(10) != 0 {
                        batch.push(packet);
                    }
                }
            }
            if batch.len() > 1 && random.below(4) == 0 {
                let at = random.below(batch.len() as u64 - 1) as usize;
                batch.swap(at, at + 1);
            }
            world.publish(&batch);
            for packet in rtp(&viewer.receive(&world.out)) {
                let sequence = packet.sequence;
                assert!(seen.insert(sequence, packet).is_none(), "seed {seed}");
            }
        }
        let packets: Vec<_> = seen.values().collect();
        for pair in packets.windows(2) {
            let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32;
            assert!(step >= 0, "seed {seed}: the clock ran back by {step}");
            assert!(pair[1].sequence - pair[0].sequence < 12, "seed {seed}");
        }
    }
}

/// splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
