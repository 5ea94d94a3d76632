//! What forwarding costs without the kernel: nanoseconds per packet and subscriber, one publisher to fifty.
//! `cargo run --release -p dataplane --features testing --example forward_cost`

use dataplane::testing::{Peer, Rtp};
use dataplane::*;

const SUBSCRIBERS: u16 = 50;
const ROUNDS: u64 = 4_000;

/// CPU time of this thread in nanoseconds (Linux): other work on the machine does not count.
fn cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or(0)
}

fn run(profile: Profile, payload_len: usize, burst: u64) {
    let mut plane = Plane::new(Config::default());
    let mut out = Outbox::default();
    let publisher = Peer::connect(&mut plane, 1, profile, 0);
    let extensions = Extensions { mid: 4, transport_cc: 3, abs_send_time: 2, ..Extensions::default() };
    let spec = UpTrackSpec {
        kind: Kind::Video,
        codec: Codec::Vp8,
        clock_rate: 90_000,
        payload_type: 96,
        rtx_payload_type: Some(97),
        red_payload_type: None,
        mid: "0".into(),
        extensions,
        encodings: vec![EncodingSpec { ssrc: 10, ..EncodingSpec::default() }],
    };
    let up_track = plane.open_up_track(publisher.transport, &spec, 0).expect("a valid track");
    for port in 0..SUBSCRIBERS {
        let peer = Peer::connect(&mut plane, 100 + port, profile, 0);
        let spec = DownTrackSpec {
            ssrc: 50,
            rtx_ssrc: 51,
            payload_type: 96,
            rtx_payload_type: 97,
            red_payload_type: 0,
            mid: "0".into(),
            extensions,
        };
        let opened = plane.open_down_track(peer.transport, up_track, &spec, 0, &mut out);
        plane.set_layer(opened.expect("a valid track"), Some(0), 0, &mut out).expect("a layer");
    }
    let mut spent = 0;
    let mut sent = 0;
    for round in 0..ROUNDS {
        let now = round * burst * 1_000_000;
        let mut batch: Vec<Vec<u8>> = (0..burst)
            .map(|step| {
                let sequence = round * burst + step;
                let mut payload = vec![0x90, 0xe0, 0x80, 1, 1, 0, u8::from(sequence != 0), 0];
                payload.resize(payload_len, 7);
                let packet = Rtp { payload_type: 96, sequence, ssrc: 10, payload, ..Rtp::default() };
                publisher.seal(&packet)
            })
            .collect();
        if round % 1_000 == 0 {
            plane.handle(&mut publisher.check(true), publisher.address, now, &mut out);
        }
        out.clear();
        let began = cpu_ns();
        for datagram in &mut batch {
            plane.handle(datagram, publisher.address, now, &mut out);
        }
        plane.flush(now, &mut out);
        spent += cpu_ns() - began;
        sent += out.sends.len() as u64;
    }
    let each = spent as f64 / sent.max(1) as f64;
    println!("{profile:?} {payload_len} bytes, bursts of {burst}: {each:.0} ns a packet ({sent} sent)");
}

fn main() {
    for profile in [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80] {
        for (payload_len, burst) in [(1_200, 1), (1_200, 8), (120, 1)] {
            run(profile, payload_len, burst);
        }
    }
}
