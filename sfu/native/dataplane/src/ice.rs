//! The ICE-lite side of one transport (RFC 8445, 2.5): which addresses the peer has proven, which one we send to, and
//! whether its consent is fresh (RFC 7675). Only an authenticated check changes anything.
//!
//! A restart (RFC 8445, 9) adds credentials: the path in use goes on under the old ones until the peer nominates a path
//! under the new ones, and from then on the old ones are nothing. A path that has lost consent takes its credentials
//! with it (RFC 7675, 5.1): only a restart brings the transport back.

use crate::remote::Remote;
use crate::stun::IntegrityKey;
use crate::Now;

/// RFC 7675, 5.1.
pub(crate) const CONSENT_TIMEOUT_NS: u64 = 30_000_000_000;
/// A path in use is checked every five or six seconds at the slowest; after this another one that is checked takes over,
/// nominated or not: a peer behind a rebound address does not know that its address has changed.
const SILENCE_NS: u64 = 13_000_000_000;
/// Addresses remembered of one peer: its candidate pairs under test.
const MAX_VALIDATED: usize = 8;

/// One username and password of ours; a restart makes the next generation.
struct Credentials {
    generation: u32,
    ufrag: String,
    key: IntegrityKey,
}

struct Path {
    address: Remote,
    generation: u32,
    checked_at: Now,
}

pub(crate) struct Ice {
    /// Of the path in use and of a restart under way, oldest first; none once consent was lost.
    credentials: Vec<Credentials>,
    /// Of the path in use, or of the last one there was.
    generation: u32,
    next_generation: u32,
    /// Where we send; `None` before the first check and after consent was lost.
    pub remote: Option<Remote>,
    paths: Vec<Path>,
    /// When the last path was checked, after the connection it went over has closed. Its consent runs on: the peer may
    /// connect anew within it.
    cut: Option<Now>,
}

/// What an accepted check changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The peer has become reachable.
    pub is_newly_connected: bool,
    /// An address must be routed to this transport from now on.
    pub is_new_address: bool,
    /// An address fell out of the list.
    pub forgotten: Option<Remote>,
    /// Names that mean this transport no more.
    pub spent: Vec<String>,
}

impl Ice {
    pub fn new(local_ufrag: String, key: IntegrityKey) -> Self {
        let first = Credentials { generation: 0, ufrag: local_ufrag, key };
        let credentials = vec![first];
        Self { credentials, generation: 0, next_generation: 1, remote: None, paths: Vec::new(), cut: None }
    }

    /// Adds credentials; those of an earlier restart that has not come to anything are given back.
    pub fn restart(&mut self, local_ufrag: String, key: IntegrityKey) -> Vec<String> {
        let generation = self.next_generation;
        self.next_generation += 1;
        let spent = self.give_up(|held, in_use| held.generation != in_use);
        self.credentials.push(Credentials { generation, ufrag: local_ufrag, key });
        spent
    }

    /// The names this transport answers to.
    pub fn ufrags(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().map(|held| &held.ufrag[..])
    }

    /// Which credentials a check was made with, and their key.
    pub fn credentials(&self, ufrag: &str) -> Option<(u32, &IntegrityKey)> {
        self.credentials.iter().find(|held| held.ufrag == ufrag).map(|held| (held.generation, &held.key))
    }

    /// Takes note of a check from `from` that was authentic under the credentials of `generation`.
    pub fn accept(&mut self, generation: u32, from: Remote, is_nominating: bool, now: Now) -> Checked {
        let mut checked = self.note_path(generation, from, now);
        checked.is_newly_connected = self.remote.is_none();
        let takes_over = match self.remote {
            None => true,
            Some(_) if generation > self.generation => is_nominating,
            Some(_) => is_nominating || self.is_silent(now),
        };
        if takes_over {
            self.remote = Some(from);
            self.cut = None;
            if generation > self.generation {
                self.generation = generation;
                checked.spent = self.give_up(|held, in_use| held.generation < in_use);
            }
        }
        checked
    }

