//! Layers inside one stream: VP9 by its payload descriptor, AV1 by the dependency descriptor.

use super::layers::Random;
use super::world::*;
use crate::testing::svc::{Decoder, Encoder, Mode, Telling, SPATIAL, TEMPORAL};
use crate::testing::{Peer, Rtp};
use crate::*;

const SSRC: u32 = 10;
/// Wishes in each of six cases.
const CHANGES: usize = 150;
const FRAME_NS: u64 = 33 * MS;
const TELLINGS: [Telling; 3] = [Telling::Vp9, Telling::Vp9Flexible, Telling::Descriptor(DEPENDENCY)];
const MODES: [Mode; 2] = [Mode::Full, Mode::KeyOnly];

struct Show {
    world: World,
    encoder: Encoder,
    up_track: UpTrackId,
    viewer: Peer,
    down_track: DownTrackId,
    decoder: Decoder,
    /// Key frames asked of the encoder.
    asked: usize,
    pictures_shown: usize,
}

impl Show {
    fn new(mode: Mode, telling: Telling) -> Self {
        let mut world = World::new();
        let codec = if matches!(telling, Telling::Descriptor(_)) { Codec::Av1 } else { Codec::Vp9 };
        let up_track = world.video(codec, &[("", SSRC, SSRC + 1)]);
        let viewer = world.subscriber();
        let down_track = world.subscribe(&viewer, up_track, 50);
        let encoder = Encoder::new(mode, telling, SSRC, VIDEO_PT);
        let mut show = Self {
            world,
            encoder,
            up_track,
            viewer,
            down_track,
            decoder: Decoder::default(),
            asked: 1,
            pictures_shown: 0,
        };
        show.want(SPATIAL - 1, TEMPORAL - 1);
        show
    }

    fn want(&mut self, spatial: u8, temporal: u8) {
        self.world.plane.set_temporal_layer(self.down_track, temporal).unwrap();
        self.world.out.clear();
        self.world.set_layer(self.down_track, Some(spatial));
        self.listen();
    }

    /// Notes what the plane asks of the publisher.
    fn listen(&mut self) {
        self.asked += self.world.plis().len();
    }

    /// One picture, a key frame if one was asked for; the network does to its packets what `through` does.
    fn picture(&mut self, through: impl FnOnce(Vec<Rtp>) -> Vec<Rtp>) {
        self.pictures_shown += 1;
        if self.pictures_shown % 100 == 0 {
            for peer in [&self.world.publisher, &self.viewer] {
                let mut check = peer.check(false);
                self.world.plane.handle(&mut check, peer.address, self.world.now, &mut self.world.out);
            }
        }
        let is_key = std::mem::take(&mut self.asked) > 0;
        let packets = through(self.encoder.picture(is_key, 2));
        self.world.publish(&packets);
        self.decoder.take(rtp(&self.viewer.receive(&self.world.out)));
        self.listen();
        self.world.out.clear();
        self.world.pass(FRAME_NS);
        self.decoder.take(rtp(&self.viewer.receive(&self.world.out)));
        self.listen();
    }

    fn pictures(&mut self, count: usize) {
        (0..count).for_each(|_| self.picture(|packets| packets));
    }

    fn assert_whole(&self, case: &str) {
        let (shown, faults) = self.decoder.decode();
        assert!(faults.is_empty(), "{case}: {faults:?}");
        let markers = self.decoder.marker_faults();
        assert!(markers.is_empty(), "{case}: {markers:?}");
        assert_eq!(self.decoder.holes(), 0, "{case}");
        for pair in shown.windows(2) {
            assert!(pair[1].timestamp > pair[0].timestamp, "{case}");
        }
    }
}

fn each_case(mut test: impl FnMut(Mode, Telling, String)) {
    for mode in MODES {
        for telling in TELLINGS {
            test(mode, telling, format!("{mode:?} {telling:?}"));
        }
    }
}

#[test]
fn every_layer_can_be_watched_alone() {
    each_case(|mode, telling, case| {
        for spatial in 0..SPATIAL {
            for temporal in 0..TEMPORAL {
                let case = format!("{case} {spatial}.{temporal}");
                let mut show = Show::new(mode, telling);
                show.want(spatial, temporal);
                show.pictures(40);
                show.assert_whole(&case);
                let (shown, _) = show.decoder.decode();
                let due = [10, 20, 40][usize::from(temporal)];
                assert_eq!(shown.len(), due, "{case}");
                assert!(
                    shown.iter().all(|each| each.spatial == spatial && each.temporal <= temporal),
                    "{case}"
                );
            }
        }
    });
}

#[test]
fn m05_m06_changes_of_mind_break_no_picture() {
    each_case(|mode, telling, case| {
        let mut show = Show::new(mode, telling);
        let mut random = Random(7);
        for change in 0..CHANGES {
            let (spatial, temporal) = (random.below(3) as u8, random.below(3) as u8);
            show.want(spatial, temporal);
            show.pictures(1 + random.below(30) as usize);
            if change % 10 == 9 {
                // Time enough for two requests: the wish is fulfilled.
                show.pictures(40);
                let (shown, _) = show.decoder.decode();
                let last: Vec<_> = shown[shown.len() - 4..].to_vec();
                assert!(
                    last.iter().all(|each| each.spatial == spatial),
                    "{case} {change}: {spatial} {temporal} {last:?}"
                );
                assert_eq!(last.iter().map(|each| each.temporal).max(), Some(temporal), "{case} {change}");
                show.decoder = Decoder::default();
                show.asked = 1;
            } else {
                show.assert_whole(&case);
            }
        }
    });
}

