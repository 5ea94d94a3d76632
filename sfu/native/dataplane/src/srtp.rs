//! SRTP and SRTCP of one association (RFC 3711, RFC 7714), in place and without allocating.
//! **No state changes before a packet is authenticated.** Outgoing packets name their own 48-bit index, because every
//! outgoing SSRC is ours; the index is never used twice with different bytes by the callers (same number, same packet).

use crate::replay::{Replay, WINDOW};
use crate::spec::{Keys, PlaneError, Profile};
use crate::srtp_cipher::Cipher;
use crate::wire::{u16_at, u32_at};

/// SSRCs one peer may use: more than any session description of ours holds.
const MAX_SOURCES: usize = 128;
pub(crate) const RTCP_INDEX_LEN: usize = 4;
const ENCRYPTED_FLAG: u32 = 0x8000_0000;

/// Why a packet was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Malformed,
    Replayed,
    Forged,
}

struct Source {
    ssrc: u32,
    replay: Replay,
}

/// Opens what the peer protected.
pub(crate) struct Opener {
    cipher: Cipher,
    rtp: Vec<Source>,
    rtcp: Vec<Source>,
}

/// Protects what we send.
pub(crate) struct Sealer {
    cipher: Cipher,
    rtcp_index: u32,
}

/// Both directions from the exported keys.
pub(crate) fn contexts(keys: &Keys) -> Result<(Opener, Sealer), PlaneError> {
    let salt_len = match keys.profile {
        Profile::AeadAes128Gcm => 12,
        Profile::Aes128CmSha1_80 => 14,
    };
    let is_right = |key: &[u8], salt: &[u8]| key.len() == 16 && salt.len() == salt_len;
    if !is_right(&keys.local_key, &keys.local_salt) || !is_right(&keys.remote_key, &keys.remote_salt) {
        return Err(PlaneError::BadKeys);
    }
    let opener = Opener {
        cipher: Cipher::new(keys.profile, &keys.remote_key, &keys.remote_salt)?,
        rtp: Vec::with_capacity(8),
        rtcp: Vec::with_capacity(8),
    };
    let sealer =
        Sealer { cipher: Cipher::new(keys.profile, &keys.local_key, &keys.local_salt)?, rtcp_index: 0 };
    Ok((opener, sealer))
}

/// Finds the source, or makes a fresh one that is not yet kept.
fn position(sources: &[Source], ssrc: u32) -> Option<usize> {
    sources.iter().position(|source| source.ssrc == ssrc)
}

/// Notes an authenticated index; the oldest source gives way when a peer uses too many.
fn accept(sources: &mut Vec<Source>, at: Option<usize>, ssrc: u32, index: u64) {
    if let Some(source) = at.and_then(|at| sources.get_mut(at)) {
        source.replay.accept(index);
        return;
    }
    if sources.len() >= MAX_SOURCES {
        sources.remove(0);
    }
    let mut replay = Replay::default();
    replay.accept(index);
    sources.push(Source { ssrc, replay });
}

impl Opener {
    /// Authenticates and decrypts an RTP packet whose header is `header_len` long. Returns the length of the plain
    /// packet and its 48-bit index.
    pub fn open_rtp(&mut self, packet: &mut [u8], header_len: usize) -> Result<(usize, u64), Refusal> {
        let sequence = u16_at(packet, 2).ok_or(Refusal::Malformed)?;
        let ssrc = u32_at(packet, 8).ok_or(Refusal::Malformed)?;
        let at = position(&self.rtp, ssrc);
        let (index, is_fresh) = match at.and_then(|at| self.rtp.get(at)) {
            Some(source) => {
                let index = source.replay.estimate(sequence);
                (index, source.replay.is_fresh(index))
            }
            None => (u64::from(sequence), true),
        };
        if !is_fresh {
            return Err(Refusal::Replayed);
        }
        let len = self.cipher.open_rtp(packet, header_len, ssrc, index)?;
        accept(&mut self.rtp, at, ssrc, index);
        Ok((len, index))
    }

    /// Authenticates and decrypts an RTCP packet; returns the length of the plain compound.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refusal> {
        let ssrc = u32_at(packet, 4).ok_or(Refusal::Malformed)?;
        let word = self.cipher.rtcp_word(packet).ok_or(Refusal::Malformed)?;
        if word & ENCRYPTED_FLAG == 0 {
            return Err(Refusal::Malformed);
        }
        let index = u64::from(word & !ENCRYPTED_FLAG);
        let at = position(&self.rtcp, ssrc);
        let source = at.and_then(|at| self.rtcp.get(at));
        if source.is_some_and(|source| !source.replay.is_fresh(index)) {
            return Err(Refusal::Replayed);
        }
        let len = self.cipher.open_rtcp(packet, ssrc, word)?;
        accept(&mut self.rtcp, at, ssrc, index);
        Ok(len)
    }
}

