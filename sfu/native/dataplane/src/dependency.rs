//! The dependency descriptor (AV1 RTP specification, appendix A): which frame a packet belongs to, what that frame
//! needs, and who needs it. A key frame carries the structure that later packets refer to. Everything is bounded by the
//! format's own counts, and those by the length of the extension.

use crate::place::{Place, MAX_SPATIAL, MAX_TEMPORAL};

const MAX_TEMPLATES: usize = 64;
const MAX_TARGETS: usize = 32;
/// References of one frame; the format would allow more, no encoder has them.
const MAX_REFERENCES: usize = 16;
/// Decode target indications: not present is 0, discardable 1, required 3.
const SWITCH: u8 = 2;
const NO_MORE_TEMPLATES: u32 = 3;

/// The templates a stream refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Structure {
    id_offset: u8,
    chains: usize,
    templates: Vec<Template>,
    /// Spatial and temporal layer of each decode target.
    targets: Vec<(u8, u8)>,
    /// Width and height of each spatial layer; empty when not said.
    pub sizes: Vec<(u16, u16)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Template {
    spatial: u8,
    temporal: u8,
    indications: Vec<u8>,
    references: References,
}

/// How many frames back a frame refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct References {
    steps: [u16; MAX_REFERENCES],
    len: usize,
}

impl References {
    fn push(&mut self, step: u16) -> Option<()> {
        *self.steps.get_mut(self.len)? = step;
        self.len += 1;
        Some(())
    }

    fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.steps.iter().copied().take(self.len)
    }
}

/// One packet's descriptor, read by the structure in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub frame_number: u16,
    /// Comes with the first packet of a key frame.
    pub structure: Option<Structure>,
    /// The highest spatial layer that is still sent, when the descriptor says which targets are.
    pub top: Option<u8>,
    place: Place,
    references: References,
}

impl Dependency {
    /// `structure` is the one in force, used unless the descriptor brings its own.
    pub fn parse(bytes: &[u8], structure: Option<&Structure>) -> Option<Self> {
        let mut bits = Bits { bytes, at: 0 };
        let begins = bits.flag()?;
        let ends = bits.flag()?;
        let template_id = bits.take(6)? as u8;
        let frame_number = bits.take(16)? as u16;
        let mut own = None;
        let mut top = None;
        let mut has_custom = [false; 3];
        if bytes.len() > 3 {
            let has_structure = bits.flag()?;
            let has_active_targets = bits.flag()?;
            for custom in &mut has_custom {
                *custom = bits.flag()?;
            }
            if has_structure {
                own = Some(Structure::parse(&mut bits)?);
            }
            if has_active_targets {
                // The lowest bit is the first target, so the first bit read is the last one.
                for (spatial, _) in own.as_ref().or(structure)?.targets.iter().rev() {
                    top = top.max(bits.flag()?.then_some(*spatial));
                }
            }
        }
        let by = own.as_ref().or(structure)?;
        let index = usize::from(template_id.wrapping_sub(by.id_offset) & 63);
        let template = by.templates.get(index)?;
        let [has_indications, has_references, _] = has_custom;
        let mut indications = [0u8; MAX_TARGETS];
        for (position, indication) in template.indications.iter().enumerate() {
            indications[position] = if has_indications { bits.take(2)? as u8 } else { *indication };
        }
        let references = if has_references { custom_references(&mut bits)? } else { template.references };
        let mut place = by.place(template, &indications);
        (place.begins, place.ends) = (begins, ends);
        Some(Self { frame_number, structure: own, top, place, references })
    }

    /// Where the packet stands. `is_same_picture` says whether a frame so many steps back is of the same picture.
    pub fn place(&self, is_same_picture: impl Fn(u16) -> bool) -> Place {
        let mut place = self.place;
        for step in self.references.iter() {
            if is_same_picture(step) {
                place.is_inter_layer = true;
            } else {
                place.is_inter_picture = true;
            }
        }
        place
    }
}

impl Structure {
    fn parse(bits: &mut Bits<'_>) -> Option<Self> {
        let mut structure = Self { id_offset: bits.take(6)? as u8, ..Self::default() };
        let targets = bits.take(5)? as usize + 1;
        let (mut spatial, mut temporal) = (0u8, 0u8);
        loop {
            if structure.templates.len() == MAX_TEMPLATES {
                return None;
            }
            structure.templates.push(Template { spatial, temporal, ..Template::default() });
            match bits.take(2)? {
                0 => {}
                1 => temporal += 1,
                NO_MORE_TEMPLATES => break,
                _ => (spatial, temporal) = (spatial + 1, 0),
            }
            if usize::from(spatial) >= MAX_SPATIAL || usize::from(temporal) >= MAX_TEMPORAL {
                return None;
            }
        }
        for template in &mut structure.templates {
            template.indications =
                (0..targets).map(|_| bits.take(2).map(|v| v as u8)).collect::<Option<_>>()?;
        }
        for template in &mut structure.templates {
            while bits.flag()? {
                template.references.push(bits.take(4)? as u16 + 1)?;
            }
        }
        structure.chains = bits.non_symmetric(targets as u32 + 1)? as usize;
        if structure.chains > 0 {
            for _ in 0..targets {
                bits.non_symmetric(structure.chains as u32)?;
            }
            bits.skip(4 * structure.chains * structure.templates.len())?;
        }
        structure.name_targets(targets);
        if bits.flag()? {
            for _ in 0..=spatial {
                let (width, height) = (bits.take(16)?, bits.take(16)?);
                structure.sizes.push((width.saturating_add(1) as u16, height.saturating_add(1) as u16));
            }
        }
        Some(structure)
    }

