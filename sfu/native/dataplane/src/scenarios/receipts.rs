//! Proof of presence: what a cut, loss and repair may and may not credit.

use super::world::*;
use crate::rtcp::*;
use crate::testing::{Peer, Rtp};
use crate::twcc::Arrivals;
use crate::*;

const SECOND: u64 = WALL_NS / 1_000_000_000;

fn of(receipts: &[Receipt], transport: TransportId, second: u64) -> (u32, u32, u32, bool) {
    let mut newest = (0, 0, 0, false);
    for receipt in receipts.iter().filter(|r| (r.transport, r.second) == (transport, SECOND + second)) {
        newest = (receipt.sent, receipt.acknowledged, receipt.received, receipt.heard);
    }
    newest
}

/// Fifty packets a second for `seconds`; `is_delivered(ms)` says whether the subscriber's path is open then.
/// Every 200 ms an open path carries what `reply` makes of the packets that arrived.
fn run(
    world: &mut World,
    listener: &mut Peer,
    seconds: u64,
    is_delivered: impl Fn(u64) -> bool,
    mut reply: impl FnMut(&[(Rtp, Now)], &mut Vec<u8>),
) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    let mut arrived = Vec::new();
    for step in 0..seconds * 50 {
        let ms = step * 20;
        world.now = ms * MS;
        world.publish(&[opus(10, 1 + step, 9)]);
        let packets = rtp(&listener.receive(&world.out));
        if is_delivered(ms) {
            arrived.extend(packets.into_iter().map(|packet| (packet, world.now)));
        }
        if step % 10 == 9 && is_delivered(ms) {
            let mut compound = Vec::new();
            reply(&arrived, &mut compound);
            arrived.clear();
            world.send_rtcp(listener, &compound);
        }
        receipts.extend(world.receipts());
    }
    world.now += 1_000 * MS;
    receipts.extend(world.receipts());
    receipts
}

fn transport_wide() -> impl FnMut(&[(Rtp, Now)], &mut Vec<u8>) {
    let mut arrivals = Arrivals::default();
    move |arrived, compound| {
        for (packet, at) in arrived {
            let value = packet.extension(TRANSPORT_CC).unwrap();
            arrivals.push(u16::from_be_bytes([value[0], value[1]]), *at);
        }
        arrivals.write_feedback(1, 50, compound);
    }
}

fn by_reports() -> impl FnMut(&[(Rtp, Now)], &mut Vec<u8>) {
    let (mut first, mut highest, mut received) = (None, 0, 0);
    move |arrived, compound| {
        for (packet, _) in arrived {
            first.get_or_insert(packet.sequence);
            highest = highest.max(packet.sequence);
            received += 1;
        }
        let expected = highest + 1 - first.unwrap_or(highest + 1);
        let block = ReportBlock {
            ssrc: 50,
            fraction_lost: 0,
            lost: (expected - received) as i32,
            highest: highest as u32,
            jitter: 0,
            last_sender_report: 0,
            delay: 0,
        };
        write_receiver_report(compound, 1, &[block]);
    }
}

fn listening(has_transport_cc: bool) -> (World, Peer) {
    let mut world = World::new();
    let up_track = world.audio(10);
    let listener = world.subscriber();
    let mut ids = extensions();
    if !has_transport_cc {
        ids.transport_cc = 0;
    }
    let spec = DownTrackSpec {
        ssrc: 50,
        rtx_ssrc: 0,
        payload_type: 120,
        rtx_payload_type: 0,
        red_payload_type: 0,
        mid: "1".into(),
        extensions: ids,
    };
    world.subscribe_as(&listener, up_track, &spec);
    (world, listener)
}

#[test]
fn every_packet_is_accounted_for_by_transport_wide_feedback() {
    let (mut world, mut listener) = listening(true);
    let receipts = run(&mut world, &mut listener, 3, |_| true, transport_wide());
    for second in 0..3 {
        assert_eq!(of(&receipts, listener.transport, second), (50, 50, 0, true));
        let (sent, acknowledged, received, heard) = of(&receipts, world.publisher.transport, second);
        assert_eq!((sent, acknowledged, received, heard), (0, 0, 50, true));
    }
}

