//! The two packet transforms behind SRTP: AEAD_AES_128_GCM (RFC 7714) and AES_128_CM_HMAC_SHA1_80 (RFC 3711).

use aes::cipher::{BlockEncrypt, InnerIvInit, KeyInit, StreamCipherCore};
use aes::Aes128Enc;
use hmac::{Hmac, Mac};
use ring::aead::{Aad, LessSafeKey, Nonce, Tag, UnboundKey, AES_128_GCM};
use sha1::Sha1;

use crate::spec::{PlaneError, Profile};
use crate::srtp::{Refusal, RTCP_INDEX_LEN};
use crate::wire::u32_at;

const GCM_TAG_LEN: usize = 16;
const SHA1_TAG_LEN: usize = 10;
/// The part of an RTCP packet that stays readable.
const RTCP_HEADER_LEN: usize = 8;

/// Session keys of one direction.
pub(crate) enum Cipher {
    Gcm(Box<Gcm>),
    CounterMode(Box<CounterMode>),
}

pub(crate) struct Gcm {
    rtp_key: LessSafeKey,
    rtp_salt: [u8; 12],
    rtcp_key: LessSafeKey,
    rtcp_salt: [u8; 12],
}

pub(crate) struct CounterMode {
    rtp: Stream,
    rtcp: Stream,
}

/// Encryption key, salt and authentication key of RTP or RTCP in counter mode.
struct Stream {
    key: Aes128Enc,
    salt: [u8; 14],
    mac: Hmac<Sha1>,
}

impl Cipher {
    /// Derives the session keys (RFC 3711, 4.3, key derivation rate 0). The lengths have been checked.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, PlaneError> {
        let master = Aes128Enc::new_from_slice(key).map_err(|_| PlaneError::BadKeys)?;
        let mut padded_salt = [0u8; 14];
        padded_salt.get_mut(..salt.len()).ok_or(PlaneError::BadKeys)?.copy_from_slice(salt);
        let derivation = Derivation { master, salt: padded_salt };
        Ok(match profile {
            Profile::AeadAes128Gcm => Self::Gcm(Box::new(Gcm {
                rtp_key: gcm_key(&derivation.derive::<16>(0))?,
                rtp_salt: derivation.derive(2),
                rtcp_key: gcm_key(&derivation.derive::<16>(3))?,
                rtcp_salt: derivation.derive(5),
            })),
            Profile::Aes128CmSha1_80 => Self::CounterMode(Box::new(CounterMode {
                rtp: derivation.stream(0)?,
                rtcp: derivation.stream(3)?,
            })),
        })
    }

    pub fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, Refusal> {
        match self {
            Self::Gcm(gcm) => {
                let (header, body) = packet.split_at_mut_checked(header_len).ok_or(Refusal::Malformed)?;
                let nonce = gcm_rtp_nonce(&gcm.rtp_salt, ssrc, index);
                let plain =
                    gcm.rtp_key.open_in_place(nonce, Aad::from(header), body).map_err(|_| Refusal::Forged)?;
                Ok(header_len + plain.len())
            }
            Self::CounterMode(cm) => {
                let len = packet.len().checked_sub(SHA1_TAG_LEN).ok_or(Refusal::Malformed)?;
                let (plain, tag) = packet.split_at_mut(len);
                let roll_over = ((index >> 16) as u32).to_be_bytes();
                cm.rtp.verify(plain, &roll_over, tag)?;
                let body = plain.get_mut(header_len..).ok_or(Refusal::Malformed)?;
                cm.rtp.apply(body, ssrc, index);
                Ok(len)
            }
        }
    }

    /// The word with the E flag and the index of an SRTCP packet.
    pub fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        let behind = match self {
            Self::Gcm(_) => 0,
            Self::CounterMode(_) => SHA1_TAG_LEN,
        };
        u32_at(packet, packet.len().checked_sub(RTCP_INDEX_LEN + behind)?)
    }

    pub fn open_rtcp(&self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<usize, Refusal> {
        let malformed = Refusal::Malformed;
        match self {
            Self::Gcm(gcm) => {
                let sealed_len = packet.len().checked_sub(RTCP_INDEX_LEN).ok_or(malformed)?;
                let sealed = packet.get_mut(..sealed_len).ok_or(malformed)?;
                let (header, body) = sealed.split_at_mut_checked(RTCP_HEADER_LEN).ok_or(malformed)?;
                let aad = gcm_rtcp_aad(header, word).ok_or(malformed)?;
                let nonce = gcm_rtcp_nonce(&gcm.rtcp_salt, ssrc, word);
                let plain =
                    gcm.rtcp_key.open_in_place(nonce, Aad::from(aad), body).map_err(|_| Refusal::Forged)?;
                Ok(RTCP_HEADER_LEN + plain.len())
            }
            Self::CounterMode(cm) => {
                let len = packet.len().checked_sub(SHA1_TAG_LEN).ok_or(malformed)?;
                let (covered, tag) = packet.split_at_mut(len);
                cm.rtcp.verify(covered, &[], tag)?;
                let plain_len = len.checked_sub(RTCP_INDEX_LEN).ok_or(malformed)?;
                let body = covered.get_mut(RTCP_HEADER_LEN..plain_len).ok_or(malformed)?;
                cm.rtcp.apply(body, ssrc, u64::from(word & 0x7fff_ffff));
                Ok(plain_len)
            }
        }
    }

    pub fn seal_rtp(&self, out: &mut Vec<u8>, start: usize, header_len: usize, index: u64) {
        let Some(ssrc) = u32_at(out, start + 8) else {
            return;
        };
        match self {
            Self::Gcm(gcm) => {
                let nonce = gcm_rtp_nonce(&gcm.rtp_salt, ssrc, index);
                let Some((header, body)) = out[start..].split_at_mut_checked(header_len) else {
                    return;
                };
                let tag = gcm.rtp_key.seal_in_place_separate_tag(nonce, Aad::from(header), body);
                append_tag(out, tag);
            }
            Self::CounterMode(cm) => {
                if let Some(body) = out.get_mut(start + header_len..) {
                    cm.rtp.apply(body, ssrc, index);
                }
                let roll_over = ((index >> 16) as u32).to_be_bytes();
                let tag = cm.rtp.tag(&out[start..], &roll_over);
                out.extend_from_slice(&tag);
            }
        }
    }

    pub fn seal_rtcp(&self, out: &mut Vec<u8>, start: usize, word: u32) {
        let Some(ssrc) = u32_at(out, start + 4) else {
            return;
        };
        match self {
            Self::Gcm(gcm) => {
                let nonce = gcm_rtcp_nonce(&gcm.rtcp_salt, ssrc, word);
                let (header, body) = out[start..].split_at_mut(RTCP_HEADER_LEN);
                let Some(aad) = gcm_rtcp_aad(header, word) else {
                    return;
                };
                let tag = gcm.rtcp_key.seal_in_place_separate_tag(nonce, Aad::from(aad), body);
                append_tag(out, tag);
                out.extend_from_slice(&word.to_be_bytes());
            }
            Self::CounterMode(cm) => {
                let body = &mut out[start + RTCP_HEADER_LEN..];
                cm.rtcp.apply(body, ssrc, u64::from(word & 0x7fff_ffff));
                out.extend_from_slice(&word.to_be_bytes());
                let tag = cm.rtcp.tag(&out[start..], &[]);
                out.extend_from_slice(&tag);
            }
        }
    }
}

