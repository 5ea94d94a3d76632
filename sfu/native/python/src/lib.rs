//! `sfu._dataplane`: conversion and error mapping only. The face is documented in `sfu/_dataplane.pyi`.
//! Every call lets go of the interpreter before it takes the plane's lock, so no media thread waits for Python.

mod arguments;
mod calls;
mod counters;
mod refusal;

use std::collections::hash_map::RandomState;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::path::PathBuf;

use dataplane::{
    Codec, DownTrackId, DownTrackSpec, EncodingSpec, JournalId, Keys, Profile, TransportId, TransportSpec,
    UpTrackId, UpTrackSpec, MAX_LANES,
};
use driver::Driver;
use pyo3::prelude::*;

use arguments::{address_of, extensions_of, gone_is_fine, kind_of};
use calls::closed;
use counters::{
    DownTrackStats, EncodingStats, Event, JournalStats, Level, Receipt, ThreadStats, TransportStats,
    UpTrackStats,
};
use refusal::{of_append, of_open, refuse, DataplaneError};

#[pyclass(frozen, module = "sfu._dataplane")]
struct Dataplane {
    driver: Driver,
    #[pyo3(get)]
    local_port: u16,
    #[pyo3(get)]
    local_tcp_port: Option<u16>,
}

#[pymethods]
impl Dataplane {
    #[new]
    #[pyo3(signature = (*, bind, tcp_bind = None, threads = 1))]
    fn new(bind: &str, tcp_bind: Option<&str>, threads: usize) -> PyResult<Self> {
        let (address, tcp) = (address_of(bind)?, tcp_bind.map(address_of).transpose()?);
        if !(1..=MAX_LANES).contains(&threads) {
            return Err(refuse("bad_argument", format!("threads must be 1 to {MAX_LANES}")));
        }
        let seed = RandomState::new().hash_one(std::process::id());
        let started = Driver::start(address, tcp, threads, seed)
            .and_then(|driver| Ok((driver.local_address()?.port(), driver)));
        let (local_port, driver) =
            started.map_err(|error| refuse("bind_failed", format!("{bind}: {error}")))?;
        let local_tcp_port = driver.tcp_address().map(|address| address.port());
        Ok(Self { driver, local_port, local_tcp_port })
    }

    fn event_fd(&self) -> i32 {
        self.driver.event_fd()
    }

    fn drain_events(&self, py: Python<'_>) -> Vec<Event> {
        self.driver.drain_events().map(|event| Event::new(py, &event)).collect()
    }

    #[pyo3(signature = (*, local_ufrag, local_pwd))]
    fn open_transport(&self, py: Python<'_>, local_ufrag: String, local_pwd: String) -> PyResult<u64> {
        let spec = TransportSpec { local_ufrag, local_pwd };
        self.try_with(py, |driver| driver.open_transport(&spec)).map(|id| id.0)
    }

    #[pyo3(signature = (transport, *, local_ufrag, local_pwd))]
    fn restart_ice(
        &self,
        py: Python<'_>,
        transport: u64,
        local_ufrag: String,
        local_pwd: String,
    ) -> PyResult<()> {
        let spec = TransportSpec { local_ufrag, local_pwd };
        self.try_with(py, |driver| driver.restart_ice(transport, &spec))
    }

    fn close_transport(&self, py: Python<'_>, transport: u64) -> PyResult<()> {
        self.try_with(py, |driver| gone_is_fine(driver.close_transport(transport)))
    }

    #[pyo3(signature = (transport, *, profile, local_key, local_salt, remote_key, remote_salt))]
    #[allow(clippy::too_many_arguments)] // the face names each key
    fn set_keys(
        &self,
        py: Python<'_>,
        transport: u64,
        profile: &str,
        local_key: Vec<u8>,
        local_salt: Vec<u8>,
        remote_key: Vec<u8>,
        remote_salt: Vec<u8>,
    ) -> PyResult<()> {
        let profile = Profile::from_name(profile)
            .ok_or_else(|| refuse("bad_argument", format!("unknown SRTP profile {profile:?}")))?;
        let keys = Keys { profile, local_key, local_salt, remote_key, remote_salt };
        self.ask(py, transport, |plane, id, _, _| plane.set_keys(TransportId(id), &keys))
    }