impl Sealer {
    /// Protects the RTP packet `out[start..]`, whose header is `header_len` long, growing it by the tag.
    pub fn seal_rtp(&self, out: &mut Vec<u8>, start: usize, header_len: usize, index: u64) {
        self.cipher.seal_rtp(out, start, header_len, index);
    }

    /// Protects the RTCP compound `out[start..]`.
    pub fn seal_rtcp(&mut self, out: &mut Vec<u8>, start: usize) {
        self.cipher.seal_rtcp(out, start, self.rtcp_index | ENCRYPTED_FLAG);
        self.rtcp_index = (self.rtcp_index + 1) & !ENCRYPTED_FLAG;
    }
}

const _: () = assert!(WINDOW >= 64, "RFC 3711 asks for 64 at least");

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(profile: Profile) -> Keys {
        let salt_len = if profile == Profile::AeadAes128Gcm { 12 } else { 14 };
        Keys {
            profile,
            local_key: vec![1; 16],
            local_salt: vec![2; salt_len],
            remote_key: vec![1; 16],
            remote_salt: vec![2; salt_len],
        }
    }

    fn rtp(sequence: u16) -> Vec<u8> {
        let mut packet = vec![0x80, 96];
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 9]);
        packet.extend_from_slice(b"payload");
        packet
    }

    fn each_profile(test: impl Fn(Opener, Sealer)) {
        for profile in [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80] {
            let (opener, sealer) = contexts(&keys(profile)).unwrap();
            test(opener, sealer);
        }
    }

    #[test]
    fn rtp_comes_back_once_and_only_unchanged() {
        each_profile(|mut opener, sealer| {
            let mut sealed = rtp(7);
            sealer.seal_rtp(&mut sealed, 0, 12, 7);
            for at in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert!(opener.open_rtp(&mut changed, 12).is_err(), "byte {at}");
            }
            let mut first = sealed.clone();
            let (len, index) = opener.open_rtp(&mut first, 12).unwrap();
            assert_eq!((&first[..len], index), (&rtp(7)[..], 7));
            assert_eq!(opener.open_rtp(&mut sealed, 12), Err(Refusal::Replayed));
        });
    }

    #[test]
    fn rtp_survives_the_roll_over() {
        each_profile(|mut opener, sealer| {
            for index in [65_534u64, 65_535, 65_537, 65_536, 65_600] {
                let mut packet = rtp(index as u16);
                sealer.seal_rtp(&mut packet, 0, 12, index);
                assert_eq!(opener.open_rtp(&mut packet, 12).unwrap().1, index);
            }
        });
    }

    #[test]
    fn rtcp_comes_back_once_and_only_unchanged() {
        each_profile(|mut opener, mut sealer| {
            let plain = [0x80, 201, 0, 1, 0, 0, 0, 9];
            for _ in 0..3 {
                let mut sealed = plain.to_vec();
                sealer.seal_rtcp(&mut sealed, 0);
                for at in 0..sealed.len() {
                    let mut changed = sealed.clone();
                    changed[at] ^= 1;
                    assert!(opener.open_rtcp(&mut changed).is_err(), "byte {at}");
                }
                let mut first = sealed.clone();
                let len = opener.open_rtcp(&mut first).unwrap();
                assert_eq!(&first[..len], &plain);
                assert_eq!(opener.open_rtcp(&mut sealed), Err(Refusal::Replayed));
            }
        });
    }

    #[test]
    fn short_packets_are_refused() {
        each_profile(|mut opener, _| {
            for len in 0..40 {
                assert!(opener.open_rtp(&mut vec![0x80; len], 12).is_err());
                assert!(opener.open_rtcp(&mut vec![0x80; len]).is_err());
            }
        });
    }

    #[test]
    fn a_peer_cannot_pile_up_sources() {
        each_profile(|mut opener, sealer| {
            for ssrc in 0..1000u32 {
                let mut packet = rtp(1);
                packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
                sealer.seal_rtp(&mut packet, 0, 12, 1);
                opener.open_rtp(&mut packet, 12).unwrap();
            }
            assert_eq!(opener.rtp.len(), MAX_SOURCES);
        });
    }

    #[test]
    fn keys_of_the_wrong_length_are_refused() {
        let mut keys = keys(Profile::AeadAes128Gcm);
        keys.local_salt.push(0);
        assert_eq!(contexts(&keys).err(), Some(PlaneError::BadKeys));
    }
}