    fn note_path(&mut self, generation: u32, from: Remote, now: Now) -> Checked {
        let mut checked = Checked::default();
        if let Some(path) = self.paths.iter_mut().find(|path| path.address == from) {
            path.checked_at = now;
            path.generation = path.generation.max(generation);
            return checked;
        }
        if self.paths.len() == MAX_VALIDATED {
            let oldest = self.paths.iter().position(|path| Some(path.address) != self.remote);
            checked.forgotten = oldest.map(|at| self.paths.remove(at).address);
        }
        self.paths.push(Path { address: from, generation, checked_at: now });
        checked.is_new_address = true;
        checked
    }

    /// How long ago the path in use was checked.
    fn silence(&self, now: Now) -> Option<u64> {
        let path = self.paths.iter().find(|path| Some(path.address) == self.remote)?;
        Some(now.saturating_sub(path.checked_at))
    }

    fn is_silent(&self, now: Now) -> bool {
        self.silence(now).is_some_and(|silence| silence >= SILENCE_NS)
    }

    /// Takes out the credentials that are `done` (given the generation in use) and returns their names.
    fn give_up(&mut self, done: impl Fn(&Credentials, u32) -> bool) -> Vec<String> {
        let in_use = self.generation;
        let (spent, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.credentials).into_iter().partition(|held| done(held, in_use));
        self.credentials = kept;
        spent.into_iter().map(|held| held.ufrag).collect()
    }

    #[cfg(test)]
    pub fn validated(&self) -> Vec<Remote> {
        self.paths.iter().map(|path| path.address).collect()
    }

    /// Forgets an address that another transport has proven to own, or a connection that has closed.
    pub fn lose_address(&mut self, address: Remote) {
        let checked_at = self.paths.iter().find(|path| path.address == address).map(|path| path.checked_at);
        self.paths.retain(|path| path.address != address);
        if self.remote == Some(address) {
            let others = self.paths.iter().filter(|path| path.generation == self.generation);
            self.remote = others.max_by_key(|path| path.checked_at).map(|path| path.address);
            self.cut = checked_at.filter(|_| self.remote.is_none());
        }
    }

    /// True once, when the path in use has not been checked for too long; what it went by is forgotten by the caller then.
    pub fn has_lost_consent(&mut self, now: Now) -> bool {
        let silence = self.silence(now).or(self.cut.map(|checked_at| now.saturating_sub(checked_at)));
        let is_lost = silence.is_some_and(|silence| silence >= CONSENT_TIMEOUT_NS);
        if is_lost {
            self.remote = None;
            self.cut = None;
        }
        is_lost
    }

    pub fn forget_addresses(&mut self) -> Vec<Remote> {
        self.remote = None;
        std::mem::take(&mut self.paths).into_iter().map(|path| path.address).collect()
    }

