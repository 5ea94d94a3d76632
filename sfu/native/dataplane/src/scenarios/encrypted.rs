//! S29: what is encrypted end to end passes as it is. The plane may read descriptors and the bytes an encoder leaves
//! clear; the rest is noise to it, and noise it must bear.

use std::collections::HashSet;

use super::layers::Random;
use super::world::*;
use crate::fuzzing::Stage;
use crate::testing::svc::{Encoder, Mode, Telling};
use crate::testing::Rtp;
use crate::*;

const FRAMES: usize = 20_000;
const MANY_FRAMES: usize = 1_000_000;
/// What LiveKit's clients put behind a frame: tag, IV, its length, the key's index.
const TRAILER: usize = 16 + 12 + 2;

fn bytes(random: &mut Random, len: usize) -> Vec<u8> {
    (0..len).map(|_| random.next() as u8).collect()
}

/// Ciphertext and trailer behind what stays clear.
fn encrypt(mut packet: Rtp, random: &mut Random) -> Rtp {
    let len = 20 + random.below(60) as usize + TRAILER;
    packet.payload.extend(bytes(random, len));
    packet
}

fn h264(ssrc: u32, sequence: u64, is_key: bool) -> Rtp {
    let clear = if is_key { vec![0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1] } else { vec![0x61, 1] };
    Rtp { payload: clear, ..vp8(ssrc, sequence, sequence as u32 * 3000, is_key) }
}

/// Packets of the pictures 0.. of one codec, a key frame every hundred.
fn pictures(codec: Codec) -> impl FnMut(u64) -> Vec<Rtp> {
    let telling = if codec == Codec::Vp9 { Telling::Vp9 } else { Telling::Descriptor(DEPENDENCY) };
    let mut encoder = Encoder::new(Mode::KeyOnly, telling, 10, VIDEO_PT);
    move |number| {
        let is_key = number % 100 == 0;
        match codec {
            Codec::H264 => vec![h264(10, number, is_key)],
            Codec::Vp8 => vec![vp8(10, number, number as u32 * 3000, is_key)],
            _ => encoder.picture(is_key, 1),
        }
    }
}

#[test]
fn s29_ciphertext_and_trailer_reach_the_subscriber_untouched() {
    for codec in [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1] {
        let mut world = World::new();
        let track = world.video(codec, &[("", 10, 11)]);
        let mut viewer = world.subscriber();
        let down = world.subscribe(&viewer, track, 50);
        world.set_layer(down, Some(if codec == Codec::Vp9 || codec == Codec::Av1 { 2 } else { 0 }));
        let (mut random, mut next, mut came) = (Random(29), pictures(codec), 0);
        for number in 0..1000 {
            let packets: Vec<Rtp> = next(number).into_iter().map(|each| encrypt(each, &mut random)).collect();
            let tail = |packet: &Rtp| packet.payload[packet.payload.len() - 20 - TRAILER..].to_vec();
            let sent: HashSet<Vec<u8>> = packets.iter().map(tail).collect();
            world.publish(&packets);
            for packet in rtp(&viewer.receive(&world.out)).iter().filter(|packet| packet.ssrc == 50) {
                assert!(sent.contains(&tail(packet)), "{codec:?} {number}");
                came += 1;
            }
            world.pass(33 * MS);
            if number % 20 == 0 {
                for peer in [&world.publisher, &viewer] {
                    let (mut check, from) = (peer.check(true), peer.address);
                    world.plane.handle(&mut check, from, world.now, &mut world.out);
                }
            }
        }
        assert!(came >= 1000, "{codec:?}: {came}");
    }
}

/// Frames without a single true byte, as every codec at once, to a plane that forwards and records.
fn noise(frames: usize) {
    let (mut random, mut stage) = (Random(7), Stage::default());
    for number in 0..frames {
        let len = random.below(120) as usize;
        let payload = bytes(&mut random, len);
        stage.encrypted(number, &payload);
    }
    let taken = stage.packets_taken();
    assert!(taken > 4 * frames as u64, "{taken} of {frames} frames were packets of a track");
}

#[test]
fn s29_random_frames_harm_nothing() {
    noise(FRAMES);
}

#[test]
#[ignore = "slow: a million frames"]
fn s29_a_million_random_frames_harm_nothing() {
    noise(MANY_FRAMES);
}
