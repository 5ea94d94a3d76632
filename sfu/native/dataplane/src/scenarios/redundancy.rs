//! Audio as RED: taken apart on arrival, plain in between, put together for those who understand it.

use std::collections::BTreeMap;

use super::layers::Random;
use super::world::*;
use crate::rtcp::{write_nack, write_receiver_report, ReportBlock};
use crate::testing::{Peer, Rtp};
use crate::*;

/// What the encoder made for one packet.
fn frame(sequence: u64) -> Vec<u8> {
    let mut frame = sequence.to_be_bytes().to_vec();
    frame.resize(60 + sequence as usize % 20, 9);
    frame
}

/// A RED packet of a browser: this frame and `distance` before it.
fn red(ssrc: u32, sequence: u64, distance: u64) -> Rtp {
    let mut payload = Vec::new();
    for back in (1..=distance).rev() {
        let field = ((960 * back as u32) << 10) | frame(sequence - back).len() as u32;
        payload.push(0x80 | AUDIO_PT);
        payload.extend_from_slice(&field.to_be_bytes()[1..]);
    }
    payload.push(AUDIO_PT);
    (1..=distance).rev().for_each(|back| payload.extend_from_slice(&frame(sequence - back)));
    payload.extend_from_slice(&frame(sequence));
    Rtp { payload_type: RED_PT, payload, ..opus(ssrc, sequence, 20) }
}

fn plain(ssrc: u32, sequence: u64) -> Rtp {
    Rtp { payload: frame(sequence), ..opus(ssrc, sequence, 20) }
}

fn listen(world: &mut World, up_track: UpTrackId, red_payload_type: u8) -> Peer {
    let listener = world.subscriber();
    let spec = DownTrackSpec {
        ssrc: 50,
        rtx_ssrc: 0,
        payload_type: 120,
        rtx_payload_type: 0,
        red_payload_type,
        mid: "7".into(),
        extensions: extensions(),
    };
    world.subscribe_as(&listener, up_track, &spec);
    listener
}

/// Frames a receiver of RED can play, by timestamp.
fn playable(packet: &Rtp, into: &mut BTreeMap<u32, Vec<u8>>) {
    if packet.payload_type == 120 {
        into.insert(packet.timestamp, packet.payload.clone());
        return;
    }
    let red = crate::red::Red::read(&packet.payload, 120).unwrap();
    for block in red.blocks() {
        let frame = packet.payload[block.at..block.at + block.len].to_vec();
        into.entry(packet.timestamp - block.offset).or_insert(frame);
    }
    into.insert(packet.timestamp, packet.payload[red.primary_at..].to_vec());
}

fn report_loss(world: &mut World, listener: &mut Peer, fraction_lost: u8) {
    let block = ReportBlock {
        ssrc: 50,
        fraction_lost,
        lost: 0,
        highest: 0,
        jitter: 0,
        last_sender_report: 0,
        delay: 0,
    };
    let mut compound = Vec::new();
    write_receiver_report(&mut compound, 1, &[block]);
    world.send_rtcp(listener, &compound);
}

#[test]
fn m15_a_plain_subscriber_gets_the_exact_primary_and_lost_packets_are_made_again() {
    let mut world = World::new();
    let up_track = world.redundant_audio(10);
    let mut listener = listen(&mut world, up_track, 0);
    let mut random = Random(5);
    let mut got = BTreeMap::new();
    for sequence in 65_000..67_000u64 {
        world.now += 20 * MS;
        if sequence > 65_000 && random.below(5) == 0 {
            continue;
        }
        world.publish(&[red(10, sequence, 2)]);
        for packet in rtp(&listener.receive(&world.out)) {
            assert_eq!((packet.payload_type, packet.ssrc), (120, 50));
            assert!(got.insert(packet.sequence, packet).is_none(), "no number twice");
        }
    }
    let first = *got.keys().next().unwrap();
    for (number, packet) in &got {
        let sequence = number - first + 65_000;
        assert_eq!(packet.payload, frame(sequence));
        assert_eq!(packet.timestamp, sequence as u32 * 960);
    }
    let concealed = 2_000 - got.len();
    assert!(concealed <= 40, "{concealed} of 2000 frames");
    let stats = world.plane.up_track_stats(up_track, world.now).unwrap();
    assert!(stats.repaired > 300, "{}", stats.repaired);
}

