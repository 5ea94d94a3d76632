use super::world::*;
use crate::rtcp::{nack_numbers, write_nack, Compound, Packet};
use crate::testing::{Peer, Rtp};
use crate::*;

fn video_with_viewer() -> (World, UpTrackId, Peer, DownTrackId) {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("", 10, 11)]);
    let viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    (world, up_track, viewer, down_track)
}

fn nacked(world: &mut World) -> Vec<u16> {
    let compounds = rtcp(&world.publisher.receive(&world.out));
    let mut numbers = Vec::new();
    for packet in compounds.iter().flat_map(|compound| Compound::new(compound)) {
        if let Packet::Nack { media: 10, items } = packet {
            numbers.extend(nack_numbers(items));
        }
    }
    numbers
}

fn ask(world: &mut World, viewer: &mut Peer, numbers: &[u16]) {
    let mut compound = Vec::new();
    write_nack(&mut compound, 1, 50, numbers);
    world.send_rtcp(viewer, &compound);
}

/// The retransmission of a packet as browsers send it.
fn rtx(packet: &Rtp, sequence: u64) -> Rtp {
    let mut payload = (packet.sequence as u16).to_be_bytes().to_vec();
    payload.extend_from_slice(&packet.payload);
    Rtp { payload_type: RTX_PT, sequence, ssrc: 11, payload, ..packet.clone() }
}

#[test]
fn a_missing_packet_is_asked_for_and_its_retransmission_is_forwarded() {
    let (mut world, up_track, mut viewer, _) = video_with_viewer();
    let lost = vp8(10, 2, 3_000, false);
    world.publish(&[vp8(10, 1, 0, true), vp8(10, 3, 6_000, false)]);
    let before = rtp(&viewer.receive(&world.out));
    world.out.clear();
    world.pass(30 * MS);
    assert_eq!(nacked(&mut world), [2]);
    world.publish(&[rtx(&lost, 700), rtx(&lost, 701)]);
    let repaired = rtp(&viewer.receive(&world.out));
    assert_eq!(repaired.len(), 1);
    assert_eq!(repaired[0].sequence, before[0].sequence + 1);
    assert_eq!(repaired[0].payload[8..], lost.payload[8..]);
    world.out.clear();
    world.pass(300 * MS);
    assert!(nacked(&mut world).is_empty());
    let stats = world.plane.up_track_stats(up_track, world.now).unwrap();
    assert_eq!((stats.repaired, stats.duplicates, stats.nacks_sent, stats.lost), (1, 1, 1, 0));
}

#[test]
fn a_subscriber_gets_exactly_the_packet_it_asks_for_as_rtx() {
    let (mut world, _, mut viewer, down_track) = video_with_viewer();
    world.publish(&[vp8(10, 1, 0, true), vp8(10, 2, 3_000, false)]);
    let packets = rtp(&viewer.receive(&world.out));
    let wanted = &packets[1];
    ask(&mut world, &mut viewer, &[wanted.sequence as u16]);
    let repaired = rtp(&viewer.receive(&world.out));
    assert_eq!(repaired.len(), 1);
    let repaired = &repaired[0];
    assert_eq!((repaired.ssrc, repaired.payload_type), (51, 121));
    assert_eq!(repaired.payload[..2], (wanted.sequence as u16).to_be_bytes());
    assert_eq!(repaired.payload[2..], wanted.payload);
    assert_eq!((repaired.timestamp, repaired.marker), (wanted.timestamp, wanted.marker));
    ask(&mut world, &mut viewer, &[wanted.sequence as u16]);
    assert!(rtp(&viewer.receive(&world.out)).is_empty(), "just sent");
    world.now += 75 * MS;
    ask(&mut world, &mut viewer, &[wanted.sequence as u16]);
    assert_eq!(rtp(&viewer.receive(&world.out)).len(), 1);
    let stats = world.plane.down_track_stats(down_track).unwrap();
    assert_eq!((stats.nacks_received, stats.retransmitted, stats.packets), (3, 2, 2));
}

