//! Rooms in a hurry: people come, publish, subscribe, change layers, mute, record and leave in any order. Whatever
//! happens, every datagram sent can be opened by its receiver once, and no number names two packets.

use std::collections::{HashMap, HashSet};

use super::layers::Random;
use super::world::*;
use crate::testing::{Peer, Received};
use crate::*;

#[derive(Clone, Copy)]
struct Up {
    id: UpTrackId,
    owner: u64,
    ssrc: u32,
    is_audio: bool,
    sequence: u64,
}

struct Soak {
    plane: Plane,
    random: Random,
    now: Now,
    out: Outbox,
    peers: HashMap<u64, Peer>,
    ups: Vec<Up>,
    downs: Vec<(DownTrackId, u64)>,
    next: u64,
    received: usize,
    /// Every datagram that went out.
    seen: HashSet<Vec<u8>>,
}

impl Soak {
    fn new(seed: u64) -> Self {
        Self {
            plane: Plane::new(Config { wall_offset_ns: WALL_NS, seed, cache_bytes: 32 * 1024 }),
            random: Random(seed),
            now: 0,
            out: Outbox::default(),
            peers: HashMap::new(),
            ups: Vec::new(),
            downs: Vec::new(),
            next: 1,
            received: 0,
            seen: HashSet::new(),
        }
    }

    fn pick<T>(&mut self, from: &[T]) -> Option<usize> {
        (!from.is_empty()).then(|| self.random.below(from.len() as u64) as usize)
    }

    fn any_peer(&mut self) -> Option<u64> {
        let mut names: Vec<u64> = self.peers.keys().copied().collect();
        names.sort_unstable();
        self.pick(&names.clone()).map(|at| names[at])
    }

    fn any_up(&mut self) -> Option<Up> {
        let ups = self.ups.clone();
        self.pick(&ups).map(|at| ups[at])
    }

    fn act(&mut self) {
        match self.random.below(14) {
            0 | 1 if self.peers.len() < 12 => self.join(),
            2 if self.random.below(4) == 0 => self.leave(),
            3 => self.publish_track(),
            4 if self.random.below(3) == 0 => self.unpublish(),
            5 | 6 => self.subscribe(),
            7 => self.unsubscribe(),
            8 | 9 => self.change_layer(),
            10 => self.mute_or_record(),
            _ => {}
        }
        self.deliver();
    }

    fn join(&mut self) {
        self.next += 1;
        let profile = [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80][self.random.below(2) as usize];
        let peer = Peer::connect(&mut self.plane, self.next as u16, profile, self.now);
        self.peers.insert(self.next, peer);
    }

    fn leave(&mut self) {
        let Some(name) = self.any_peer() else { return };
        let peer = self.peers.remove(&name).unwrap();
        self.plane.close_transport(peer.transport, self.now, &mut self.out).unwrap();
        self.ups.retain(|up| up.owner != name);
    }

    fn publish_track(&mut self) {
        let Some(owner) = self.any_peer() else { return };
        self.next += 1;
        let ssrc = self.next as u32 * 10;
        let is_audio = self.random.below(2) == 0;
        let spec = UpTrackSpec {
            kind: if is_audio { Kind::Audio } else { Kind::Video },
            codec: if is_audio { Codec::Opus } else { Codec::Vp8 },
            clock_rate: if is_audio { 48_000 } else { 90_000 },
            payload_type: if is_audio { AUDIO_PT } else { VIDEO_PT },
            rtx_payload_type: (!is_audio).then_some(RTX_PT),
            red_payload_type: None,
            mid: self.next.to_string(),
            extensions: extensions(),
            encodings: (0..if is_audio { 1 } else { 2 })
                .map(|layer| EncodingSpec { ssrc: ssrc + layer, ..EncodingSpec::default() })
                .collect(),
        };
        let transport = self.peers[&owner].transport;
        let id = self.plane.open_up_track(transport, &spec, self.now).unwrap();
        let sequence = self.random.below(70_000);
        self.ups.push(Up { id, owner, ssrc, is_audio, sequence });
    }

    fn unpublish(&mut self) {
        let Some(at) = self.pick(&self.ups.clone()) else { return };
        let up = self.ups.swap_remove(at);
        self.plane.close_up_track(up.id, self.now, &mut self.out).unwrap();
    }

    fn subscribe(&mut self) {
        let (Some(name), Some(up)) = (self.any_peer(), self.any_up()) else { return };
        // Few SSRCs, so that they are used again.
        let ssrc = 1_000 + 2 * self.random.below(8) as u32;
        let has_rtx = self.random.below(2) == 0;
        let spec = DownTrackSpec {
            ssrc,
            rtx_ssrc: if has_rtx { ssrc + 1 } else { 0 },
            payload_type: 120,
            rtx_payload_type: if has_rtx { 121 } else { 0 },
            red_payload_type: 0,
            mid: "1".into(),
            extensions: extensions(),
        };
        let transport = self.peers[&name].transport;
        let opened = self.plane.open_down_track(transport, up.id, &spec, self.now, &mut self.out);
        match opened {
            Ok(id) => self.downs.push((id, u64::from(ssrc))),
            Err(error) => assert_eq!(error, PlaneError::SsrcInUse),
        }
    }