#[test]
fn m15_plain_audio_becomes_red_and_bridges_a_fifth_lost() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = listen(&mut world, up_track, RED_PT);
    report_loss(&mut world, &mut listener, 51);
    let mut random = Random(7);
    let mut frames = BTreeMap::new();
    for sequence in 1..2_000u64 {
        world.now += 20 * MS;
        world.publish(&[plain(10, sequence)]);
        for packet in rtp(&listener.receive(&world.out)) {
            assert_eq!(packet.payload_type, RED_PT);
            if random.below(5) != 0 {
                playable(&packet, &mut frames);
            }
        }
    }
    for (timestamp, payload) in &frames {
        assert_eq!(*payload, frame(u64::from(*timestamp / 960)));
    }
    let concealed = 1_999 - frames.len();
    assert!(concealed <= 40, "{concealed} of 1999 frames");
}

#[test]
fn m15_who_loses_little_is_sent_one_packet_again_and_who_loses_much_two() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = listen(&mut world, up_track, RED_PT);
    let blocks = |world: &mut World, listener: &mut Peer, sequence: u64| {
        world.publish(&[plain(10, sequence)]);
        let packets = rtp(&listener.receive(&world.out));
        crate::red::Red::read(&packets[0].payload, 120).unwrap().blocks().len()
    };
    let at_first: Vec<_> = (1..4).map(|sequence| blocks(&mut world, &mut listener, sequence)).collect();
    assert_eq!(at_first, [0, 1, 1]);
    report_loss(&mut world, &mut listener, 20);
    assert_eq!(blocks(&mut world, &mut listener, 4), 2);
    // a pause longer than fourteen bits of ticks begins anew
    let mut late = plain(10, 5);
    late.timestamp += 48_000;
    world.publish(&[late]);
    let packets = rtp(&listener.receive(&world.out));
    assert_eq!(crate::red::Red::read(&packets[0].payload, 120).unwrap().blocks().len(), 0);
}

#[test]
fn m15_red_goes_to_some_and_plain_to_others_and_the_journal_is_plain() {
    let mut world = World::new();
    let up_track = world.redundant_audio(10);
    let mut with = listen(&mut world, up_track, RED_PT);
    let mut without = listen(&mut world, up_track, 0);
    world.plane.record(JournalId(1), up_track, 1, world.now, &mut world.out).unwrap();
    world.publish(&[red(10, 3, 2)]);
    world.publish(&[red(10, 5, 2)]);
    // the journal's record: kind, arrival, track, then the packet
    let records: Vec<_> =
        world.out.records.iter().map(|r| world.out.range(r.start, r.len)[13..].to_vec()).collect();
    let recorded: Vec<_> = records.iter().filter_map(|packet| Rtp::read(packet)).collect();
    let told: Vec<_> = recorded.iter().map(|p| (p.payload_type, p.sequence, p.payload.clone())).collect();
    assert_eq!(told, [(AUDIO_PT, 4, frame(4)), (AUDIO_PT, 5, frame(5))]);
    let plain: Vec<_> = rtp(&without.receive(&world.out)).into_iter().map(|p| p.payload).collect();
    assert_eq!(plain, [frame(4), frame(5)]);
    let mut frames = BTreeMap::new();
    rtp(&with.receive(&world.out)).iter().for_each(|packet| playable(packet, &mut frames));
    assert_eq!(frames.into_values().collect::<Vec<_>>(), [frame(3), frame(4), frame(5)]);
}

#[test]
fn m15_red_is_not_sent_again_and_what_is_no_red_is_dropped() {
    let mut world = World::new();
    let up_track = world.redundant_audio(10);
    let mut listener = listen(&mut world, up_track, RED_PT);
    world.publish(&[red(10, 3, 0)]);
    let sequence = rtp(&listener.receive(&world.out))[0].sequence as u16;
    world.now += 100 * MS;
    let mut nack = Vec::new();
    write_nack(&mut nack, 1, 50, &[sequence]);
    world.send_rtcp(&mut listener, &nack);
    assert!(rtp(&listener.receive(&world.out)).is_empty());
    for payload in [vec![], vec![0xef; 9], vec![0x80 | AUDIO_PT, 0, 0, 200, AUDIO_PT], vec![8, 1, 2]] {
        world.publish(&[Rtp { payload_type: RED_PT, payload, ..opus(10, 4, 20) }]);
        assert!(rtp(&listener.receive(&world.out)).is_empty());
    }
    // plain packets of a track that may be RED are as good
    world.publish(&[plain(10, 5)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
}
