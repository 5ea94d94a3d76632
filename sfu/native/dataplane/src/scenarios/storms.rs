//! Requests in masses: NACK and PLI of many, of one that loses everything, of one that never stops.

use super::call::{Call, SECOND};
use super::link::{LinkSpec, Loss};
use super::world::MS;
use crate::rtcp;
use crate::Now;

fn plain(latency_ms: u64) -> LinkSpec {
    LinkSpec { latency: latency_ms * MS, ..LinkSpec::default() }
}

fn losing(share: f64, latency_ms: u64) -> LinkSpec {
    let loss = Loss { to_bad: 0.0, to_good: 0.0, in_good: share, in_bad: share };
    LinkSpec { loss, ..plain(latency_ms) }
}

/// The greatest share of repair to media that was sent in any second.
fn repair_share(call: &Call, viewer: usize) -> f64 {
    let bytes = |ssrc: u32, from: Now| -> usize {
        let sent = call.viewers[viewer].sent.iter();
        let meant = sent.filter(|(at, _, of)| *of == ssrc && (from..from + SECOND).contains(at));
        meant.map(|(_, len, _)| len).sum()
    };
    let starts = (0..call.world.now / (100 * MS) - 10).map(|step| step * 100 * MS);
    let shares = starts.map(|from| bytes(51, from) as f64 / bytes(50, from).max(40_000) as f64);
    shares.fold(0.0, f64::max)
}

fn assert_discipline(call: &Call, viewer: usize, rtt: Now) {
    let mut last: std::collections::HashMap<u64, (Now, u32)> = Default::default();
    for (at, number, _) in &call.viewers[viewer].repairs {
        let (before, times) = last.get(number).copied().unwrap_or((0, 0));
        assert!(times == 0 || at - before >= rtt - 2 * MS, "{number} again after {} ms", (at - before) / MS);
        assert!(times < 3, "{number} went {} times", times + 2);
        last.insert(*number, (*at, times + 1));
    }
}

#[test]
fn r09_a_subscriber_that_asks_for_everything_all_the_time_gets_little_more() {
    let mut call = Call::new(plain(5), &[1_500_000], 1);
    let greedy = call.watch(plain(20), 0, 2);
    let other = call.watch(losing(0.02, 20), 0, 4);
    call.run(3 * SECOND);
    for _ in 0..3_000 {
        let highest = call.viewers[greedy].highest();
        let window: Vec<u16> = (0..400).map(|back| highest.saturating_sub(400 - back) as u16).collect();
        let mut compound = Vec::new();
        rtcp::write_nack(&mut compound, 1, 50, &window);
        call.say(greedy, &compound);
        call.run(MS);
    }
    call.run(SECOND);
    let share = repair_share(&call, greedy);
    assert!(share <= 0.15, "{share:.3}");
    assert!(!call.viewers[greedy].repairs.is_empty());
    assert_discipline(&call, greedy, 40 * MS);
    assert!(call.viewers[other].missing() <= 3, "{}", call.viewers[other].missing());
}

#[test]
fn r09_a_fifth_lost_at_300_ms_is_repaired_within_bounds() {
    for seed in 1..4 {
        let mut call = Call::new(plain(5), &[1_000_000], seed);
        let viewer = call.watch(losing(0.2, 150), 0, 10 + seed);
        call.run(20 * SECOND);
        let share = repair_share(&call, viewer);
        assert!(share <= 0.15, "{share:.3}");
        assert_discipline(&call, viewer, 300 * MS);
        let repaired = call.viewers[viewer].repairs.len();
        assert!(repaired > 100, "{repaired}");
    }
}

#[test]
fn r10_two_hundred_joins_in_a_second_cost_the_publisher_two_key_frames_a_second() {
    let mut call = Call::new(plain(20), &[300_000], 1);
    call.run(2 * SECOND);
    let before = call.streams[0].plis.len();
    for index in 0..200 {
        call.watch(plain(30), 0, 100 + index);
        call.run(5 * MS);
    }
    call.run(3 * SECOND);
    let asked = call.streams[0].plis[before..].to_vec();
    for from in &asked {
        let within = asked.iter().filter(|at| (*from..from + SECOND).contains(at)).count();
        assert!(within <= 2, "{within} requests in a second: {asked:?}");
    }
    let mut waits: Vec<Now> = Vec::new();
    for (index, viewer) in call.viewers.iter().enumerate() {
        let joined = 2 * SECOND + index as u64 * 5 * MS;
        waits.push(viewer.media.first().expect("everybody sees it").0 - joined);
    }
    waits.sort_unstable();
    assert!(waits[190] <= 2_500 * MS, "{} ms", waits[190] / MS);
}

