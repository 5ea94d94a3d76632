//! A plane with one publisher and any number of subscribers, and the time they live in.

use crate::rtcp::{Compound, Packet};
use crate::testing::{Peer, Received, Rtp};
use crate::*;

pub const MS: u64 = 1_000_000;
pub const VIDEO_PT: u8 = 96;
pub const RTX_PT: u8 = 97;
pub const AUDIO_PT: u8 = 111;
pub const RED_PT: u8 = 63;
pub const MID: u8 = 4;
pub const RID: u8 = 10;
pub const REPAIRED_RID: u8 = 11;
pub const TRANSPORT_CC: u8 = 3;
pub const LEVEL: u8 = 1;
pub const DEPENDENCY: u8 = 8;
/// 2026-11-28, on a whole second.
pub const WALL_NS: u64 = 1_795_824_000_000_000_000;

pub struct World {
    pub plane: Plane,
    pub publisher: Peer,
    pub now: Now,
    pub out: Outbox,
    next_port: u16,
}

fn audio_spec(ssrc: u32) -> UpTrackSpec {
    UpTrackSpec {
        kind: Kind::Audio,
        codec: Codec::Opus,
        clock_rate: 48_000,
        payload_type: AUDIO_PT,
        rtx_payload_type: None,
        red_payload_type: None,
        mid: "a".into(),
        extensions: extensions(),
        encodings: vec![EncodingSpec { ssrc, ..EncodingSpec::default() }],
    }
}

pub fn extensions() -> Extensions {
    Extensions {
        mid: MID,
        rid: RID,
        repaired_rid: REPAIRED_RID,
        audio_level: LEVEL,
        transport_cc: TRANSPORT_CC,
        dependency_descriptor: DEPENDENCY,
        ..Extensions::default()
    }
}

impl World {
    pub fn new() -> Self {
        Self::with_profile(Profile::AeadAes128Gcm)
    }

    pub fn with_profile(profile: Profile) -> Self {
        let config = Config { wall_offset_ns: WALL_NS, seed: 7, ..Config::default() };
        let mut plane = Plane::new(config);
        let publisher = Peer::connect(&mut plane, 1, profile, 0);
        Self { plane, publisher, now: 0, out: Outbox::default(), next_port: 2 }
    }

    pub fn subscriber(&mut self) -> Peer {
        self.next_port += 1;
        Peer::connect(&mut self.plane, self.next_port, Profile::AeadAes128Gcm, self.now)
    }

    pub fn video(&mut self, codec: Codec, encodings: &[(&str, u32, u32)]) -> UpTrackId {
        let encodings = encodings.iter().map(|(rid, ssrc, rtx_ssrc)| EncodingSpec {
            rid: (*rid).into(),
            ssrc: *ssrc,
            rtx_ssrc: *rtx_ssrc,
        });
        let spec = UpTrackSpec {
            kind: Kind::Video,
            codec,
            clock_rate: 90_000,
            payload_type: VIDEO_PT,
            rtx_payload_type: Some(RTX_PT),
            red_payload_type: None,
            mid: "v".into(),
            extensions: extensions(),
            encodings: encodings.collect(),
        };
        self.plane.open_up_track(self.publisher.transport, &spec, self.now).unwrap()
    }

    pub fn audio(&mut self, ssrc: u32) -> UpTrackId {
        self.plane.open_up_track(self.publisher.transport, &audio_spec(ssrc), self.now).unwrap()
    }

    /// Audio that may come as RED.
    pub fn redundant_audio(&mut self, ssrc: u32) -> UpTrackId {
        let spec = UpTrackSpec { red_payload_type: Some(RED_PT), ..audio_spec(ssrc) };
        self.plane.open_up_track(self.publisher.transport, &spec, self.now).unwrap()
    }

    /// A down track with the given SSRC (RTX on the next one).
    pub fn subscribe(&mut self, peer: &Peer, up_track: UpTrackId, ssrc: u32) -> DownTrackId {
        let spec = DownTrackSpec {
            ssrc,
            rtx_ssrc: ssrc + 1,
            payload_type: 120,
            rtx_payload_type: 121,
            red_payload_type: 0,
            mid: "7".into(),
            extensions: extensions(),
        };
        self.subscribe_as(peer, up_track, &spec)
    }

