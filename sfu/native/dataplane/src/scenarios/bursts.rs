//! How packets leave: bursts are spread, what has room does not wait, probes are padding, and the estimate serves them.

use super::call::{Call, Viewer, SECOND};
use super::link::{LinkSpec, MS};
use crate::Now;

fn plain() -> LinkSpec {
    LinkSpec { latency: 20 * MS, ..LinkSpec::default() }
}

/// The most packets sent within any 5 ms of a span.
fn most_at_once(viewer: &Viewer, from: Now, upto: Now) -> usize {
    let sent = viewer.sent.iter().filter(|(at, _, ssrc)| *ssrc != 0 && (from..upto).contains(at));
    let times: Vec<Now> = sent.map(|(at, ..)| *at).collect();
    let within = |start: &Now| times.iter().filter(|at| (*start..start + 5 * MS).contains(at)).count();
    times.iter().map(within).max().unwrap_or(0)
}

#[test]
fn m12_key_frames_leave_in_small_bursts_on_a_path_of_two_megabits() {
    let mut call = Call::new(plain(), &[1_500_000], 3);
    let viewer = call.watch(plain().narrow(2_000_000, 300 * MS), 0, 5);
    call.run(20 * SECOND);
    let bps = call.estimate(viewer);
    assert!((1_400_000..=2_400_000).contains(&bps), "{bps}");
    let from = call.world.now;
    for _ in 0..5 {
        call.streams[0].ask_key_frame();
        call.run(SECOND);
    }
    let viewer = &call.viewers[viewer];
    let most = most_at_once(viewer, from, call.world.now);
    assert!(most <= 5, "{most} packets within 5 ms");
    assert_eq!(viewer.missing(), 0);
    let numbers: Vec<u64> = viewer.media.iter().map(|(_, number, _)| *number).collect();
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "in order");
}

#[test]
fn m12_where_the_path_has_room_nothing_waits() {
    let mut call = Call::new(plain(), &[1_500_000], 3);
    let viewer = call.watch(plain().narrow(40_000_000, 100 * MS), 0, 5);
    call.run(10 * SECOND);
    let settled = call.world.now - 5 * SECOND;
    let bps = call.estimate(viewer);
    assert!(bps >= 5_000_000, "{bps}");
    // a frame of the publisher arrives in one moment and leaves in it
    let sent = &call.viewers[viewer].sent;
    let moments: std::collections::BTreeSet<Now> =
        sent.iter().filter(|(at, _, ssrc)| *at >= settled && *ssrc == 50).map(|(at, ..)| *at).collect();
    let packets = sent.iter().filter(|(at, _, ssrc)| *at >= settled && *ssrc == 50).count();
    assert!(moments.len() <= 5 * 31 && packets >= 5 * 30 * 5, "{} moments, {packets} packets", moments.len());
}

#[test]
fn m12_padding_only_probes_and_is_numbered_apart_from_media() {
    let mut call = Call::new(plain(), &[1_000_000], 3);
    let viewer = call.watch(plain().narrow(10_000_000, 100 * MS), 0, 5);
    call.run(5 * SECOND);
    let early = call.viewers[viewer].padding.len();
    assert!(early > 20, "{early}");
    call.run(20 * SECOND);
    let viewer = &call.viewers[viewer];
    assert!(viewer.padding.len() < early + 200, "{} of padding in all", viewer.padding.len());
    assert_eq!(viewer.missing(), 0, "no number of the media is padding");
    assert!(viewer.repairs.is_empty());
}

#[test]
fn m11_a_path_that_recovers_is_known_within_seconds() {
    for seed in 1..4 {
        let mut call = Call::new(plain(), &[150_000, 500_000, 1_700_000], seed);
        let viewer = call.watch(plain().narrow(200_000, 300 * MS), 0, 5 + seed);
        let transport = call.viewers[viewer].peer.transport;
        call.run(10 * SECOND);
        call.world.plane.set_wanted_bitrate(transport, 2_200_000, call.world.now).unwrap();
        call.run(20 * SECOND);
        let narrow = call.estimate(viewer);
        assert!(narrow <= 260_000, "{narrow} with seed {seed}");
        call.viewers[viewer].link.spec.rate_bps = 5_000_000;
        let mut waited = 0;
        while call.estimate(viewer) < 2_000_000 && waited < 100 {
            call.run(100 * MS);
            waited += 1;
        }
        assert!(waited <= 80, "{waited} tenths of a second with seed {seed}");
    }
}

#[test]
fn m12_what_is_asked_for_again_is_spread_too() {
    let mut call = Call::new(plain(), &[1_500_000], 3);
    let viewer = call.watch(plain().narrow(2_000_000, 300 * MS), 0, 5);
    call.run(10 * SECOND);
    let highest = call.viewers[viewer].highest();
    let window: Vec<u16> = (0..60).map(|back| (highest - back) as u16).collect();
    let mut compound = Vec::new();
    crate::rtcp::write_nack(&mut compound, 1, 50, &window);
    call.say(viewer, &compound);
    let from = call.world.now;
    call.run(SECOND);
    let viewer = &call.viewers[viewer];
    assert!(viewer.repairs.len() > 10, "{}", viewer.repairs.len());
    let most = most_at_once(viewer, from, call.world.now);
    assert!(most <= 5, "{most} packets within 5 ms");
}