#[test]
fn r10_one_that_loses_everything_does_not_make_the_publisher_send_key_frames_to_all() {
    let mut call = Call::new(plain(20), &[300_000, 1_000_000], 1);
    let stuck = call.watch(losing(1.0, 30), 1, 5);
    call.watch(plain(30), 1, 7);
    call.run(5 * SECOND);
    let before: Vec<usize> = call.streams.iter().map(|stream| stream.plis.len()).collect();
    for _ in 0..1_000 {
        let mut pli = Vec::new();
        rtcp::write_pli(&mut pli, 1, 50);
        call.say(stuck, &pli);
        call.run(20 * MS);
    }
    let asked: usize =
        call.streams.iter().zip(before).map(|(stream, before)| stream.plis.len() - before).sum();
    assert!((1..=7).contains(&asked), "{asked} in twenty seconds");
}

#[test]
fn r10_a_lost_request_is_repeated() {
    let mut call = Call::new(plain(20), &[300_000], 1);
    call.run(SECOND);
    call.uplink_back.spec.loss = Loss { to_bad: 0.0, to_good: 0.0, in_good: 1.0, in_bad: 1.0 };
    let viewer = call.watch(plain(30), 0, 3);
    call.run(700 * MS);
    assert!(call.viewers[viewer].media.is_empty());
    call.uplink_back.spec.loss = Loss::default();
    call.run(SECOND);
    assert!(!call.viewers[viewer].media.is_empty());
}

#[test]
fn m08_a_path_that_reorders_is_not_asked_for_what_is_only_late() {
    let reordering = LinkSpec { reorder: 0.02, reorder_delay: 12 * MS, ..plain(20) };
    let mut call = Call::new(reordering, &[2_000_000], 3);
    call.watch(plain(20), 0, 5);
    call.run(20 * SECOND);
    let stats = call.world.plane.up_track_stats(call.up_track, call.world.now).unwrap();
    let share = call.streams[0].nacks.len() as f64 / stats.packets as f64;
    assert!(share <= 0.01, "{share:.3} of all packets asked for, none was lost");
    assert_eq!(stats.lost, 0);
}

#[test]
fn m08_a_long_round_trip_is_learned_and_hardly_anything_is_asked_for_twice() {
    for seed in 1..4 {
        let mut call = Call::new(losing(0.05, 150), &[1_500_000], seed);
        call.watch(plain(20), 0, 20 + seed);
        call.run(30 * SECOND);
        let asked = &call.streams[0].nacks;
        let distinct = asked.iter().collect::<std::collections::HashSet<_>>().len();
        let each = asked.len() as f64 / distinct as f64;
        assert!(distinct > 100 && each <= 1.6, "{each:.2} requests for each of {distinct}");
        let missing = call.viewers[0].missing();
        assert!(missing as f64 <= 0.02 * distinct as f64 + 10.0, "{missing} of {distinct} never came");
    }
}

#[test]
fn m08_what_cannot_be_repaired_is_answered_with_a_key_frame_request_within_a_second() {
    let mut call = Call::new(plain(20), &[1_000_000], 1);
    call.watch(plain(20), 0, 5);
    call.run(3 * SECOND);
    let before = call.streams[0].plis.len();
    call.uplink.spec.loss = Loss { to_bad: 0.0, to_good: 0.0, in_good: 1.0, in_bad: 1.0 };
    call.run(34 * MS);
    call.uplink.spec.loss = Loss::default();
    call.streams[0].sent.clear();
    let lost_at = call.world.now;
    call.run(1_500 * MS);
    let asked = call.streams[0].plis.get(before).map(|at| at - lost_at);
    assert!(asked.is_some_and(|after| after <= SECOND), "{asked:?}");
    let stats = call.world.plane.up_track_stats(call.up_track, call.world.now).unwrap();
    assert!(stats.lost > 0);
}

#[test]
fn m07_what_bursts_of_loss_take_is_delivered() {
    for (share, seed) in [(0.01, 1), (0.05, 2), (0.1, 3), (0.1, 4)] {
        let mut call = Call::new(plain(10), &[1_000_000], seed);
        let viewer = call.watch(plain(25), 0, 30 + seed);
        call.run(2 * SECOND);
        // bursts of three on average
        let loss = Loss { to_bad: share / 3.0, to_good: 0.33, in_good: 0.0, in_bad: 1.0 };
        call.viewers[viewer].link.spec.loss = loss;
        let before = call.viewers[viewer].highest();
        while call.viewers[viewer].highest() < before + 104 {
            call.run(33 * MS);
        }
        call.viewers[viewer].link.spec.loss = Loss::default();
        call.run(SECOND);
        let viewer = &call.viewers[viewer];
        let there = (before + 1..=before + 104).filter(|number| viewer.got.contains_key(number)).count();
        assert_eq!(there, 104, "at {share} with seed {seed}");
        let rtx = viewer.repairs.iter().map(|(_, number, _)| viewer.got[number].timestamp);
        assert!(rtx.count() > 0 || share < 0.05);
    }
}
