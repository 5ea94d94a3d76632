//! What the layers of one stream cost and how they flow, and what its dependency descriptors refer to.

use crate::dependency::{Dependency, Structure};
use crate::place::{Place, MAX_SPATIAL, MAX_TEMPORAL};
use crate::vp9::Sizes;
use crate::Now;

const WINDOW_NS: u64 = 1_000_000_000;
/// A spatial layer has been given up when so many pictures in so long went without it.
const ABANDONED_PICTURES: u64 = 8;
const ABANDONED_NS: u64 = 500_000_000;
/// A structure that is missing may be sent again within this time.
const UNREAD_NS: u64 = 100_000_000;
/// Frames whose picture is remembered, to tell references within a picture from those to earlier ones.
const FRAMES: usize = 64;

/// Per spatial layer (of a viewer) and temporal layer (of a frame).
type Grid = [[f64; MAX_TEMPORAL]; MAX_SPATIAL];

#[derive(Clone, Default)]
pub(crate) struct LayerMeter {
    structure: Option<Structure>,
    /// Since when descriptors refer to a structure that has not come.
    unread_since: Option<Now>,
    sizes: Sizes,
    /// Spatial layers the stream says it has now; 0 = it does not say.
    active: u8,
    /// When each spatial layer was last seen, and in which picture.
    seen: [Option<(Now, u64)>; MAX_SPATIAL],
    picture: u32,
    pictures: u64,
    numbers: FrameRing,
    window: Window,
    bits_per_second: Grid,
    frames_per_second: Grid,
}

#[derive(Clone, Default)]
struct Window {
    began: Option<Now>,
    bytes: Grid,
    frames: Grid,
}

#[derive(Clone)]
struct FrameRing([Option<(u16, u32)>; FRAMES]);

impl Default for FrameRing {
    fn default() -> Self {
        Self([None; FRAMES])
    }
}

/// What it takes to watch up to one temporal layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TemporalStats {
    pub bitrate_bps: u64,
    pub frames_per_second: f64,
}

impl LayerMeter {
    /// Reads a dependency descriptor of the frame shown at `timestamp`: its place and its number.
    pub fn read(&mut self, descriptor: &[u8], timestamp: u32, is_newest: bool) -> Option<(Place, u16)> {
        let dependency = Dependency::parse(descriptor, self.structure.as_ref())?;
        let number = dependency.frame_number;
        let ring = &mut self.numbers.0;
        let place = dependency.place(|step| {
            let referred = number.wrapping_sub(step);
            ring[usize::from(referred) % FRAMES] == Some((referred, timestamp))
        });
        ring[usize::from(number) % FRAMES] = Some((number, timestamp));
        if let Some(structure) = dependency.structure.filter(|_| is_newest || self.structure.is_none()) {
            for (layer, size) in structure.sizes.iter().enumerate().take(MAX_SPATIAL) {
                self.sizes.of[layer] = *size;
            }
            self.sizes.spatial_layers = structure.spatial_layers() as u8;
            self.structure = Some(structure);
            self.active = self.sizes.spatial_layers;
        }
        if let Some(top) = dependency.top.filter(|_| is_newest) {
            self.active = top + 1;
        }
        Some((place, number))
    }

    /// Notes whether the newest descriptor could be read. True: its structure is lost, and had time to be repaired.
    pub fn lacks_structure(&mut self, is_read: bool, now: Now) -> bool {
        if is_read {
            self.unread_since = None;
            return false;
        }
        now.saturating_sub(*self.unread_since.get_or_insert(now)) >= UNREAD_NS
    }

    pub fn note_sizes(&mut self, sizes: Sizes) {
        self.sizes = sizes;
        self.active = sizes.spatial_layers;
    }

    /// The highest spatial layer there is now, as far as the stream says so.
    pub fn top(&self) -> u8 {
        self.active.checked_sub(1).unwrap_or(MAX_SPATIAL as u8 - 1)
    }