#[test]
fn without_rtx_the_same_packet_goes_again() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let listener = world.subscriber();
    let spec = DownTrackSpec {
        ssrc: 50,
        rtx_ssrc: 0,
        payload_type: 120,
        rtx_payload_type: 0,
        red_payload_type: 0,
        mid: String::new(),
        extensions: extensions(),
    };
    world.subscribe_as(&listener, up_track, &spec);
    world.publish(&[opus(10, 1, 9)]);
    world.now += 70 * MS;
    let send = world.out.sends[0];
    let first = world.out.range(send.start, send.len).to_vec();
    let mut viewer = listener;
    let sequence = u16::from_be_bytes([first[2], first[3]]);
    ask(&mut world, &mut viewer, &[sequence]);
    let send = world.out.sends[0];
    assert_eq!(world.out.range(send.start, send.len), first, "byte for byte: one index, one packet");
}

#[test]
fn an_original_that_comes_after_its_retransmission_is_a_duplicate() {
    let (mut world, up_track, mut viewer, _) = video_with_viewer();
    let late = vp8(10, 2, 3_000, false);
    world.publish(&[vp8(10, 1, 0, true), vp8(10, 3, 6_000, false), rtx(&late, 1), late]);
    assert_eq!(rtp(&viewer.receive(&world.out)).len(), 3);
    assert_eq!(world.plane.up_track_stats(up_track, 0).unwrap().duplicates, 1);
}

#[test]
fn what_was_never_sent_or_is_long_gone_is_not_repaired() {
    let (mut world, _, mut viewer, _) = video_with_viewer();
    world.publish(&[vp8(10, 1, 0, true)]);
    let first = rtp(&viewer.receive(&world.out))[0].sequence as u16;
    ask(&mut world, &mut viewer, &[first.wrapping_add(1), first.wrapping_sub(1), first ^ 0x8000]);
    assert!(world.out.is_empty());
    for sequence in 2..3_000u64 {
        world.now += 5 * MS;
        world.publish(&[vp8(10, sequence, 0, false)]);
    }
    ask(&mut world, &mut viewer, &[first]);
    assert!(world.out.is_empty());
}

#[test]
fn a_flood_of_requests_is_bounded() {
    let (mut world, _, mut viewer, _) = video_with_viewer();
    let batch: Vec<_> = (1..=450).map(|sequence| vp8(10, sequence, 0, sequence == 1)).collect();
    world.publish(&batch);
    let first = rtp(&viewer.receive(&world.out))[0].sequence as u16;
    let numbers: Vec<_> = (0..450).map(|i| first.wrapping_add(i)).collect();
    ask(&mut world, &mut viewer, &numbers);
    let repaired = rtp(&viewer.receive(&world.out)).len();
    assert!((1..=200).contains(&repaired), "{repaired}");
}

#[test]
fn every_loss_of_a_bad_path_is_repaired_within_a_moment() {
    let (mut world, up_track, mut viewer, _) = video_with_viewer();
    let mut random = super::layers::Random(3);
    let mut got = std::collections::BTreeSet::new();
    let mut rtx_sequence = 1;
    let mut lost: Vec<Rtp> = Vec::new();
    for sequence in 1..1_000u64 {
        let packet = vp8(10, sequence, sequence as u32 * 3_000, sequence == 1);
        if sequence > 1 && random.below(10) == 0 {
            lost.push(packet);
            continue;
        }
        world.publish(&[packet]);
        got.extend(rtp(&viewer.receive(&world.out)).iter().map(|p| p.sequence));
        world.out.clear();
        world.pass(10 * MS);
        let asked = nacked(&mut world);
        for packet in lost.iter().filter(|p| asked.contains(&(p.sequence as u16))) {
            rtx_sequence += 1;
            let again = rtx(packet, rtx_sequence);
            let mut datagram = world.publisher.seal(&again);
            let from = world.publisher.address;
            world.plane.handle(&mut datagram, from, world.now, &mut world.out);
        }
        world.out.clear();
        world.plane.flush(world.now, &mut world.out);
        got.extend(rtp(&viewer.receive(&world.out)).iter().map(|p| p.sequence));
    }
    let first = *got.first().unwrap();
    let missing = (first..*got.last().unwrap()).filter(|s| !got.contains(s)).count();
    assert!(missing <= 3, "only the newest losses may be open: {missing}");
    assert!(world.plane.up_track_stats(up_track, world.now).unwrap().repaired > 80);
}
