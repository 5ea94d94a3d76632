//! Writing an outgoing RTP packet: a fresh fixed-size header (so that packets of one frame stay equal in length) in
//! front of a copy of the payload.

use crate::packet::FIXED_HEADER_LEN;
use crate::spec::{DownTrackSpec, PlaneError};

/// Header extensions of one down track, laid out once; the values that differ per packet are patched.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    one_byte: Layout,
    /// For packets whose dependency descriptor is too long for the one-byte form (RFC 8285, 4.3).
    two_byte: Option<Layout>,
    dependency_id: u8,
}

/// An extension block of either form, behind its four bytes of head; without padding.
#[derive(Clone, Debug)]
struct Layout {
    bytes: Vec<u8>,
    is_long: bool,
    transport_cc_at: Option<usize>,
    abs_send_time_at: Option<usize>,
    level_at: Option<usize>,
}

/// What changes from packet to packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub transport_sequence: u16,
    /// 6.18 fixed-point seconds.
    pub send_time: u32,
    pub level: Option<u8>,
    /// A dependency descriptor and the number to give its frame.
    pub dependency: Option<(&'a [u8], u16)>,
}

/// The longest MID a one-byte extension carries.
const MAX_MID_LEN: usize = 16;

/// The longest value of the one-byte form.
const MAX_SHORT_LEN: usize = 16;

impl Template {
    pub fn new(spec: &DownTrackSpec) -> Result<Self, PlaneError> {
        let ids = spec.extensions;
        let all = [ids.mid, ids.transport_cc, ids.abs_send_time, ids.audio_level, ids.dependency_descriptor];
        if all.iter().any(|id| *id > 14) || spec.mid.len() > MAX_MID_LEN {
            return Err(PlaneError::BadSpec);
        }
        Ok(Self {
            one_byte: Layout::new(spec, false),
            two_byte: (ids.dependency_descriptor != 0).then(|| Layout::new(spec, true)),
            dependency_id: ids.dependency_descriptor,
        })
    }

    pub fn has_transport_cc(&self) -> bool {
        self.one_byte.transport_cc_at.is_some()
    }

    /// Appends the header; returns its length.
    pub fn write(&self, fields: &Fields<'_>, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        let dependency = fields.dependency.filter(|(bytes, _)| {
            self.dependency_id != 0 && (3..=usize::from(u8::MAX)).contains(&bytes.len())
        });
        let is_long = dependency.is_some_and(|(bytes, _)| bytes.len() > MAX_SHORT_LEN);
        let layout = self.two_byte.as_ref().filter(|_| is_long).unwrap_or(&self.one_byte);
        let has_block = dependency.is_some() || layout.bytes.len() > 4;
        let mut fixed = [0u8; FIXED_HEADER_LEN];
        fixed[0] = if has_block { 0x90 } else { 0x80 };
        fixed[1] = (u8::from(fields.marker) << 7) | fields.payload_type;
        fixed[2..4].copy_from_slice(&fields.sequence.to_be_bytes());
        fixed[4..8].copy_from_slice(&fields.timestamp.to_be_bytes());
        fixed[8..12].copy_from_slice(&fields.ssrc.to_be_bytes());
        out.extend_from_slice(&fixed);
        if !has_block {
            return FIXED_HEADER_LEN;
        }
        let at = out.len();
        layout.write(fields, out);
        if let Some((bytes, number)) = dependency {
            element_head(out, (self.dependency_id, bytes.len(), is_long));
            let value = out.len();
            out.extend_from_slice(bytes);
            out[value + 1..value + 3].copy_from_slice(&number.to_be_bytes());
        }
        let padded = at + (out.len() - at).div_ceil(4) * 4;
        out.resize(padded, 0);
        let words = ((padded - at) / 4 - 1) as u16;
        out[at + 2..at + 4].copy_from_slice(&words.to_be_bytes());
        padded - start
    }
}

impl Layout {
    fn new(spec: &DownTrackSpec, is_long: bool) -> Self {
        let ids = spec.extensions;
        let mut layout = Self {
            bytes: if is_long { vec![0x10, 0, 0, 0] } else { vec![0xbe, 0xde, 0, 0] },
            is_long,
            transport_cc_at: None,
            abs_send_time_at: None,
            level_at: None,
        };
        if !spec.mid.is_empty() {
            layout.element(ids.mid, spec.mid.as_bytes());
        }
        layout.transport_cc_at = layout.element(ids.transport_cc, &[0; 2]);
        layout.abs_send_time_at = layout.element(ids.abs_send_time, &[0; 3]);
        layout.level_at = layout.element(ids.audio_level, &[0x7f]);
        layout
    }

