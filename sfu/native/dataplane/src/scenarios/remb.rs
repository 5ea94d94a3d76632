//! Publishers and subscribers without transport-wide feedback: REMB both ways.

use super::link::{Link, LinkSpec};
use super::world::*;
use crate::rtcp::{write_remb, Compound, Packet};
use crate::testing::Rtp;
use crate::*;

const SECOND: Now = 1_000 * MS;
const FRAME: Now = 40 * MS;

/// A publisher of one video without the extension; its rate follows what REMB says, but never above `wanted_bps`.
struct Old {
    world: World,
    link: Link,
    wanted_bps: u64,
    /// What was told, and when.
    told: Vec<(Now, u64)>,
    flying: Vec<(Now, Rtp)>,
    sequence: u64,
}

impl Old {
    fn new(link: LinkSpec, wanted_bps: u64, seed: u64) -> Self {
        let mut world = World::new();
        let spec = UpTrackSpec {
            kind: Kind::Video,
            codec: Codec::Vp8,
            clock_rate: 90_000,
            payload_type: VIDEO_PT,
            rtx_payload_type: None,
            red_payload_type: None,
            mid: "v".into(),
            extensions: Extensions { mid: MID, ..Extensions::default() },
            encodings: vec![EncodingSpec { ssrc: 10, ..EncodingSpec::default() }],
        };
        world.now = SECOND;
        world.plane.open_up_track(world.publisher.transport, &spec, world.now).unwrap();
        let link = Link::new(link, seed);
        Self { world, link, wanted_bps, told: Vec::new(), flying: Vec::new(), sequence: 65_000 }
    }

    fn rate(&self) -> u64 {
        self.told.last().map_or(self.wanted_bps, |(_, bps)| (*bps).min(self.wanted_bps))
    }

    fn run(&mut self, seconds: u64) {
        let end = self.world.now + seconds * SECOND;
        while self.world.now < end {
            if self.world.now % FRAME == 0 {
                self.frame();
            }
            self.world.now += 5 * MS;
            let now = self.world.now;
            self.flying.sort_by_key(|(at, _)| *at);
            let landed = self.flying.partition_point(|(at, _)| *at <= now);
            let packets: Vec<_> = self.flying.drain(..landed).map(|(_, packet)| packet).collect();
            self.world.publish(&packets);
            self.world.pass(0);
            self.hear();
            if now % SECOND == 0 {
                let mut check = self.world.publisher.check(true);
                let from = self.world.publisher.address;
                self.world.plane.handle(&mut check, from, now, &mut self.world.out);
            }
        }
    }

    fn frame(&mut self) {
        let now = self.world.now;
        let bytes = self.rate() * FRAME / SECOND / 8;
        let count = bytes.div_ceil(1_100).max(1);
        for part in 0..count {
            self.sequence += 1;
            let mut packet = vp8(10, self.sequence, (now / MS * 90) as u32, false);
            packet.payload.resize((bytes / count).max(30) as usize, 7);
            packet.marker = part + 1 == count;
            for at in self.link.carry(packet.payload.len() + 40, now).into_iter().flatten() {
                self.flying.push((at, packet.clone()));
            }
        }
    }

    fn hear(&mut self) {
        let compounds = rtcp(&self.world.publisher.receive(&self.world.out));
        for packet in compounds.iter().flat_map(|compound| Compound::new(compound)) {
            if let Packet::Remb { bitrate_bps } = packet {
                self.told.push((self.world.now, bitrate_bps));
            }
        }
    }

    fn told_between(&self, from: Now, to: Now) -> Vec<u64> {
        let within = self.told.iter().filter(|(at, _)| (from..to).contains(at));
        within.map(|(_, bps)| *bps).collect()
    }
}

#[test]
fn m10_a_publisher_on_a_narrowing_path_is_told_within_two_seconds_and_stays_below() {
    for seed in 1..6 {
        let mut old = Old::new(LinkSpec { latency: 20 * MS, ..LinkSpec::default() }, 1_500_000, seed);
        old.run(10);
        assert!(old.rate() >= 1_400_000, "{} with seed {seed}", old.rate());
        let narrowed = old.world.now;
        old.link.spec = old.link.spec.narrow(500_000, 300 * MS);
        old.run(2);
        assert!(old.rate() <= 1_200_000, "{} after two seconds with seed {seed}", old.rate());
        old.run(8);
        old.run(20);
        let later = old.told_between(narrowed + 10 * SECOND, narrowed + 30 * SECOND);
        let mean = later.iter().sum::<u64>() / later.len() as u64;
        assert!((250_000..=600_000).contains(&mean), "{mean} with seed {seed}");
    }
}

