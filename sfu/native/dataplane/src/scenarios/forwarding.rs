use super::world::*;
use crate::*;

fn one_video() -> (World, UpTrackId) {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("", 10, 11)]);
    (world, up_track)
}

#[test]
fn audio_flows_at_once_in_the_subscribers_own_numbers() {
    for profile in [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80] {
        let mut world = World::with_profile(profile);
        let up_track = world.audio(10);
        let mut listener = world.subscriber();
        world.subscribe(&listener, up_track, 50);
        world.publish(&[opus(10, 65_535, 20), opus(10, 65_536, 30)]);
        let packets = rtp(&listener.receive(&world.out));
        assert_eq!(packets.len(), 2);
        assert_eq!(packets[1].sequence, packets[0].sequence + 1);
        for (packet, level) in packets.iter().zip([20, 30]) {
            assert_eq!((packet.ssrc, packet.payload_type), (50, 120));
            assert_eq!(packet.extension(MID), Some(&b"7"[..]));
            assert_eq!(packet.extension(LEVEL), Some(&[level][..]));
            assert_eq!(packet.payload.len(), 80);
        }
        assert_eq!(packets[0].extension(TRANSPORT_CC), Some(&[0, 0][..]));
        assert_eq!(packets[1].extension(TRANSPORT_CC), Some(&[0, 1][..]));
    }
}

#[test]
fn everyone_gets_every_packet_and_each_ones_packets_lie_together() {
    let (mut world, up_track) = one_video();
    let voice = world.audio(20);
    let mut peers: Vec<_> = (0..5).map(|_| world.subscriber()).collect();
    for peer in &peers {
        let down_track = world.subscribe(peer, up_track, 50);
        world.set_layer(down_track, Some(0));
        world.subscribe(peer, voice, 60);
    }
    world.publish(&[vp8(10, 1, 0, true), opus(20, 1, 9), vp8(10, 2, 3_000, false)]);
    for peer in &mut peers {
        assert_eq!(rtp(&peer.receive(&world.out)).len(), 3);
    }
    let slots: Vec<_> = world.out.sends.iter().map(|send| send.slot).collect();
    let mut runs = slots.clone();
    runs.dedup();
    assert_eq!((slots.len(), runs.len()), (15, 5));
}

#[test]
fn video_waits_for_its_layer_and_a_key_frame() {
    let (mut world, up_track) = one_video();
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.publish(&[vp8(10, 1, 0, true)]);
    assert!(rtp(&viewer.receive(&world.out)).is_empty(), "paused");
    world.out.clear();
    world.set_layer(down_track, Some(0));
    assert_eq!(world.plis(), [10]);
    world.publish(&[vp8(10, 2, 3_000, false)]);
    assert!(rtp(&viewer.receive(&world.out)).is_empty(), "no key frame");
    world.publish(&[vp8(10, 3, 6_000, true), vp8(10, 4, 9_000, false)]);
    let packets = rtp(&viewer.receive(&world.out));
    assert_eq!(packets.len(), 2);
    assert!(packets.iter().all(|packet| packet.marker));
    assert_eq!(packets[1].timestamp - packets[0].timestamp, 3_000);
    let stats = world.plane.down_track_stats(down_track).unwrap();
    assert_eq!((stats.packets, stats.layer, stats.wanted_layer), (2, Some(0), Some(0)));
}

#[test]
fn padding_leaves_no_hole() {
    let (mut world, up_track) = one_video();
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    let empty = crate::testing::Rtp { payload: vec![], ..vp8(10, 2, 0, false) };
    world.publish(&[vp8(10, 1, 0, true), empty, vp8(10, 3, 3_000, false)]);
    let packets = rtp(&viewer.receive(&world.out));
    assert_eq!(packets.len(), 2);
    assert_eq!(packets[1].sequence, packets[0].sequence + 1);
}

#[test]
fn a_pause_stops_at_once_and_going_on_is_seamless() {
    let (mut world, up_track) = one_video();
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    world.publish(&[vp8(10, 1, 0, true)]);
    let before = rtp(&viewer.receive(&world.out)).remove(0);
    world.set_layer(down_track, None);
    world.now = 1_000 * MS;
    world.publish(&[vp8(10, 2, 90_000, true)]);
    assert!(rtp(&viewer.receive(&world.out)).is_empty());
    world.set_layer(down_track, Some(0));
    world.now = 2_000 * MS;
    world.publish(&[vp8(10, 3, 180_000, true)]);
    let after = rtp(&viewer.receive(&world.out)).remove(0);
    assert_eq!(after.sequence, before.sequence + 1);
    assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 180_000);
    assert_eq!(vp8_counters(&after).0, vp8_counters(&before).0 + 1);
}

