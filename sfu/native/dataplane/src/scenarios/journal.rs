use super::world::*;
use crate::rtcp::{write_sender_report, SenderInfo};
use crate::testing::Rtp;
use crate::*;

const JOURNAL: JournalId = JournalId(9);

#[derive(Debug, PartialEq, Eq)]
enum Frame {
    Packet { arrival_ns: u64, ssrc: u32, sequence: u64 },
    Report { ssrc: u32, ntp: u64, timestamp: u32 },
}

/// Reads the records in the outbox, as docs/journal.md lays them out.
fn frames(world: &World) -> Vec<Frame> {
    let records = world.out.records.iter();
    records
        .map(|record| {
            let body = world.out.range(record.start, record.len);
            assert_eq!(record.journal, JOURNAL);
            assert_eq!(u32::from_le_bytes(body[9..13].try_into().unwrap()), 3);
            let payload = &body[13..];
            if body[0] == 3 {
                return Frame::Report {
                    ssrc: u32::from_le_bytes(payload[..4].try_into().unwrap()),
                    ntp: u64::from_le_bytes(payload[4..12].try_into().unwrap()),
                    timestamp: u32::from_le_bytes(payload[12..16].try_into().unwrap()),
                };
            }
            assert_eq!(body[0], 2);
            let rtp = Rtp::read(payload).unwrap();
            Frame::Packet {
                arrival_ns: u64::from_le_bytes(body[1..9].try_into().unwrap()),
                ssrc: rtp.ssrc,
                sequence: rtp.sequence,
            }
        })
        .collect()
}

fn numbers(world: &World) -> Vec<(u32, u64)> {
    let packets = frames(world).into_iter().filter_map(|frame| match frame {
        Frame::Packet { ssrc, sequence, .. } => Some((ssrc, sequence)),
        Frame::Report { .. } => None,
    });
    packets.collect()
}

fn record(world: &mut World, up_track: UpTrackId) {
    world.plane.record(JOURNAL, up_track, 3, world.now, &mut world.out).unwrap();
}

#[test]
fn packets_are_written_as_received_with_their_arrival() {
    let mut world = World::new();
    let up_track = world.audio(10);
    record(&mut world, up_track);
    world.now = 20 * MS;
    world.publish(&[opus(10, 5, 33)]);
    let expected = Frame::Packet { arrival_ns: WALL_NS + 20 * MS, ssrc: 10, sequence: 5 };
    assert_eq!(frames(&world), [expected]);
    let record = world.out.records[0];
    let body = world.out.range(record.start, record.len);
    assert_eq!(body[13..], opus(10, 5, 33).write());
}

#[test]
fn a_gap_waits_for_repair_and_order_is_kept() {
    let mut world = World::new();
    let up_track = world.audio(10);
    record(&mut world, up_track);
    world.publish(&[opus(10, 1, 9), opus(10, 3, 9), opus(10, 4, 9)]);
    assert_eq!(numbers(&world), [(10, 1)]);
    world.publish(&[opus(10, 2, 9)]);
    assert_eq!(numbers(&world), [(10, 2), (10, 3), (10, 4)]);
}

#[test]
fn what_never_comes_holds_the_rest_back_for_half_a_second() {
    let mut world = World::new();
    let up_track = world.audio(10);
    record(&mut world, up_track);
    world.publish(&[opus(10, 1, 9), opus(10, 3, 9)]);
    world.out.clear();
    world.pass(480 * MS);
    assert_eq!(numbers(&world), []);
    world.pass(60 * MS);
    assert_eq!(numbers(&world), [(10, 3)]);
    world.publish(&[opus(10, 2, 9), opus(10, 4, 9)]);
    assert_eq!(numbers(&world), [(10, 4)], "too late is left out");
}

#[test]
fn stopping_writes_what_is_held_back() {
    let mut world = World::new();
    let up_track = world.audio(10);
    record(&mut world, up_track);
    world.publish(&[opus(10, 1, 9), opus(10, 3, 9)]);
    world.out.clear();
    world.plane.stop_recording(JOURNAL, up_track, world.now, &mut world.out).unwrap();
    assert_eq!(numbers(&world), [(10, 3)]);
    world.publish(&[opus(10, 4, 9)]);
    assert_eq!(numbers(&world), []);
}

