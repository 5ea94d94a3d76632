//! How the face calls the driver: without the interpreter, and with refusals as exceptions.

use dataplane::{Outbox, Plane, PlaneError};
use driver::Driver;
use pyo3::prelude::*;

use crate::refusal::{of_plane, refuse};
use crate::Dataplane;

impl Dataplane {
    /// One call on the driver, without the interpreter.
    pub fn with<T: Send>(&self, py: Python<'_>, run: impl FnOnce(&Driver) -> T + Send) -> PyResult<T> {
        py.detach(|| (!self.driver.is_closed()).then(|| run(&self.driver))).ok_or_else(closed)
    }

    /// One that the plane may refuse.
    pub fn try_with<T: Send>(
        &self,
        py: Python<'_>,
        run: impl FnOnce(&Driver) -> Result<T, PlaneError> + Send,
    ) -> PyResult<T> {
        self.with(py, run)?.map_err(of_plane)
    }

    /// One on the plane that knows `id`, which is given its own id for it.
    pub fn ask<T: Send>(
        &self,
        py: Python<'_>,
        id: u64,
        run: impl FnOnce(&mut Plane, u64, u64, &mut Outbox) -> Result<T, PlaneError> + Send,
    ) -> PyResult<T> {
        self.try_with(py, |driver| driver.call(id, run))
    }
}

pub fn closed() -> PyErr {
    refuse("closed", "the data plane has been closed")
}
