//! ICE restarts: another path under other credentials, the same keys, tracks and numbers.

use std::net::SocketAddr;

use super::world::*;
use crate::testing::{Peer, Received};
use crate::*;

fn check_from(world: &mut World, peer: &Peer, port: u16, is_nominating: bool) {
    let from = SocketAddr::from(([127, 0, 0, 1], port));
    world.out.clear();
    world.plane.handle(&mut peer.check(is_nominating), from, world.now, &mut world.out);
}

/// Moves a peer to another port under new credentials.
fn restart(world: &mut World, peer: &mut Peer, ufrag: &str, port: u16) {
    peer.restart_ice(&mut world.plane, ufrag);
    check_from(world, peer, port, true);
    peer.address.set_port(port);
}

#[test]
fn a_subscriber_that_restarts_loses_no_packet_and_no_number() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    let mut sequences = Vec::new();
    for sequence in 0..60u64 {
        if sequence % 3 == 1 {
            let (ufrag, port) = (format!("r{sequence}"), 900 + sequence as u16);
            listener.restart_ice(&mut world.plane, &ufrag);
            // make before break: what comes before the nomination goes by the old path
            check_from(&mut world, &listener, port, false);
            world.publish(&[opus(10, 1_000 + sequence, 20)]);
            sequences.extend(rtp(&listener.receive(&world.out)).iter().map(|packet| packet.sequence));
            check_from(&mut world, &listener, port, true);
            listener.address.set_port(port);
        } else {
            world.publish(&[opus(10, 1_000 + sequence, 20)]);
            sequences.extend(rtp(&listener.receive(&world.out)).iter().map(|packet| packet.sequence));
        }
    }
    assert_eq!(sequences.len(), 60);
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1), "{sequences:?}");
}

#[test]
fn a_publisher_that_restarts_is_heard_from_both_paths_meanwhile() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    world.publisher.restart_ice(&mut world.plane, "again");
    let mut check = world.publisher.check(false);
    world.plane.handle(&mut check, SocketAddr::from(([127, 0, 0, 1], 800)), world.now, &mut world.out);
    world.publish(&[opus(10, 1, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
    world.publisher.address.set_port(800);
    world.publish(&[opus(10, 2, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
}

#[test]
fn a_late_check_with_the_old_credentials_is_not_answered_and_moves_nothing() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    let late = listener.check(true);
    let old = listener.address;
    restart(&mut world, &mut listener, "again", 900);
    world.out.clear();
    world.plane.handle(&mut late.clone(), old, world.now, &mut world.out);
    assert!(world.out.is_empty());
    world.publish(&[opus(10, 1, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
}

#[test]
fn credentials_that_were_given_back_can_be_used_by_another_transport() {
    let mut world = World::new();
    let mut listener = world.subscriber();
    listener.restart_ice(&mut world.plane, "a");
    listener.restart_ice(&mut world.plane, "b");
    let spec = |ufrag: &str| TransportSpec { local_ufrag: ufrag.into(), local_pwd: "p".into() };
    let refused = world.plane.open_transport(&spec("b"), 0);
    assert_eq!(refused, Err(PlaneError::UfragInUse));
    world.plane.open_transport(&spec("a"), 0).unwrap();
    assert_eq!(world.plane.restart_ice(listener.transport, &spec("a")), Err(PlaneError::UfragInUse));
    assert_eq!(world.plane.restart_ice(listener.transport, &spec("")), Err(PlaneError::BadSpec));
}

#[test]
fn a_closed_transport_is_not_brought_back() {
    let mut world = World::new();
    let mut listener = world.subscriber();
    let before = listener.check(true);
    listener.restart_ice(&mut world.plane, "again");
    world.plane.close_transport(listener.transport, 0, &mut world.out).unwrap();
    let spec = TransportSpec { local_ufrag: "more".into(), local_pwd: "p".into() };
    assert_eq!(world.plane.restart_ice(listener.transport, &spec), Err(PlaneError::UnknownTransport));
    for mut check in [before, listener.check(true)] {
        world.out.clear();
        world.plane.handle(&mut check, listener.address, world.now, &mut world.out);
        assert!(world.out.is_empty());
    }
}

#[test]
fn after_lost_consent_nothing_is_sent_until_a_restart() {
    let mut world = World::new();
    let up_track = world.audio(10);
    let mut listener = world.subscriber();
    world.subscribe(&listener, up_track, 50);
    for _ in 0..8 {
        world.pass(5_000 * MS);
        let mut check = world.publisher.check(true);
        world.plane.handle(&mut check, world.publisher.address, world.now, &mut world.out);
    }
    let lost = Event::ConsentLost { transport: listener.transport };
    assert!(world.out.events.contains(&lost));
    let old = listener.check(true);
    for port in [listener.address.port(), 901] {
        world.out.clear();
        let from = SocketAddr::from(([127, 0, 0, 1], port));
        world.plane.handle(&mut old.clone(), from, world.now, &mut world.out);
        assert!(world.out.is_empty());
    }
    world.publish(&[opus(10, 1, 20)]);
    assert!(listener.receive(&world.out).is_empty());
    listener.restart_ice(&mut world.plane, "again");
    let (from, now) = (listener.address, world.now);
    world.out.clear();
    world.plane.handle(&mut listener.check(false), from, now, &mut world.out);
    assert_eq!(world.out.events, [Event::Connected { transport: listener.transport }]);
    assert!(matches!(listener.receive(&world.out)[..], [Received::Stun(_)]));
    world.publish(&[opus(10, 2, 20)]);
    assert_eq!(rtp(&listener.receive(&world.out)).len(), 1);
}