fn append_tag(out: &mut Vec<u8>, tag: Result<Tag, ring::error::Unspecified>) {
    // It fails only for bodies of many gigabytes; zeros make such a packet worthless, not readable.
    match tag {
        Ok(tag) => out.extend_from_slice(tag.as_ref()),
        Err(_) => out.extend_from_slice(&[0; GCM_TAG_LEN]),
    }
}

fn gcm_key(key: &[u8]) -> Result<LessSafeKey, PlaneError> {
    let key = UnboundKey::new(&AES_128_GCM, key).map_err(|_| PlaneError::BadKeys)?;
    Ok(LessSafeKey::new(key))
}

/// RFC 7714, 8.1.
fn gcm_rtp_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> Nonce {
    let number = (u128::from(ssrc) << 48) | u128::from(index & 0xffff_ffff_ffff);
    Nonce::assume_unique_for_key(masked(salt, number))
}

/// RFC 7714, 9.1.
fn gcm_rtcp_nonce(salt: &[u8; 12], ssrc: u32, word: u32) -> Nonce {
    let number = (u128::from(ssrc) << 48) | u128::from(word & 0x7fff_ffff);
    Nonce::assume_unique_for_key(masked(salt, number))
}

fn masked(salt: &[u8; 12], number: u128) -> [u8; 12] {
    let mut nonce = *salt;
    let number = number.to_be_bytes();
    for (byte, mask) in nonce.iter_mut().zip(&number[4..]) {
        *byte ^= mask;
    }
    nonce
}

/// RFC 7714, 9.2.
fn gcm_rtcp_aad(header: &[u8], word: u32) -> Option<[u8; 12]> {
    let mut aad = [0u8; 12];
    aad[..8].copy_from_slice(header.get(..8)?);
    aad[8..].copy_from_slice(&word.to_be_bytes());
    Some(aad)
}

impl Stream {
    /// Encrypts or decrypts (RFC 3711, 4.1.1).
    fn apply(&self, body: &mut [u8], ssrc: u32, index: u64) {
        let mut iv = [0u8; 16];
        iv[..14].copy_from_slice(&self.salt);
        let number = (u128::from(ssrc) << 64) | (u128::from(index) << 16);
        for (byte, mask) in iv.iter_mut().zip(number.to_be_bytes()) {
            *byte ^= mask;
        }
        let core = ctr::CtrCore::<&Aes128Enc, ctr::flavors::Ctr128BE>::inner_iv_init(&self.key, &iv.into());
        core.apply_keystream_partial(body.into());
    }

