//! Clocks that run wrong, stand still or jump (R08), and what reports say of them (M13).

use std::collections::HashMap;

use super::layers::Random;
use super::world::*;
use crate::rtcp::{write_sender_report, Compound, Packet, SenderInfo};
use crate::testing::{Peer, Rtp};
use crate::*;

const SECOND: Now = 1_000 * MS;
const VIDEO: u32 = 10;
const AUDIO: u32 = 5;
const PICTURES: u32 = 50;
const SOUNDS: u32 = 60;
/// 2026 in the publisher's opinion.
const NTP: u64 = 4_000_000_000 << 32;

/// A clock of so many ticks a second that runs wrong by `ppm`.
fn ticks(rate: f64, ppm: f64, at: Now) -> u32 {
    (at as f64 / 1e9 * rate * (1.0 + ppm / 1e6)) as u64 as u32
}

fn ntp(ns: Now) -> u64 {
    (u128::from(ns) * (1 << 32) / 1_000_000_000) as u64
}

/// One who publishes a camera and a microphone, and one who watches.
struct Stage {
    world: World,
    camera: UpTrackId,
    viewer: Peer,
    sequence: u64,
    /// The newest report under each SSRC.
    reports: HashMap<u32, (u64, u32)>,
    reported: usize,
}

impl Stage {
    fn new() -> Self {
        let mut world = World::new();
        world.now = SECOND;
        let camera = world.video(Codec::Vp8, &[("", VIDEO, 11)]);
        let microphone = world.audio(AUDIO);
        let viewer = world.subscriber();
        let down_track = world.subscribe(&viewer, camera, PICTURES);
        world.set_layer(down_track, Some(0));
        world.subscribe(&viewer, microphone, SOUNDS);
        Self { world, camera, viewer, sequence: 65_000, reports: HashMap::new(), reported: 0 }
    }

    fn mute(&mut self, is_muted: bool) {
        let world = &mut self.world;
        world.plane.set_up_track_muted(self.camera, is_muted, world.now, &mut world.out).unwrap();
    }

    /// Everybody stays; time passes.
    fn pass(&mut self, ns: Now) {
        for peer in [&self.world.publisher, &self.viewer] {
            let mut check = peer.check(false);
            self.world.plane.handle(&mut check, peer.address, self.world.now, &mut self.world.out);
        }
        self.world.out.clear();
        self.world.pass(ns);
        self.listen();
    }

    /// Time passes while nobody looks.
    fn skip(&mut self, ns: Now) {
        self.world.now += ns;
        self.pass(0);
    }

    fn frame(&mut self, timestamp: u32) -> Option<Rtp> {
        self.sequence += 1;
        self.world.publish(&[vp8(VIDEO, self.sequence, timestamp, true)]);
        self.listen().pop()
    }

    fn sound(&mut self, timestamp: u32) -> Option<Rtp> {
        self.sequence += 1;
        self.world.publish(&[Rtp { timestamp, ..opus(AUDIO, self.sequence, 20) }]);
        self.listen().pop()
    }

    fn report(&mut self, reports: &[(u32, u64, u32)]) {
        let mut compound = Vec::new();
        for (ssrc, ntp, timestamp) in reports {
            let info = SenderInfo { ssrc: *ssrc, ntp: *ntp, timestamp: *timestamp, packets: 1, bytes: 1 };
            write_sender_report(&mut compound, &info);
        }
        self.world.publish_rtcp(&compound);
    }

    fn listen(&mut self) -> Vec<Rtp> {
        let received = self.viewer.receive(&self.world.out);
        self.world.out.clear();
        for compound in rtcp(&received) {
            for packet in Compound::new(&compound) {
                if let Packet::SenderReport { ssrc, ntp, timestamp, .. } = packet {
                    self.reports.insert(ssrc, (ntp, timestamp));
                    self.reported += 1;
                }
            }
        }
        rtp(&received)
    }

    /// When a packet was captured by what the viewer was told, in seconds of the publisher's clock.
    fn captured_s(&self, packet: &Rtp, rate: f64) -> Option<f64> {
        let (ntp, timestamp) = self.reports.get(&packet.ssrc)?;
        let since = f64::from(packet.timestamp.wrapping_sub(*timestamp) as i32) / rate;
        Some((ntp.wrapping_sub(NTP) >> 16) as f64 / 65_536.0 + since)
    }
}

