//! What the control side says when it opens things.

use std::fmt;

/// How a plane is made.
#[derive(Clone, Debug)]
pub struct Config {
    /// Unix time minus the monotonic clock, in nanoseconds: `now + wall_offset_ns` is the wall clock.
    pub wall_offset_ns: u64,
    /// Start of the random numbers (SSRC of the plane, first sequence numbers); any value.
    pub seed: u64,
    /// Most bytes one encoding keeps for retransmission; memory is taken as the stream needs it.
    pub cache_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { wall_offset_ns: 0, seed: 1, cache_bytes: 512 * 1024 }
    }
}

/// A transport as the session description names it. We are ICE-lite: the remote side checks us.
#[derive(Clone, Debug)]
pub struct TransportSpec {
    pub local_ufrag: String,
    pub local_pwd: String,
}

/// SRTP protection profiles we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    AeadAes128Gcm,
    Aes128CmSha1_80,
}

impl Profile {
    /// The name used at the Python face.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "AEAD_AES_128_GCM" => Some(Self::AeadAes128Gcm),
            "AES128_CM_SHA1_80" => Some(Self::Aes128CmSha1_80),
            _ => None,
        }
    }
}

/// Master keys and salts out of the DTLS exporter: key 16 bytes; salt 12 for GCM, 14 for counter mode.
#[derive(Clone)]
pub struct Keys {
    pub profile: Profile,
    pub local_key: Vec<u8>,
    pub local_salt: Vec<u8>,
    pub remote_key: Vec<u8>,
    pub remote_salt: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Audio,
    Video,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    Opus,
    Vp8,
    H264,
    Vp9,
    Av1,
    /// Forwarded whole; layers cannot be switched cleanly because key frames are not recognised.
    Other,
}

impl Codec {
    /// The name used at the Python face.
    pub fn from_name(name: &str) -> Self {
        match name {
            "opus" => Self::Opus,
            "vp8" => Self::Vp8,
            "h264" => Self::H264,
            "vp9" => Self::Vp9,
            "av1" => Self::Av1,
            _ => Self::Other,
        }
    }

    /// One encoding may hold several spatial layers.
    pub(crate) fn is_scalable(self) -> bool {
        matches!(self, Self::Vp9 | Self::Av1)
    }
}

/// Ids of RTP header extensions on one transport; 0 = not negotiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    pub mid: u8,
    pub rid: u8,
    pub repaired_rid: u8,
    pub audio_level: u8,
    pub transport_cc: u8,
    pub abs_send_time: u8,
    pub abs_capture_time: u8,
    pub dependency_descriptor: u8,
}

impl Extensions {
    /// Sets one by the name used at the Python face; false when the name is unknown (then nothing changes).
    pub fn set(&mut self, name: &str, id: u8) -> bool {
        let field = match name {
            "mid" => &mut self.mid,
            "rid" => &mut self.rid,
            "repaired_rid" => &mut self.repaired_rid,
            "audio_level" => &mut self.audio_level,
            "transport_cc" => &mut self.transport_cc,
            "abs_send_time" => &mut self.abs_send_time,
            "abs_capture_time" => &mut self.abs_capture_time,
            "dependency_descriptor" => &mut self.dependency_descriptor,
            _ => return false,
        };
        *field = id;
        true
    }
}

/// One encoding of a published track; 0 and "" where the description does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodingSpec {
    pub rid: String,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
}

#[derive(Clone, Debug)]
pub struct UpTrackSpec {
    pub kind: Kind,
    pub codec: Codec,
    pub clock_rate: u32,
    pub payload_type: u8,
    pub rtx_payload_type: Option<u8>,
    /// Audio that may also come as RED (RFC 2198) of this number.
    pub red_payload_type: Option<u8>,
    pub mid: String,
    pub extensions: Extensions,
    /// Lowest quality first; at least one, at most [`MAX_ENCODINGS`].
    pub encodings: Vec<EncodingSpec>,
}

/// Encodings of one track.
pub const MAX_ENCODINGS: usize = 4;

#[derive(Clone, Debug)]
pub struct DownTrackSpec {
    pub ssrc: u32,
    /// 0: repair by plain retransmission.
    pub rtx_ssrc: u32,
    pub payload_type: u8,
    pub rtx_payload_type: u8,
    /// Audio goes as RED of this number; 0: plain.
    pub red_payload_type: u8,
    pub mid: String,
    pub extensions: Extensions,
}

/// Why a command was refused. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaneError {
    UnknownTransport,
    UnknownUpTrack,
    UnknownDownTrack,
    /// Wrong key or salt length for the profile.
    BadKeys,
    /// A value out of its range (payload type, extension id, encodings, clock rate, ufrag, pwd).
    BadSpec,
    /// The ufrag is taken by another transport.
    UfragInUse,
    /// The SSRC is taken on that transport.
    SsrcInUse,
}

impl PlaneError {
    /// The stable code used at the Python face.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownTransport => "unknown_transport",
            Self::UnknownUpTrack => "unknown_up_track",
            Self::UnknownDownTrack => "unknown_down_track",
            Self::BadKeys | Self::BadSpec | Self::UfragInUse | Self::SsrcInUse => "bad_argument",
        }
    }
}

impl fmt::Display for PlaneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownTransport => "unknown transport",
            Self::UnknownUpTrack => "unknown up track",
            Self::UnknownDownTrack => "unknown down track",
            Self::BadKeys => "wrong key or salt length for the profile",
            Self::BadSpec => "a value is out of its range",
            Self::UfragInUse => "the ufrag is taken by another transport",
            Self::SsrcInUse => "the SSRC is taken on that transport",
        })
    }
}

impl std::error::Error for PlaneError {}
