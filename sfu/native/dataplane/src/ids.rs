//! Names of the things a plane holds. An id is never used twice: it carries the slot and the slot's generation.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl $name {
            pub(crate) fn new(key: crate::slab::Key) -> Self {
                Self(key.to_u64())
            }

            pub(crate) fn key(self) -> crate::slab::Key {
                crate::slab::Key::from_u64(self.0)
            }
        }
    };
}

id!(
    /// One ICE + DTLS + SRTP association.
    TransportId
);
id!(
    /// A published track, with all its encodings.
    UpTrackId
);
id!(
    /// A published track on its way to one subscriber.
    DownTrackId
);

/// A journal of the driver; the plane only hands it back with each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JournalId(pub u64);