#[test]
fn a_muted_track_forwards_nothing() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    world.plane.set_up_track_muted(up_track, true, 0, &mut world.out).unwrap();
    world.publish(&[opus(10, 1, 20)]);
    assert!(rtp(&listener.receive(&world.out)).is_empty());
    world.plane.set_up_track_muted(up_track, false, 0, &mut world.out).unwrap();
    world.publish(&[opus(10, 2, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
}

#[test]
fn after_a_mute_video_goes_on_at_a_key_frame_without_a_hole() {
    let (mut world, up_track) = one_video();
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    world.publish(&[vp8(10, 1, 0, true)]);
    let before = rtp(&viewer.receive(&world.out)).remove(0);
    world.plane.set_up_track_muted(up_track, true, 0, &mut world.out).unwrap();
    world.publish(&[vp8(10, 2, 3_000, false)]);
    world.now = 600 * MS;
    world.out.clear();
    world.plane.set_up_track_muted(up_track, false, world.now, &mut world.out).unwrap();
    assert_eq!(world.plis(), [10]);
    world.publish(&[vp8(10, 3, 6_000, false), vp8(10, 4, 54_000, true)]);
    let packets = rtp(&viewer.receive(&world.out));
    assert_eq!(packets.len(), 1);
    assert_eq!(packets[0].sequence, before.sequence + 1);
    assert_eq!(packets[0].timestamp, before.timestamp + 54_000);
}

#[test]
fn an_ssrc_that_is_used_again_goes_on_counting() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    let down_track = world.subscribe(&listener, up_track, 50);
    world.publish(&[opus(10, 1, 20)]);
    let before = rtp(&listener.receive(&world.out)).remove(0);
    world.plane.close_down_track(down_track).unwrap();
    world.subscribe(&listener, up_track, 50);
    world.publish(&[opus(10, 2, 20)]);
    let after = rtp(&listener.receive(&world.out)).remove(0);
    assert_eq!(after.sequence, before.sequence + 1);
}

#[test]
fn an_ssrc_that_shows_another_track_goes_on_in_numbers_time_and_pictures() {
    let (mut world, first) = one_video();
    let second = world.video(Codec::Vp8, &[("", 20, 21)]);
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, first, 50);
    world.set_layer(down_track, Some(0));
    world.publish(&[vp8(10, 100, 5_000, true), vp8(10, 101, 8_000, false)]);
    let before = rtp(&viewer.receive(&world.out)).pop().unwrap();
    world.plane.close_down_track(down_track).unwrap();
    world.pass(400_000_000);
    let down_track = world.subscribe(&viewer, second, 50);
    world.set_layer(down_track, Some(0));
    world.publish(&[vp8(20, 7, 4_000_000_000, true), vp8(20, 8, 4_000_003_000, false)]);
    let after = rtp(&viewer.receive(&world.out));
    let numbers: Vec<_> = after.iter().map(|packet| packet.sequence - before.sequence).collect();
    let times: Vec<_> = after.iter().map(|packet| packet.timestamp - before.timestamp).collect();
    assert_eq!((numbers, times), (vec![1, 2], vec![36_000, 39_000]));
    let pictures = after.iter().map(|packet| vp8_counters(packet).0.wrapping_sub(vp8_counters(&before).0));
    assert_eq!(pictures.collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn new_keys_in_the_middle_change_nothing_for_subscribers() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    world.publish(&[opus(10, 65_535, 20), opus(10, 65_536, 20), opus(10, 65_537, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 3);
    world.publisher.renew_keys(&mut world.plane);
    // The roll-over counter of SRTP begins anew with the keys.
    let mut datagram = world.publisher.seal(&opus(10, 2, 20));
    world.out.clear();
    world.plane.handle(&mut datagram, world.publisher.address, 0, &mut world.out);
    world.plane.flush(0, &mut world.out);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
}

#[test]
fn levels_are_read_once() {
    let mut world = World::new();
    let up_track = world.audio(10);
    world.publish(&[opus(10, 1, 0x80 | 30), opus(10, 2, 50), opus(10, 3, 127)]);
    let mut levels = Vec::new();
    world.plane.levels(&mut levels);
    assert_eq!(levels, [Level { up_track, loudest_dbov: 30, packets: 3, active_packets: 1 }]);
    levels.clear();
    world.plane.levels(&mut levels);
    assert!(levels.is_empty());
}

#[test]
fn unknown_ssrcs_are_bound_by_mid_and_rid() {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("q", 0, 0), ("f", 0, 0)]);
    let voice = world.audio(0);
    let with = |ssrc: u32, rid: &str| {
        let mut packet = vp8(ssrc, 1, 0, true);
        packet.extensions = vec![(MID, b"v".to_vec()), (RID, rid.as_bytes().to_vec())];
        packet
    };
    world.publish(&[with(1_000, "f"), with(1_001, "q"), with(1_002, "unknown"), opus(1_003, 1, 9)]);
    let started = world.out.events.clone();
    let began = |up_track, encoding| Event::MediaStarted { up_track, encoding };
    assert_eq!(started, [began(up_track, 1), began(up_track, 0), began(voice, 0)]);
    let stats = world.plane.up_track_stats(up_track, 0).unwrap();
    let ssrcs: Vec<_> = stats.encodings.iter().map(|e| e.ssrc).collect();
    assert_eq!(ssrcs, [1_001, 1_000]);
    assert_eq!(world.plane.transport_stats(world.publisher.transport, 0).unwrap().refused, 1);
}

#[test]
fn a_publisher_that_changes_its_ssrc_goes_on_at_a_key_frame() {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("f", 0, 0)]);
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    let with_rid = |ssrc: u32, sequence: u64, is_key: bool| {
        let mut packet = vp8(ssrc, sequence, sequence as u32 * 3_000, is_key);
        packet.extensions = vec![(MID, b"v".to_vec()), (RID, b"f".to_vec())];
        packet
    };
    world.publish(&[with_rid(1, 100, true)]);
    let before = rtp(&viewer.receive(&world.out)).remove(0);
    world.now += 100 * MS;
    world.publish(&[with_rid(2, 7, false)]);
    assert!(rtp(&viewer.receive(&world.out)).is_empty());
    world.publish(&[with_rid(2, 8, true)]);
    let after = rtp(&viewer.receive(&world.out)).remove(0);
    assert_eq!(after.sequence, before.sequence + 1);
    assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 9_000);
}