/// Five hundred mutes of a second to ten minutes; the publisher's clock runs wrong by 200 ppm.
#[test]
fn r08_after_a_mute_time_has_passed_as_it_has_for_everybody_and_never_runs_back() {
    for ppm in [-200.0, 0.0, 200.0] {
        let mut stage = Stage::new();
        let mut random = Random(8);
        let mut last: Option<(u32, Now)> = None;
        let mut worst_ms = 0f64;
        for mute in 0..500u64 {
            stage.mute(true);
            stage.skip((1 + random.below(600)) * SECOND);
            stage.mute(false);
            for _ in 0..5 {
                stage.skip(33 * MS);
                let now = stage.world.now;
                let Some(packet) = stage.frame(ticks(90_000.0, ppm, now)) else {
                    panic!("nothing after mute {mute}");
                };
                if let Some((timestamp, at)) = last {
                    let step = packet.timestamp.wrapping_sub(timestamp) as i32;
                    assert!(step > 0, "{step} after mute {mute}");
                    worst_ms = worst_ms.max((f64::from(step) / 90.0 - (now - at) as f64 / 1e6).abs());
                }
                last = Some((packet.timestamp, now));
            }
        }
        println!("{ppm} ppm: {worst_ms:.1} ms");
        assert!(worst_ms <= 50.0, "{worst_ms} ms at {ppm} ppm");
    }
}

/// A publisher that comes back with a timestamp half a circle away: what goes out knows only the time that passed.
#[test]
fn r08_a_jump_of_the_timestamp_over_a_mute_is_not_handed_on() {
    let mut stage = Stage::new();
    let mut before = stage.frame(1_000).unwrap().timestamp;
    for jump in [1u32 << 31, (1 << 31) - 1, (1 << 31) + 1, 1 << 30] {
        stage.mute(true);
        stage.skip(10 * SECOND);
        stage.mute(false);
        let after = stage.frame(jump).unwrap().timestamp;
        let passed_ms = after.wrapping_sub(before) / 90;
        assert!(passed_ms.abs_diff(10_000) <= 50, "{passed_ms} ms");
        before = after;
    }
}

/// Sleep and waking, a device exchanged: the clock of a stream that flows jumps forward or back.
#[test]
fn r08_a_clock_that_jumps_under_way_goes_on_as_time_does() {
    for jump in [1u32 << 31, (1 << 31) + 1, 1 << 30, (1 << 30) * 3, 3_600 * 90_000, (1 << 29) * 7] {
        let mut stage = Stage::new();
        let mut last = None;
        for step in 0..40u32 {
            stage.pass(33 * MS);
            let jumped = if step < 20 { 0 } else { jump };
            let packet = stage.frame((step * 2_970).wrapping_add(jumped)).unwrap();
            if let Some(before) = last {
                let passed = packet.timestamp.wrapping_sub(before) as i32;
                assert!((2_900..=3_100).contains(&passed), "{passed} at {step} with {jump}");
            }
            last = Some(packet.timestamp);
        }
    }
}

/// A report half a circle away from the stream it reports says nothing of it.
#[test]
fn r08_a_report_that_jumps_moves_nothing() {
    for jump in [1u32 << 31, (1 << 31) - 1, (1 << 31) + 1] {
        let mut stage = Stage::new();
        for step in 0..40u64 {
            stage.pass(500 * MS);
            let now = stage.world.now;
            let (video, sound) = (ticks(90_000.0, 0.0, now), ticks(48_000.0, 0.0, now));
            let wrong = if step % 4 == 3 { jump } else { 0 };
            stage.report(&[
                (VIDEO, NTP + ntp(now), video.wrapping_add(wrong)),
                (AUDIO, NTP + ntp(now), sound.wrapping_add(wrong)),
            ]);
            let (picture, sound) = (stage.frame(video).unwrap(), stage.sound(sound).unwrap());
            let pair = stage.captured_s(&picture, 90_000.0).zip(stage.captured_s(&sound, 48_000.0));
            let Some((seen, heard)) = pair.filter(|_| step > 3) else { continue };
            let now_s = now as f64 / 1e9;
            assert!((seen - now_s).abs() < 0.01 && (heard - now_s).abs() < 0.01, "{seen} {heard} {now_s}");
        }
    }
}