    fn tag(&self, covered: &[u8], suffix: &[u8]) -> [u8; SHA1_TAG_LEN] {
        let mut mac = self.mac.clone();
        mac.update(covered);
        mac.update(suffix);
        let full = mac.finalize().into_bytes();
        let mut tag = [0u8; SHA1_TAG_LEN];
        tag.copy_from_slice(&full[..SHA1_TAG_LEN]);
        tag
    }

    fn verify(&self, covered: &[u8], suffix: &[u8], tag: &[u8]) -> Result<(), Refusal> {
        let mut mac = self.mac.clone();
        mac.update(covered);
        mac.update(suffix);
        mac.verify_truncated_left(tag).map_err(|_| Refusal::Forged)
    }
}

struct Derivation {
    master: Aes128Enc,
    salt: [u8; 14],
}

impl Derivation {
    fn derive<const N: usize>(&self, label: u8) -> [u8; N] {
        let mut derived = [0u8; N];
        let mut iv = [0u8; 16];
        iv[..14].copy_from_slice(&self.salt);
        iv[7] ^= label;
        for (counter, chunk) in derived.chunks_mut(16).enumerate() {
            iv[15] = counter as u8;
            let mut block = iv.into();
            self.master.encrypt_block(&mut block);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        derived
    }

    /// The three keys whose labels begin at `label`.
    fn stream(&self, label: u8) -> Result<Stream, PlaneError> {
        let key = self.derive::<16>(label);
        let mac_key = self.derive::<20>(label + 1);
        Ok(Stream {
            key: Aes128Enc::new(&key.into()),
            salt: self.derive(label + 2),
            mac: <Hmac<Sha1> as Mac>::new_from_slice(&mac_key).map_err(|_| PlaneError::BadKeys)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// RFC 3711, B.3.
    #[test]
    fn session_keys_are_those_of_rfc_3711() {
        let mut salt = [0u8; 14];
        salt.copy_from_slice(&unhex("0EC675AD498AFEEBB6960B3AABE6"));
        let key = unhex("E1F97A0D3E018BE0D64FA32C06DE4139");
        let derivation = Derivation { master: Aes128Enc::new_from_slice(&key).unwrap(), salt };
        let key = derivation.derive::<16>(0);
        assert_eq!(&key[..], unhex("C61E7A93744F39EE10734AFE3FF7A087"));
        let salt = derivation.derive::<14>(2);
        assert_eq!(&salt[..], unhex("30CBBC08863D8C85D49DB34A9AE1"));
        let auth = derivation.derive::<20>(1);
        assert_eq!(&auth[..], unhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    }

    /// RFC 3711, B.2.
    #[test]
    fn the_keystream_is_that_of_rfc_3711() {
        let mut salt = [0u8; 14];
        salt.copy_from_slice(&unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
        let stream = Stream {
            key: Aes128Enc::new_from_slice(&unhex("2B7E151628AED2A6ABF7158809CF4F3C")).unwrap(),
            salt,
            mac: <Hmac<Sha1> as Mac>::new_from_slice(&[0; 20]).unwrap(),
        };
        let mut body = vec![0; 48];
        stream.apply(&mut body, 0, 0);
        let expected = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0";
        assert_eq!(body, unhex(expected));
    }

    fn gcm() -> Cipher {
        let key = unhex("000102030405060708090a0b0c0d0e0f");
        let mut salt = [0u8; 12];
        salt.copy_from_slice(&unhex("517569642070726f2071756f"));
        Cipher::Gcm(Box::new(Gcm {
            rtp_key: gcm_key(&key).unwrap(),
            rtp_salt: salt,
            rtcp_key: gcm_key(&key).unwrap(),
            rtcp_salt: salt,
        }))
    }

    /// RFC 7714, 16.1.1.
    #[test]
    fn gcm_rtp_is_that_of_rfc_7714() {
        let plain = unhex(
            "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 \
             696e2070 61727465 73207472 6573",
        );
        let sealed = unhex(
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f \
             42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        );
        let mut packet = plain.clone();
        gcm().seal_rtp(&mut packet, 0, 12, 0xf17b);
        assert_eq!(packet, sealed);
        let len = gcm().open_rtp(&mut packet, 12, 0x5501_a0b2, 0xf17b).unwrap();
        assert_eq!(&packet[..len], plain);
    }

    /// RFC 7714, 17.1.
    #[test]
    fn gcm_rtcp_is_that_of_rfc_7714() {
        let plain = unhex(
            "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef \
             deadbeef deadbeef deadbeef deadbeef",
        );
        let sealed = unhex(
            "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 \
             730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
        );
        let mut packet = plain.clone();
        gcm().seal_rtcp(&mut packet, 0, 0x8000_05d4);
        assert_eq!(packet, sealed);
        let len = gcm().open_rtcp(&mut packet, 0x4d61_7273, 0x8000_05d4).unwrap();
        assert_eq!(&packet[..len], plain);
    }
}
