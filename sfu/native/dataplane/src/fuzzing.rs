//! One function for each thing that reads bytes of others. They are called by the fuzz targets and, with seeded noise,
//! by the everyday tests; they must return whatever the bytes are.

use crate::dependency::{Dependency, Structure};
use crate::packet::Header;
use crate::payload::inspect;
use crate::red::{strip, write_repeated, Red};
use crate::rtcp::{fir_items, nack_numbers, report_blocks, Compound, Packet};
use crate::srtp::{contexts, Refusal};
use crate::stun::{disguise, integrity_key, Request};
use crate::testing::{keys, Peer, Rtp};
use crate::twcc::Feedback;
use crate::*;

pub fn stun(bytes: &[u8]) {
    for message in [bytes, &disguise(bytes)] {
        let Some(request) = Request::parse(message) else { continue };
        if let Some(key) = integrity_key("password") {
            let _ = request.is_authentic(&key);
        }
    }
}

/// The same stream in pieces (the first bytes say how long) gives the same frames as at once.
pub fn framing(bytes: &[u8]) {
    let Some((step, stream)) = bytes.split_first() else { return };
    let read = |piece: usize| {
        let (mut reader, mut frames) = (FrameReader::default(), Vec::new());
        let take = |frames: &mut Vec<Vec<u8>>, frame: &[u8]| frames.push(frame.to_vec());
        let mut chunks = stream.chunks(piece);
        let is_good = chunks.all(|chunk| reader.push(&mut chunk.to_vec(), |f| take(&mut frames, f)).is_ok());
        (is_good, frames)
    };
    let (at_once, in_pieces) = (read(stream.len().max(1)), read(usize::from(*step) + 1));
    assert_eq!(at_once, in_pieces);
    assert!(at_once.1.iter().all(|frame| (1..=MAX_FRAME).contains(&frame.len())));
}

/// Header, extensions and what the codecs' payloads say.
pub fn rtp(bytes: &[u8]) {
    for codec in [Codec::Vp8, Codec::H264, Codec::Opus, Codec::Vp9, Codec::Av1] {
        let _ = inspect(codec, bytes);
    }
    let Some(header) = Header::parse(bytes) else { return };
    let _ = header.extensions(bytes).count();
    let Some(len) = header.payload_len(bytes) else { return };
    let Some(payload) = bytes.get(header.len..header.len + len) else { return };
    for codec in [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1] {
        let _ = inspect(codec, payload);
    }
}

/// The payload descriptor alone.
pub fn vp9(bytes: &[u8]) {
    let payload = inspect(Codec::Vp9, bytes);
    if let Some(counters) = payload.counters {
        counters.rewrite(&mut bytes.to_vec(), 0x1234, 7);
    }
}

/// Dependency descriptors one after the other (each behind its length), read by the structure the last one brought.
pub fn dependency(bytes: &[u8]) {
    let mut structure: Option<Structure> = None;
    let mut rest = bytes;
    while let Some((len, behind)) = rest.split_first() {
        let len = usize::from(*len).min(behind.len());
        if let Some(read) = Dependency::parse(&behind[..len], structure.as_ref()) {
            let place = read.place(|step| step < 3);
            assert!(usize::from(place.spatial) < crate::place::MAX_SPATIAL && place.serves(place.spatial));
            structure = read.structure.or(structure);
        }
        rest = &behind[len..];
    }
}

pub fn rtcp(bytes: &[u8]) {
    for packet in Compound::new(bytes) {
        match packet {
            Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks } => {
                let _ = report_blocks(blocks).count();
            }
            Packet::Nack { items, .. } => {
                let _ = nack_numbers(items).count();
            }
            Packet::Fir { items } => {
                let _ = fir_items(items).count();
            }
            Packet::TransportCc { information } => feedback(information),
            _ => {}
        }
    }
}

/// Transport-wide feedback.
pub fn feedback(bytes: &[u8]) {
    if let Some(feedback) = Feedback::parse(bytes) {
        feedback.for_each(|_, _| {});
    }
}