#[test]
fn m10_it_is_repeated_at_least_every_second_and_a_half() {
    let mut old = Old::new(LinkSpec::wifi(), 800_000, 3);
    old.run(30);
    let gaps = old.told.windows(2).map(|pair| pair[1].0 - pair[0].0);
    assert!(old.told.len() >= 20, "{}", old.told.len());
    assert!(gaps.max().unwrap() <= 1_500 * MS);
}

#[test]
fn m10_loss_beyond_what_is_usual_limits_it() {
    let mut old = Old::new(LinkSpec { latency: 20 * MS, ..LinkSpec::default() }, 1_500_000, 4);
    old.run(10);
    let before = old.told.last().unwrap().1;
    old.link.spec.loss.in_good = 0.3;
    old.run(10);
    let after = old.told.last().unwrap().1;
    assert!(after < before * 9 / 10, "{after} of {before}");
}

#[test]
fn m10_light_loss_and_strange_timestamps_do_not() {
    let mut old = Old::new(LinkSpec::wifi(), 800_000, 5);
    old.run(10);
    for timestamp in [0u32, 0x8000_0000, 0xffff_ffff] {
        old.sequence += 1;
        let packet = vp8(10, old.sequence, timestamp, false);
        old.world.publish(&[packet]);
        old.run(3);
    }
    assert!(old.rate() == 800_000, "{}", old.rate());
}

#[test]
fn m10_who_has_transport_wide_feedback_is_told_nothing() {
    let mut world = World::new();
    world.video(Codec::Vp8, &[("", 10, 11)]);
    for sequence in 1..200u64 {
        world.now += 33 * MS;
        world.publish(&[vp8(10, sequence, sequence as u32 * 3_000, sequence == 1)]);
        world.pass(0);
        let compounds = rtcp(&world.publisher.receive(&world.out));
        let mut packets = compounds.iter().flat_map(|compound| Compound::new(compound));
        assert!(!packets.any(|packet| matches!(packet, Packet::Remb { .. })));
    }
}

#[test]
fn m10_a_subscribers_remb_bounds_what_it_is_believed_to_take_and_grows_old() {
    let mut world = World::new();
    let mut viewer = world.subscriber();
    let available = |world: &World, peer: &crate::testing::Peer| {
        world.plane.transport_stats(peer.transport, world.now).unwrap().available_bps
    };
    assert_eq!(available(&world, &viewer), 0);
    let mut compound = Vec::new();
    write_remb(&mut compound, 1, &[50], 262_144);
    world.send_rtcp(&mut viewer, &compound);
    assert_eq!(available(&world, &viewer), 262_144);
    world.now += 6 * SECOND;
    assert_eq!(available(&world, &viewer), 0, "nothing is known any more");
}

#[test]
fn m10_mantissa_and_exponent_are_exact_and_the_count_must_fit() {
    for bitrate_bps in
        [0, 1, 30_000, 0x3_ffff, 0x4_0000, 1_000_000, 3_000_000, 250_000_000, 1 << 40, u64::MAX]
    {
        let mut compound = Vec::new();
        write_remb(&mut compound, 1, &[2, 3], bitrate_bps);
        let Some(Packet::Remb { bitrate_bps: read }) = Compound::new(&compound).next() else { panic!() };
        let lost = bitrate_bps - read;
        assert!(lost as f64 <= bitrate_bps as f64 / f64::from(1 << 17), "{bitrate_bps} became {read}");
        compound[16] = 3;
        assert_eq!(Compound::new(&compound).next(), Some(Packet::Other), "more names than there is room for");
    }
    let mut compound = Vec::new();
    write_remb(&mut compound, 1, &[2], 5);
    compound[17..20].copy_from_slice(&[0xff, 0xff, 0xff]);
    let greatest = Compound::new(&compound).next();
    assert_eq!(greatest, Some(Packet::Remb { bitrate_bps: u64::MAX }));
}