    /// The credentials of the path that was lost; those of a restart under way stay.
    pub fn forget_credentials(&mut self) -> Vec<String> {
        self.give_up(|held, in_use| held.generation <= in_use)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn key() -> IntegrityKey {
        crate::stun::integrity_key("p").unwrap()
    }

    fn ice() -> Ice {
        Ice::new("u".into(), key())
    }

    fn address(port: u16) -> Remote {
        std::net::SocketAddr::from(([10, 0, 0, 1], port)).into()
    }

    #[test]
    fn the_first_check_connects_and_a_nomination_moves() {
        let mut ice = ice();
        assert!(ice.accept(0, address(1), false, 0).is_newly_connected);
        assert!(!ice.accept(0, address(2), false, 0).is_newly_connected);
        assert_eq!(ice.remote, Some(address(1)));
        ice.accept(0, address(2), true, 0);
        assert_eq!(ice.remote, Some(address(2)));
    }

    #[test]
    fn a_path_that_falls_silent_gives_way_to_one_that_is_checked() {
        let mut ice = ice();
        ice.accept(0, address(1), true, 0);
        ice.accept(0, address(2), false, SILENCE_NS - 1);
        assert_eq!(ice.remote, Some(address(1)));
        ice.accept(0, address(2), false, SILENCE_NS);
        assert_eq!(ice.remote, Some(address(2)));
    }

    #[test]
    fn checks_of_another_path_are_no_consent_for_the_one_in_use() {
        let mut ice = ice();
        ice.accept(0, address(1), true, 0);
        ice.restart("v".into(), key());
        for second in 1..30 {
            ice.accept(1, address(2), false, second * SECOND);
        }
        assert!(ice.has_lost_consent(CONSENT_TIMEOUT_NS));
    }

    #[test]
    fn consent_is_lost_once_and_its_credentials_with_it() {
        let mut ice = ice();
        ice.accept(0, address(1), true, 5);
        assert!(!ice.has_lost_consent(4 + CONSENT_TIMEOUT_NS));
        assert!(ice.has_lost_consent(5 + CONSENT_TIMEOUT_NS));
        assert!(!ice.has_lost_consent(6 + CONSENT_TIMEOUT_NS));
        assert_eq!((ice.forget_addresses(), ice.forget_credentials()), (vec![address(1)], vec!["u".into()]));
        assert!(ice.credentials("u").is_none());
        assert!(ice.restart("v".into(), key()).is_empty());
        let checked = ice.accept(1, address(1), false, 7 + CONSENT_TIMEOUT_NS);
        assert!(checked.is_newly_connected && checked.is_new_address);
    }

    #[test]
    fn the_old_path_is_used_until_the_new_one_is_nominated() {
        let mut ice = ice();
        ice.accept(0, address(1), true, 0);
        assert!(ice.restart("v".into(), key()).is_empty());
        let checked = ice.accept(1, address(2), false, 1);
        assert!(checked.is_new_address && !checked.is_newly_connected && checked.spent.is_empty());
        ice.accept(0, address(1), true, 2);
        assert_eq!(ice.remote, Some(address(1)));
        assert_eq!(ice.accept(1, address(2), true, 3).spent, ["u"]);
        assert_eq!((ice.remote, ice.credentials("u").is_none()), (Some(address(2)), true));
    }

    #[test]
    fn a_restart_supersedes_one_that_came_to_nothing() {
        let mut ice = ice();
        ice.accept(0, address(1), true, 0);
        ice.restart("v".into(), key());
        assert_eq!(ice.restart("w".into(), key()), ["v"]);
        assert_eq!(ice.ufrags().collect::<Vec<_>>(), ["u", "w"]);
        assert_eq!(ice.accept(2, address(1), true, 1).spent, ["u"]);
    }

    #[test]
    fn a_restart_under_way_outlives_the_path_it_replaces() {
        let mut ice = ice();
        ice.accept(0, address(1), true, 0);
        ice.restart("v".into(), key());
        assert!(ice.has_lost_consent(CONSENT_TIMEOUT_NS));
        assert_eq!(ice.forget_credentials(), ["u"]);
        assert!(ice.credentials("v").is_some());
    }

    #[test]
    fn a_restart_before_the_first_check_replaces_nothing() {
        let mut ice = ice();
        ice.restart("v".into(), key());
        assert!(ice.accept(0, address(1), true, 0).is_newly_connected);
        assert_eq!(ice.accept(1, address(2), true, 1).spent, ["u"]);
        assert_eq!(ice.remote, Some(address(2)));
    }

    #[test]
    fn a_peer_cannot_pile_up_addresses() {
        let mut ice = ice();
        for port in 1..100 {
            ice.accept(0, address(port), false, 0);
        }
        assert_eq!(ice.validated().len(), MAX_VALIDATED);
        assert!(ice.validated().contains(&address(1)), "the one in use stays");
    }
}