    /// A decode target is as high as the highest frame that is present in it.
    fn name_targets(&mut self, count: usize) {
        let is_present = |template: &&Template, target: usize| template.indications[target] != 0;
        self.targets = (0..count)
            .map(|target| {
                let present = || self.templates.iter().filter(|template| is_present(template, target));
                let spatial = present().map(|template| template.spatial).max().unwrap_or(0);
                let temporal = present().map(|template| template.temporal).max().unwrap_or(0);
                (spatial, temporal)
            })
            .collect();
    }

    fn place(&self, template: &Template, indications: &[u8; MAX_TARGETS]) -> Place {
        let mut place = Place { spatial: template.spatial, temporal: template.temporal, ..Place::default() };
        for ((spatial, temporal), indication) in self.targets.iter().zip(indications) {
            if *indication != 0 {
                place.serves |= 1 << spatial;
            }
            if *indication == SWITCH && *spatial == template.spatial {
                place.switches |= 1 << temporal;
            }
        }
        let top = self.spatial_layers() - 1;
        if place.serves(top as u8) {
            // Who wishes for more than there is gets the best there is.
            place.serves |= 0xff << top;
        }
        place.serves |= 1 << template.spatial;
        place
    }

    /// How many spatial layers there are.
    pub fn spatial_layers(&self) -> usize {
        self.templates.last().map_or(1, |template| usize::from(template.spatial) + 1)
    }
}

fn custom_references(bits: &mut Bits<'_>) -> Option<References> {
    let mut references = References::default();
    loop {
        let size = bits.take(2)? as usize;
        if size == 0 {
            return Some(references);
        }
        references.push(bits.take(4 * size)? as u16 + 1)?;
    }
}

/// Reads from the most significant bit on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// At most 16 bits.
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = (value << 1) | u32::from(self.flag()?);
        }
        Some(value)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at += count;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// A value below `bound` in as few bits as it needs (`ns(n)` of the specification).
    fn non_symmetric(&mut self, bound: u32) -> Option<u32> {
        let width = u32::BITS - bound.leading_zeros();
        let short = (1 << width) - bound;
        let value = self.take(width as usize - 1)?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + u32::from(self.flag()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::svc::{descriptor, structure_bits, Frame, Mode};

    fn parsed(frame: &Frame) -> (Structure, Place) {
        let key = Frame { spatial: 0, temporal: 0, is_key: true, ..*frame };
        let first = Dependency::parse(&descriptor(&key, true), None).unwrap();
        let structure = first.structure.unwrap();
        let dependency = Dependency::parse(&descriptor(frame, false), Some(&structure)).unwrap();
        let place = dependency.place(|step| step <= u16::from(frame.spatial));
        (structure, place)
    }

    #[test]
    fn the_structure_names_layers_and_sizes() {
        let (structure, _) = parsed(&Frame { mode: Mode::KeyOnly, ..Frame::default() });
        assert_eq!(structure.spatial_layers(), 3);
        assert_eq!(structure.targets.len(), 9);
        assert_eq!(structure.targets[8], (2, 2));
        assert_eq!(structure.sizes, [(160, 90), (320, 180), (640, 360)]);
    }

    #[test]
    fn a_frame_says_whom_it_serves_and_what_it_needs() {
        let middle = Frame { mode: Mode::KeyOnly, spatial: 1, temporal: 0, number: 7, ..Frame::default() };
        let (_, place) = parsed(&middle);
        assert_eq!((place.spatial, place.temporal), (1, 0));
        assert!(place.is_inter_picture && !place.is_inter_layer);
        assert_eq!((place.serves, place.switches), (0b010, 0b111));
        let full = Frame { mode: Mode::Full, ..middle };
        let (_, place) = parsed(&full);
        assert!(place.is_inter_picture && place.is_inter_layer);
        assert_eq!(place.serves, 0b1111_1110);
    }

    #[test]
    fn a_short_descriptor_needs_a_structure() {
        assert_eq!(Dependency::parse(&[0x80, 0, 1], None), None);
        let (structure, _) = parsed(&Frame::default());
        let dependency = Dependency::parse(&[0xc0, 1, 2], Some(&structure)).unwrap();
        assert_eq!(dependency.frame_number, 0x0102);
    }

    #[test]
    fn custom_fields_override_the_template() {
        let (structure, _) = parsed(&Frame::default());
        // Flags: custom indications and references; nine times "not present", then one reference three back.
        let mut bits = String::from("10") + "000000" + &format!("{:016b}", 9) + "00110";
        bits += &"00".repeat(9);
        bits += "01001000";
        let bytes = structure_bits(&bits);
        let dependency = Dependency::parse(&bytes, Some(&structure)).unwrap();
        let place = dependency.place(|step| step == 3);
        assert!(place.is_inter_layer && !place.is_inter_picture);
        assert_eq!((place.serves, place.switches), (1, 0));
    }

    #[test]
    fn cut_anywhere_it_is_refused_or_read() {
        let whole = descriptor(&Frame { is_key: true, ..Frame::default() }, true);
        for len in 0..whole.len() {
            let _ = Dependency::parse(&whole[..len], None);
        }
        assert_eq!(Dependency::parse(&whole[..whole.len() / 2], None), None);
        assert_eq!(Dependency::parse(&[], None), None);
    }

    #[test]
    fn layers_beyond_any_encoder_are_refused() {
        // 64 templates, each another spatial layer.
        let bits = String::from("10000000") + &"0".repeat(16) + "10000" + &"0".repeat(11) + &"10".repeat(200);
        assert_eq!(Dependency::parse(&structure_bits(&bits), None), None);
    }
}
