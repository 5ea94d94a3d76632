//! The ICE-lite side of one transport (RFC 8445, 2.5): which addresses the peer has proven, which one we send to, and
//! whether its consent is fresh (RFC 7675). Only an authenticated check changes anything.

use std::net::SocketAddr;

use crate::stun::IntegrityKey;
use crate::Now;

/// RFC 7675, 5.1.
pub(crate) const CONSENT_TIMEOUT_NS: u64 = 30_000_000_000;
/// Addresses remembered of one peer: its candidate pairs under test.
const MAX_VALIDATED: usize = 8;

pub(crate) struct Ice {
    pub local_ufrag: String,
    pub key: IntegrityKey,
    /// Where we send; `None` before the first check and after consent was lost.
    pub remote: Option<SocketAddr>,
    validated: Vec<SocketAddr>,
    last_check: Now,
}

/// What an accepted check changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The peer has become reachable.
    pub is_newly_connected: bool,
    /// An address must be routed to this transport from now on.
    pub is_new_address: bool,
    /// An address fell out of the list.
    pub forgotten: Option<SocketAddr>,
}

impl Ice {
    pub fn new(local_ufrag: String, key: IntegrityKey) -> Self {
        Self { local_ufrag, key, remote: None, validated: Vec::new(), last_check: 0 }
    }

    /// Takes note of an authenticated check from `from`.
    pub fn accept(&mut self, from: SocketAddr, is_nominating: bool, now: Now) -> Checked {
        let mut checked = Checked::default();
        self.last_check = now;
        if !self.validated.contains(&from) {
            if self.validated.len() == MAX_VALIDATED {
                let oldest = self.validated.iter().position(|a| Some(*a) != self.remote);
                checked.forgotten = oldest.map(|at| self.validated.remove(at));
            }
            self.validated.push(from);
            checked.is_new_address = true;
        }
        if self.remote.is_none() {
            checked.is_newly_connected = true;
            self.remote = Some(from);
        } else if is_nominating {
            self.remote = Some(from);
        }
        checked
    }

    #[cfg(test)]
    pub fn validated(&self) -> &[SocketAddr] {
        &self.validated
    }

    /// Forgets an address that another transport has proven to own.
    pub fn lose_address(&mut self, address: SocketAddr) {
        self.validated.retain(|a| *a != address);
        if self.remote == Some(address) {
            self.remote = self.validated.last().copied();
        }
    }

    /// True once, when the peer has been silent for too long; the addresses are forgotten by the caller after that.
    pub fn has_lost_consent(&mut self, now: Now) -> bool {
        let is_lost = self.remote.is_some() && now.saturating_sub(self.last_check) >= CONSENT_TIMEOUT_NS;
        if is_lost {
            self.remote = None;
        }
        is_lost
    }

    pub fn forget_addresses(&mut self) -> Vec<SocketAddr> {
        self.remote = None;
        std::mem::take(&mut self.validated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ice() -> Ice {
        Ice::new("u".into(), crate::stun::integrity_key("p").unwrap())
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    #[test]
    fn the_first_check_connects_and_a_nomination_moves() {
        let mut ice = ice();
        assert!(ice.accept(address(1), false, 0).is_newly_connected);
        assert!(!ice.accept(address(2), false, 0).is_newly_connected);
        assert_eq!(ice.remote, Some(address(1)));
        ice.accept(address(2), true, 0);
        assert_eq!(ice.remote, Some(address(2)));
    }

    #[test]
    fn consent_is_lost_once_and_comes_back_with_the_next_check() {
        let mut ice = ice();
        ice.accept(address(1), true, 5);
        assert!(!ice.has_lost_consent(4 + CONSENT_TIMEOUT_NS));
        assert!(ice.has_lost_consent(5 + CONSENT_TIMEOUT_NS));
        assert!(!ice.has_lost_consent(6 + CONSENT_TIMEOUT_NS));
        ice.forget_addresses();
        let checked = ice.accept(address(1), true, 7 + CONSENT_TIMEOUT_NS);
        assert!(checked.is_newly_connected && checked.is_new_address);
    }

    #[test]
    fn a_peer_cannot_pile_up_addresses() {
        let mut ice = ice();
        for port in 1..100 {
            ice.accept(address(port), false, 0);
        }
        assert_eq!(ice.validated().len(), MAX_VALIDATED);
        assert!(ice.validated().contains(&address(1)), "the one in use stays");
    }
}
