//! Fewer pictures a second: the temporal layers of VP8, as browsers send them in simulcast.

use super::layers::Random;
use super::world::*;
use crate::testing::{Peer, Rtp};
use crate::*;

const LOW: u32 = 10;
const HIGH: u32 = 20;
/// Temporal layer and whether the frame needs only the lowest one, by position.
const PATTERN: [(u8, bool); 4] = [(0, false), (2, true), (1, true), (2, false)];

/// One stream of simulcast with three temporal layers, two packets a frame.
struct Camera {
    ssrc: u32,
    sequence: u64,
    picture_id: u16,
    tl0: u8,
    since_key: usize,
    timestamp: u32,
}

impl Camera {
    fn new(ssrc: u32) -> Self {
        Self { ssrc, sequence: 500, picture_id: 0x7ff0, tl0: 250, since_key: 0, timestamp: ssrc << 20 }
    }

    fn picture(&mut self, is_key: bool) -> Vec<Rtp> {
        self.since_key = if is_key { 0 } else { self.since_key + 1 };
        let (temporal, enters) = PATTERN[self.since_key % 4];
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(u8::from(temporal == 0));
        self.timestamp = self.timestamp.wrapping_add(3_000);
        let packet = |camera: &mut Self, is_first: bool| {
            camera.sequence += 1;
            let [high, low] = (0x8000 | camera.picture_id).to_be_bytes();
            let layer = (temporal << 6) | (u8::from(enters) << 5);
            let first = if is_first { 0x90 } else { 0x80 };
            let frame = u8::from(!is_key || !is_first);
            let payload = vec![first, 0xf0, high, low, camera.tl0, layer, frame, temporal];
            Rtp {
                payload_type: VIDEO_PT,
                marker: !is_first,
                sequence: camera.sequence,
                timestamp: camera.timestamp,
                ssrc: camera.ssrc,
                payload,
                ..Rtp::default()
            }
        };
        vec![packet(self, true), packet(self, false)]
    }
}

fn watched() -> (World, UpTrackId, Peer, DownTrackId) {
    let mut world = World::new();
    let up_track = world.video(Codec::Vp8, &[("q", LOW, LOW + 1), ("f", HIGH, HIGH + 1)]);
    let viewer = world.subscriber();
    let down_track = world.subscribe(&viewer, up_track, 50);
    world.set_layer(down_track, Some(0));
    (world, up_track, viewer, down_track)
}

fn temporal_of(packet: &Rtp) -> u8 {
    packet.payload[7]
}

/// Numbers, picture ids and TL0PICIDX run on without a gap; each frame is whole and nothing it needs is missing.
fn assert_continuous(packets: &[Rtp], case: &str) {
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1, "{case}");
        let [before, after] = [&pair[0], &pair[1]].map(vp8_counters);
        let is_same = !pair[0].marker;
        let step = (after.0.wrapping_sub(before.0)) & 0x7fff;
        assert_eq!(step, u16::from(!is_same), "{case}: picture ids {before:?} {after:?}");
        let is_next_base = !is_same && temporal_of(&pair[1]) == 0;
        assert_eq!(after.1.wrapping_sub(before.1), u8::from(is_next_base), "{case}: {before:?} {after:?}");
    }
}

#[test]
fn each_frame_rate_is_a_stream_without_gaps() {
    for (temporal, frames) in [(0, 10), (1, 20), (2, 40)] {
        let (mut world, _, mut viewer, down_track) = watched();
        world.plane.set_temporal_layer(down_track, temporal).unwrap();
        let mut camera = Camera::new(LOW);
        let mut got = Vec::new();
        for step in 0..40 {
            world.publish(&camera.picture(step == 0));
            got.extend(rtp(&viewer.receive(&world.out)));
            world.now += 33 * MS;
        }
        assert_eq!(got.len(), 2 * frames);
        assert!(got.iter().all(|packet| temporal_of(packet) <= temporal));
        assert_continuous(&got, &format!("up to {temporal}"));
    }
}

#[test]
fn more_pictures_begin_where_a_layer_needs_only_what_was_sent() {
    let (mut world, _, mut viewer, down_track) = watched();
    world.plane.set_temporal_layer(down_track, 0).unwrap();
    let mut camera = Camera::new(LOW);
    let mut shown = Vec::new();
    for step in 0..12 {
        if step == 3 {
            world.plane.set_temporal_layer(down_track, 2).unwrap();
        }
        world.publish(&camera.picture(step == 0));
        shown.extend(
            rtp(&viewer.receive(&world.out)).iter().step_by(2).map(|packet| (step, temporal_of(packet))),
        );
    }
    // The first T1 is at 6; a T2 that needs only T0 comes at 9.
    assert_eq!(shown, [(0, 0), (4, 0), (6, 1), (8, 0), (9, 2), (10, 1), (11, 2)]);
}

#[test]
fn the_publisher_is_measured_by_frame_rate() {
    let (mut world, up_track, ..) = watched();
    let mut camera = Camera::new(LOW);
    for step in 0..80 {
        world.publish(&camera.picture(step == 0));
        world.pass(25 * MS);
    }
    let stats = world.plane.up_track_stats(up_track, world.now).unwrap();
    let temporal = &stats.encodings[0].temporal;
    let rates: Vec<_> = temporal.iter().map(|layer| layer.frames_per_second.round()).collect();
    assert_eq!(rates, [10.0, 20.0, 40.0]);
    assert!(temporal.windows(2).all(|pair| pair[0].bitrate_bps < pair[1].bitrate_bps));
    assert!(stats.encodings[1].temporal.is_empty());
}

/// M01 and M03: a thousand changes of layer and frame rate, and every counter of the one stream runs on.
#[test]
fn m03_a_thousand_changes_of_layer_and_frame_rate_leave_one_stream() {
    let (mut world, _, mut viewer, down_track) = watched();
    let mut cameras = [Camera::new(LOW), Camera::new(HIGH)];
    let mut random = Random(9);
    let mut got: Vec<Rtp> = Vec::new();
    let mut switches = 0;
    for step in 0..4_000u64 {
        if random.below(4) == 0 {
            world.plane.set_temporal_layer(down_track, random.below(3) as u8).unwrap();
            world.set_layer(down_track, Some(random.below(2) as u8));
            switches += 1;
        }
        let mut batch = Vec::new();
        for camera in &mut cameras {
            batch.extend(camera.picture(step == 0 || random.below(20) == 0));
        }
        world.publish(&batch);
        got.extend(rtp(&viewer.receive(&world.out)));
        world.now += 33 * MS;
        if step % 100 == 99 {
            for peer in [&world.publisher, &viewer] {
                let mut check = peer.check(false);
                world.plane.handle(&mut check, peer.address, world.now, &mut world.out);
            }
        }
    }
    assert!(switches > 900 && got.len() > 3_000, "{switches} {}", got.len());
    assert_continuous(&got, "all");
    assert!(got.windows(2).all(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32 >= 0));
}
