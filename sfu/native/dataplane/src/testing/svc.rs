//! A scalable encoder for tests: three spatial and three temporal layers (pattern 0 2 1 2), with or without inter-layer
//! references between key frames, told by VP9 payload descriptors or by dependency descriptors; and the decoder that
//! knows what each frame really needs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Rtp;

pub const SPATIAL: u8 = 3;
pub const TEMPORAL: u8 = 3;
const PATTERN: [u8; 4] = [0, 2, 1, 2];

/// Whether upper layers refer to lower ones always, or at key frames only (L3T3 and L3T3_KEY).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    Full,
    #[default]
    KeyOnly,
}

/// How the layers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    Vp9Flexible,
    Vp9,
    /// AV1 with the dependency descriptor under this extension id.
    Descriptor(u8),
}

/// One spatial layer of one picture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame {
    pub mode: Mode,
    pub spatial: u8,
    pub temporal: u8,
    pub is_key: bool,
    /// A T2 frame that refers to the T1 frame before it, not to T0.
    pub is_second: bool,
    pub number: u16,
    /// Of the template ids: each structure may have its own.
    pub id_offset: u8,
}

impl Frame {
    /// Steps back to the frames it refers to.
    fn references(&self) -> Vec<u16> {
        let mut steps = Vec::new();
        if !self.is_key {
            steps.push(u16::from(SPATIAL) * [4, 2, 1][usize::from(self.temporal)]);
        }
        if self.spatial > 0 && (self.is_key || self.mode == Mode::Full) {
            steps.push(1);
        }
        steps
    }

    fn indication(&self, spatial: u8, temporal: u8) -> u8 {
        let is_lower = spatial > self.spatial && (self.is_key || self.mode == Mode::Full);
        match () {
            () if temporal < self.temporal || !(spatial == self.spatial || is_lower) => 0,
            () if is_lower => 3,
            () if self.temporal == 0 || temporal > self.temporal => 2,
            () => 1,
        }
    }

    fn template(&self) -> u8 {
        let role = match (self.is_key, self.temporal, self.is_second) {
            (true, ..) => 0,
            (_, 0, _) => 1,
            (_, 1, _) => 2,
            (.., false) => 3,
            (.., true) => 4,
        };
        (self.spatial * 5 + role + self.id_offset) % 64
    }
}

/// Packs a string of zeros and ones.
pub fn structure_bits(bits: &str) -> Vec<u8> {
    let padded = format!("{bits}{}", "0".repeat((8 - bits.len() % 8) % 8));
    let byte = |at: usize| u8::from_str_radix(&padded[at..at + 8], 2).expect("zeros and ones");
    (0..padded.len()).step_by(8).map(byte).collect()
}

/// The dependency descriptor of a frame's only packet.
pub fn descriptor(frame: &Frame, has_structure: bool) -> Vec<u8> {
    descriptor_of(frame, has_structure, true, true)
}

fn descriptor_of(frame: &Frame, has_structure: bool, begins: bool, ends: bool) -> Vec<u8> {
    let flag = |value: bool| if value { '1' } else { '0' };
    let mut bits = format!("{}{}{:06b}{:016b}", flag(begins), flag(ends), frame.template(), frame.number);
    if !has_structure {
        return structure_bits(&bits);
    }
    bits += &format!("10000{:06b}", frame.id_offset);
    bits += "01000";
    let templates = templates(frame.mode);
    for pair in templates.windows(2) {
        bits += match (pair[1].spatial > pair[0].spatial, pair[1].temporal > pair[0].temporal) {
            (true, _) => "10",
            (_, true) => "01",
            _ => "00",
        };
    }
    bits += "11";
    for template in &templates {
        for target in 0..SPATIAL * TEMPORAL {
            bits += &format!("{:02b}", template.indication(target / TEMPORAL, target % TEMPORAL));
        }
    }
    for template in &templates {
        for step in template.references() {
            bits += &format!("1{:04b}", step - 1);
        }
        bits += "0";
    }
    // Three chains of at most nine: ns(10) = 3 in three bits; each target is protected by that of its layer: ns(3).
    bits += "011";
    for target in 0..SPATIAL * TEMPORAL {
        bits += ["0", "10", "11"][usize::from(target / TEMPORAL)];
    }
    bits += &"0000".repeat(3 * templates.len());
    bits += "1";
    for layer in 0..SPATIAL {
        bits += &format!("{:016b}{:016b}", (160 << layer) - 1, (90 << layer) - 1);
    }
    structure_bits(&bits)
}

