//! The other end, for tests, fuzz targets and benchmarks: a peer that checks connectivity, protects what it sends and
//! opens what it gets.

pub mod svc;

use std::net::SocketAddr;

use crate::packet::Header;
use crate::srtp::{contexts, Opener, Refusal, Sealer};
use crate::stun::{integrity_key, write_request};
use crate::wire::{classify, Datagram};
use crate::{Keys, Now, Outbox, Plane, Profile, TransportId, TransportSpec};

/// See the module.
pub struct Peer {
    pub transport: TransportId,
    pub address: SocketAddr,
    ufrag: String,
    opener: Opener,
    sealer: Sealer,
}

/// An RTP packet to be.
#[derive(Clone, Debug, Default)]
pub struct Rtp {
    pub payload_type: u8,
    pub marker: bool,
    /// Extended: the low 16 bits are written, all protect.
    pub sequence: u64,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Written in the one-byte form, or in the two-byte form when one of them is too long for it.
    pub extensions: Vec<(u8, Vec<u8>)>,
    pub payload: Vec<u8>,
}

impl Rtp {
    /// The plain packet.
    pub fn write(&self) -> Vec<u8> {
        let mut packet = vec![0x80, (u8::from(self.marker) << 7) | self.payload_type];
        packet.extend_from_slice(&(self.sequence as u16).to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        if !self.extensions.is_empty() {
            let is_long = self.extensions.iter().any(|(_, value)| value.len() > 16);
            let mut block = Vec::new();
            for (id, value) in &self.extensions {
                if is_long {
                    block.extend_from_slice(&[*id, value.len() as u8]);
                } else {
                    block.push((id << 4) | (value.len() as u8 - 1));
                }
                block.extend_from_slice(value);
            }
            block.resize(block.len().div_ceil(4) * 4, 0);
            packet[0] |= 0x10;
            packet.extend_from_slice(if is_long { &[0x10, 0] } else { &[0xbe, 0xde] });
            packet.extend_from_slice(&((block.len() / 4) as u16).to_be_bytes());
            packet.extend_from_slice(&block);
        }
        packet.extend_from_slice(&self.payload);
        packet
    }

    /// Reads a plain packet (extensions of either form).
    pub fn read(packet: &[u8]) -> Option<Self> {
        let header = Header::parse(packet)?;
        let len = header.payload_len(packet)?;
        Some(Self {
            payload_type: header.payload_type,
            marker: header.marker,
            sequence: u64::from(header.sequence),
            timestamp: header.timestamp,
            ssrc: header.ssrc,
            extensions: header.extensions(packet).map(|(id, value)| (id, value.to_vec())).collect(),
            payload: packet.get(header.len..header.len + len)?.to_vec(),
        })
    }

    /// The value of an extension.
    pub fn extension(&self, id: u8) -> Option<&[u8]> {
        self.extensions.iter().find(|(found, _)| *found == id).map(|(_, value)| &value[..])
    }
}

/// What a peer got.
#[derive(Clone, Debug)]
pub enum Received {
    Rtp(Rtp),
    /// A plain compound.
    Rtcp(Vec<u8>),
    Stun(Vec<u8>),
    Dtls(Vec<u8>),
    /// An RTP packet whose number has come before.
    Repeated(Vec<u8>),
    /// It could not be opened.
    Garbage,
}

/// A nominating connectivity check to `ufrag`.
pub fn check(ufrag: &str, password: &str) -> Vec<u8> {
    let mut request = Vec::new();
    let key = integrity_key(password).expect("any length will do");
    write_request(&mut request, &format!("{ufrag}:remote"), true, &key);
    request
}

pub(crate) fn keys(profile: Profile, ours: u8, theirs: u8) -> Keys {
    let salt_len = if profile == Profile::AeadAes128Gcm { 12 } else { 14 };
    Keys {
        profile,
        local_key: vec![ours; 16],
        local_salt: vec![ours; salt_len],
        remote_key: vec![theirs; 16],
        remote_salt: vec![theirs; salt_len],
    }
}

impl Peer {
    /// Opens a transport of the plane and its other end; nothing is sent yet.
    pub fn open(plane: &mut Plane, port: u16, profile: Profile, now: Now) -> Self {
        let ufrag = format!("u{port}");
        let spec = TransportSpec { local_ufrag: ufrag.clone(), local_pwd: "password".into() };
        let transport = plane.open_transport(&spec, now).expect("a fresh ufrag");
        let (opener, sealer) = contexts(&keys(profile, 2, 1)).expect("right lengths");
        plane.set_keys(transport, &keys(profile, 1, 2)).expect("right lengths");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { transport, address, ufrag, opener, sealer }
    }