    fn send_dtls(&self, py: Python<'_>, transport: u64, datagram: &[u8]) -> PyResult<bool> {
        self.ask(py, transport, |plane, id, _, out| plane.send_dtls(TransportId(id), datagram, out))
    }

    #[pyo3(signature = (transport, *, kind, codec, clock_rate, payload_type, rtx_payload_type, mid, extensions, encodings, red_payload_type = None))]
    #[allow(clippy::too_many_arguments)] // the face names each property
    fn open_up_track(
        &self,
        py: Python<'_>,
        transport: u64,
        kind: &str,
        codec: &str,
        clock_rate: u32,
        payload_type: u8,
        rtx_payload_type: Option<u8>,
        mid: String,
        extensions: HashMap<String, u8>,
        encodings: Vec<(String, u32, u32)>,
        red_payload_type: Option<u8>,
    ) -> PyResult<u64> {
        let encoding = |(rid, ssrc, rtx_ssrc)| EncodingSpec { rid, ssrc, rtx_ssrc };
        let spec = UpTrackSpec {
            kind: kind_of(kind)?,
            codec: Codec::from_name(codec),
            clock_rate,
            payload_type,
            rtx_payload_type,
            red_payload_type,
            mid,
            extensions: extensions_of(extensions)?,
            encodings: encodings.into_iter().map(encoding).collect(),
        };
        self.try_with(py, |driver| {
            driver.open(transport, |plane, id, now, _| {
                plane.open_up_track(TransportId(id), &spec, now).map(|opened| opened.0)
            })
        })
    }

    fn close_up_track(&self, py: Python<'_>, up_track: u64) -> PyResult<()> {
        self.try_with(py, |driver| gone_is_fine(driver.close_up_track(up_track)))
    }

    #[pyo3(signature = (transport, up_track, *, ssrc, rtx_ssrc, payload_type, rtx_payload_type, mid, extensions, red_payload_type = 0))]
    #[allow(clippy::too_many_arguments)] // the face names each property
    fn open_down_track(
        &self,
        py: Python<'_>,
        transport: u64,
        up_track: u64,
        ssrc: u32,
        rtx_ssrc: u32,
        payload_type: u8,
        rtx_payload_type: u8,
        mid: String,
        extensions: HashMap<String, u8>,
        red_payload_type: u8,
    ) -> PyResult<u64> {
        let extensions = extensions_of(extensions)?;
        let spec = DownTrackSpec {
            ssrc,
            rtx_ssrc,
            payload_type,
            rtx_payload_type,
            red_payload_type,
            mid,
            extensions,
        };
        self.try_with(py, |driver| driver.open_down_track(transport, up_track, &spec)).map(|id| id.0)
    }

    fn close_down_track(&self, py: Python<'_>, down_track: u64) -> PyResult<()> {
        self.try_with(py, |driver| gone_is_fine(driver.close_down_track(down_track)))
    }

    #[pyo3(signature = (down_track, layer, *, temporal = None))]
    fn set_layer(
        &self,
        py: Python<'_>,
        down_track: u64,
        layer: Option<u8>,
        temporal: Option<u8>,
    ) -> PyResult<()> {
        self.ask(py, down_track, |plane, id, now, out| {
            plane.set_temporal_layer(DownTrackId(id), temporal.unwrap_or(u8::MAX))?;
            plane.set_layer(DownTrackId(id), layer, now, out)
        })
    }

    fn set_up_track_muted(&self, py: Python<'_>, up_track: u64, muted: bool) -> PyResult<()> {
        self.try_with(py, |driver| driver.set_up_track_muted(up_track, muted))
    }

    fn request_key_frame(&self, py: Python<'_>, up_track: u64) -> PyResult<()> {
        self.ask(py, up_track, |plane, id, now, out| plane.request_key_frame(UpTrackId(id), now, out))
    }

