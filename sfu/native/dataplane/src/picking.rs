//! Which layers of one stream a subscriber gets. Down a temporal layer at once, up where a frame may be the first of its
//! layer; between spatial layers only where the new one needs nothing that was not sent: at a key frame, or, where lower
//! layers flow along, downwards at any picture. All packets of a frame share one verdict.

use crate::place::{Place, MAX_SPATIAL, MAX_TEMPORAL};

/// Frames whose verdict is remembered for their later and late packets.
const MEMORY: usize = 32;
const TOP: (u8, u8) = (MAX_SPATIAL as u8 - 1, MAX_TEMPORAL as u8 - 1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Picking {
    /// Spatial and temporal layer, as wished.
    wanted: (u8, u8),
    /// As sent in the present picture.
    current: (u8, u8),
    /// Bit s: everything spatial layer s needs has been sent.
    whole: u8,
    /// Timestamp of the newest picture.
    picture: Option<u32>,
    is_key_picture: bool,
    memory: [Verdict; MEMORY],
    next: usize,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    timestamp: u32,
    spatial: u8,
    is_known: bool,
    pub is_sent: bool,
    /// The last frame of its picture for this subscriber.
    pub closes: bool,
    /// The first packet seen of a picture.
    pub is_new_picture: bool,
    /// Left out like the frame before it, and nothing that is sent can lie between them.
    pub bridges: bool,
}

impl Default for Picking {
    fn default() -> Self {
        Self {
            wanted: TOP,
            current: TOP,
            whole: 0,
            picture: None,
            is_key_picture: false,
            memory: [Verdict::default(); MEMORY],
            next: 0,
        }
    }
}

impl Picking {
    pub fn want_spatial(&mut self, spatial: u8) {
        self.wanted.0 = spatial.min(TOP.0);
    }

    pub fn want_temporal(&mut self, temporal: u8) {
        self.wanted.1 = temporal.min(TOP.1);
    }

    /// What is sent.
    pub fn current(&self) -> (u8, u8) {
        self.current
    }

    pub fn wanted(&self) -> (u8, u8) {
        self.wanted
    }

    /// A stream begins, or begins again.
    pub fn restart(&mut self) {
        *self = Self { wanted: self.wanted, ..Self::default() };
    }

    /// Whether only a key frame brings the subscriber to `best`, the highest wanted layer that flows.
    pub fn needs_key_frame(&self, best: u8) -> bool {
        let is_whole = |spatial: u8| self.whole & (1 << spatial) != 0;
        if self.picture.is_none() || self.is_key_picture {
            return false;
        }
        best > self.current.0 || !is_whole(best)
    }

    /// The verdict on the frame of a packet; `is_newest`: no later packet has come yet.
    pub fn judge(&mut self, timestamp: u32, place: &Place, is_newest: bool) -> Verdict {
        let is_same =
            |held: &&Verdict| held.is_known && held.timestamp == timestamp && held.spatial == place.spatial;
        if let Some(known) = self.memory.iter().find(is_same) {
            return Verdict { is_new_picture: false, bridges: !known.is_sent, ..*known };
        }
        let before = self.memory[(self.next + MEMORY - 1) % MEMORY];
        let is_new_picture = is_newest && self.picture != Some(timestamp);
        let is_sent = if is_newest { self.take(timestamp, place) } else { self.would_send(place) };
        let same_side = (before.spatial > self.current.0) == (place.spatial > self.current.0);
        let verdict = Verdict {
            timestamp,
            spatial: place.spatial,
            is_known: true,
            is_sent,
            closes: place.spatial == self.current.0,
            is_new_picture,
            bridges: !is_sent && !before.is_sent && before.is_known && !is_new_picture && same_side,
        };
        self.memory[self.next] = verdict;
        self.next = (self.next + 1) % MEMORY;
        verdict
    }

    /// A late frame begins nothing.
    fn would_send(&self, place: &Place) -> bool {
        place.temporal <= self.current.1
            && place.spatial <= self.current.0
            && place.serves(self.current.0)
            && self.whole & (1 << place.spatial) != 0
    }

    /// Decides on the newest frame, and moves on.
    fn take(&mut self, timestamp: u32, place: &Place) -> bool {
        if self.picture.replace(timestamp) != Some(timestamp) {
            self.begin_picture(place);
        }
        if place.temporal > self.current.1 {
            return false;
        }
        let wanted = self.wanted.0.min(place.top);
        let bit = 1 << place.spatial;
        let is_based = !place.is_inter_layer || self.whole & (bit >> 1) != 0;
        let is_start = !place.is_inter_picture && is_based;
        if place.spatial > self.current.0 && is_start && place.spatial <= wanted {
            self.current.0 = place.spatial;
        }
        let is_needed = place.spatial == self.current.0
            || (place.spatial < self.current.0 && place.serves(self.current.0));
        if !is_needed || !(is_start || self.whole & bit != 0) {
            self.whole &= !bit;
            return false;
        }
        self.whole |= bit;
        if place.spatial == self.current.0 && place.switches & (1 << self.wanted.1) != 0 {
            self.current.1 = self.wanted.1;
        }
        true
    }

    fn begin_picture(&mut self, place: &Place) {
        let (spatial, temporal) = (self.wanted.0.min(place.top), self.wanted.1);
        self.current.1 = self.current.1.min(temporal);
        self.is_key_picture = place.is_key();
        if self.is_key_picture {
            (self.current, self.whole) = ((spatial, temporal), 0);
            return;
        }
        if place.enters && place.temporal == self.current.1 + 1 && place.temporal <= temporal {
            self.current.1 = place.temporal;
        }
        let limit = spatial.min(self.current.0);
        if let Some(best) = (0..=limit).rev().find(|layer| self.whole & (1 << layer) != 0) {
            self.current.0 = best;
        }
    }
}