fn templates(mode: Mode) -> Vec<Frame> {
    let roles = [(true, 0, false), (false, 0, false), (false, 1, false), (false, 2, false), (false, 2, true)];
    let each = |spatial| {
        roles.map(|(is_key, temporal, is_second)| Frame {
            mode,
            spatial,
            temporal,
            is_key,
            is_second,
            number: 0,
            id_offset: 0,
        })
    };
    (0..SPATIAL).flat_map(each).collect()
}

/// See the module.
pub struct Encoder {
    pub mode: Mode,
    pub telling: Telling,
    pub ssrc: u32,
    pub payload_type: u8,
    /// Spatial layers sent now.
    pub layers: u8,
    pub sequence: u64,
    pub timestamp: u32,
    pub id_offset: u8,
    picture: u32,
    since_key: u32,
    tl0: u8,
}

impl Encoder {
    pub fn new(mode: Mode, telling: Telling, ssrc: u32, payload_type: u8) -> Self {
        Self {
            mode,
            telling,
            ssrc,
            payload_type,
            layers: SPATIAL,
            sequence: 1_000,
            timestamp: 77_000,
            id_offset: 0,
            picture: 0,
            since_key: 0,
            tl0: 0,
        }
    }

    /// The next picture: its packets, `packets` for each frame.
    pub fn picture(&mut self, is_key: bool, packets: u8) -> Vec<Rtp> {
        self.since_key = if is_key { 0 } else { self.since_key + 1 };
        self.timestamp = self.timestamp.wrapping_add(3_000);
        self.picture += 1;
        let position = (self.since_key % 4) as usize;
        self.tl0 = self.tl0.wrapping_add(u8::from(position == 0));
        let mut out = Vec::new();
        for spatial in 0..self.layers {
            let frame = Frame {
                mode: self.mode,
                spatial,
                temporal: PATTERN[position],
                is_key,
                is_second: position == 3,
                number: (self.picture * u32::from(SPATIAL) + u32::from(spatial)) as u16,
                id_offset: self.id_offset,
            };
            for index in 0..packets {
                out.push(self.packet(&frame, (index, packets)));
            }
        }
        out
    }

    fn packet(&mut self, frame: &Frame, (index, count): (u8, u8)) -> Rtp {
        self.sequence += 1;
        let (begins, ends) = (index == 0, index + 1 == count);
        let mut rtp = Rtp {
            payload_type: self.payload_type,
            marker: ends && frame.spatial + 1 == self.layers,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            ..Rtp::default()
        };
        match self.telling {
            Telling::Descriptor(id) => {
                let has_structure = frame.is_key && frame.spatial == 0 && begins;
                rtp.extensions = vec![(id, descriptor_of(frame, has_structure, begins, ends))];
                rtp.payload = vec![if has_structure { 0x18 } else { 0x10 }];
            }
            Telling::Vp9 | Telling::Vp9Flexible => rtp.payload = self.vp9(frame, begins, ends),
        }
        rtp.payload.extend_from_slice(&self.picture.to_be_bytes());
        rtp.payload.extend_from_slice(&[frame.spatial, frame.temporal, index, count, u8::from(frame.is_key)]);
        rtp.payload.push(u8::from(frame.is_second) | (u8::from(self.mode == Mode::Full) << 1));
        rtp
    }

    fn vp9(&self, frame: &Frame, begins: bool, ends: bool) -> Vec<u8> {
        let bit = |value: bool, of: u8| if value { of } else { 0 };
        let is_flexible = self.telling == Telling::Vp9Flexible;
        let is_lower = frame.spatial > 0 && (frame.is_key || self.mode == Mode::Full);
        let serves_upper = frame.spatial + 1 < self.layers && (frame.is_key || self.mode == Mode::Full);
        let has_structure = frame.is_key && frame.spatial == 0 && begins;
        let mut bytes = vec![
            0xa0 | bit(!frame.is_key, 0x40)
                | bit(is_flexible, 0x10)
                | bit(begins, 8)
                | bit(ends, 4)
                | bit(has_structure, 2)
                | bit(!serves_upper, 1),
        ];
        bytes.extend_from_slice(&(0x8000 | (self.picture as u16 & 0x7fff)).to_be_bytes());
        let enters = frame.temporal > 0 && !frame.is_second;
        bytes.push((frame.temporal << 5) | bit(enters, 0x10) | (frame.spatial << 1) | bit(is_lower, 1));
        if is_flexible {
            if !frame.is_key {
                bytes.push([4, 2, 1][usize::from(frame.temporal)] << 1);
            }
        } else {
            bytes.push(self.tl0);
        }
        if has_structure {
            bytes.push(((self.layers - 1) << 5) | 0x10);
            for layer in 0..self.layers {
                bytes.extend_from_slice(&(160u16 << layer).to_be_bytes());
                bytes.extend_from_slice(&(90u16 << layer).to_be_bytes());
            }
        }
        bytes
    }
}

