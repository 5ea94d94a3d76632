//! STUN binding requests and their answers (RFC 8489), as far as an ICE-lite agent needs them (RFC 8445).
//! A request is a request only when FINGERPRINT and MESSAGE-INTEGRITY hold: nothing else is ever answered.

use std::net::{IpAddr, SocketAddr};

use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::wire::{u16_at, u32_at};

const COOKIE: u32 = 0x2112_a442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_XOR: u32 = 0x5354_554e;
const HEADER_LEN: usize = 20;
const INTEGRITY_LEN: usize = 20;

/// A password made ready for MESSAGE-INTEGRITY.
pub type IntegrityKey = Hmac<Sha1>;

pub fn integrity_key(password: &str) -> Option<IntegrityKey> {
    Hmac::new_from_slice(password.as_bytes()).ok()
}

/// A well-formed binding request whose integrity has yet to be verified.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub transaction: [u8; 12],
    /// The part of USERNAME before the colon: the ufrag of the one who is asked.
    pub local_ufrag: &'a str,
    pub is_nominating: bool,
    integrity_at: usize,
    message: &'a [u8],
}

impl<'a> Request<'a> {
    /// Parses a binding request; `None` for everything else.
    pub fn parse(message: &'a [u8]) -> Option<Self> {
        let length = usize::from(u16_at(message, 2)?);
        let is_binding = u16_at(message, 0)? == BINDING_REQUEST && u32_at(message, 4)? == COOKIE;
        if !is_binding || length % 4 != 0 || HEADER_LEN + length != message.len() {
            return None;
        }
        let fingerprint_at = message.len().checked_sub(8)?;
        check_fingerprint(message, fingerprint_at)?;
        let mut request = Self {
            transaction: message.get(8..HEADER_LEN)?.try_into().ok()?,
            local_ufrag: "",
            is_nominating: false,
            integrity_at: 0,
            message,
        };
        let mut at = HEADER_LEN;
        while at < fingerprint_at && request.integrity_at == 0 {
            let (kind, len) = (u16_at(message, at)?, usize::from(u16_at(message, at + 2)?));
            let value = message.get(at + 4..at + 4 + len)?;
            match kind {
                USERNAME => {
                    let username = std::str::from_utf8(value).ok()?;
                    request.local_ufrag = username.split(':').next()?;
                }
                USE_CANDIDATE => request.is_nominating = true,
                MESSAGE_INTEGRITY if len == INTEGRITY_LEN => request.integrity_at = at,
                _ => {}
            }
            at += 4 + len.div_ceil(4) * 4;
        }
        let is_complete = request.integrity_at != 0 && !request.local_ufrag.is_empty();
        is_complete.then_some(request)
    }

    /// Whether the sender knows the password (RFC 8489, 14.5).
    pub fn is_authentic(&self, key: &IntegrityKey) -> bool {
        let Some(covered) = self.message.get(4..self.integrity_at) else {
            return false;
        };
        let value_at = self.integrity_at + 4;
        let Some(value) = self.message.get(value_at..value_at + INTEGRITY_LEN) else {
            return false;
        };
        let mut mac = key.clone();
        mac.update(&self.message[..2]);
        // The length field counts up to the end of this attribute.
        mac.update(&((value_at + INTEGRITY_LEN - HEADER_LEN) as u16).to_be_bytes());
        mac.update(covered);
        mac.verify_slice(value).is_ok()
    }
}

fn check_fingerprint(message: &[u8], at: usize) -> Option<()> {
    let is_there = at >= HEADER_LEN && u16_at(message, at)? == FINGERPRINT && u16_at(message, at + 2)? == 4;
    let is_right = u32_at(message, at + 4)? == crc32(message.get(..at)?) ^ FINGERPRINT_XOR;
    (is_there && is_right).then_some(())
}

/// Appends the success response to `out`.
pub(crate) fn write_success(
    out: &mut Vec<u8>,
    transaction: &[u8; 12],
    mapped: SocketAddr,
    key: &IntegrityKey,
) {
    let start = out.len();
    out.extend_from_slice(&BINDING_SUCCESS.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&COOKIE.to_be_bytes());
    out.extend_from_slice(transaction);
    write_xor_mapped_address(out, transaction, mapped);
    finish(out, start, key);
}

/// Adds MESSAGE-INTEGRITY and FINGERPRINT to the message that began at `start`.
fn finish(out: &mut Vec<u8>, start: usize, key: &IntegrityKey) {
    set_length(out, start, 4 + INTEGRITY_LEN);
    let mut mac = key.clone();
    mac.update(&out[start..]);
    out.extend_from_slice(&MESSAGE_INTEGRITY.to_be_bytes());
    out.extend_from_slice(&(INTEGRITY_LEN as u16).to_be_bytes());
    out.extend_from_slice(&mac.finalize().into_bytes());
    set_length(out, start, 8);
    let fingerprint = crc32(&out[start..]) ^ FINGERPRINT_XOR;
    out.extend_from_slice(&FINGERPRINT.to_be_bytes());
    out.extend_from_slice(&4u16.to_be_bytes());
    out.extend_from_slice(&fingerprint.to_be_bytes());
}

