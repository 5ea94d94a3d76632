//! What codecs say in front of their pictures: VP8 in every shape (M03), H.264 and its parameter sets (M04), structures
//! that do not come (M06).

use super::layers::Random;
use super::world::*;
use crate::testing::svc::{Encoder, Mode, Telling};
use crate::testing::{Peer, Rtp};
use crate::*;

const LOW: u32 = 10;
const HIGH: u32 = 20;

fn watched(codec: Codec) -> (World, Peer, DownTrackId) {
    let mut world = World::new();
    let up_track = world.video(codec, &[("q", LOW, 11), ("f", HIGH, 21)]);
    let viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    (world, viewer, down_track)
}

fn greet(world: &mut World, viewer: &Peer) {
    for peer in [&world.publisher, viewer] {
        let mut check = peer.check(false);
        world.plane.handle(&mut check, peer.address, world.now, &mut world.out);
    }
    world.out.clear();
}

/// How a VP8 stream numbers its pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Short,
    Long,
    /// Without any of the optional fields.
    Bare,
    /// Picture id, TL0PICIDX, temporal layer and KEYIDX.
    Full,
}

/// One packet is one frame; the last eight bytes say which, and that none but the counters were touched.
fn picture(shape: Shape, (ssrc, number): (u32, u64), is_key: bool) -> Rtp {
    let [high, low] = (0x8000 | (number as u16 & 0x7fff)).to_be_bytes();
    let mut payload = match shape {
        Shape::Short => vec![0x90, 0x80, number as u8 & 0x7f],
        Shape::Long => vec![0x90, 0x80, high, low],
        Shape::Bare => vec![0x10],
        Shape::Full => vec![0x90, 0xf0, high, low, number as u8, 0x15],
    };
    payload.extend_from_slice(&[u8::from(!is_key), 0]);
    payload.extend_from_slice(&number.to_be_bytes());
    let timestamp = number as u32 * 3_000;
    Rtp { payload_type: VIDEO_PT, marker: true, sequence: number, timestamp, ssrc, payload, ..Rtp::default() }
}

/// The picture id and its width, as a receiver reads them.
fn picture_id(packet: &Rtp) -> Option<(u16, u16)> {
    if packet.payload[0] & 0x80 == 0 || packet.payload[1] & 0x80 == 0 {
        return None;
    }
    let first = u16::from(packet.payload[2]);
    let is_long = first & 0x80 != 0;
    Some(if is_long { ((first & 0x7f) << 8 | u16::from(packet.payload[3]), 0x7fff) } else { (first, 0x7f) })
}

/// Wraps of both widths, both widths in turn, and streams that number nothing.
#[test]
fn m03_every_shape_of_the_descriptor_runs_on_over_switches_and_wraps() {
    use Shape::{Bare, Full, Long, Short};
    for shapes in [[Short, Long], [Long, Short], [Short, Short], [Full, Full], [Bare, Long], [Bare, Bare]] {
        let (mut world, mut viewer, down_track) = watched(Codec::Vp8);
        let mut random = Random(3);
        let mut before: Option<(Rtp, usize)> = None;
        let mut got = Vec::new();
        for step in 0..3_000u64 {
            if random.below(3) == 0 {
                world.set_layer(down_track, Some(random.below(2) as u8));
            }
            let is_key = step == 0 || random.below(5) == 0;
            let numbers = [(LOW, 32_000 + step), (HIGH, 64_000 + step)];
            let both = [0, 1].map(|layer| picture(shapes[layer], numbers[layer], is_key));
            world.publish(&both);
            for packet in rtp(&viewer.receive(&world.out)) {
                let layer = usize::from(packet.payload.ends_with(&numbers[1].1.to_be_bytes()));
                let source = &both[layer];
                assert_eq!(packet.payload.len(), source.payload.len(), "{shapes:?}: its shape stays");
                assert!(packet.payload.ends_with(&source.payload[source.payload.len() - 10..]), "{shapes:?}");
                if shapes[layer] == Full {
                    assert_eq!(packet.payload[5], 0x15, "temporal layer and KEYIDX stay");
                }
                if let Some((before, was)) = &before {
                    assert_eq!(packet.sequence, before.sequence + 1, "{shapes:?}");
                    let ids = picture_id(before).zip(picture_id(&packet));
                    if let Some(((earlier, narrow), (later, width))) = ids {
                        let mask = narrow & width;
                        assert_eq!(
                            later.wrapping_sub(earlier) & mask,
                            1,
                            "{shapes:?} {was} {earlier} {later}"
                        );
                    }
                }
                before = Some((packet, layer));
                got.push(step);
            }
            world.now += 33 * MS;
            if step % 100 == 99 {
                greet(&mut world, &viewer);
            }
        }
        // a switch within a moment may show the picture of both layers
        got.dedup();
        assert_eq!(got.len(), 3_000, "{shapes:?}");
    }
}