/// What a viewer made of the packets it got.
#[derive(Default)]
pub struct Decoder {
    packets: BTreeMap<u64, Rtp>,
    /// Those of empty packets too.
    numbers: BTreeSet<u64>,
}

/// A picture as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub picture: u32,
    pub spatial: u8,
    pub temporal: u8,
    pub timestamp: u32,
}

impl Decoder {
    pub fn take(&mut self, packets: Vec<Rtp>) {
        for packet in packets {
            self.numbers.insert(packet.sequence);
            if !packet.payload.is_empty() {
                self.packets.insert(packet.sequence, packet);
            }
        }
    }

    /// Numbers that never came between the first and the last that did.
    pub fn holes(&self) -> u64 {
        let ends = self.numbers.first().zip(self.numbers.last());
        ends.map_or(0, |(first, last)| last - first + 1 - self.numbers.len() as u64)
    }

    /// Decodes everything in order. Returns the best frame of each picture; the second value lists what was got whole
    /// and could not be decoded, or broke a rule of the stream.
    pub fn decode(&self) -> (Vec<Shown>, Vec<String>) {
        let mut frames: BTreeMap<(u32, u8), Vec<&Rtp>> = BTreeMap::new();
        let mut faults = Vec::new();
        for packet in self.packets.values() {
            let (picture, spatial, ..) = model(packet);
            frames.entry((picture, spatial)).or_default().push(packet);
        }
        let mut decoded: HashSet<(u32, u8)> = HashSet::new();
        let mut shown: BTreeMap<u32, Shown> = BTreeMap::new();
        for ((picture, spatial), packets) in &frames {
            let (.., temporal, count, is_key, is_second, is_full) = model(packets[0]);
            let _ = is_second;
            if packets.len() != usize::from(count) {
                continue;
            }
            let back = [4, 2, 1][usize::from(temporal)];
            let earlier =
                is_key || picture.checked_sub(back).is_some_and(|p| decoded.contains(&(p, *spatial)));
            let needs_lower = *spatial > 0 && (is_key || is_full);
            let lower = !needs_lower || decoded.contains(&(*picture, spatial - 1));
            if earlier && lower {
                decoded.insert((*picture, *spatial));
                let timestamp = packets[0].timestamp;
                shown.insert(*picture, Shown { picture: *picture, spatial: *spatial, temporal, timestamp });
            } else {
                faults.push(format!("picture {picture} layer {spatial}.{temporal} cannot be decoded"));
            }
        }
        (shown.into_values().collect(), faults)
    }

    /// Markers: one on the last packet of each picture, none elsewhere. Only for streams without loss.
    pub fn marker_faults(&self) -> Vec<String> {
        let packets: Vec<_> = self.packets.values().collect();
        let mut faults = Vec::new();
        for pair in packets.windows(2) {
            let is_last = pair[0].timestamp != pair[1].timestamp;
            if pair[0].marker != is_last {
                faults.push(format!("marker {} at {:?}", pair[0].marker, model(pair[0])));
            }
        }
        faults
    }

    pub fn packets(&self) -> impl Iterator<Item = &Rtp> {
        self.packets.values()
    }
}

/// Picture, spatial layer, temporal layer, packets of the frame, whether it is a key frame, the second T2, of mode full.
fn model(packet: &Rtp) -> (u32, u8, u8, u8, bool, bool, bool) {
    let at = packet.payload.len() - 10;
    let tail = &packet.payload[at..];
    let picture = u32::from_be_bytes([tail[0], tail[1], tail[2], tail[3]]);
    (picture, tail[4], tail[5], tail[7], tail[8] != 0, tail[9] & 1 != 0, tail[9] & 2 != 0)
}
