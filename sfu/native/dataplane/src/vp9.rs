//! The VP9 payload descriptor (RFC 9628, 4.2), flexible and not.

use crate::payload::{Counters, Payload};
use crate::place::{Place, MAX_SPATIAL, MAX_TEMPORAL};
use crate::wire::u16_at;

/// Bits of the first byte.
const HAS_PICTURE_ID: u8 = 0x80;
const INTER_PICTURE: u8 = 0x40;
const HAS_LAYERS: u8 = 0x20;
const IS_FLEXIBLE: u8 = 0x10;
const BEGINS: u8 = 0x08;
const ENDS: u8 = 0x04;
const HAS_STRUCTURE: u8 = 0x02;
const NOT_FOR_UPPER: u8 = 0x01;
/// References of one picture in flexible mode.
const MAX_REFERENCES: usize = 3;

/// What the scalability structure says: sizes of the spatial layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub spatial_layers: u8,
    /// Width and height; zero when not said.
    pub of: [(u16, u16); MAX_SPATIAL],
}

pub(crate) fn inspect(payload: &[u8]) -> Option<Payload> {
    let first = *payload.first()?;
    let mut counters = Counters::default();
    let mut at = 1;
    if first & HAS_PICTURE_ID != 0 {
        at = counters.read_picture_id(payload, at)?;
    }
    let mut place = Place {
        begins: first & BEGINS != 0,
        ends: first & ENDS != 0,
        is_inter_picture: first & INTER_PICTURE != 0,
        ..Place::default()
    };
    if first & HAS_LAYERS != 0 {
        let layers = *payload.get(at)?;
        at += 1;
        place.temporal = layers >> 5;
        place.enters = layers & 0x10 != 0;
        place.spatial = layers >> 1 & 7;
        place.is_inter_layer = layers & 1 != 0;
        if first & IS_FLEXIBLE == 0 {
            counters.tl0_at = at as u8;
            counters.tl0 = *payload.get(at)?;
            at += 1;
        }
    }
    if usize::from(place.spatial) >= MAX_SPATIAL || usize::from(place.temporal) >= MAX_TEMPORAL {
        return None;
    }
    if first & IS_FLEXIBLE != 0 && place.is_inter_picture {
        at += references_len(payload, at)?;
    }
    let sizes = if first & HAS_STRUCTURE != 0 { Some(read_sizes(payload, at)?) } else { None };
    place.serves = if first & NOT_FOR_UPPER == 0 { 0xff << place.spatial } else { 1 << place.spatial };
    if !place.is_inter_picture {
        place.switches = 0xff;
    }
    Some(Payload {
        is_key_frame_start: place.begins && place.is_key(),
        counters: Some(counters),
        place: Some(place),
        sizes,
    })
}

/// P_DIFF: seven bits of distance, one that says that another follows.
fn references_len(payload: &[u8], at: usize) -> Option<usize> {
    for len in 1..=MAX_REFERENCES {
        if payload.get(at + len - 1)? & 1 == 0 {
            return Some(len);
        }
    }
    None
}

fn read_sizes(payload: &[u8], at: usize) -> Option<Sizes> {
    let head = *payload.get(at)?;
    let count = usize::from(head >> 5) + 1;
    if count > MAX_SPATIAL {
        return None;
    }
    let mut sizes = Sizes { spatial_layers: count as u8, ..Sizes::default() };
    if head & 0x10 != 0 {
        for (layer, size) in sizes.of.iter_mut().enumerate().take(count) {
            *size = (u16_at(payload, at + 1 + 4 * layer)?, u16_at(payload, at + 3 + 4 * layer)?);
        }
    }
    Some(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_non_flexible_key_frame_with_its_structure() {
        // I, L, B, V; picture id 0x1234; layer 0; TL0PICIDX 9; three layers with sizes, no picture group.
        let mut bytes = vec![0xaa, 0x92, 0x34, 0x00, 9, 0x50];
        for (width, height) in [(160u16, 90u16), (320, 180), (640, 360)] {
            bytes.extend_from_slice(&width.to_be_bytes());
            bytes.extend_from_slice(&height.to_be_bytes());
        }
        let payload = inspect(&bytes).unwrap();
        assert!(payload.is_key_frame_start);
        let counters = payload.counters.unwrap();
        assert_eq!((counters.picture_id, counters.tl0, counters.tl0_at), (0x1234, 9, 4));
        let sizes = payload.sizes.unwrap();
        assert_eq!((sizes.spatial_layers, sizes.of[2]), (3, (640, 360)));
    }

    #[test]
    fn an_upper_layer_of_a_later_picture() {
        // I, P, L, E, Z; short picture id; temporal 1, switch up, spatial 2, inter-layer.
        let place = inspect(&[0xe5, 0x05, 0x35, 1, 0]).unwrap().place.unwrap();
        assert_eq!((place.spatial, place.temporal), (2, 1));
        assert!(place.is_inter_picture && place.is_inter_layer && place.enters && place.ends);
        assert!(!place.begins);
        assert_eq!(place.serves, 0b100);
    }

    #[test]
    fn flexible_references_are_passed_over() {
        // I, P, L, F, B: two references, then the structure would begin.
        let payload = inspect(&[0xf8, 0x05, 0x00, 0x03, 0x04, 7]).unwrap();
        assert!(!payload.is_key_frame_start);
        assert_eq!(payload.counters.unwrap().tl0_at, 0);
        assert_eq!(inspect(&[0xf8, 0x05, 0x00, 0x03, 0x05, 0x07, 0]), None, "more than three references");
    }

    #[test]
    fn cut_descriptors_are_refused() {
        let whole = [0xaa, 0x92, 0x34, 0x00, 9, 0x50, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
        assert!(inspect(&whole).is_some());
        for len in 0..whole.len() {
            assert_eq!(inspect(&whole[..len]), None, "{len}");
        }
    }

    #[test]
    fn without_layers_everything_is_one_layer() {
        let place = inspect(&[0x88, 0x05, 0]).unwrap().place.unwrap();
        assert_eq!((place.spatial, place.temporal, place.serves), (0, 0, 0xff));
    }
}
