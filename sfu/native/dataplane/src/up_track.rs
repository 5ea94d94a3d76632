//! A published track: its encodings, who gets it, how loud it is.

use crate::encoding::Encoding;
use crate::ids::UpTrackId;
use crate::mirror::Lane;
use crate::recording::Recording;
use crate::spec::{Codec, Config, Kind, PlaneError, UpTrackSpec, MAX_ENCODINGS};
use crate::stats::{EncodingStats, Level, UpTrackStats};
use crate::Now;

/// Louder than this (-dBov) counts as speech for `Level::active_packets`.
const ACTIVE_DBOV: u8 = 35;
const SILENT_DBOV: u8 = 127;
/// Audio needs little: a second and a half of Opus at any rate.
const AUDIO_CACHE_BYTES: usize = 32 * 1024;

pub(crate) struct UpTrack {
    pub id: UpTrackId,
    /// Nobody's for a mirror.
    pub transport: u32,
    /// Set for a mirror: the plane and the name of the track it mirrors.
    pub origin: Option<(Lane, UpTrackId)>,
    /// A bit for each lane with a mirror of this track.
    pub mirrors: u64,
    pub spec: UpTrackSpec,
    pub kind: Kind,
    pub codec: Codec,
    pub clock_rate: u32,
    pub payload_type: u8,
    pub rtx_payload_type: Option<u8>,
    pub red_payload_type: Option<u8>,
    pub mid: String,
    pub encodings: Vec<Encoding>,
    /// Transport and down track.
    pub down_tracks: Vec<(u32, u32)>,
    /// Packets waiting for the next flush: encoding and number.
    pub pending: Vec<(u8, u64)>,
    pub is_muted: bool,
    /// What came before is told to no mirror any more: it may have been said while muted.
    pub unmuted_at: Now,
    pub recording: Option<Recording>,
    level: LevelMeter,
}

struct LevelMeter {
    loudest_dbov: u8,
    packets: u32,
    active_packets: u32,
}

impl Default for LevelMeter {
    fn default() -> Self {
        Self { loudest_dbov: SILENT_DBOV, packets: 0, active_packets: 0 }
    }
}

impl UpTrack {
    pub fn new(
        id: UpTrackId,
        transport: u32,
        spec: &UpTrackSpec,
        config: &Config,
    ) -> Result<Self, PlaneError> {
        let count = spec.encodings.len();
        let is_valid = (1..=MAX_ENCODINGS).contains(&count)
            && spec.payload_type < 128
            && spec.rtx_payload_type.is_none_or(|value| value < 128)
            && spec.red_payload_type.is_none_or(|value| value < 128 && value != spec.payload_type)
            && spec.clock_rate >= 8_000;
        if !is_valid {
            return Err(PlaneError::BadSpec);
        }
        let cache_bytes = match spec.kind {
            Kind::Audio => config.cache_bytes.min(AUDIO_CACHE_BYTES),
            Kind::Video => config.cache_bytes,
        };
        let encodings = spec.encodings.iter();
        Ok(Self {
            id,
            transport,
            origin: None,
            mirrors: 0,
            spec: spec.clone(),
            kind: spec.kind,
            codec: spec.codec,
            clock_rate: spec.clock_rate,
            payload_type: spec.payload_type,
            rtx_payload_type: spec.rtx_payload_type,
            red_payload_type: spec.red_payload_type,
            mid: spec.mid.clone(),
            encodings: encodings.map(|e| Encoding::new(e, cache_bytes)).collect(),
            down_tracks: Vec::new(),
            pending: Vec::new(),
            is_muted: false,
            unmuted_at: 0,
            recording: None,
            level: LevelMeter::default(),
        })
    }

    /// Whether packets of this payload type are first transmissions of the track.
    pub fn is_media(&self, payload_type: u8) -> bool {
        payload_type == self.payload_type || self.red_payload_type == Some(payload_type)
    }

    /// Takes the value of an audio level extension (RFC 6464): 7 bits of -dBov.
    pub fn note_level(&mut self, value: u8) {
        let dbov = value & 0x7f;
        let level = &mut self.level;
        level.packets += 1;
        level.loudest_dbov = level.loudest_dbov.min(dbov);
        level.active_packets += u32::from(dbov < ACTIVE_DBOV);
    }

    /// What was heard since the last call.
    pub fn take_level(&mut self) -> Option<Level> {
        if self.level.packets == 0 {
            return None;
        }
        let level = std::mem::take(&mut self.level);
        Some(Level {
            up_track: self.id,
            loudest_dbov: level.loudest_dbov,
            packets: level.packets,
            active_packets: level.active_packets,
        })
    }

    /// A key frame of this encoding has come and waits for the next flush: none need be asked for.
    pub fn has_key_frame_pending(&self, encoding: u8) -> bool {
        let mut pending = self.pending.iter().filter(|(of, _)| *of == encoding);
        let Some(encoding) = self.encodings.get(usize::from(encoding)) else {
            return false;
        };
        pending.any(|(_, sequence)| {
            encoding.cache.get(*sequence).is_some_and(|(meta, _)| meta.is_key_frame_start)
        })
    }

    /// Asks for a key frame of one encoding; audio has none.
    pub fn wish_key_frame(&mut self, encoding: u8) {
        if self.kind == Kind::Audio {
            return;
        }
        if let Some(encoding) = self.encodings.get_mut(usize::from(encoding)) {
            encoding.key_frame.is_wanted = true;
        }
    }

    pub fn stats(&self, now: Now) -> UpTrackStats {
        let busiest = self.encodings.iter().max_by_key(|e| e.packets);
        let jitter = busiest.map_or(0.0, |encoding| encoding.reception.jitter);
        let sum = |count: fn(&Encoding) -> u64| self.encodings.iter().map(count).sum();
        UpTrackStats {
            packets: sum(|e| e.packets),
            bytes: sum(|e| e.bytes),
            lost: sum(|e| e.nack.lost()),
            repaired: sum(|e| e.repaired),
            duplicates: sum(|e| e.duplicates),
            nacks_sent: sum(|e| e.nack.requests()),
            plis_sent: sum(|e| e.key_frame.requests),
            jitter_ms: jitter * 1_000.0 / f64::from(self.clock_rate),
            encodings: self.encoding_stats(now),
        }
    }

    /// One encoding of a codec with spatial layers is told layer by layer.
    fn encoding_stats(&self, now: Now) -> Vec<EncodingStats> {
        if let (true, [only]) = (self.is_scalable(), &self.encodings[..]) {
            if let Some(meter) = &only.layers {
                let spatial = 0..meter.spatial_layers();
                return spatial.map(|spatial| only.layer_stats(meter, spatial, now)).collect();
            }
        }
        self.encodings.iter().map(|encoding| encoding.stats(now)).collect()
    }

    /// Its layers lie in one encoding.
    pub fn is_scalable(&self) -> bool {
        self.codec.is_scalable() && self.encodings.len() == 1
    }
}
