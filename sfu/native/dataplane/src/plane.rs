//! The whole plane: what it holds, where datagrams go, what time demands. Commands are in `commands`, the work of each
//! kind of datagram in `receive` and `feedback`, forwarding in `forward`, reports in `reports`.

use std::collections::HashMap;

use crate::down_track::DownTrack;
use crate::ids::{TransportId, UpTrackId};
use crate::mirror::Lane;
use crate::outbox::{Event, Outbox};
use crate::recording::Clock;
use crate::remote::Remote;
use crate::sent::Acknowledged;
use crate::slab::Slab;
use crate::spec::Config;
use crate::stun::{self, Request};
use crate::transport::Transport;
use crate::up_track::UpTrack;
use crate::wire::{classify, Datagram};
use crate::Now;

/// While packets are missing, a key frame is awaited or the journal holds something back.
const BUSY_TICK_NS: u64 = 10_000_000;
/// Transport-wide feedback goes this often: browsers raise their bitrate by it.
pub(crate) const TICK_NS: u64 = 50_000_000;

/// See the module.
pub struct Plane {
    pub(crate) config: Config,
    pub(crate) random: u64,
    /// The SSRC our own reports carry.
    pub(crate) ssrc: u32,
    pub(crate) transports: Slab<Transport>,
    pub(crate) up_tracks: Slab<UpTrack>,
    pub(crate) down_tracks: Slab<DownTrack>,
    /// Up tracks that stand for those of other planes.
    pub(crate) mirrors: HashMap<(Lane, UpTrackId), UpTrackId>,
    pub(crate) by_address: HashMap<Remote, u32>,
    pub(crate) by_ufrag: HashMap<String, u32>,
    /// Up tracks with packets to forward.
    pub(crate) dirty: Vec<u32>,
    pub(crate) jobs: Vec<(u32, u32)>,
    /// Where a flush that came back early goes on; 0 = none is under way.
    pub(crate) next_job: usize,
    pub(crate) numbers: Vec<u16>,
    /// A packet made again from what follows it.
    pub(crate) repeated: Vec<u8>,
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) last_tick: Now,
    pub(crate) last_slow_tick: Now,
    pub(crate) is_busy: bool,
    /// Transports with something to send at `next_step`.
    pub(crate) stepping: Vec<u32>,
    pub(crate) next_step: Now,
}

impl Plane {
    pub fn new(config: Config) -> Self {
        let mut plane = Self {
            random: config.seed | 1,
            ssrc: 1,
            config,
            transports: Slab::default(),
            up_tracks: Slab::default(),
            down_tracks: Slab::default(),
            mirrors: HashMap::new(),
            by_address: HashMap::new(),
            by_ufrag: HashMap::new(),
            dirty: Vec::new(),
            jobs: Vec::new(),
            next_job: 0,
            numbers: Vec::new(),
            repeated: Vec::new(),
            acknowledged: Vec::new(),
            last_tick: 0,
            last_slow_tick: 0,
            is_busy: false,
            stepping: Vec::new(),
            next_step: 0,
        };
        plane.ssrc = plane.next_random() as u32 | 1;
        plane
    }

