//! What Python gives, as the plane takes it.

use std::collections::HashMap;
use std::net::SocketAddr;

use dataplane::{Extensions, Kind, PlaneError};
use pyo3::prelude::*;

use crate::refusal::refuse;

/// Closing what is gone already is nothing.
pub fn gone_is_fine(result: Result<(), PlaneError>) -> Result<(), PlaneError> {
    match result {
        Err(PlaneError::UnknownTransport | PlaneError::UnknownUpTrack | PlaneError::UnknownDownTrack) => {
            Ok(())
        }
        other => other,
    }
}

pub fn address_of(text: &str) -> PyResult<SocketAddr> {
    text.parse().map_err(|_| refuse("bad_argument", format!("{text:?} is not address:port")))
}

pub fn extensions_of(named: HashMap<String, u8>) -> PyResult<Extensions> {
    let mut extensions = Extensions::default();
    for (name, id) in named {
        if !(1..=14).contains(&id) || !extensions.set(&name, id) {
            return Err(refuse("bad_argument", format!("extension {name:?} with id {id}")));
        }
    }
    Ok(extensions)
}

pub fn kind_of(name: &str) -> PyResult<Kind> {
    match name {
        "audio" => Ok(Kind::Audio),
        "video" => Ok(Kind::Video),
        other => Err(refuse("bad_argument", format!("kind {other:?}"))),
    }
}