    /// A packet of `bytes` has come.
    pub fn note(&mut self, place: &Place, timestamp: u32, bytes: usize, now: Now) {
        if timestamp != self.picture {
            (self.picture, self.pictures) = (timestamp, self.pictures + 1);
        }
        let (spatial, temporal) = (usize::from(place.spatial), usize::from(place.temporal));
        if let Some(seen) = self.seen.get_mut(spatial) {
            *seen = Some((now, self.pictures));
        }
        if self.active != 0 {
            self.active = self.active.max(place.spatial + 1);
        }
        let began = *self.window.began.get_or_insert(now);
        let passed_ns = now.saturating_sub(began);
        if passed_ns >= WINDOW_NS {
            let seconds = passed_ns as f64 / 1e9;
            let per_second = |grid: &Grid, times: f64| grid.map(|row| row.map(|sum| sum * times / seconds));
            self.bits_per_second = per_second(&self.window.bytes, 8.0);
            self.frames_per_second = per_second(&self.window.frames, 1.0);
            self.window = Window { began: Some(now), ..Window::default() };
        }
        for viewer in spatial..MAX_SPATIAL {
            if place.serves(viewer as u8) {
                self.window.bytes[viewer][temporal] += bytes as f64;
            }
        }
        self.window.frames[spatial][temporal] += f64::from(u8::from(place.begins));
    }

    /// Spatial layers there are, whether or not they flow now.
    pub fn spatial_layers(&self) -> usize {
        let seen = self.seen.iter().rposition(Option::is_some).map_or(1, |top| top + 1);
        usize::from(self.sizes.spatial_layers).clamp(seen, MAX_SPATIAL)
    }

    pub fn flows(&self, spatial: usize) -> bool {
        let newest = self.seen.iter().flatten().map(|(at, _)| *at).max();
        let Some(((at, picture), newest)) = self.seen.get(spatial).copied().flatten().zip(newest) else {
            return false;
        };
        newest.saturating_sub(at) < ABANDONED_NS || self.pictures - picture < ABANDONED_PICTURES
    }

    /// The highest layer that flows, not above `limit`; the lowest there is when none does.
    pub fn best_flowing(&self, limit: u8) -> u8 {
        let flowing = (0..=limit.min(self.top())).rev().find(|layer| self.flows(usize::from(*layer)));
        flowing.unwrap_or_else(|| (0..MAX_SPATIAL as u8).find(|l| self.flows(usize::from(*l))).unwrap_or(0))
    }

    /// Width and height; zero when not said.
    pub fn size(&self, spatial: usize) -> (u16, u16) {
        self.sizes.of.get(spatial).copied().unwrap_or_default()
    }

    /// What each temporal layer takes for whoever watches a spatial layer, those below included.
    pub fn temporal(&self, spatial: usize) -> Vec<TemporalStats> {
        let (Some(bits), Some(frames)) =
            (self.bits_per_second.get(spatial), self.frames_per_second.get(spatial))
        else {
            return Vec::new();
        };
        let layers = bits.iter().rposition(|rate| *rate > 0.0).map_or(0, |top| top + 1);
        (1..=layers)
            .map(|count| TemporalStats {
                bitrate_bps: bits.iter().take(count).sum::<f64>() as u64,
                frames_per_second: frames.iter().take(count).sum(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Three spatial and two temporal layers at 20 pictures a second; upper layers use the lower ones.
    fn metered(pictures: u64, spatial_layers: u8) -> LayerMeter {
        let mut meter = LayerMeter::default();
        for picture in 0..pictures {
            for spatial in 0..spatial_layers {
                let place = Place {
                    spatial,
                    temporal: (picture % 2) as u8,
                    begins: true,
                    serves: 0xff << spatial,
                    ..Place::default()
                };
                meter.note(&place, picture as u32, 1_000, picture * 50 * MS);
            }
        }
        meter
    }

    #[test]
    fn each_layer_costs_what_its_viewer_is_sent() {
        let meter = metered(21, 3);
        assert_eq!(meter.spatial_layers(), 3);
        let top = meter.temporal(2);
        assert_eq!(top.len(), 2);
        assert_eq!((top[0].bitrate_bps, top[1].bitrate_bps), (240_000, 480_000));
        assert_eq!((top[0].frames_per_second, top[1].frames_per_second), (10.0, 20.0));
        assert_eq!(meter.temporal(0)[1].bitrate_bps, 160_000);
    }

    #[test]
    fn a_layer_that_many_pictures_lack_does_not_flow() {
        let mut meter = metered(20, 3);
        assert!(meter.flows(2));
        for picture in 20..30u64 {
            let place = Place { begins: true, serves: 1, ..Place::default() };
            assert!(meter.flows(2));
            meter.note(&place, picture as u32, 1_000, picture * 50 * MS);
        }
        assert!(!meter.flows(2));
        assert_eq!(meter.best_flowing(2), 0);
        assert_eq!(meter.spatial_layers(), 3);
    }
}
