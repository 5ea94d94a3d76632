//! No bytes may make the plane panic, whoever sends them. The same parsers are fuzzed at length under `fuzz/`.

use super::layers::Random;
use super::world::*;
use crate::packet::Header;
use crate::payload::inspect;
use crate::rtcp::{fir_items, nack_numbers, report_blocks, Compound, Packet};
use crate::stun::Request;
use crate::testing::Peer;
use crate::twcc::Feedback;
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

#[test]
fn the_stun_parser_survives_anything() {
    let mut plane = Plane::new(Config::default());
    let peer = Peer::open(&mut plane, 5, Profile::AeadAes128Gcm, 0);
    each_noise(&[peer.check(true), peer.check(false)], |bytes| {
        let _ = Request::parse(&bytes);
    });
}

#[test]
fn the_rtp_and_payload_parsers_survive_anything() {
    let mut with_extensions = vp8(1, 2, 3, true);
    with_extensions.extensions = vec![(1, vec![1, 2]), (3, vec![9; 16])];
    let mut two_byte = with_extensions.write();
    two_byte[12..14].copy_from_slice(&[0x10, 0x00]);
    let seeds = [with_extensions.write(), two_byte, opus(1, 2, 3).write()];
    each_noise(&seeds, |bytes| {
        let Some(header) = Header::parse(&bytes) else { return };
        let _ = header.extensions(&bytes).count();
        if let Some(len) = header.payload_len(&bytes) {
            for codec in [Codec::Vp8, Codec::H264, Codec::Opus] {
                let _ = inspect(codec, &bytes[header.len..header.len + len]);
            }
        }
    });
    each_noise(&[vec![0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1], vec![0x90, 0xf0, 0x80, 1, 1, 1, 0]], |bytes| {
        for codec in [Codec::Vp8, Codec::H264] {
            let _ = inspect(codec, &bytes);
        }
    });
}

fn walk(bytes: &[u8]) {
    for packet in Compound::new(bytes) {
        match packet {
            Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks } => {
                let _ = report_blocks(blocks).count();
            }
            Packet::Nack { items, .. } => {
                let _ = nack_numbers(items).count();
            }
            Packet::Fir { items } => {
                let _ = fir_items(items).count();
            }
            Packet::TransportCc { information } => {
                if let Some(feedback) = Feedback::parse(information) {
                    feedback.for_each(|_, _| {});
                }
            }
            _ => {}
        }
    }
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
fn the_rtcp_parsers_survive_anything() {
    each_noise(&compounds(), |bytes| walk(&bytes));
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
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("q", 0, 0), ("f", 10, 11)]);
    world.plane.record(JournalId(1), up_track, 1, 0, &mut world.out).unwrap();
    let mut viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(1));
    let mut random = Random(5);
    let seeds = compounds();
    for round in 0..ROUNDS as u64 {
        world.now += random.below(40) * MS;
        let mut packet = vp8([10, 11, 99][random.below(3) as usize], 2 * round + random.below(30), 0, true);
        packet.payload_type = [VIDEO_PT, RTX_PT, 5][random.below(3) as usize];
        packet.payload = noise(&mut random, &packet.payload.clone());
        packet.timestamp = random.next() as u32;
        if random.below(2) == 0 {
            let value = noise(&mut random, b"f");
            if (1..=16).contains(&value.len()) {
                packet.extensions = vec![(1 + random.below(14) as u8, value)];
            }
        }
        world.publish(&[packet]);
        let compound = noise(&mut random, &seeds[round as usize % seeds.len()]);
        if compound.len() >= 8 && (192..=223).contains(&compound[1]) && compound[0] >> 6 == 2 {
            world.send_rtcp(&mut viewer, &compound);
            world.publish_rtcp(&compound);
        }
        if round % 16 == 0 {
            for (mut check, from) in
                [(world.publisher.check(true), world.publisher.address), (viewer.check(true), viewer.address)]
            {
                world.plane.handle(&mut check, from, world.now, &mut world.out);
            }
            world.plane.tick(world.now, &mut world.out);
        }
    }
    let stats = world.plane.up_track_stats(up_track, world.now).unwrap();
    let transport = world.plane.transport_stats(world.publisher.transport, world.now).unwrap();
    assert!(stats.packets > 1_000, "{stats:?} {transport:?}");
}
