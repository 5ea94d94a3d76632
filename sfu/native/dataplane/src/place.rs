//! Where a packet stands among the layers of its stream, whichever way the codec says so.

/// Layers of one stream.
pub(crate) const MAX_SPATIAL: usize = 4;
pub(crate) const MAX_TEMPORAL: usize = 4;

/// One packet's frame: one spatial layer of one picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub spatial: u8,
    pub temporal: u8,
    /// The first packet of the frame, the last one.
    pub begins: bool,
    pub ends: bool,
    /// Refers to an earlier picture.
    pub is_inter_picture: bool,
    /// Refers to the layer below in the same picture.
    pub is_inter_layer: bool,
    /// May be the first frame of its temporal layer after the one below.
    pub enters: bool,
    /// The highest spatial layer its stream has now, as far as the stream says so.
    pub top: u8,
    /// Bit s: whoever watches spatial layer s needs it.
    pub serves: u8,
    /// Bit t: whoever gets it may get everything up to temporal layer t from here on.
    pub switches: u8,
}

impl Place {
    /// A picture that needs nothing before it.
    pub fn is_key(&self) -> bool {
        self.spatial == 0 && !self.is_inter_picture
    }

    pub fn serves(&self, spatial: u8) -> bool {
        self.serves & (1 << spatial) != 0
    }
}