/// What was never sealed does not open; what was comes back whole and once, whatever it is.
pub fn srtp(bytes: &[u8]) {
    for profile in [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80] {
        let (mut opener, mut sealer) = contexts(&keys(profile, 1, 1)).expect("right lengths");
        let header = Header::parse(bytes);
        assert!(opener.open_rtp(&mut bytes.to_vec(), header.map_or(12, |header| header.len)).is_err());
        assert!(opener.open_rtcp(&mut bytes.to_vec()).is_err());
        if let Some(header) = header {
            let mut sealed = bytes.to_vec();
            sealer.seal_rtp(&mut sealed, 0, header.len, u64::from(header.sequence));
            let mut again = sealed.clone();
            let opened = opener.open_rtp(&mut sealed, header.len);
            assert_eq!(opened, Ok((bytes.len(), u64::from(header.sequence))));
            assert_eq!(&sealed[..bytes.len()], bytes);
            assert_eq!(opener.open_rtp(&mut again, header.len), Err(Refusal::Replayed));
        }
        if bytes.len() >= 8 {
            let mut sealed = bytes.to_vec();
            sealer.seal_rtcp(&mut sealed, 0);
            assert_eq!(opener.open_rtcp(&mut sealed), Ok(bytes.len()));
            assert_eq!(&sealed[..bytes.len()], bytes);
        }
    }
}

/// A packet with redundant audio: the first byte says which payload type is looked for.
pub fn red(bytes: &[u8]) {
    let Some((payload_type, payload)) = bytes.split_first() else { return };
    let payload_type = payload_type & 0x7f;
    let Some(red) = Red::read(payload, payload_type) else { return };
    let mut packet = Rtp { payload: payload.to_vec(), ..Rtp::default() }.write();
    let header = Header::parse(&packet).expect("our own");
    let mut repeated = Vec::new();
    for block in red.blocks() {
        assert!(block.at + block.len <= red.primary_at);
        let written =
            write_repeated((&packet, &header), payload_type, (block, header.len + block.at), &mut repeated);
        assert!(written.is_some() && repeated.len() == 12 + block.len);
    }
    let len = strip(&mut packet, &header, red.primary_at, payload_type).expect("all of it is there");
    assert_eq!(&packet[header.len..len], &payload[red.primary_at..]);
}

/// A script of packets, each behind its length, by one who holds the keys. A fresh stage, so that it can be repeated.
pub fn participant(bytes: &[u8]) {
    let mut stage = Stage::default();
    let mut rest = bytes;
    while let Some((len, behind)) = rest.split_first() {
        let len = usize::from(*len).min(behind.len());
        stage.authenticated(&behind[..len]);
        rest = &behind[len..];
    }
}

/// Payloads of frames that only their receivers can read, cut in pieces.
pub fn encrypted(bytes: &[u8]) {
    let mut stage = Stage::default();
    for (number, payload) in bytes.chunks(97).enumerate() {
        stage.encrypted(number, payload);
    }
}

/// A whole plane with a publisher of simulcast and of scalable tracks, a subscriber and a recording.
pub struct Stage {
    plane: Plane,
    publisher: Peer,
    subscriber: Peer,
    now: Now,
    out: Outbox,
    sequence: u64,
    tracks: Vec<UpTrackId>,
}

impl Default for Stage {
    fn default() -> Self {
        let mut plane = Plane::new(Config::default());
        let mut out = Outbox::default();
        let publisher = Peer::connect(&mut plane, 1, Profile::AeadAes128Gcm, 0);
        let subscriber = Peer::connect(&mut plane, 2, Profile::Aes128CmSha1_80, 0);
        let extensions = Extensions {
            mid: 1,
            rid: 2,
            repaired_rid: 3,
            audio_level: 4,
            transport_cc: 5,
            dependency_descriptor: 6,
            ..Extensions::default()
        };
        let mut tracks = Vec::new();
        let mut open = |codec: Codec, payload_type: u8, encodings: &[(&str, u32)]| {
            let encoding = |(rid, ssrc): &(&str, u32)| EncodingSpec {
                rid: (*rid).into(),
                ssrc: *ssrc,
                rtx_ssrc: ssrc + 1,
            };
            let spec = UpTrackSpec {
                kind: Kind::Video,
                codec,
                clock_rate: 90_000,
                payload_type,
                rtx_payload_type: Some(payload_type + 1),
                red_payload_type: None,
                mid: payload_type.to_string(),
                extensions,
                encodings: encodings.iter().map(encoding).collect(),
            };
            let down = DownTrackSpec {
                ssrc: u32::from(payload_type) * 2,
                rtx_ssrc: u32::from(payload_type) * 2 + 1,
                payload_type,
                rtx_payload_type: payload_type + 1,
                red_payload_type: 0,
                mid: "0".into(),
                extensions,
            };
            let up_track = plane.open_up_track(publisher.transport, &spec, 0).expect("a valid track");
            tracks.push(up_track);
            let opened = plane.open_down_track(subscriber.transport, up_track, &down, 0, &mut out);
            plane.set_layer(opened.expect("a valid track"), Some(1), 0, &mut out).expect("a layer");
            plane.record(JournalId(1), up_track, payload_type.into(), 0, &mut out).expect("a known track");
        };
        open(Codec::Vp8, 96, &[("q", 10), ("f", 20)]);
        open(Codec::Vp9, 98, &[("", 30)]);
        open(Codec::Av1, 100, &[("", 40)]);
        open(Codec::H264, 102, &[("q", 50), ("f", 60)]);
        Self { plane, publisher, subscriber, now: 0, out, sequence: 0, tracks }
    }
}