    fn set_wanted_bitrate(&self, py: Python<'_>, transport: u64, bitrate_bps: u64) -> PyResult<()> {
        self.ask(py, transport, |plane, id, now, _| {
            plane.set_wanted_bitrate(TransportId(id), bitrate_bps, now)
        })
    }

    fn audio_levels(&self, py: Python<'_>) -> PyResult<Vec<Level>> {
        Ok(self.with(py, Driver::levels)?.into_iter().map(Level::from).collect())
    }

    fn receipts(&self, py: Python<'_>) -> PyResult<Vec<Receipt>> {
        Ok(self.with(py, Driver::receipts)?.into_iter().map(Receipt::from).collect())
    }

    fn transport_stats(&self, py: Python<'_>, transport: u64) -> PyResult<TransportStats> {
        let stats = self.ask(py, transport, |plane, id, now, _| plane.transport_stats(TransportId(id), now));
        stats.map(Into::into)
    }

    fn up_track_stats(&self, py: Python<'_>, up_track: u64) -> PyResult<UpTrackStats> {
        let stats = self.ask(py, up_track, |plane, id, now, _| plane.up_track_stats(UpTrackId(id), now));
        stats.map(Into::into)
    }

    fn down_track_stats(&self, py: Python<'_>, down_track: u64) -> PyResult<DownTrackStats> {
        let stats = self.ask(py, down_track, |plane, id, _, _| plane.down_track_stats(DownTrackId(id)));
        stats.map(Into::into)
    }

    fn thread_stats(&self, py: Python<'_>) -> PyResult<Vec<ThreadStats>> {
        Ok(self.with(py, Driver::thread_stats)?.into_iter().map(ThreadStats::from).collect())
    }

    fn open_journal(&self, py: Python<'_>, folder: PathBuf) -> PyResult<u64> {
        if self.driver.is_closed() {
            return Err(closed());
        }
        py.detach(|| self.driver.open_journal(&folder)).map(|id| id.0).map_err(of_open)
    }

    fn append_event(&self, py: Python<'_>, journal: u64, data: &[u8]) -> PyResult<()> {
        py.detach(|| self.driver.append_event(JournalId(journal), data)).map_err(|error| of_append(&error))
    }

    fn record(&self, py: Python<'_>, journal: u64, up_track: u64, number: u32) -> PyResult<()> {
        let journal = JournalId(journal);
        if !self.driver.has_journal(journal) {
            return Err(of_append(&driver::AppendError::Unknown));
        }
        self.ask(py, up_track, |plane, id, now, out| plane.record(journal, UpTrackId(id), number, now, out))
    }

    fn stop_recording(&self, py: Python<'_>, journal: u64, up_track: u64) -> PyResult<()> {
        let journal = JournalId(journal);
        self.ask(py, up_track, |plane, id, now, out| {
            gone_is_fine(plane.stop_recording(journal, UpTrackId(id), now, out))
        })
    }

    fn journal_stats(&self, py: Python<'_>, journal: u64) -> PyResult<JournalStats> {
        let stats = py.detach(|| self.driver.journal_stats(JournalId(journal)));
        stats.map(Into::into).ok_or_else(|| of_append(&driver::AppendError::Unknown))
    }

    fn close_journal(&self, py: Python<'_>, journal: u64) {
        py.detach(|| self.driver.close_journal(JournalId(journal)));
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.driver.close());
    }
}

#[pymodule]
fn _dataplane(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("PROFILES", ("AEAD_AES_128_GCM", "AES128_CM_SHA1_80"))?;
    module.add("DataplaneError", module.py().get_type::<DataplaneError>())?;
    module.add_class::<Dataplane>()?;
    module.add_class::<Event>()?;
    module.add_class::<Level>()?;
    module.add_class::<Receipt>()?;
    module.add_class::<TransportStats>()?;
    module.add_class::<EncodingStats>()?;
    module.add_class::<UpTrackStats>()?;
    module.add_class::<DownTrackStats>()?;
    module.add_class::<ThreadStats>()?;
    module.add_class::<JournalStats>()
}
