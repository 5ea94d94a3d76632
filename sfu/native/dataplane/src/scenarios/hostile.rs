//! No bytes may make the plane panic, whoever sends them. The same functions are fuzzed at length under `fuzz/`.

use super::layers::Random;
use super::world::*;
use crate::fuzzing::{self, Stage};
use crate::testing::{Peer, Rtp};
use crate::*;

const ROUNDS: usize = 20_000;

fn noise(random: &mut Random, seed: &[u8]) -> Vec<u8> {
    let mut bytes = if random.below(3) == 0 || seed.is_empty() {
        let len = random.below(80) as usize;
        (0..len).map(|_| random.next() as u8).collect()
    } else {
        seed.to_vec()
    };
    for _ in 0..random.below(6) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len() as u64) as usize;
        match random.below(4) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5) as usize],
            2 => bytes.truncate(at),
            _ => bytes.insert(at, random.next() as u8),
        }
    }
    bytes
}

fn each_noise(seeds: &[Vec<u8>], mut test: impl FnMut(Vec<u8>)) {
    let mut random = Random(11);
    for round in 0..ROUNDS {
        let seed = &seeds[round % seeds.len()];
        test(noise(&mut random, seed));
    }
}

fn packets() -> Vec<Vec<u8>> {
    let mut with_extensions = vp8(1, 2, 3, true);
    with_extensions.extensions = vec![(1, vec![1, 2]), (3, vec![9; 16])];
    let mut two_byte = with_extensions.write();
    two_byte[12..14].copy_from_slice(&[0x10, 0x00]);
    let h264 = vec![0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1];
    vec![with_extensions.write(), two_byte, opus(1, 2, 3).write(), h264]
}

/// The packets of two pictures in each way of telling layers.
fn scalable() -> Vec<Rtp> {
    use crate::testing::svc::{Encoder, Mode, Telling};
    let tellings =
        [(Telling::Vp9, 30, 98), (Telling::Vp9Flexible, 30, 98), (Telling::Descriptor(6), 40, 100)];
    let each = |(telling, ssrc, payload_type)| {
        let mut encoder = Encoder::new(Mode::KeyOnly, telling, ssrc, payload_type);
        [encoder.picture(true, 1), encoder.picture(false, 1)].concat()
    };
    tellings.into_iter().flat_map(each).collect()
}

fn compounds() -> Vec<Vec<u8>> {
    use crate::rtcp::*;
    let info = SenderInfo { ssrc: 10, ntp: 1, timestamp: 2, packets: 3, bytes: 4 };
    let block = ReportBlock {
        ssrc: 50,
        fraction_lost: 9,
        lost: -1,
        highest: 70_000,
        jitter: 1,
        last_sender_report: 1,
        delay: 1,
    };
    let mut arrivals = crate::twcc::Arrivals::default();
    (0..20u16).for_each(|s| arrivals.push(s * 2, u64::from(s) * 100 * MS));
    let mut all: Vec<Vec<u8>> = vec![Vec::new(); 6];
    write_sender_report(&mut all[0], &info);
    write_receiver_report(&mut all[1], 1, &[block, block]);
    write_nack(&mut all[2], 1, 50, &[1, 2, 3, 90]);
    arrivals.write_feedback(1, 2, &mut all[3]);
    write_remb(&mut all[4], 1, &[50], 1_000_000);
    all[5] = vec![0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 50, 9, 0, 0, 0];
    all
}