    fn unsubscribe(&mut self) {
        let Some(at) = self.pick(&self.downs.clone()) else { return };
        let (id, _) = self.downs.swap_remove(at);
        let _ = self.plane.close_down_track(id);
    }

    fn change_layer(&mut self) {
        let Some(at) = self.pick(&self.downs.clone()) else { return };
        let layer = [None, Some(0), Some(1)][self.random.below(3) as usize];
        let _ = self.plane.set_layer(self.downs[at].0, layer, self.now, &mut self.out);
    }

    fn mute_or_record(&mut self) {
        let Some(up) = self.any_up() else { return };
        let journal = JournalId(self.random.below(2));
        match self.random.below(5) {
            0 => self.plane.set_up_track_muted(up.id, true, self.now, &mut self.out).unwrap(),
            1 => self.plane.set_up_track_muted(up.id, false, self.now, &mut self.out).unwrap(),
            2 => self.plane.record(journal, up.id, 1, self.now, &mut self.out).unwrap(),
            3 => self.plane.stop_recording(journal, up.id, self.now, &mut self.out).unwrap(),
            _ => self.plane.close_journal(journal, self.now, &mut self.out),
        }
    }

    /// Everyone sends a little, some of it lost; everyone asks for something again.
    fn traffic(&mut self) {
        for at in 0..self.ups.len() {
            let up = &mut self.ups[at];
            up.sequence += 1;
            if self.random.below(12) == 0 {
                continue;
            }
            let is_key = self.random.below(6) == 0;
            let layer = if up.is_audio { 0 } else { self.random.below(2) as u32 };
            let packet = if up.is_audio {
                opus(up.ssrc, up.sequence, 9)
            } else {
                vp8(up.ssrc + layer, up.sequence, up.sequence as u32 * 3_000, is_key)
            };
            let peer = &self.peers[&up.owner];
            let mut datagram = peer.seal(&packet);
            self.plane.handle(&mut datagram, peer.address, self.now, &mut self.out);
        }
        self.plane.flush(self.now, &mut self.out);
        self.deliver();
        if let Some(name) = self.any_peer() {
            let peer = self.peers.get_mut(&name).unwrap();
            let mut compound = Vec::new();
            let media = 1_000 + 2 * self.random.below(8) as u32;
            let numbers: Vec<u16> = (0..20).map(|_| self.random.below(17_000) as u16).collect();
            crate::rtcp::write_nack(&mut compound, 1, media, &numbers);
            crate::rtcp::write_pli(&mut compound, 1, media);
            let mut datagram = peer.seal_rtcp(&compound);
            self.plane.handle(&mut datagram, peer.address, self.now, &mut self.out);
            let mut check = peer.check(true);
            self.plane.handle(&mut check, peer.address, self.now, &mut self.out);
        }
        self.deliver();
    }

    fn deliver(&mut self) {
        let known = self.out.sends.len();
        let mut opened = 0;
        for peer in self.peers.values_mut() {
            for item in peer.receive(&self.out) {
                opened += 1;
                match item {
                    Received::Garbage => self.received += 1_000_000,
                    Received::Repeated(bytes) => assert!(self.seen.contains(&bytes), "another packet"),
                    Received::Rtp(_) => self.received += 1,
                    _ => {}
                }
            }
        }
        assert!(opened <= known);
        let sent = self.out.sends.iter();
        self.seen.extend(sent.map(|send| self.out.range(send.start, send.len).to_vec()));
        self.out.clear();
    }
}

#[test]
fn nothing_that_is_sent_is_garbage_whatever_people_do() {
    let mut received = 0;
    for seed in 1..25u64 {
        let mut soak = Soak::new(seed);
        for step in 0..600u64 {
            soak.act();
            soak.traffic();
            soak.now += 11 * MS;
            if soak.plane.deadline().is_some_and(|deadline| deadline <= soak.now) {
                soak.plane.tick(soak.now, &mut soak.out);
                soak.deliver();
            }
            assert!(soak.received < 1_000_000, "seed {seed} step {step}: garbage or a repeated number");
        }
        received += soak.received;
        let names: Vec<u64> = soak.peers.keys().copied().collect();
        for name in names {
            let transport = soak.peers[&name].transport;
            soak.plane.close_transport(transport, soak.now, &mut soak.out).unwrap();
        }
        assert_eq!(soak.plane.transports.len(), 0);
        assert_eq!((soak.plane.up_tracks.len(), soak.plane.down_tracks.len()), (0, 0));
        assert!(soak.plane.by_address.is_empty() && soak.plane.by_ufrag.is_empty());
    }
    assert!(received > 10_000, "{received}");
}