/// Sound and picture of one device, whose clocks run wrong by 200 ppm in opposite directions; the camera is muted for a
/// minute, five, or ten at a time; after half an hour the publisher's wall clock is set an hour on, and later back.
#[test]
fn r08_m13_after_an_hour_sound_and_picture_are_apart_by_no_more_than_40_ms() {
    let mut stage = Stage::new();
    let mut worst_ms = 0f64;
    let mut compared = 0;
    for second in 1..=4_200u64 {
        stage.pass(900 * MS);
        let now = stage.world.now;
        let wall = if (1_800..3_000).contains(&second) { 3_600 << 32 } else { 0 };
        let (video, sound) = (ticks(90_000.0, -200.0, now), ticks(48_000.0, 200.0, now));
        let is_muted = matches!(second, 300..360 | 900..1_200 | 2_000..2_600 | 3_000..3_060);
        stage.mute(is_muted);
        if second % 5 == 0 {
            let mut reports = vec![(AUDIO, NTP + wall + ntp(now), sound)];
            if !is_muted {
                reports.push((VIDEO, NTP + wall + ntp(now), video));
            }
            stage.report(&reports);
        }
        let heard = stage.sound(sound).unwrap();
        let seen = if is_muted { None } else { stage.frame(video) };
        assert!(is_muted || seen.is_some(), "no picture in second {second}");
        stage.pass(100 * MS);
        let Some(seen) = seen.filter(|_| second > 10) else { continue };
        let apart = stage.captured_s(&seen, 90_000.0).zip(stage.captured_s(&heard, 48_000.0));
        let apart_ms = apart.map(|(seen, heard)| (seen - heard).abs() * 1_000.0).unwrap();
        // between its unmuting and its own next report a camera has told no time at all
        let is_told = !matches!(second, 360..366 | 1_200..1_206 | 2_600..2_606 | 3_060..3_066);
        if is_told && !matches!(second, 1_800..1_806 | 3_000..3_006) {
            worst_ms = worst_ms.max(apart_ms);
            compared += 1;
        }
    }
    println!("{worst_ms:.1} ms apart at most in {compared} seconds");
    assert!(compared > 3_000, "{compared}");
    assert!(worst_ms <= 40.0, "{worst_ms} ms");
}

#[test]
fn m13_there_is_no_report_before_the_first_packet_and_none_long_after_the_last() {
    let mut stage = Stage::new();
    stage.pass(10 * SECOND);
    assert_eq!(stage.reported, 0);
    let now = stage.world.now;
    stage.report(&[(VIDEO, NTP + ntp(now), 90_000)]);
    let first = stage.frame(90_000).unwrap();
    stage.pass(2 * SECOND);
    assert!((1..=3).contains(&stage.reported), "{}", stage.reported);
    let (_, timestamp) = stage.reports[&PICTURES];
    let ahead_ms = timestamp.wrapping_sub(first.timestamp) / 90;
    assert!((900..=2_000).contains(&ahead_ms), "{ahead_ms}");
    stage.mute(true);
    stage.pass(5 * SECOND);
    let reported = stage.reported;
    stage.pass(60 * SECOND);
    assert_eq!(stage.reported, reported, "what is silent has no clock");
}

/// RFC 3550, A.3 would count it twice and hide a loss; SRTP takes each packet once.
#[test]
fn m13_what_comes_twice_hides_no_loss() {
    let mut stage = Stage::new();
    for number in (1..=10u64).filter(|number| *number != 5) {
        let packet = vp8(VIDEO, number, number as u32 * 3_000, number == 1);
        stage.world.publish(std::slice::from_ref(&packet));
        stage.world.publish(&[packet]);
    }
    stage.world.out.clear();
    stage.world.pass(1_100 * MS);
    let compounds = rtcp(&stage.world.publisher.receive(&stage.world.out));
    let lost: Vec<i32> = compounds
        .iter()
        .flat_map(|compound| Compound::new(compound))
        .filter_map(|packet| match packet {
            Packet::ReceiverReport { blocks } => crate::rtcp::report_blocks(blocks).next(),
            _ => None,
        })
        .map(|block| block.lost)
        .collect();
    assert_eq!(lost.first(), Some(&1));
}

/// The listener may synchronise what one of its streams says with every other: they have one name.
#[test]
fn m13_all_streams_of_a_report_have_one_canonical_name() {
    let mut stage = Stage::new();
    let now = stage.world.now;
    stage.report(&[(VIDEO, NTP + ntp(now), 0), (AUDIO, NTP + ntp(now), 0)]);
    stage.frame(0).unwrap();
    stage.sound(0).unwrap();
    stage.world.pass(1_100 * MS);
    let compounds = rtcp(&stage.viewer.receive(&stage.world.out));
    let mut names: HashMap<u32, Vec<u8>> = HashMap::new();
    for compound in &compounds {
        names.extend(canonical_names(compound));
    }
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[&PICTURES], names[&SOUNDS]);
}

/// SSRC and CNAME of each chunk of the source descriptions (RFC 3550, 6.5).
fn canonical_names(compound: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut names = Vec::new();
    let mut at = 0;
    while at + 4 <= compound.len() {
        let len = 4 + 4 * usize::from(u16::from_be_bytes([compound[at + 2], compound[at + 3]]));
        if compound[at + 1] == 202 {
            let mut chunk = at + 4;
            for _ in 0..compound[at] & 0x1f {
                let ssrc = u32::from_be_bytes(compound[chunk..chunk + 4].try_into().unwrap());
                assert_eq!(compound[chunk + 4], 1, "the first item is the name");
                let end = chunk + 6 + usize::from(compound[chunk + 5]);
                names.push((ssrc, compound[chunk + 6..end].to_vec()));
                chunk = at + (end - at + 1).div_ceil(4) * 4;
            }
        }
        at += len;
    }
    names
}