#[test]
fn a_cut_credits_none_of_its_seconds() {
    for has_transport_cc in [true, false] {
        let (mut world, mut listener) = listening(has_transport_cc);
        let is_open = |ms: u64| !(2_000..6_000).contains(&ms);
        let receipts = if has_transport_cc {
            run(&mut world, &mut listener, 8, is_open, transport_wide())
        } else {
            run(&mut world, &mut listener, 8, is_open, by_reports())
        };
        for second in 2..6 {
            let (sent, acknowledged, ..) = of(&receipts, listener.transport, second);
            assert_eq!((sent, acknowledged), (50, 0), "{has_transport_cc} {second}");
        }
        for second in [1, 6, 7] {
            let (sent, acknowledged, ..) = of(&receipts, listener.transport, second);
            assert_eq!(sent, 50);
            assert!(acknowledged >= 40, "{has_transport_cc} {second}: {acknowledged}");
        }
    }
}

fn report(world: &mut World, listener: &mut Peer, highest: u64, lost: i32) {
    let block = ReportBlock {
        ssrc: 50,
        fraction_lost: 0,
        lost,
        highest: highest as u32,
        jitter: 0,
        last_sender_report: 0,
        delay: 0,
    };
    let mut compound = Vec::new();
    write_receiver_report(&mut compound, 1, &[block]);
    world.send_rtcp(listener, &compound);
}

#[test]
fn what_is_repaired_after_a_cut_is_not_proof_of_presence_in_it() {
    let (mut world, mut listener) = listening(false);
    world.publish(&[opus(10, 1, 9)]);
    let first = rtp(&listener.receive(&world.out))[0].sequence;
    report(&mut world, &mut listener, first, 0);
    // Ten packets are lost in second 1; in second 2 they are asked for, come again, and the report knows no loss.
    world.now = 1_100 * MS;
    world.publish(&(2..12).map(|sequence| opus(10, sequence, 9)).collect::<Vec<_>>());
    world.now = 2_100 * MS;
    let numbers: Vec<u16> = (1..=10).map(|step| (first + step) as u16).collect();
    let mut nack = Vec::new();
    write_nack(&mut nack, 1, 50, &numbers);
    world.send_rtcp(&mut listener, &nack);
    assert_eq!(world.out.sends.len(), 10);
    world.publish(&[opus(10, 12, 9)]);
    report(&mut world, &mut listener, first + 11, 0);
    world.now = 3_100 * MS;
    let receipts = world.receipts();
    assert_eq!(of(&receipts, listener.transport, 1).1, 0);
    assert_eq!(of(&receipts, listener.transport, 2).1, 1);
}

#[test]
fn a_check_alone_is_heard() {
    let (mut world, listener) = listening(true);
    let mut check = listener.check(true);
    world.now = 500 * MS;
    world.plane.handle(&mut check, listener.address, world.now, &mut world.out);
    world.now = 1_500 * MS;
    let receipts = world.receipts();
    assert_eq!(of(&receipts, listener.transport, 0), (0, 0, 0, true));
}

#[test]
fn a_plain_repeat_acknowledged_late_is_not_proof_either() {
    let (mut world, mut listener) = listening(true);
    world.publish(&[opus(10, 1, 9)]);
    let sequence = rtp(&listener.receive(&world.out))[0].sequence as u16;
    world.now = 1_500 * MS;
    let mut nack = Vec::new();
    write_nack(&mut nack, 1, 50, &[sequence]);
    world.send_rtcp(&mut listener, &nack);
    assert_eq!(world.out.sends.len(), 1);
    let mut arrivals = Arrivals::default();
    arrivals.push(0, world.now);
    let mut compound = Vec::new();
    arrivals.write_feedback(1, 50, &mut compound);
    world.send_rtcp(&mut listener, &compound);
    world.now = 3_000 * MS;
    let receipts = world.receipts();
    assert_eq!(of(&receipts, listener.transport, 0).0, 1);
    assert_eq!(of(&receipts, listener.transport, 0).1, 0);
}

#[test]
fn a_peer_that_knows_the_extension_but_not_the_feedback_is_believed_by_its_reports() {
    let (mut world, mut listener) = listening(true);
    let receipts = run(&mut world, &mut listener, 8, |_| true, by_reports());
    for second in 4..7 {
        let (sent, acknowledged, ..) = of(&receipts, listener.transport, second);
        assert_eq!((sent, acknowledged), (50, 50), "{second}");
    }
}
