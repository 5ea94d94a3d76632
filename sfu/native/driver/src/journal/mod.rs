//! The journal on disk (docs/journal.md): append-only, framed, written a few times a second by its own thread.
//! No media thread ever waits for the disk: it copies into a bounded queue and counts what does not fit.

mod frame;
mod queue;
mod run;
mod writer;

pub use queue::{AppendError, JournalStats, Queue};
pub use run::{OpenError, Run};
pub use writer::start;
