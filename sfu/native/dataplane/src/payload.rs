//! What a codec's payload says that a forwarder must know: key frames, layers, and the counters of the VP8 descriptor
//! (RFC 7741); H.264 packetisation (RFC 6184). VP9 has a file of its own.

use crate::place::{Place, MAX_TEMPORAL};
use crate::spec::Codec;
use crate::vp9::{self, Sizes};
use crate::wire::u16_at;

/// Facts about one payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    /// The first packet of a key frame: a decoder can begin here.
    pub is_key_frame_start: bool,
    pub counters: Option<Counters>,
    /// `None`: the payload says nothing of layers.
    pub place: Option<Place>,
    pub sizes: Option<Sizes>,
}

/// The counters of a VP8 or VP9 payload descriptor that run on across encodings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Where the picture id stands in the payload; 0 = it has none (the first byte is never it).
    pub picture_id_at: u8,
    pub is_long_picture_id: bool,
    pub picture_id: u16,
    /// Where TL0PICIDX stands; 0 = it has none.
    pub tl0_at: u8,
    pub tl0: u8,
}

impl Counters {
    /// Reads a picture id of either length; returns what stands behind it.
    pub fn read_picture_id(&mut self, payload: &[u8], at: usize) -> Option<usize> {
        self.picture_id_at = at as u8;
        let byte = *payload.get(at)?;
        self.is_long_picture_id = byte & 0x80 != 0;
        if self.is_long_picture_id {
            self.picture_id = u16_at(payload, at)? & 0x7fff;
            return Some(at + 2);
        }
        self.picture_id = u16::from(byte);
        Some(at + 1)
    }

    /// Writes the counters of an outgoing payload over those of the incoming one, keeping its shape.
    pub fn rewrite(&self, payload: &mut [u8], picture_id: u16, tl0: u8) {
        let at = usize::from(self.picture_id_at);
        if at != 0 && self.is_long_picture_id {
            if let Some(field) = payload.get_mut(at..at + 2) {
                field.copy_from_slice(&(0x8000 | (picture_id & 0x7fff)).to_be_bytes());
            }
        } else if at != 0 {
            if let Some(byte) = payload.get_mut(at) {
                *byte = (picture_id & 0x7f) as u8;
            }
        }
        if self.tl0_at != 0 {
            if let Some(byte) = payload.get_mut(usize::from(self.tl0_at)) {
                *byte = tl0;
            }
        }
    }
}

pub(crate) fn inspect(codec: Codec, payload: &[u8]) -> Payload {
    let begins = |is_key_frame_start| Payload { is_key_frame_start, ..Payload::default() };
    match codec {
        Codec::Vp8 => inspect_vp8(payload).unwrap_or_default(),
        Codec::Vp9 => vp9::inspect(payload).unwrap_or_default(),
        Codec::H264 => begins(is_h264_key_frame_start(payload).unwrap_or(false)),
        // The aggregation header says that a coded video sequence begins (AV1 RTP specification, 4.4).
        Codec::Av1 => begins(payload.first().is_some_and(|header| header & 0x08 != 0)),
        // Every packet of audio can be decoded; of unknown video codecs we must hope so.
        Codec::Opus | Codec::Other => begins(true),
    }
}

fn inspect_vp8(payload: &[u8]) -> Option<Payload> {
    let first = *payload.first()?;
    let is_frame_start = first & 0x10 != 0 && first & 0x07 == 0;
    let mut counters = Counters::default();
    let mut place = None;
    let mut at = 1;
    if first & 0x80 != 0 {
        let flags = *payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            at = counters.read_picture_id(payload, at)?;
        }
        if flags & 0x40 != 0 {
            counters.tl0_at = at as u8;
            counters.tl0 = *payload.get(at)?;
            at += 1;
        }
        if flags & 0x30 != 0 {
            let layer = *payload.get(at)?;
            place = (flags & 0x20 != 0).then_some(Place {
                temporal: (layer >> 6).min(MAX_TEMPORAL as u8 - 1),
                begins: is_frame_start,
                enters: layer & 0x20 != 0,
                serves: 0xff,
                is_inter_picture: true,
                ..Place::default()
            });
            at += 1;
        }
    }
    // The P bit of the frame header: 0 = key frame (RFC 6386, 9.1).
    let is_key_frame_start = is_frame_start && *payload.get(at)? & 1 == 0;
    if let (Some(place), true) = (&mut place, is_key_frame_start) {
        (place.is_inter_picture, place.switches) = (false, 0xff);
    }
    Some(Payload { is_key_frame_start, counters: Some(counters), place, sizes: None })
}