impl Stage {
    /// Raw datagrams from strangers and from the addresses of peers.
    pub fn datagram(&mut self, bytes: &[u8]) {
        let stranger = std::net::SocketAddr::from(([9, 9, 9, 9], 9));
        for from in [self.publisher.address, self.subscriber.address, stranger] {
            let mut datagram = bytes.to_vec();
            self.plane.handle(&mut datagram, from, self.now, &mut self.out);
            self.out.clear();
        }
        self.turn();
    }

    /// The same bytes, authenticated: what a malicious participant can send. The first says as what.
    pub fn authenticated(&mut self, bytes: &[u8]) {
        let Some((kind, rest)) = bytes.split_first() else { return };
        self.now += u64::from(*kind) * 100_000;
        let is_compound = rest.len() >= 8 && rest[0] >> 6 == 2 && (192..=223).contains(&rest[1]);
        if kind % 3 == 0 && is_compound {
            let mut datagram = self.subscriber.seal_rtcp(rest);
            self.plane.handle(&mut datagram, self.subscriber.address, self.now, &mut self.out);
            let mut datagram = self.publisher.seal_rtcp(rest);
            self.plane.handle(&mut datagram, self.publisher.address, self.now, &mut self.out);
        } else {
            self.sequence += u64::from(kind % 7);
            let mut rtp = Rtp::read(rest).unwrap_or_default();
            rtp.extensions.retain(|(id, value)| (1..=14).contains(id) && (1..=255).contains(&value.len()));
            let known = [(10, 96), (11, 97), (20, 96), (21, 97), (30, 98), (40, 100)];
            (rtp.ssrc, rtp.payload_type) =
                *known.get(usize::from(kind / 7 % 7)).unwrap_or(&(rtp.ssrc, rtp.payload_type));
            rtp.sequence = self.sequence;
            let mut datagram = self.publisher.seal(&rtp);
            self.plane.handle(&mut datagram, self.publisher.address, self.now, &mut self.out);
        }
        self.turn();
    }

    /// A frame that only its receivers can read, as every codec there is.
    pub fn encrypted(&mut self, number: usize, payload: &[u8]) {
        self.now += 10_000_000;
        let number = number as u64;
        for (ssrc, payload_type) in [(10, 96), (20, 96), (30, 98), (40, 100), (50, 102)] {
            let descriptor =
                payload.get(..payload.len().min(16)).filter(|_| ssrc == 40 && !payload.is_empty());
            let rtp = Rtp {
                payload_type,
                marker: true,
                sequence: number,
                timestamp: (number * 3000) as u32,
                ssrc,
                extensions: descriptor.map(|bytes| (6, bytes.to_vec())).into_iter().collect(),
                payload: payload.to_vec(),
            };
            let mut datagram = self.publisher.seal(&rtp);
            self.plane.handle(&mut datagram, self.publisher.address, self.now, &mut self.out);
        }
        self.turn();
    }

    /// How many packets of its publisher the plane has taken.
    pub fn packets_taken(&mut self) -> u64 {
        let tracks = self.tracks.iter();
        tracks.map(|track| self.plane.up_track_stats(*track, self.now).map_or(0, |stats| stats.packets)).sum()
    }

    fn turn(&mut self) {
        self.plane.flush(self.now, &mut self.out);
        self.out.clear();
        if self.plane.deadline().is_some_and(|deadline| deadline <= self.now) {
            for peer in [&self.publisher, &self.subscriber] {
                let mut check = peer.check(true);
                self.plane.handle(&mut check, peer.address, self.now, &mut self.out);
            }
            self.plane.tick(self.now, &mut self.out);
            self.out.clear();
        }
    }
}