#[test]
fn going_down_needs_a_key_frame_only_where_lower_layers_do_not_flow_along() {
    for (mode, keys) in [(Mode::Full, 0), (Mode::KeyOnly, 1)] {
        let mut show = Show::new(mode, Telling::Descriptor(DEPENDENCY));
        show.pictures(30);
        show.want(0, 2);
        assert_eq!(show.asked, keys, "{mode:?}");
        show.pictures(30);
        show.assert_whole("down");
        assert_eq!(show.decoder.decode().0.last().unwrap().spatial, 0);
    }
}

#[test]
fn a_layer_its_publisher_gives_up_is_replaced_and_comes_back() {
    each_case(|mode, telling, case| {
        let mut show = Show::new(mode, telling);
        show.pictures(30);
        show.encoder.layers = 2;
        show.pictures(60);
        assert_eq!(show.decoder.decode().0.last().unwrap().spatial, 1, "{case}");
        // An encoder begins a layer again with a key frame.
        (show.encoder.layers, show.asked) = (3, 1);
        show.pictures(60);
        assert_eq!(show.decoder.decode().0.last().unwrap().spatial, 2, "{case}");
        let (_, faults) = show.decoder.decode();
        assert!(faults.is_empty(), "{case}: {faults:?}");
    });
}

#[test]
fn the_publisher_is_measured_layer_by_layer() {
    let mut show = Show::new(Mode::Full, Telling::Vp9);
    show.pictures(70);
    let stats = show.world.plane.up_track_stats(show.up_track, show.world.now).unwrap();
    assert_eq!(stats.encodings.len(), 3);
    let sizes: Vec<_> = stats.encodings.iter().map(|each| (each.width, each.height)).collect();
    assert_eq!(sizes, [(160, 90), (320, 180), (640, 360)]);
    assert!(stats.encodings.windows(2).all(|pair| pair[0].bitrate_bps < pair[1].bitrate_bps));
    let top = &stats.encodings[2].temporal;
    assert_eq!(top.len(), 3);
    assert!((top[2].frames_per_second - 30.0).abs() < 2.0 && (top[0].frames_per_second - 7.5).abs() < 1.0);
}

#[test]
fn m06_the_descriptor_reaches_the_subscriber_with_its_structure() {
    let mut show = Show::new(Mode::KeyOnly, Telling::Descriptor(DEPENDENCY));
    show.pictures(10);
    let lens: Vec<_> =
        show.decoder.packets().filter_map(|packet| packet.extension(DEPENDENCY)).map(<[u8]>::len).collect();
    assert_eq!(lens.len(), show.decoder.packets().count());
    assert!(lens[0] > 80 && lens[1..].iter().all(|len| *len == 3));
}

/// R02: whatever is wished while packets are lost, come late and change places, numbers are given once, holes stay small,
/// and a picture is never far away.
#[test]
fn switching_under_loss_never_leaves_the_viewer_without_a_picture_for_long() {
    const RTT_PICTURES: u32 = 4;
    for (loss, seed) in [(0, 1), (5, 2), (10, 3)] {
        each_case(|mode, telling, case| {
            let case = format!("{case} loss {loss} %");
            let mut show = Show::new(mode, telling);
            let mut random = Random(seed);
            let mut late: Vec<(usize, Rtp)> = Vec::new();
            let mut wishes = 0;
            for step in 0..900usize {
                if random.below(3) == 0 {
                    show.want(random.below(3) as u8, random.below(3) as u8);
                    wishes += 1;
                }
                // What is lost comes again a round trip later, as retransmissions do.
                let due: Vec<Rtp> =
                    late.iter().filter(|(at, _)| *at <= step).map(|(_, rtp)| rtp.clone()).collect();
                late.retain(|(at, _)| *at > step);
                show.picture(|packets| {
                    let mut kept = due;
                    for packet in packets {
                        if random.below(100) < loss {
                            late.push((step + RTT_PICTURES as usize, packet));
                        } else {
                            kept.push(packet);
                        }
                    }
                    if kept.len() > 1 && random.below(4) == 0 && loss > 0 {
                        let at = random.below(kept.len() as u64 - 1) as usize;
                        kept.swap(at, at + 1);
                    }
                    kept
                });
            }
            assert!(wishes > 250, "{case}");
            let (shown, faults) = show.decoder.decode();
            let share = faults.len() as f64 / shown.len() as f64;
            assert!(share <= f64::from(loss as u32) / 50.0, "{case}: {share} of {} frames", shown.len());
            let gaps = shown.windows(2).map(|pair| pair[1].picture - pair[0].picture);
            let longest = gaps.max().unwrap();
            assert!(longest <= 2 * RTT_PICTURES + 30, "{case}: {longest} pictures without one");
            let holes = show.decoder.holes();
            assert!(holes <= 20, "{case}: {holes} holes");
            let mut clock = 0u64;
            for packet in show.decoder.packets() {
                let timestamp = u64::from(packet.timestamp);
                assert!(timestamp + 3_000 * u64::from(RTT_PICTURES + 2) > clock, "{case}");
                clock = clock.max(timestamp);
            }
        });
    }
}