#[test]
fn a_great_burst_can_be_drained_in_parts() {
    let (mut world, up_track) = one_video();
    let mut peers: Vec<_> = (0..60).map(|_| world.subscriber()).collect();
    for peer in &peers {
        let down_track = world.subscribe(peer, up_track, 50);
        world.set_layer(down_track, Some(0));
    }
    for sequence in 1..31u64 {
        let mut packet = vp8(10, sequence, 0, sequence == 1);
        packet.payload.resize(1_000, 7);
        let mut datagram = world.publisher.seal(&packet);
        world.plane.handle(&mut datagram, world.publisher.address, 0, &mut world.out);
    }
    let mut parts = 0;
    let mut got = vec![0; peers.len()];
    loop {
        world.out.clear();
        let has_more = world.plane.flush_some(0, &mut world.out);
        parts += 1;
        for (count, peer) in got.iter_mut().zip(&mut peers) {
            *count += rtp(&peer.receive(&world.out)).len();
        }
        if !has_more {
            break;
        }
    }
    assert!(parts >= 3, "{parts}");
    assert!(got.iter().all(|count| *count == 30), "{got:?}");
}

#[test]
fn m04_h264_begins_with_its_parameter_sets() {
    let mut world = World::new();
    let up_track = world.video(Codec::H264, &[("", 10, 11)]);
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    let packet = |sequence: u64, timestamp: u32, payload: &[u8]| crate::testing::Rtp {
        payload: payload.to_vec(),
        ..vp8(10, sequence, timestamp, false)
    };
    world.publish(&[
        packet(1, 0, &[0x61, 1]),
        packet(2, 3_000, &[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1]),
        packet(3, 3_000, &[0x7c, 0x85, 1]),
        packet(4, 3_000, &[0x7c, 0x45, 1]),
        packet(5, 6_000, &[0x61, 1]),
    ]);
    let packets = rtp(&viewer.receive(&world.out));
    let payloads: Vec<_> = packets.iter().map(|p| p.payload[0]).collect();
    assert_eq!(payloads, [0x78, 0x7c, 0x7c, 0x61]);
    assert!(packets.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
}
