//! How refusals reach Python: `DataplaneError(code, sentence)`.

use dataplane::PlaneError;
use driver::{AppendError, OpenError};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(
    sfu._dataplane,
    DataplaneError,
    PyException,
    "A call that could not be done; args are a stable code and a sentence."
);

pub fn refuse(code: &'static str, sentence: impl Into<String>) -> PyErr {
    DataplaneError::new_err((code, sentence.into()))
}

pub fn of_plane(error: PlaneError) -> PyErr {
    refuse(error.code(), error.to_string())
}

pub fn of_append(error: &AppendError) -> PyErr {
    match error {
        AppendError::Unknown => refuse("unknown_journal", "unknown journal, or one that is closing"),
        AppendError::Full => refuse("journal_full", "the disk is too far behind to take another event"),
    }
}

pub fn of_open(error: OpenError) -> PyErr {
    match error {
        OpenError::BadName => refuse("bad_argument", "the folder's name must be the run: 13 digits"),
        OpenError::Locked => refuse("journal_locked", "another writer holds this run"),
        OpenError::Unwritable(error) => refuse("journal_unwritable", error.to_string()),
    }
}