    /// Lays out one element; returns where its value stands in the block.
    fn element(&mut self, id: u8, value: &[u8]) -> Option<usize> {
        if id == 0 {
            return None;
        }
        element_head(&mut self.bytes, (id, value.len(), self.is_long));
        let at = self.bytes.len();
        self.bytes.extend_from_slice(value);
        Some(at)
    }

    fn write(&self, fields: &Fields<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        let block = &mut out[start..];
        if let Some(at) = self.transport_cc_at {
            block[at..at + 2].copy_from_slice(&fields.transport_sequence.to_be_bytes());
        }
        if let Some(at) = self.abs_send_time_at {
            block[at..at + 3].copy_from_slice(&fields.send_time.to_be_bytes()[1..]);
        }
        if let (Some(at), Some(level)) = (self.level_at, fields.level) {
            block[at] = level;
        }
    }
}

/// Id and length of an element in either form.
fn element_head(out: &mut Vec<u8>, (id, len, is_long): (u8, usize, bool)) {
    if is_long {
        out.extend_from_slice(&[id, len as u8]);
    } else {
        out.push((id << 4) | (len as u8 - 1));
    }
}

/// The abs-send-time value of a moment: it wraps every 64 seconds.
pub(crate) fn abs_send_time(now: u64) -> u32 {
    (((now % 64_000_000_000) << 18) / 1_000_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Header;
    use crate::spec::Extensions;

    fn spec(extensions: Extensions) -> DownTrackSpec {
        DownTrackSpec {
            ssrc: 9,
            rtx_ssrc: 0,
            payload_type: 96,
            rtx_payload_type: 0,
            red_payload_type: 0,
            mid: "12".into(),
            extensions,
        }
    }

    const FIELDS: Fields<'static> = Fields {
        payload_type: 96,
        marker: true,
        sequence: 0x1234,
        timestamp: 77,
        ssrc: 9,
        transport_sequence: 0xabcd,
        send_time: 0x0012_3456,
        level: Some(0x85),
        dependency: None,
    };

    #[test]
    fn the_header_reads_back_with_every_extension() {
        let template = Template::new(&spec(Extensions {
            mid: 4,
            transport_cc: 3,
            abs_send_time: 2,
            audio_level: 1,
            ..Extensions::default()
        }))
        .unwrap();
        let mut out = vec![0xff; 3];
        let len = template.write(&FIELDS, &mut out);
        let packet = &out[3..];
        let header = Header::parse(packet).unwrap();
        assert_eq!((header.len, packet.len()), (len, len));
        assert_eq!((header.sequence, header.timestamp, header.ssrc), (0x1234, 77, 9));
        assert!(header.marker && header.payload_type == 96);
        let found: Vec<_> = header.extensions(packet).collect();
        let expected: [(u8, &[u8]); 4] =
            [(4, b"12"), (3, &[0xab, 0xcd]), (2, &[0x12, 0x34, 0x56]), (1, &[0x85])];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_long_dependency_descriptor_takes_the_two_byte_form() {
        let extensions =
            Extensions { mid: 4, transport_cc: 3, dependency_descriptor: 8, ..Extensions::default() };
        let template = Template::new(&spec(extensions)).unwrap();
        for len in [3usize, 16, 17, 90] {
            let descriptor = vec![0x5a; len];
            let mut out = Vec::new();
            let fields = Fields { dependency: Some((&descriptor, 0x1234)), ..FIELDS };
            let header_len = template.write(&fields, &mut out);
            let header = Header::parse(&out).unwrap();
            assert_eq!((header.len, out.len()), (header_len, header_len));
            let found: Vec<_> = header.extensions(&out).filter(|(id, _)| *id != 0).collect();
            assert_eq!(found[..2], [(4, &b"12"[..]), (3, &[0xab, 0xcd][..])]);
            let (id, value) = found[2];
            assert_eq!((id, value.len(), &value[..3]), (8, len, &[0x5a, 0x12, 0x34][..]));
        }
    }

    #[test]
    fn without_extensions_there_is_no_block() {
        let template = Template::new(&spec(Extensions::default())).unwrap();
        let mut out = Vec::new();
        template.write(&FIELDS, &mut out);
        assert_eq!((out.len(), out[0]), (12, 0x80));
    }

    #[test]
    fn ids_beyond_the_one_byte_form_are_refused() {
        let extensions = Extensions { mid: 15, ..Extensions::default() };
        assert!(Template::new(&spec(extensions)).is_err());
    }

    #[test]
    fn send_time_wraps_after_64_seconds() {
        assert_eq!(abs_send_time(1_000_000_000), 1 << 18);
        assert_eq!(abs_send_time(64_000_000_000), 0);
    }
}
