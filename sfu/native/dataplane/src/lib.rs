//! The media plane without its sockets: bytes and `now` in, bytes and events out.
//!
//! `now` is a monotonic clock in nanoseconds. Nothing here reads a clock, opens a socket or spawns a thread, and no
//! input makes it panic: what cannot be understood or authenticated is counted and dropped.
//! **One packet's life:** `handle`: demux (RFC 7983) > authenticate > match to an up track > cache. `flush`, once per
//! batch: for each transport, for each of its down tracks: rewrite, encrypt > `Outbox`.

#![forbid(unsafe_code)]

mod arrived;
mod bandwidth;
mod cache;
mod commands;
mod dependency;
mod down_track;
mod encoding;
mod estimate;
mod feedback;
mod forward;
mod framing;
#[cfg(any(test, feature = "testing"))]
pub mod fuzzing;
mod history;
mod ice;
mod ids;
mod layer_meter;
mod loss;
mod mirror;
mod nack;
mod outbox;
mod pacer;
mod pacing;
mod packet;
mod payload;
mod picking;
mod place;
mod plane;
mod probing;
mod rate;
mod receipts;
mod receive;
mod recording;
mod red;
mod remb;
mod remote;
mod replay;
mod reports;
mod rewrite;
mod rtcp;
#[cfg(test)]
mod scenarios;
mod segment;
mod sent;
mod skips;
mod slab;
mod spec;
mod srtp;
mod srtp_cipher;
mod standing;
mod stats;
mod stun;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;
mod trend;
mod twcc;
mod up_track;
mod vp9;
mod wire;

pub use framing::{FrameReader, FrameTooLong, MAX_FRAME};
pub use ids::{DownTrackId, JournalId, TransportId, UpTrackId};
pub use layer_meter::TemporalStats;
pub use mirror::{Lane, Note, Notes, MAX_LANES};
pub use outbox::{Event, Outbox, Record, Send};
pub use plane::Plane;
pub use remote::Remote;
pub use spec::{
    Codec, Config, DownTrackSpec, EncodingSpec, Extensions, Keys, Kind, PlaneError, Profile, TransportSpec,
    UpTrackSpec, MAX_ENCODINGS,
};
pub use stats::{DownTrackStats, EncodingStats, Level, Receipt, TransportStats, UpTrackStats};
pub use stun::{integrity_key, IntegrityKey, Request};

/// Nanoseconds of the monotonic clock.
pub type Now = u64;
