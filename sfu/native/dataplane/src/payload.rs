//! What a codec's payload says that a forwarder must know: key frames, and the VP8 descriptor's counters (RFC 7741),
//! H.264 packetisation (RFC 6184).

use crate::spec::Codec;
use crate::wire::u16_at;

/// Facts about one payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    /// The first packet of a key frame: a decoder can begin here.
    pub is_key_frame_start: bool,
    pub vp8: Option<Vp8>,
}

/// The counters of a VP8 payload descriptor that run on across layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vp8 {
    /// Where the picture id stands in the payload; 0 = it has none (the first byte is never it).
    pub picture_id_at: u8,
    pub is_long_picture_id: bool,
    pub picture_id: u16,
    /// Where TL0PICIDX stands; 0 = it has none.
    pub tl0_at: u8,
    pub tl0: u8,
}

pub(crate) fn inspect(codec: Codec, payload: &[u8]) -> Payload {
    match codec {
        Codec::Vp8 => inspect_vp8(payload).unwrap_or_default(),
        Codec::H264 => {
            Payload { is_key_frame_start: is_h264_key_frame_start(payload).unwrap_or(false), vp8: None }
        }
        // Every packet of audio can be decoded; of unknown video codecs we must hope so.
        Codec::Opus | Codec::Other => Payload { is_key_frame_start: true, vp8: None },
    }
}

fn inspect_vp8(payload: &[u8]) -> Option<Payload> {
    let first = *payload.first()?;
    let mut vp8 = Vp8::default();
    let mut at = 1;
    if first & 0x80 != 0 {
        let flags = *payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            vp8.picture_id_at = at as u8;
            let byte = *payload.get(at)?;
            vp8.is_long_picture_id = byte & 0x80 != 0;
            if vp8.is_long_picture_id {
                vp8.picture_id = u16_at(payload, at)? & 0x7fff;
                at += 2;
            } else {
                vp8.picture_id = u16::from(byte);
                at += 1;
            }
        }
        if flags & 0x40 != 0 {
            vp8.tl0_at = at as u8;
            vp8.tl0 = *payload.get(at)?;
            at += 1;
        }
        if flags & 0x30 != 0 {
            at += 1;
        }
    }
    let is_frame_start = first & 0x10 != 0 && first & 0x07 == 0;
    // The P bit of the frame header: 0 = key frame (RFC 6386, 9.1).
    let is_key = *payload.get(at)? & 1 == 0;
    Some(Payload { is_key_frame_start: is_frame_start && is_key, vp8: Some(vp8) })
}

/// Writes the counters of an outgoing payload over those of the incoming one, keeping its shape.
pub(crate) fn rewrite_vp8(payload: &mut [u8], vp8: &Vp8, picture_id: u16, tl0: u8) {
    let at = usize::from(vp8.picture_id_at);
    if at != 0 && vp8.is_long_picture_id {
        if let Some(field) = payload.get_mut(at..at + 2) {
            field.copy_from_slice(&(0x8000 | (picture_id & 0x7fff)).to_be_bytes());
        }
    } else if at != 0 {
        if let Some(byte) = payload.get_mut(at) {
            *byte = (picture_id & 0x7f) as u8;
        }
    }
    if vp8.tl0_at != 0 {
        if let Some(byte) = payload.get_mut(usize::from(vp8.tl0_at)) {
            *byte = tl0;
        }
    }
}

const NAL_IDR: u8 = 5;
const NAL_SPS: u8 = 7;
const NAL_STAP_A: u8 = 24;
const NAL_FU_A: u8 = 28;

/// A sequence parameter set, alone or leading an aggregate, or the start of an IDR picture.
fn is_h264_key_frame_start(payload: &[u8]) -> Option<bool> {
    match payload.first()? & 0x1f {
        NAL_IDR | NAL_SPS => Some(true),
        NAL_STAP_A => {
            let mut at = 1;
            while let Some(len) = u16_at(payload, at) {
                let kind = payload.get(at + 2)? & 0x1f;
                if kind == NAL_SPS || kind == NAL_IDR {
                    return Some(true);
                }
                at += 2 + usize::from(len).max(1);
            }
            Some(false)
        }
        NAL_FU_A => {
            let header = *payload.get(1)?;
            Some(header & 0x80 != 0 && header & 0x1f == NAL_IDR)
        }
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vp8_key_frame_begins_with_its_first_partition() {
        let key = [0x90, 0xe0, 0x92, 0x34, 0x07, 0x00, 0x00, 0x9d];
        let payload = inspect(Codec::Vp8, &key);
        assert!(payload.is_key_frame_start);
        let vp8 = payload.vp8.unwrap();
        assert_eq!((vp8.picture_id, vp8.tl0), (0x1234, 7));
        let mut inter = key;
        inter[6] = 1;
        inter[5] = 1;
        assert!(!inspect(Codec::Vp8, &inter).is_key_frame_start);
        let mut continuation = key;
        continuation[0] = 0x80;
        assert!(!inspect(Codec::Vp8, &continuation).is_key_frame_start);
        assert!(inspect(Codec::Vp8, &[0x10, 0x00]).is_key_frame_start);
    }

    #[test]
    fn vp8_counters_are_rewritten_in_place() {
        let mut long = [0x90, 0xe0, 0x92, 0x34, 0x07, 0x20, 0x00];
        let vp8 = inspect(Codec::Vp8, &long).vp8.unwrap();
        rewrite_vp8(&mut long, &vp8, 0x7fff, 200);
        assert_eq!(long, [0x90, 0xe0, 0xff, 0xff, 200, 0x20, 0x00]);
        let mut short = [0x90, 0x80, 0x05, 0x00];
        let vp8 = inspect(Codec::Vp8, &short).vp8.unwrap();
        rewrite_vp8(&mut short, &vp8, 0x0085, 1);
        assert_eq!(short, [0x90, 0x80, 0x05, 0x00]);
    }

    #[test]
    fn h264_key_frames_are_found_in_each_packetisation() {
        let is_start = |payload: &[u8]| inspect(Codec::H264, payload).is_key_frame_start;
        assert!(is_start(&[0x67, 1]));
        assert!(is_start(&[0x65, 1]));
        assert!(is_start(&[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1]));
        assert!(is_start(&[0x7c, 0x85, 1]));
        assert!(!is_start(&[0x7c, 0x05, 1]), "middle fragment");
        assert!(!is_start(&[0x7c, 0x81, 1]));
        assert!(!is_start(&[0x61, 1]));
        assert!(!is_start(&[0x78, 0, 2, 0x61, 1]));
        assert!(!is_start(&[0x78, 0, 0]));
    }

    #[test]
    fn a_cut_descriptor_is_no_key_frame() {
        let key = [0x90, 0xf0, 0x92, 0x34, 0x07, 0x20, 0x00];
        for len in 0..6 {
            assert!(!inspect(Codec::Vp8, &key[..len]).is_key_frame_start);
        }
    }
}
