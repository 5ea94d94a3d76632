use super::world::*;
use crate::testing::{Peer, Received};
use crate::*;

fn arrive(world: &mut World, mut bytes: Vec<u8>, port: u16) {
    let from = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    world.out.clear();
    world.plane.handle(&mut bytes, from, world.now, &mut world.out);
}

#[test]
fn a_check_is_answered_and_connects_once() {
    let mut world = World::new();
    let mut peer = Peer::open(&mut world.plane, 500, Profile::AeadAes128Gcm, 0);
    arrive(&mut world, peer.check(true), 500);
    let connected = Event::Connected { transport: peer.transport };
    assert_eq!(world.out.events, [connected]);
    assert!(matches!(peer.receive(&world.out)[..], [Received::Stun(_)]));
    arrive(&mut world, peer.check(true), 500);
    assert_eq!(world.out.events, []);
    assert_eq!(world.out.sends.len(), 1);
}

#[test]
fn nothing_unauthenticated_is_answered() {
    let mut world = World::new();
    let peer = Peer::open(&mut world.plane, 500, Profile::AeadAes128Gcm, 0);
    let mut forged = peer.check(true);
    let at = forged.len() - 20;
    forged[at] ^= 1;
    arrive(&mut world, forged, 500);
    arrive(&mut world, vec![22, 254, 253, 0], 500);
    assert!(world.out.is_empty());
    assert_eq!(world.plane.send_dtls(peer.transport, b"hello", &mut world.out), Ok(false));
}

#[test]
fn dtls_passes_both_ways_after_a_check() {
    let mut world = World::new();
    let mut peer = Peer::open(&mut world.plane, 500, Profile::AeadAes128Gcm, 0);
    arrive(&mut world, peer.check(false), 500);
    arrive(&mut world, vec![22, 254, 253, 9], 500);
    let [Event::Dtls { transport, start, len }] = world.out.events[..] else {
        panic!("{:?}", world.out.events);
    };
    assert_eq!(transport, peer.transport);
    assert_eq!(world.out.range(start, len), [22, 254, 253, 9]);
    world.out.clear();
    assert_eq!(world.plane.send_dtls(peer.transport, &[22, 1], &mut world.out), Ok(true));
    assert!(matches!(&peer.receive(&world.out)[..], [Received::Dtls(bytes)] if bytes == &[22, 1]));
}

#[test]
fn silence_of_thirty_seconds_is_loss_of_consent() {
    let mut world = World::new();
    world.pass(29_900 * MS);
    assert_eq!(world.out.events, []);
    world.pass(200 * MS);
    let transport = world.publisher.transport;
    assert_eq!(world.out.events, [Event::ConsentLost { transport }]);
    let stats = world.plane.transport_stats(transport, world.now).unwrap();
    assert!(!stats.is_connected);
    // RFC 7675, 5.1: its credentials are gone with it
    let check = world.publisher.check(true);
    arrive(&mut world, check, 1);
    assert!(world.out.is_empty());
    world.publisher.restart_ice(&mut world.plane, "again");
    let check = world.publisher.check(true);
    arrive(&mut world, check, 1);
    assert_eq!(world.out.events, [Event::Connected { transport }]);
}

#[test]
fn a_peer_that_moves_takes_its_media_along() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    world.publish(&[opus(10, 1, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
    listener.address.set_port(999);
    arrive(&mut world, listener.check(true), 999);
    world.publish(&[opus(10, 2, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
}

#[test]
fn closing_is_complete_and_ids_are_never_reused() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let listener = world.subscriber();
    let down_track = world.subscribe(&listener, up_track, 50);
    let publisher = world.publisher.transport;
    world.plane.close_transport(publisher, 0, &mut world.out).unwrap();
    assert_eq!(world.plane.close_down_track(down_track), Err(PlaneError::UnknownDownTrack));
    let again = world.plane.close_transport(publisher, 0, &mut world.out);
    assert_eq!(again, Err(PlaneError::UnknownTransport));
    let other = Peer::open(&mut world.plane, 700, Profile::AeadAes128Gcm, 0);
    assert_ne!(other.transport, publisher);
    world.publish(&[opus(10, 1, 20)]);
    assert!(world.out.is_empty());
}

#[test]
fn impossible_specs_are_refused() {
    let mut world = World::new();
    let transport = world.publisher.transport;
    let used = TransportSpec { local_ufrag: "u1".into(), local_pwd: "x".into() };
    assert_eq!(world.plane.open_transport(&used, 0), Err(PlaneError::UfragInUse));
    let mut spec = UpTrackSpec {
        kind: Kind::Video,
        codec: Codec::Vp8,
        clock_rate: 90_000,
        payload_type: VIDEO_PT,
        rtx_payload_type: None,
        red_payload_type: None,
        mid: "v".into(),
        extensions: extensions(),
        encodings: vec![],
    };
    let opened = world.plane.open_up_track(transport, &spec, 0);
    assert_eq!(opened, Err(PlaneError::BadSpec));
    spec.encodings = vec![EncodingSpec { ssrc: 5, ..EncodingSpec::default() }];
    let up_track = world.plane.open_up_track(transport, &spec, 0).unwrap();
    assert_eq!(world.plane.open_up_track(transport, &spec, 0), Err(PlaneError::SsrcInUse));
    let listener = world.subscriber();
    let down_track = world.subscribe(&listener, up_track, 50);
    let refused = world.plane.set_layer(down_track, Some(1), 0, &mut world.out);
    assert_eq!(refused, Err(PlaneError::BadSpec));
}