    /// splitmix64: numbers that need to differ, not to be secret.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn clock(&self, now: Now) -> Clock {
        Clock { now, wall_offset_ns: self.config.wall_offset_ns }
    }

    /// Handles one datagram; it is decrypted in place. What it makes us forward is written by the next `flush`.
    pub fn handle(&mut self, datagram: &mut [u8], from: impl Into<Remote>, now: Now, out: &mut Outbox) {
        let from = from.into();
        if self.next_job != 0 {
            self.flush(now, out);
        }
        match classify(datagram) {
            Datagram::Stun => self.handle_stun(datagram, from, now, out),
            Datagram::Dtls => self.handle_dtls(datagram, from, out),
            Datagram::Rtp => self.handle_rtp(datagram, from, now, out),
            Datagram::Rtcp => self.handle_rtcp(datagram, from, now, out),
            Datagram::Unknown => {}
        }
    }

    fn handle_stun(&mut self, datagram: &[u8], from: Remote, now: Now, out: &mut Outbox) {
        let second = self.clock(now).second();
        let Some(request) = Request::parse(datagram) else {
            return;
        };
        let Some(index) = self.by_ufrag.get(request.local_ufrag).copied() else {
            return;
        };
        let Some(transport) = self.transports.at_mut(index) else {
            return;
        };
        let known = transport.ice.credentials(request.local_ufrag);
        let Some((generation, key)) = known.filter(|(_, key)| request.is_authentic(key)) else {
            transport.counters.refused += 1;
            return;
        };
        let start = out.start();
        stun::write_success(&mut out.bytes, &request.transaction, from.address, key);
        out.send(from, index, start);
        let checked = transport.ice.accept(generation, from, request.is_nominating, now);
        transport.receipts.note_heard(second);
        if checked.is_newly_connected || !checked.spent.is_empty() {
            out.events.push(Event::Connected { transport: transport.id });
        }
        if let Some(address) = checked.forgotten {
            self.by_address.remove(&address);
        }
        for ufrag in checked.spent {
            self.by_ufrag.remove(&ufrag);
        }
        if checked.is_new_address {
            self.route_address(from, index);
        }
    }

    /// From now on `address` is the peer of this transport; whoever had it before has lost it.
    fn route_address(&mut self, address: Remote, index: u32) {
        let before = self.by_address.insert(address, index);
        if let Some(before) = before.filter(|before| *before != index) {
            if let Some(transport) = self.transports.at_mut(before) {
                transport.ice.lose_address(address);
            }
        }
    }

    /// A connection has closed: what went over it goes over the newest other path, if there is one.
    pub fn forget_remote(&mut self, remote: Remote) {
        let transport = self.by_address.remove(&remote);
        if let Some(transport) = transport.and_then(|index| self.transports.at_mut(index)) {
            transport.ice.lose_address(remote);
        }
    }

    /// Whether anything from there is listened to; a connection that nobody listens to can be closed.
    pub fn has_remote(&self, remote: &Remote) -> bool {
        self.by_address.contains_key(remote)
    }

    fn handle_dtls(&mut self, datagram: &[u8], from: Remote, out: &mut Outbox) {
        let transport = self.by_address.get(&from).copied();
        if let Some(transport) = transport.and_then(|index| self.transports.at(index)) {
            let start = out.start();
            out.bytes.extend_from_slice(datagram);
            out.events.push(Event::Dtls { transport: transport.id, start, len: datagram.len() as u32 });
        }
    }

    /// Does what time demands, then flushes. Call it at `deadline`; calling it early does no harm.
    pub fn tick(&mut self, now: Now, out: &mut Outbox) {
        if now >= self.round_deadline() {
            self.round(now, out);
        }
        self.flush(now, out);
        self.step(now, out);
    }

    fn round(&mut self, now: Now, out: &mut Outbox) {
        self.last_tick = now;
        let is_slow = now.saturating_sub(self.last_slow_tick) >= TICK_NS;
        if is_slow {
            self.last_slow_tick = now;
            self.check_consent(now, out);
            self.choose_layers(now);
            self.write_transport_feedback(out);
            self.write_rembs(now, out);
            self.write_reports(now, out);
            self.begin_probes(now);
        }
        self.is_busy = self.repair(now, out);
    }

    /// When `tick` is wanted next; `None` = not before something is opened.
    pub fn deadline(&self) -> Option<Now> {
        if self.transports.len() == 0 {
            return None;
        }
        let step = if self.stepping.is_empty() { Now::MAX } else { self.next_step };
        Some(self.round_deadline().min(step))
    }

    fn round_deadline(&self) -> Now {
        if self.is_busy {
            self.last_tick + BUSY_TICK_NS
        } else {
            self.last_slow_tick + TICK_NS
        }
    }

    fn check_consent(&mut self, now: Now, out: &mut Outbox) {
        for (key, transport) in self.transports.iter_mut() {
            if !transport.ice.has_lost_consent(now) {
                continue;
            }
            for address in transport.ice.forget_addresses() {
                self.by_address.remove(&address);
            }
            for ufrag in transport.ice.forget_credentials() {
                self.by_ufrag.remove(&ufrag);
            }
            out.events.push(Event::ConsentLost { transport: TransportId::new(key) });
        }
    }

    /// Follows a step of the wall clock.
    pub fn set_wall_offset(&mut self, wall_offset_ns: u64) {
        self.config.wall_offset_ns = wall_offset_ns;
    }
}
