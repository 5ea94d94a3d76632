use super::world::*;
use crate::rtcp::*;
use crate::testing::Peer;
use crate::twcc::Feedback;
use crate::*;

fn packets(compounds: &[Vec<u8>]) -> Vec<Packet<'_>> {
    compounds.iter().flat_map(|compound| Compound::new(compound)).collect()
}

#[test]
fn m13_a_publisher_hears_how_its_packets_arrive() {
    let mut world = World::new();
    world.audio(10);
    world.publish(&[opus(10, 1, 9), opus(10, 2, 9), opus(10, 4, 9)]);
    let mut report = Vec::new();
    let ntp = 0x1111_2222_3333_4444;
    let info = SenderInfo { ssrc: 10, ntp, timestamp: 5, packets: 3, bytes: 3 };
    write_sender_report(&mut report, &info);
    world.publish_rtcp(&report);
    world.out.clear();
    world.pass(1_100 * MS);
    let compounds = rtcp(&world.publisher.receive(&world.out));
    let packets = packets(&compounds);
    let Some(Packet::ReceiverReport { blocks }) = packets.first() else {
        panic!("{packets:?}");
    };
    let block = report_blocks(blocks).next().unwrap();
    assert_eq!((block.ssrc, block.fraction_lost, block.lost, block.highest), (10, 64, 1, 4));
    assert_eq!(block.last_sender_report, 0x2222_3333);
    assert!((65_000..70_000).contains(&block.delay), "{}", block.delay);
    assert_eq!(packets.get(1), Some(&Packet::Other), "the source description");
}

#[test]
fn m09_transport_feedback_comes_every_fifty_milliseconds() {
    let mut world = World::new();
    world.audio(10);
    let mut told = Vec::new();
    let mut feedbacks = 0;
    for sequence in 0..100u16 {
        let mut packet = opus(10, u64::from(sequence), 9);
        packet.extensions.push((TRANSPORT_CC, sequence.to_be_bytes().to_vec()));
        if sequence % 10 != 3 {
            world.publish(&[packet]);
        }
        world.out.clear();
        world.pass(10 * MS);
        let compounds = rtcp(&world.publisher.receive(&world.out));
        for packet in packets(&compounds) {
            let Packet::TransportCc { information } = packet else { continue };
            let feedback = Feedback::parse(information).unwrap();
            feedbacks += 1;
            feedback.for_each(|offset, at| told.push((feedback.base + offset, at.is_some())));
        }
    }
    assert!((18..=21).contains(&feedbacks), "{feedbacks}");
    let expected: Vec<_> = (0..told.len() as u16).map(|s| (s, s % 10 != 3)).collect();
    assert_eq!(told, expected);
    assert!(told.len() > 90);
}

/// Nothing leaves towards an address that no check has proven, whatever comes from there.
#[test]
fn m09_there_is_no_feedback_before_ice() {
    let mut world = World::new();
    let mut stranger = Peer::open(&mut world.plane, 900, Profile::AeadAes128Gcm, 0);
    for number in 0..50u64 {
        let mut packet = opus(10, number, 9);
        packet.extensions.push((TRANSPORT_CC, (number as u16).to_be_bytes().to_vec()));
        let mut datagram = stranger.seal(&packet);
        world.plane.handle(&mut datagram, stranger.address, world.now, &mut world.out);
        world.plane.flush(world.now, &mut world.out);
        world.pass(20 * MS);
    }
    assert!(stranger.receive(&world.out).is_empty());
}

#[test]
fn m13_a_subscriber_gets_the_publishers_clock_in_its_own_timestamps() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    world.publish(&[opus(10, 100, 9)]);
    let mut report = Vec::new();
    let info = SenderInfo { ssrc: 10, ntp: 7 << 32, timestamp: 96_000, packets: 1, bytes: 80 };
    write_sender_report(&mut report, &info);
    world.publish_rtcp(&report);
    world.out.clear();
    world.pass(1_000 * MS);
    let compounds = rtcp(&listener.receive(&world.out));
    let packets = packets(&compounds);
    let Packet::SenderReport { ssrc, ntp, timestamp, .. } = packets[0] else {
        panic!("{packets:?}");
    };
    assert_eq!((ssrc, ntp, timestamp), (50, 8 << 32, 96_000 + 48_000));
    // The listener echoes it after 100 ms: half of them in the network.
    let block = ReportBlock {
        ssrc: 50,
        fraction_lost: 26,
        lost: 3,
        highest: 1,
        jitter: 480,
        last_sender_report: (ntp >> 16) as u32,
        delay: 65_536 / 20,
    };
    world.now += 100 * MS;
    let mut report = Vec::new();
    write_receiver_report(&mut report, 1, &[block]);
    world.send_rtcp(&mut listener, &report);
    let stats = world.plane.transport_stats(listener.transport, world.now).unwrap();
    assert!((stats.rtt_ms - 50.0).abs() < 1.0, "{}", stats.rtt_ms);
}

#[test]
fn a_picture_loss_reaches_the_publisher_and_a_repeated_full_intra_request_counts_once() {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("", 10, 11)]);
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    world.publish(&[vp8(10, 1, 0, true)]);
    world.now += 600 * MS;
    let mut pli = Vec::new();
    write_pli(&mut pli, 1, 50);
    world.send_rtcp(&mut viewer, &pli);
    assert_eq!(world.plis(), [10]);
    world.publish(&[vp8(10, 2, 0, true)]);
    world.now += 600 * MS;
    let fir = [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 50, 9, 0, 0, 0];
    world.send_rtcp(&mut viewer, &fir);
    assert_eq!(world.plis(), [10]);
    world.publish(&[vp8(10, 3, 0, true)]);
    world.now += 600 * MS;
    world.send_rtcp(&mut viewer, &fir);
    assert!(world.plis().is_empty());
    assert_eq!(world.plane.down_track_stats(down_track).unwrap().plis_received, 2);
}