    pub fn subscribe_as(&mut self, peer: &Peer, up_track: UpTrackId, spec: &DownTrackSpec) -> DownTrackId {
        self.plane.open_down_track(peer.transport, up_track, spec, self.now, &mut self.out).unwrap()
    }

    pub fn set_layer(&mut self, down_track: DownTrackId, layer: Option<u8>) {
        self.plane.set_layer(down_track, layer, self.now, &mut self.out).unwrap();
    }

    /// The publisher sends; the batch is flushed. What was in the outbox before is gone.
    pub fn publish(&mut self, packets: &[Rtp]) {
        self.out.clear();
        for packet in packets {
            let mut datagram = self.publisher.seal(packet);
            let from = self.publisher.address;
            self.plane.handle(&mut datagram, from, self.now, &mut self.out);
        }
        self.plane.flush(self.now, &mut self.out);
    }

    pub fn publish_rtcp(&mut self, compound: &[u8]) {
        let mut datagram = self.publisher.seal_rtcp(compound);
        let from = self.publisher.address;
        self.plane.handle(&mut datagram, from, self.now, &mut self.out);
    }

    pub fn send_rtcp(&mut self, peer: &mut Peer, compound: &[u8]) {
        self.out.clear();
        let mut datagram = peer.seal_rtcp(compound);
        self.plane.handle(&mut datagram, peer.address, self.now, &mut self.out);
        self.plane.flush(self.now, &mut self.out);
    }

    /// Lets time pass, ticking as the driver would; everything sent stays in the outbox.
    pub fn pass(&mut self, ns: u64) {
        let end = self.now + ns;
        while let Some(deadline) = self.plane.deadline().filter(|deadline| *deadline <= end) {
            self.now = self.now.max(deadline);
            self.plane.tick(self.now, &mut self.out);
        }
        self.now = end;
    }

    /// Key frame requests in the outbox to the publisher, by media SSRC.
    pub fn plis(&mut self) -> Vec<u32> {
        let compounds = rtcp(&self.publisher.receive(&self.out));
        let packets = compounds.iter().flat_map(|compound| Compound::new(compound));
        packets
            .filter_map(|packet| match packet {
                Packet::Pli { media } => Some(media),
                _ => None,
            })
            .collect()
    }

    pub fn receipts(&mut self) -> Vec<Receipt> {
        let mut into = Vec::new();
        self.plane.receipts(self.now, &mut into);
        into
    }
}

pub fn rtp(received: &[Received]) -> Vec<Rtp> {
    let packets = received.iter().filter_map(|item| match item {
        Received::Rtp(rtp) => Some(rtp.clone()),
        _ => None,
    });
    packets.collect()
}

pub fn rtcp(received: &[Received]) -> Vec<Vec<u8>> {
    let compounds = received.iter().filter_map(|item| match item {
        Received::Rtcp(compound) => Some(compound.clone()),
        _ => None,
    });
    compounds.collect()
}

/// A VP8 packet with a long picture id and TL0PICIDX; a frame of one packet.
pub fn vp8(ssrc: u32, sequence: u64, timestamp: u32, is_key: bool) -> Rtp {
    let picture_id = 0x8000 | (sequence as u16 & 0x7fff);
    let [high, low] = picture_id.to_be_bytes();
    let mut payload = vec![0x90, 0xe0, high, low, sequence as u8, 0, u8::from(!is_key), 0];
    payload.extend_from_slice(&sequence.to_be_bytes());
    Rtp { payload_type: VIDEO_PT, marker: true, sequence, timestamp, ssrc, payload, ..Rtp::default() }
}

/// Picture id and TL0PICIDX of a packet made by `vp8` and rewritten.
pub fn vp8_counters(packet: &Rtp) -> (u16, u8) {
    let picture_id = u16::from_be_bytes([packet.payload[2], packet.payload[3]]) & 0x7fff;
    (picture_id, packet.payload[4])
}

pub fn opus(ssrc: u32, sequence: u64, level: u8) -> Rtp {
    Rtp {
        payload_type: AUDIO_PT,
        sequence,
        timestamp: sequence as u32 * 960,
        ssrc,
        extensions: vec![(LEVEL, vec![level])],
        payload: vec![sequence as u8; 80],
        ..Rtp::default()
    }
}
