//! Writing an outgoing RTP packet: a fresh fixed-size header (so that packets of one frame stay equal in length) in
//! front of a copy of the payload.

use crate::packet::FIXED_HEADER_LEN;
use crate::spec::{DownTrackSpec, PlaneError};

/// Header extensions of one down track, laid out once; the values that differ per packet are patched.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    transport_cc_at: Option<usize>,
    abs_send_time_at: Option<usize>,
    level_at: Option<usize>,
}

/// What changes from packet to packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub transport_sequence: u16,
    /// 6.18 fixed-point seconds.
    pub send_time: u32,
    pub level: Option<u8>,
}

/// The longest MID a one-byte extension carries.
const MAX_MID_LEN: usize = 16;

impl Template {
    pub fn new(spec: &DownTrackSpec) -> Result<Self, PlaneError> {
        let ids = spec.extensions;
        let all = [ids.mid, ids.transport_cc, ids.abs_send_time, ids.audio_level];
        if all.iter().any(|id| *id > 14) || spec.mid.len() > MAX_MID_LEN {
            return Err(PlaneError::BadSpec);
        }
        let mut template = Self {
            bytes: vec![0xbe, 0xde, 0, 0],
            transport_cc_at: None,
            abs_send_time_at: None,
            level_at: None,
        };
        if !spec.mid.is_empty() {
            template.element(ids.mid, spec.mid.as_bytes());
        }
        template.transport_cc_at = template.element(ids.transport_cc, &[0; 2]);
        template.abs_send_time_at = template.element(ids.abs_send_time, &[0; 3]);
        template.level_at = template.element(ids.audio_level, &[0x7f]);
        let padded = template.bytes.len().div_ceil(4) * 4;
        template.bytes.resize(padded, 0);
        template.bytes[3] = (padded / 4 - 1) as u8;
        if padded == 4 {
            template.bytes.clear();
        }
        Ok(template)
    }

    /// Lays out one element; returns where its value stands in the template.
    fn element(&mut self, id: u8, value: &[u8]) -> Option<usize> {
        if id == 0 {
            return None;
        }
        self.bytes.push((id << 4) | (value.len() as u8 - 1));
        let at = self.bytes.len();
        self.bytes.extend_from_slice(value);
        Some(at)
    }

    pub fn header_len(&self) -> usize {
        FIXED_HEADER_LEN + self.bytes.len()
    }

    pub fn has_transport_cc(&self) -> bool {
        self.transport_cc_at.is_some()
    }

    /// Appends the header.
    pub fn write(&self, fields: &Fields, out: &mut Vec<u8>) {
        let start = out.len();
        let mut fixed = [0u8; FIXED_HEADER_LEN];
        fixed[0] = if self.bytes.is_empty() { 0x80 } else { 0x90 };
        fixed[1] = (u8::from(fields.marker) << 7) | fields.payload_type;
        fixed[2..4].copy_from_slice(&fields.sequence.to_be_bytes());
        fixed[4..8].copy_from_slice(&fields.timestamp.to_be_bytes());
        fixed[8..12].copy_from_slice(&fields.ssrc.to_be_bytes());
        out.extend_from_slice(&fixed);
        out.extend_from_slice(&self.bytes);
        let block = &mut out[start + FIXED_HEADER_LEN..];
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
            mid: "12".into(),
            extensions,
        }
    }

    const FIELDS: Fields = Fields {
        payload_type: 96,
        marker: true,
        sequence: 0x1234,
        timestamp: 77,
        ssrc: 9,
        transport_sequence: 0xabcd,
        send_time: 0x0012_3456,
        level: Some(0x85),
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
        template.write(&FIELDS, &mut out);
        let packet = &out[3..];
        let header = Header::parse(packet).unwrap();
        assert_eq!((header.len, packet.len()), (template.header_len(), header.len));
        assert_eq!((header.sequence, header.timestamp, header.ssrc), (0x1234, 77, 9));
        assert!(header.marker && header.payload_type == 96);
        let found: Vec<_> = header.extensions(packet).collect();
        let expected: [(u8, &[u8]); 4] =
            [(4, b"12"), (3, &[0xab, 0xcd]), (2, &[0x12, 0x34, 0x56]), (1, &[0x85])];
        assert_eq!(found, expected);
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