const NAL_SPS: u8 = 7;
const NAL_STAP_A: u8 = 24;
const NAL_FU_A: u8 = 28;

/// A sequence parameter set, alone or in an aggregate: what an IDR picture needs precedes it under the same timestamp, and
/// a picture without it says nothing to a decoder that has come anew (RFC 7742, 6.2: parameter sets come in band).
fn is_h264_key_frame_start(payload: &[u8]) -> Option<bool> {
    match payload.first()? & 0x1f {
        NAL_SPS => Some(true),
        NAL_STAP_A => {
            let mut at = 1;
            while let Some(len) = u16_at(payload, at) {
                let kind = payload.get(at + 2)? & 0x1f;
                if kind == NAL_SPS {
                    return Some(true);
                }
                at += 2 + usize::from(len).max(1);
            }
            Some(false)
        }
        // never of an encoder of calls, but allowed: a fragmented one
        NAL_FU_A => {
            let header = *payload.get(1)?;
            Some(header & 0x80 != 0 && header & 0x1f == NAL_SPS)
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
        let counters = payload.counters.unwrap();
        assert_eq!((counters.picture_id, counters.tl0), (0x1234, 7));
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
        let counters = inspect(Codec::Vp8, &long).counters.unwrap();
        counters.rewrite(&mut long, 0x7fff, 200);
        assert_eq!(long, [0x90, 0xe0, 0xff, 0xff, 200, 0x20, 0x00]);
        let mut short = [0x90, 0x80, 0x05, 0x00];
        let counters = inspect(Codec::Vp8, &short).counters.unwrap();
        counters.rewrite(&mut short, 0x0085, 1);
        assert_eq!(short, [0x90, 0x80, 0x05, 0x00]);
    }

    #[test]
    fn a_vp8_descriptor_tells_the_temporal_layer() {
        // X, S; I, L, T, K; picture id, TL0PICIDX, temporal layer 2 with Y; not a key frame.
        let place = inspect(Codec::Vp8, &[0x90, 0xf0, 0x05, 0x07, 0xa0, 1]).place.unwrap();
        assert_eq!((place.temporal, place.enters, place.begins, place.is_key()), (2, true, true, false));
        let place = inspect(Codec::Vp8, &[0x90, 0xf0, 0x05, 0x07, 0x00, 0]).place.unwrap();
        assert!(place.is_key() && place.switches == 0xff);
        assert_eq!(inspect(Codec::Vp8, &[0x90, 0xe0, 0x92, 0x34, 0x07, 0]).place, None);
    }

    #[test]
    fn an_av1_sequence_begins_where_its_aggregation_header_says() {
        assert!(inspect(Codec::Av1, &[0x18, 0x0a]).is_key_frame_start);
        assert!(!inspect(Codec::Av1, &[0x10, 0x32]).is_key_frame_start);
        assert!(!inspect(Codec::Av1, &[]).is_key_frame_start);
    }

    #[test]
    fn m04_h264_key_frames_are_found_in_each_packetisation() {
        let is_start = |payload: &[u8]| inspect(Codec::H264, payload).is_key_frame_start;
        assert!(is_start(&[0x67, 1]));
        assert!(is_start(&[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1]));
        assert!(is_start(&[0x78, 0, 2, 0x68, 1, 0, 2, 0x67, 1]));
        assert!(is_start(&[0x7c, 0x87, 1]));
        assert!(!is_start(&[0x65, 1]), "a picture without its parameter sets");
        assert!(!is_start(&[0x7c, 0x85, 1]), "a picture without its parameter sets");
        assert!(!is_start(&[0x7c, 0x07, 1]), "middle fragment");
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
