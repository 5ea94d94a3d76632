//! ICE over TCP, passive (RFC 6544), each packet framed by its length (RFC 4571), for networks that drop UDP.
//!
//! A connection begins at the `door`, a thread of its own: until its first frame is an authentic connectivity check of a
//! transport of ours it costs no media thread anything. Then it belongs to the lane of that transport, which reads its
//! frames as if they were datagrams and writes through a bounded queue: who reads slowly loses its own media.

mod connection;
mod door;
mod newcomers;
mod poller;
mod streams;

pub use door::{open, Newcomer};
pub use streams::Streams;