#[test]
fn every_parser_survives_anything() {
    let mut plane = Plane::new(Config::default());
    let peer = Peer::open(&mut plane, 5, Profile::AeadAes128Gcm, 0);
    each_noise(&[peer.check(true), peer.check(false)], |bytes| fuzzing::stun(&bytes));
    each_noise(&packets(), |bytes| fuzzing::rtp(&bytes));
    let payloads: Vec<_> = scalable().into_iter().map(|packet| packet.payload).collect();
    each_noise(&payloads, |bytes| fuzzing::vp9(&bytes));
    let mut descriptors = Vec::new();
    for packet in scalable() {
        if let Some(descriptor) = packet.extension(6) {
            descriptors.push(descriptor.len() as u8);
            descriptors.extend_from_slice(descriptor);
        }
    }
    each_noise(&[descriptors], |bytes| fuzzing::dependency(&bytes));
    each_noise(&compounds(), |bytes| fuzzing::rtcp(&bytes));
    each_noise(&compounds(), |bytes| fuzzing::feedback(bytes.get(12..).unwrap_or(&[])));
    each_noise(&[packets(), compounds()].concat(), |bytes| fuzzing::srtp(&bytes));
    each_noise(&seeds("red"), |bytes| fuzzing::red(&bytes));
    each_noise(&[vec![1, 0, 3, 1, 2, 3, 0, 0, 0, 2, 9, 9, 0, 1]], |bytes| fuzzing::framing(&bytes));
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let files = std::fs::read_dir(folder.join(target)).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// Small inputs that once led somewhere, kept under `fuzz/seeds` for the fuzz targets to begin with.
#[test]
fn the_kept_seeds_still_lead_somewhere() {
    let (descriptors, payloads) = (seeds("dependency"), seeds("vp9"));
    assert!(descriptors.len() >= 2 && payloads.len() >= 4);
    for bytes in descriptors {
        let first = &bytes[1..=usize::from(bytes[0])];
        assert!(crate::dependency::Dependency::parse(first, None).is_some());
        fuzzing::dependency(&bytes);
    }
    for bytes in payloads {
        assert!(crate::payload::inspect(Codec::Vp9, &bytes).place.is_some());
        fuzzing::vp9(&bytes);
    }
    for bytes in seeds("red") {
        assert!(crate::red::Red::read(&bytes[1..], bytes[0] & 0x7f).is_some());
        fuzzing::red(&bytes);
    }
}

/// What the fuzz targets begin with, and every input that once crashed one: lines of hexadecimal digits.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpora");
    let text = std::fs::read_to_string(folder.join(target).with_extension("hex")).unwrap();
    let digit = |it: u8| (it as char).to_digit(16).unwrap() as u8;
    let byte = |pair: &[u8]| digit(pair[0]) << 4 | digit(pair[1]);
    text.lines().map(|line| line.as_bytes().chunks(2).map(byte).collect()).collect()
}

#[test]
fn every_kept_input_is_borne() {
    let bears = |target: &str, read: &mut dyn FnMut(&[u8])| {
        let inputs = corpus(target);
        assert!(inputs.len() >= 30, "{target}");
        inputs.iter().for_each(|bytes| read(bytes));
    };
    let mut stage = Stage::default();
    bears("dependency", &mut fuzzing::dependency);
    bears("encrypted", &mut fuzzing::encrypted);
    bears("feedback", &mut fuzzing::feedback);
    bears("framing", &mut fuzzing::framing);
    bears("participant", &mut fuzzing::participant);
    bears("plane", &mut |bytes| stage.datagram(bytes));
    bears("red", &mut fuzzing::red);
    bears("rtcp", &mut fuzzing::rtcp);
    bears("rtp", &mut fuzzing::rtp);
    bears("srtp", &mut fuzzing::srtp);
    bears("stun", &mut fuzzing::stun);
    bears("vp9", &mut fuzzing::vp9);
}

#[test]
fn the_plane_survives_anything_from_strangers() {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("", 10, 11)]);
    let viewer = world.subscriber();
    world.subscribe(&viewer, up_track, 50);
    let mut check = viewer.check(true);
    check[30] ^= 1;
    let mut sealed = world.publisher.seal(&vp8(10, 1, 0, true));
    sealed[30] ^= 1;
    let addresses = [world.publisher.address, viewer.address, "9.9.9.9:9".parse().unwrap()];
    let mut round = 0;
    each_noise(&[check, sealed, vec![22; 40], vec![0x80, 200, 0, 6]], |mut bytes| {
        round += 1;
        world.plane.handle(&mut bytes, addresses[round % 3], world.now, &mut world.out);
        world.out.clear();
    });
    world.publish(&[vp8(10, 2, 0, true)]);
    let stats = world.plane.up_track_stats(up_track, world.now).unwrap();
    assert_eq!(stats.packets, 1, "and still works");
}

/// A peer that holds the keys but sends nonsense: RTP of any header, RTCP of any kind.
#[test]
fn the_plane_survives_anything_from_participants() {
    let mut random = Random(5);
    for seed in 1..20u64 {
        let mut stage = Stage::default();
        let written = scalable().iter().map(Rtp::write).collect();
        let seeds = [packets(), compounds(), written].concat();
        let mut noise_of = Random(seed);
        for _ in 0..ROUNDS / 20 {
            let seed = &seeds[random.below(seeds.len() as u64) as usize];
            let mut bytes = vec![random.next() as u8];
            bytes.extend(noise(&mut noise_of, seed));
            stage.authenticated(&bytes);
        }
    }
}
