//! Which lane a datagram belongs to. The kernel spreads peers over the lanes' sockets by their address; the lane of a
//! transport was chosen before its address was known. So the lane at which a peer's authentic check arrives remembers
//! the address and hands its datagrams over. A peer always arrives at the same socket, so their order is kept.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::RwLock;

use dataplane::{IntegrityKey, Lane, Request};

/// Anybody with a ticket may check from many addresses, so this is bounded.
const LIMIT: usize = 65_536;
/// Consent is gone after this long without a check, so the address may be forgotten.
const STALE_NS: u64 = 30_000_000_000;

/// Which lane knows which name, and the key that proves it.
#[derive(Default)]
pub struct Directory {
    names: RwLock<Names>,
}

#[derive(Default)]
struct Names {
    by_ufrag: HashMap<String, (Lane, IntegrityKey)>,
    of_transport: HashMap<u64, Vec<String>>,
}

impl Directory {
    pub fn has(&self, ufrag: &str) -> bool {
        crate::unpoisoned(self.names.read()).by_ufrag.contains_key(ufrag)
    }

    pub fn add(&self, transport: u64, lane: Lane, ufrag: &str, key: IntegrityKey) {
        let mut names = crate::unpoisoned(self.names.write());
        names.by_ufrag.insert(ufrag.into(), (lane, key));
        names.of_transport.entry(transport).or_default().push(ufrag.into());
    }

    /// Of a transport's names only these are left.
    pub fn retain(&self, transport: u64, ufrags: &[String]) {
        let mut names = crate::unpoisoned(self.names.write());
        let Names { by_ufrag, of_transport } = &mut *names;
        let Some(held) = of_transport.get_mut(&transport) else {
            return;
        };
        held.retain(|name| ufrags.contains(name) || by_ufrag.remove(name).is_none());
    }

    pub fn forget(&self, transport: u64) {
        let mut names = crate::unpoisoned(self.names.write());
        for ufrag in names.of_transport.remove(&transport).unwrap_or_default() {
            names.by_ufrag.remove(&ufrag);
        }
    }

    /// The lane a check asks for.
    pub fn lane_of(&self, request: &Request<'_>) -> Option<Lane> {
        crate::unpoisoned(self.names.read()).by_ufrag.get(request.local_ufrag).map(|(lane, _)| *lane)
    }

    pub fn is_authentic(&self, request: &Request<'_>) -> bool {
        let names = crate::unpoisoned(self.names.read());
        names.by_ufrag.get(request.local_ufrag).is_some_and(|(_, key)| request.is_authentic(key))
    }
}

/// Addresses that speak to this lane's socket but belong to another lane.
pub struct Steering {
    lane: Lane,
    learned: HashMap<SocketAddr, Learned>,
}

struct Learned {
    lane: Lane,
    checked_at: u64,
}

impl Steering {
    pub fn new(lane: Lane) -> Self {
        Self { lane, learned: HashMap::new() }
    }

    /// The other lane that this datagram belongs to.
    pub fn elsewhere(
        &mut self,
        directory: &Directory,
        datagram: &[u8],
        from: SocketAddr,
        now: u64,
    ) -> Option<Lane> {
        if datagram.first().is_some_and(|first| *first < 4) {
            return self.elsewhere_by_name(directory, datagram, from, now);
        }
        if self.learned.is_empty() {
            return None;
        }
        self.learned.get(&from).map(|learned| learned.lane)
    }

    fn elsewhere_by_name(
        &mut self,
        directory: &Directory,
        datagram: &[u8],
        from: SocketAddr,
        now: u64,
    ) -> Option<Lane> {
        let request = Request::parse(datagram)?;
        let lane = directory.lane_of(&request)?;
        match self.learned.get_mut(&from) {
            Some(learned) if learned.lane == lane => learned.checked_at = now,
            None if lane == self.lane => {}
            _ if !directory.is_authentic(&request) => {}
            _ if lane == self.lane => {
                self.learned.remove(&from);
            }
            _ => self.learn(from, Learned { lane, checked_at: now }),
        }
        (lane != self.lane).then_some(lane)
    }

    fn learn(&mut self, from: SocketAddr, learned: Learned) {
        if self.learned.len() >= LIMIT && !self.learned.contains_key(&from) {
            let now = learned.checked_at;
            self.learned.retain(|_, learned| now.saturating_sub(learned.checked_at) < STALE_NS);
        }
        if self.learned.len() < LIMIT {
            self.learned.insert(from, learned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataplane::integrity_key;
    use dataplane::testing::check;

    const RTP: &[u8] = &[0x80; 20];

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn directory() -> Directory {
        let directory = Directory::default();
        for (lane, ufrag) in [(0, "here"), (1, "there"), (2, "beyond")] {
            let transport = u64::from(lane) + 10;
            directory.add(transport, lane, ufrag, integrity_key("password").unwrap());
        }
        directory
    }

    #[test]
    fn an_address_follows_its_authentic_checks_only() {
        let directory = directory();
        let mut steering = Steering::new(0);
        let mut ask = |datagram: &[u8]| steering.elsewhere(&directory, datagram, address(9), 0);
        assert_eq!(ask(RTP), None);
        assert_eq!(ask(&check("there", "guess")), Some(1), "its own plane refuses and counts it");
        assert_eq!(ask(RTP), None, "a guess moves nothing");
        assert_eq!(ask(&check("there", "password")), Some(1));
        assert_eq!(ask(RTP), Some(1));
        assert_eq!(ask(&check("beyond", "guess")), Some(2));
        assert_eq!(ask(RTP), Some(1), "another's guess takes nothing away");
        assert_eq!(ask(&check("here", "guess")), None);
        assert_eq!(ask(RTP), Some(1));
        assert_eq!(ask(&check("here", "password")), None);
        assert_eq!(ask(RTP), None);
    }

    #[test]
    fn unknown_names_and_junk_stay_here() {
        let directory = directory();
        directory.forget(11);
        let mut steering = Steering::new(0);
        for datagram in [&check("there", "password")[..], &check("nobody", "password"), &[0; 20], &[]] {
            assert_eq!(steering.elsewhere(&directory, datagram, address(9), 0), None);
        }
    }

    #[test]
    fn what_peers_may_fill_is_bounded_and_the_stale_make_room() {
        let directory = directory();
        let mut steering = Steering::new(0);
        let datagram = check("there", "password");
        for number in 0..LIMIT as u32 + 9 {
            let from = SocketAddr::from((number.to_be_bytes(), 1));
            steering.elsewhere(&directory, &datagram, from, 0);
        }
        assert_eq!(steering.learned.len(), LIMIT);
        assert_eq!(steering.elsewhere(&directory, RTP, address(9), 0), None);
        steering.elsewhere(&directory, &datagram, address(9), STALE_NS);
        assert_eq!(steering.elsewhere(&directory, RTP, address(9), STALE_NS), Some(1));
    }
}