#[test]
fn the_best_layer_is_recorded_and_changed_at_key_frames() {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("q", 10, 11), ("f", 20, 21)]);
    record(&mut world, up_track);
    world.publish(&[vp8(10, 1, 0, false), vp8(10, 2, 0, true), vp8(10, 3, 0, false)]);
    assert_eq!(numbers(&world), [(10, 2), (10, 3)]);
    world.publish(&[vp8(20, 1, 0, false)]);
    assert_eq!(world.plis(), [20]);
    world.publish(&[vp8(10, 4, 0, false), vp8(20, 2, 0, true), vp8(10, 5, 0, false), vp8(20, 3, 0, false)]);
    assert_eq!(numbers(&world), [(10, 4), (20, 2), (20, 3)]);
    // The better one stops: after a second the other one takes over.
    for sequence in 6..50 {
        world.publish(&[vp8(10, sequence, 0, false)]);
        world.pass(50 * MS);
    }
    world.publish(&[vp8(10, 50, 0, true)]);
    assert_eq!(numbers(&world), [(10, 50)]);
}

#[test]
fn a_key_frame_is_wished_every_three_seconds() {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("", 10, 11)]);
    record(&mut world, up_track);
    let mut asked = 0;
    let mut is_key = true;
    for sequence in 1..400u64 {
        world.publish(&[vp8(10, sequence, 0, is_key)]);
        world.out.clear();
        world.pass(20 * MS);
        is_key = !world.plis().is_empty();
        asked += u64::from(is_key);
    }
    assert_eq!(asked, 2, "in eight seconds");
}

#[test]
fn sender_reports_are_written() {
    let mut world = World::new();
    let up_track = world.audio(10);
    record(&mut world, up_track);
    world.publish(&[opus(10, 1, 9)]);
    world.out.clear();
    let mut report = Vec::new();
    let info = SenderInfo { ssrc: 10, ntp: 77 << 32, timestamp: 5, packets: 1, bytes: 1 };
    write_sender_report(&mut report, &info);
    world.publish_rtcp(&report);
    assert_eq!(frames(&world), [Frame::Report { ssrc: 10, ntp: 77 << 32, timestamp: 5 }]);
}

#[test]
fn a_muted_track_is_not_recorded() {
    let mut world = World::new();
    let up_track = world.audio(10);
    record(&mut world, up_track);
    world.plane.set_up_track_muted(up_track, true, 0, &mut world.out).unwrap();
    world.publish(&[opus(10, 1, 9)]);
    world.pass(100 * MS);
    assert_eq!(numbers(&world), []);
    world.plane.set_up_track_muted(up_track, false, 0, &mut world.out).unwrap();
    world.publish(&[opus(10, 2, 9)]);
    assert_eq!(numbers(&world), [(10, 2)], "nothing of the silence");
}

/// Under loss, reordering and repair each packet that arrived in time is written once, in order.
#[test]
fn the_law_of_the_journal() {
    for seed in 1..30u64 {
        let mut world = World::new();
        let up_track = world.audio(10);
        record(&mut world, up_track);
        let mut random = super::layers::Random(seed);
        let (mut waiting, mut given, mut written) = (Vec::new(), Vec::new(), Vec::new());
        let take = |world: &mut World, written: &mut Vec<u64>| {
            written.extend(numbers(world).iter().map(|(_, sequence)| *sequence));
            world.out.clear();
        };
        for sequence in 1..500u64 {
            match random.below(10) {
                0 => {}
                1 | 2 => waiting.push(sequence),
                _ => {
                    world.publish(&[opus(10, sequence, 9)]);
                    given.push(sequence);
                    take(&mut world, &mut written);
                }
            }
            if waiting.len() > random.below(5) as usize {
                let late = waiting.remove(0);
                world.publish(&[opus(10, late, 9)]);
                given.push(late);
                take(&mut world, &mut written);
            }
            world.pass(20 * MS);
            take(&mut world, &mut written);
        }
        world.plane.close_journal(JOURNAL, world.now, &mut world.out);
        take(&mut world, &mut written);
        assert!(written.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}");
        let first = written[0];
        given.sort_unstable();
        let expected: Vec<_> = given.into_iter().filter(|s| *s >= first).collect();
        assert_eq!(written, expected, "seed {seed}");
    }
}