/// Sets the length field as if `more` bytes were already appended.
fn set_length(out: &mut [u8], start: usize, more: usize) {
    let length = (out.len() - start - HEADER_LEN + more) as u16;
    out[start + 2..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn write_xor_mapped_address(out: &mut Vec<u8>, transaction: &[u8; 12], mapped: SocketAddr) {
    let mut mask = [0u8; 16];
    mask[..4].copy_from_slice(&COOKIE.to_be_bytes());
    mask[4..].copy_from_slice(transaction);
    let port = mapped.port() ^ (COOKIE >> 16) as u16;
    let write = |out: &mut Vec<u8>, family: u8, address: &[u8]| {
        out.extend_from_slice(&XOR_MAPPED_ADDRESS.to_be_bytes());
        out.extend_from_slice(&(4 + address.len() as u16).to_be_bytes());
        out.extend_from_slice(&[0, family]);
        out.extend_from_slice(&port.to_be_bytes());
        out.extend(address.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    };
    match mapped.ip().to_canonical() {
        IpAddr::V4(address) => write(out, 1, &address.octets()),
        IpAddr::V6(address) => write(out, 2, &address.octets()),
    }
}

/// CRC-32 of ISO 3309, as FINGERPRINT wants it.
fn crc32(bytes: &[u8]) -> u32 {
    let crc = bytes
        .iter()
        .fold(u32::MAX, |crc, byte| (crc >> 8) ^ CRC_TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize]);
    !crc
}

static CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0u32; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

/// Makes any bytes pass for a binding request with a right FINGERPRINT, so that noise reaches the attributes.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn disguise(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0; HEADER_LEN];
    out.extend_from_slice(&body[..body.len().min(1_000) / 4 * 4]);
    let length = (out.len() + 8 - HEADER_LEN) as u16;
    out[..2].copy_from_slice(&BINDING_REQUEST.to_be_bytes());
    out[2..4].copy_from_slice(&length.to_be_bytes());
    out[4..8].copy_from_slice(&COOKIE.to_be_bytes());
    let fingerprint = crc32(&out) ^ FINGERPRINT_XOR;
    out.extend_from_slice(&FINGERPRINT.to_be_bytes());
    out.extend_from_slice(&4u16.to_be_bytes());
    out.extend_from_slice(&fingerprint.to_be_bytes());
    out
}

/// Appends a binding request: what a peer sends. For tests here and in the fuzz targets.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn write_request(out: &mut Vec<u8>, username: &str, is_nominating: bool, key: &IntegrityKey) {
    let start = out.len();
    out.extend_from_slice(&BINDING_REQUEST.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&COOKIE.to_be_bytes());
    out.extend_from_slice(b"abcdefghijkl");
    out.extend_from_slice(&USERNAME.to_be_bytes());
    out.extend_from_slice(&(username.len() as u16).to_be_bytes());
    out.extend_from_slice(username.as_bytes());
    out.resize(out.len().div_ceil(4) * 4, 0);
    if is_nominating {
        out.extend_from_slice(&USE_CANDIDATE.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
    }
    finish(out, start, key);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(username: &str, password: &str) -> Vec<u8> {
        let mut out = Vec::new();
        write_request(&mut out, username, true, &integrity_key(password).unwrap());
        out
    }

    /// RFC 5769, 2.1: sample request, password VOkJxbRl1RmTxUk/WvJxBt.
    const RFC_5769_REQUEST: &str = concat!(
        "000100582112a442b7e7a701bc34d686fa87dfae",
        "802200105354554e207465737420636c69656e74",
        "002400046e0001ff80290008932ff9b151263b36",
        "000600096576746a3a68367659202020",
    );

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_sample_request_of_rfc_5769_is_authentic() {
        let integrity = "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2";
        let bytes = unhex(&[RFC_5769_REQUEST, integrity, "80280004e57a3bcf"].concat());
        let request = Request::parse(&bytes).unwrap();
        assert_eq!(request.local_ufrag, "evtj");
        assert!(request.is_authentic(&integrity_key("VOkJxbRl1RmTxUk/WvJxBt").unwrap()));
        assert!(!request.is_authentic(&integrity_key("another").unwrap()));
    }

    #[test]
    fn a_request_is_parsed_and_verified() {
        let bytes = request("local:remote", "secret");
        let parsed = Request::parse(&bytes).unwrap();
        assert_eq!(parsed.local_ufrag, "local");
        assert!(parsed.is_nominating);
        assert!(parsed.is_authentic(&integrity_key("secret").unwrap()));
        assert!(!parsed.is_authentic(&integrity_key("Secret").unwrap()));
    }

    #[test]
    fn any_flipped_bit_is_refused() {
        let key = integrity_key("secret").unwrap();
        let bytes = request("local:remote", "secret");
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let accepted = Request::parse(&changed).is_some_and(|r| r.is_authentic(&key));
            assert!(!accepted, "bit {bit}");
        }
    }

    #[test]
    fn a_truncated_request_is_refused() {
        let bytes = request("local:remote", "secret");
        for len in 0..bytes.len() {
            assert_eq!(Request::parse(&bytes[..len]), None);
        }
    }

    #[test]
    fn the_answer_carries_the_mapped_address() {
        let key = integrity_key("secret").unwrap();
        let mut out = Vec::new();
        let mapped = "192.0.2.1:32853".parse().unwrap();
        let transaction = unhex("b7e7a701bc34d686fa87dfae").try_into().unwrap();
        write_success(&mut out, &transaction, mapped, &key);
        assert_eq!(out.len(), 20 + 12 + 24 + 8);
        // RFC 5769, 2.2: the same address under the same transaction.
        assert_eq!(&out[20..32], &unhex("002000080001a147e112a643")[..]);
        check_fingerprint(&out, out.len() - 8).unwrap();
    }
}