    /// Opens and connects.
    pub fn connect(plane: &mut Plane, port: u16, profile: Profile, now: Now) -> Self {
        let peer = Self::open(plane, port, profile, now);
        let mut out = Outbox::default();
        plane.handle(&mut peer.check(true), peer.address, now, &mut out);
        peer
    }

    /// New credentials of the plane; the checks of this peer are made with them from now on.
    pub fn restart_ice(&mut self, plane: &mut Plane, ufrag: &str) {
        let spec = TransportSpec { local_ufrag: ufrag.into(), local_pwd: "password".into() };
        plane.restart_ice(self.transport, &spec).expect("a fresh ufrag");
        self.ufrag = ufrag.into();
    }

    /// Another handshake: fresh keys at both ends.
    pub fn renew_keys(&mut self, plane: &mut Plane) {
        let profile = Profile::AeadAes128Gcm;
        (self.opener, self.sealer) = contexts(&keys(profile, 4, 3)).expect("right lengths");
        plane.set_keys(self.transport, &keys(profile, 3, 4)).expect("right lengths");
    }

    /// A connectivity check.
    pub fn check(&self, is_nominating: bool) -> Vec<u8> {
        let mut request = Vec::new();
        let username = format!("{}:remote", self.ufrag);
        let key = integrity_key("password").expect("any length will do");
        write_request(&mut request, &username, is_nominating, &key);
        request
    }

    /// A protected RTP packet.
    pub fn seal(&self, rtp: &Rtp) -> Vec<u8> {
        let mut packet = rtp.write();
        let header_len = packet.len() - rtp.payload.len();
        self.sealer.seal_rtp(&mut packet, 0, header_len, rtp.sequence);
        packet
    }

    /// A protected RTCP compound.
    pub fn seal_rtcp(&mut self, compound: &[u8]) -> Vec<u8> {
        let mut packet = compound.to_vec();
        self.sealer.seal_rtcp(&mut packet, 0);
        packet
    }

    /// Everything the outbox sends to this peer.
    pub fn receive(&mut self, out: &Outbox) -> Vec<Received> {
        let to_us = out.sends.iter().filter(|send| send.to == self.address);
        let datagrams: Vec<Vec<u8>> = to_us.map(|send| out.range(send.start, send.len).to_vec()).collect();
        datagrams.into_iter().map(|datagram| self.open_datagram(datagram)).collect()
    }

    /// Opens one datagram.
    pub fn open_datagram(&mut self, mut datagram: Vec<u8>) -> Received {
        match classify(&datagram) {
            Datagram::Stun => Received::Stun(datagram),
            Datagram::Dtls => Received::Dtls(datagram),
            Datagram::Rtcp => match self.opener.open_rtcp(&mut datagram) {
                Ok(len) => Received::Rtcp(datagram[..len].to_vec()),
                Err(_) => Received::Garbage,
            },
            Datagram::Rtp => {
                let Some(header) = Header::parse(&datagram) else {
                    return Received::Garbage;
                };
                let sealed = datagram.clone();
                match self.opener.open_rtp(&mut datagram, header.len) {
                    Ok((len, index)) => Rtp::read(&datagram[..len])
                        .map_or(Received::Garbage, |rtp| Received::Rtp(Rtp { sequence: index, ..rtp })),
                    Err(Refusal::Replayed) => Received::Repeated(sealed),
                    Err(_) => Received::Garbage,
                }
            }
            Datagram::Unknown => Received::Garbage,
        }
    }
}