/// Nothing of a descriptor that ends too early is guessed, and nobody is harmed.
#[test]
fn m03_a_degenerate_descriptor_is_passed_on_as_it_is() {
    let (mut world, mut viewer, _) = watched(Codec::Vp8);
    world.publish(&[picture(Shape::Full, (LOW, 1), true)]);
    viewer.receive(&world.out);
    let whole = [0x90, 0xf0, 0x92, 0x34, 0x07, 0x20];
    for len in 1..whole.len() {
        let mut packet = picture(Shape::Full, (LOW, 1 + len as u64), false);
        packet.payload = whole[..len].to_vec();
        world.publish(std::slice::from_ref(&packet));
        assert_eq!(rtp(&viewer.receive(&world.out))[0].payload, packet.payload, "{len}");
    }
}

/// One picture of H.264: a key frame has its parameter sets before it in the same picture, or has lost them on its way.
fn avc((ssrc, number): (u32, u64), kind: Avc) -> Vec<Rtp> {
    let packet = |part: u64, payload: &[u8]| Rtp {
        payload_type: VIDEO_PT,
        marker: part == 1,
        sequence: 2 * number + part,
        timestamp: number as u32 * 3_000,
        ssrc,
        payload: payload.to_vec(),
        ..Rtp::default()
    };
    match kind {
        Avc::Key => vec![
            packet(0, &[0x78, 0, 2, 0x67, ssrc as u8, 0, 2, 0x68, 1]),
            packet(1, &[0x7c, 0x85, ssrc as u8]),
        ],
        Avc::BareIdr => vec![packet(0, &[0x7c, 0x85, ssrc as u8]), packet(1, &[0x7c, 0x45, ssrc as u8])],
        Avc::Other => vec![packet(0, &[0x61, ssrc as u8]), packet(1, &[0x61, ssrc as u8])],
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Avc {
    Key,
    BareIdr,
    Other,
}

#[test]
fn m04_h264_is_switched_only_where_parameter_sets_precede_the_picture() {
    let (mut world, mut viewer, down_track) = watched(Codec::H264);
    let mut random = Random(4);
    let mut got: Vec<Rtp> = Vec::new();
    let mut bare = 0;
    for step in 0..6_000u64 {
        if random.below(4) == 0 {
            world.set_layer(down_track, Some(random.below(2) as u8));
        }
        let mut batch = Vec::new();
        for ssrc in [LOW, HIGH] {
            let kind = match random.below(12) {
                _ if step == 0 => Avc::Key,
                0 | 1 => Avc::Key,
                2 => Avc::BareIdr,
                _ => Avc::Other,
            };
            bare += usize::from(kind == Avc::BareIdr);
            batch.extend(avc((ssrc, 500 + step), kind));
        }
        world.publish(&batch);
        got.extend(rtp(&viewer.receive(&world.out)));
        world.now += 33 * MS;
        if step % 100 == 99 {
            greet(&mut world, &viewer);
        }
    }
    let layer = |packet: &Rtp| {
        if packet.payload[0] == 0x78 {
            packet.payload[4]
        } else {
            *packet.payload.last().unwrap()
        }
    };
    let mut switches = 0;
    for pair in got.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        if layer(&pair[0]) != layer(&pair[1]) {
            switches += 1;
            assert_eq!(pair[1].payload[..1], [0x78], "parameter sets begin a layer");
            assert!(pair[0].marker, "and end no picture in its middle");
        }
    }
    assert!(switches > 300 && bare > 500 && got.len() >= 12_000, "{switches} {bare} {}", got.len());
}

/// The packet with the structure is lost and not sent again; what follows refers to it. `had_one`: to another than the
/// one in force.
fn structure_lost(had_one: bool) -> u64 {
    let mut world = World::new();
    world.video(Codec::Av1, &[("", LOW, 11)]);
    let mut encoder = Encoder::new(Mode::KeyOnly, Telling::Descriptor(DEPENDENCY), LOW, VIDEO_PT);
    if had_one {
        for step in 0..100 {
            world.publish(&encoder.picture(step == 0, 1));
            world.pass(33 * MS);
        }
        encoder.id_offset = 30;
    }
    let from = world.now;
    for step in 0..30 {
        let packets = encoder.picture(step == 0, 1);
        world.publish(if step == 0 { &packets[1..] } else { &packets });
        let mut is_asked = !world.plis().is_empty();
        for _ in 0..33 {
            world.out.clear();
            world.pass(MS);
            is_asked |= !world.plis().is_empty();
            if is_asked {
                return (world.now - from) / MS;
            }
        }
    }
    u64::MAX
}

#[test]
fn m06_a_structure_that_does_not_come_is_asked_for_within_200_ms() {
    for had_one in [false, true] {
        let asked_ms = structure_lost(had_one);
        assert!((50..=200).contains(&asked_ms), "{asked_ms} ms, had one: {had_one}");
    }
}
