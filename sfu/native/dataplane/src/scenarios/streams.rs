//! Peers that reach us over connections instead of datagrams.

use super::world::*;
use crate::testing::Peer;
use crate::*;

fn over(stream: u32, peer: &Peer) -> Remote {
    Remote { address: peer.address, stream }
}

fn check(world: &mut World, peer: &Peer, from: Remote, is_nominating: bool) {
    world.out.clear();
    world.plane.handle(&mut peer.check(is_nominating), from, world.now, &mut world.out);
}

/// Where one packet to the listener went.
fn destination(world: &mut World, number: u64) -> Option<Remote> {
    world.publish(&[opus(10, number, 20)]);
    world.out.sends.first().map(|send| send.to)
}

fn a_listener(world: &mut World, from: impl Fn(&Peer) -> Remote) -> Peer {
    let up_track = world.audio(10);
    let peer = Peer::open(&mut world.plane, 500, Profile::AeadAes128Gcm, 0);
    let from = from(&peer);
    check(world, &peer, from, true);
    world.subscribe(&peer, up_track, 50);
    peer
}

#[test]
fn media_goes_over_the_connection_that_was_checked() {
    let mut world = World::new();
    let peer = a_listener(&mut world, |peer| over(1, peer));
    assert_eq!(world.out.sends.len(), 1);
    assert_eq!(world.out.sends[0].to, over(1, &peer));
    assert_eq!(destination(&mut world, 1), Some(over(1, &peer)));
    let stats = world.plane.transport_stats(peer.transport, world.now).expect("a known transport");
    assert_eq!(stats.remote_address.map(|remote| remote.to_string()), Some("127.0.0.1:500/tcp".into()));
}

#[test]
fn the_same_address_over_another_connection_or_none_is_a_stranger() {
    let mut world = World::new();
    let peer = a_listener(&mut world, |peer| over(1, peer));
    for stranger in [over(0, &peer), over(2, &peer)] {
        world.out.clear();
        world.plane.handle(&mut [22, 254, 253, 0], stranger, world.now, &mut world.out);
        assert!(world.out.is_empty());
    }
}

#[test]
fn a_closed_connection_gives_way_to_the_other_path_at_once() {
    let mut world = World::new();
    let peer = a_listener(&mut world, |peer| over(1, peer));
    check(&mut world, &peer, over(0, &peer), false);
    assert_eq!(destination(&mut world, 1), Some(over(1, &peer)));
    world.plane.forget_remote(over(1, &peer));
    assert!(!world.plane.has_remote(&over(1, &peer)));
    assert_eq!(destination(&mut world, 2), Some(over(0, &peer)));
}

#[test]
fn a_peer_that_connects_anew_goes_on_with_the_same_credentials() {
    let mut world = World::new();
    let peer = a_listener(&mut world, |peer| over(1, peer));
    world.plane.forget_remote(over(1, &peer));
    assert_eq!(destination(&mut world, 1), None);
    world.pass(20_000 * MS);
    check(&mut world, &peer, over(2, &peer), true);
    assert_eq!(world.out.events, [Event::Connected { transport: peer.transport }]);
    assert_eq!(destination(&mut world, 2), Some(over(2, &peer)));
}

#[test]
fn a_connection_that_stays_closed_is_loss_of_consent_as_any_silence() {
    let mut world = World::new();
    let peer = a_listener(&mut world, |peer| over(1, peer));
    world.plane.forget_remote(over(1, &peer));
    let lost = Event::ConsentLost { transport: peer.transport };
    world.pass(29_900 * MS);
    assert!(!world.out.events.contains(&lost));
    world.pass(200 * MS);
    assert_eq!(world.out.events.iter().filter(|event| **event == lost).count(), 1);
    world.pass(60_000 * MS);
    assert_eq!(world.out.events.iter().filter(|event| **event == lost).count(), 1);
    check(&mut world, &peer, over(2, &peer), true);
    assert!(world.out.is_empty());
}

#[test]
fn closing_something_unknown_is_nothing() {
    let mut world = World::new();
    let peer = a_listener(&mut world, |peer| over(1, peer));
    world.plane.forget_remote(over(7, &peer));
    assert_eq!(destination(&mut world, 1), Some(over(1, &peer)));
}
