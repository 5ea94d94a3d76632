//! Whole planes with peers around them, in virtual time.

mod bursts;
mod call;
mod clocks;
mod connect;
mod descriptors;
mod encrypted;
mod forwarding;
mod hostile;
mod journal;
mod layers;
mod link;
mod paths;
mod receipts;
mod redundancy;
mod remb;
mod repair;
mod reports;
mod restart;
mod rewriting;
mod scalable;
mod soak;
mod storms;
mod streams;
mod switching;
mod temporal;
mod world;
