//! Which of our addresses a peer speaks to. A socket bound to all addresses has to answer from the very one, or the peer
//! drops the answer; the kernel would choose by its routes instead.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Anybody may send a check, so this is bounded; a peer that is forgotten checks again within seconds.
const LIMIT: usize = 65_536;

pub type Known = HashMap<SocketAddr, IpAddr>;

/// Empty and unused for a socket bound to one address.
#[derive(Default)]
pub struct Homes {
    is_needed: bool,
    known: Known,
}

impl Homes {
    pub fn new(bound: SocketAddr) -> Self {
        Self { is_needed: bound.ip().is_unspecified(), known: Known::default() }
    }

    pub fn is_needed(&self) -> bool {
        self.is_needed
    }

    pub fn learn(&mut self, peer: SocketAddr, home: IpAddr) {
        if self.known.len() >= LIMIT && !self.known.contains_key(&peer) {
            self.known.clear();
        }
        self.known.insert(peer, home);
    }

    /// Nothing when every datagram leaves from the same address anyway.
    pub fn known(&self) -> Option<&Known> {
        self.is_needed.then_some(&self.known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_may_fill_is_bounded() {
        let mut homes = Homes::new(SocketAddr::from(([0, 0, 0, 0], 1)));
        for number in 0..70_000u32 {
            homes.learn(SocketAddr::from((number.to_be_bytes(), 1)), IpAddr::from([127, 0, 0, 1]));
        }
        assert!(homes.known().is_some_and(|known| known.len() <= LIMIT));
    }

    #[test]
    fn a_socket_bound_to_one_address_needs_none() {
        assert!(Homes::new(SocketAddr::from(([127, 0, 0, 1], 1))).known().is_none());
    }
}
