//! Connections that have not proven anything yet: bounded in number, in number from one network, and in time. Where one
//! too many comes, the one that has waited longest goes: an honest peer speaks within a round trip.

use std::net::IpAddr;

/// Together, and from one network: a school behind one address may join at once.
pub const LIMIT: usize = 1024;
pub const NETWORK_LIMIT: usize = 256;
/// How long one may take for its first frame.
pub const PATIENCE_NS: u64 = 10_000_000_000;

struct Entry<T> {
    token: u64,
    network: IpAddr,
    since: u64,
    value: T,
}

/// In order of coming. Time is a parameter.
pub struct Newcomers<T> {
    entries: Vec<Entry<T>>,
}

impl<T> Default for Newcomers<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Newcomers<T> {
    /// Returns the one that has to go for it.
    pub fn add(&mut self, token: u64, address: IpAddr, value: T, now: u64) -> Option<T> {
        let network = network_of(address);
        let of_network = self.entries.iter().filter(|entry| entry.network == network).count();
        let goes = if of_network >= NETWORK_LIMIT {
            self.entries.iter().position(|entry| entry.network == network)
        } else if self.entries.len() >= LIMIT {
            Some(0)
        } else {
            None
        };
        let gone = goes.map(|index| self.entries.remove(index).value);
        self.entries.push(Entry { token, network, since: now, value });
        gone
    }

    pub fn get_mut(&mut self, token: u64) -> Option<&mut T> {
        self.entries.iter_mut().find(|entry| entry.token == token).map(|entry| &mut entry.value)
    }

    pub fn remove(&mut self, token: u64) -> Option<T> {
        let index = self.entries.iter().position(|entry| entry.token == token)?;
        Some(self.entries.remove(index).value)
    }

    /// Lets go of those whose time is over.
    pub fn expire(&mut self, now: u64) {
        self.entries.retain(|entry| now.saturating_sub(entry.since) < PATIENCE_NS);
    }

    /// Lets go of the one that has waited longest.
    pub fn remove_oldest(&mut self) {
        if !self.entries.is_empty() {
            self.entries.remove(0);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// One customer has a whole /64 of IPv6 addresses.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn v4(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[test]
    fn the_longest_wait_ends_where_one_too_many_comes() {
        let mut newcomers = Newcomers::default();
        for number in 0..LIMIT as u32 {
            assert_eq!(newcomers.add(number.into(), v4(number), number, 0), None);
        }
        assert_eq!(newcomers.add(9999, v4(9999), 9999, 0), Some(0));
        assert_eq!(newcomers.add(9998, v4(9998), 9998, 0), Some(1));
    }

    #[test]
    fn one_network_has_its_share_and_others_are_not_concerned() {
        let mut newcomers = Newcomers::default();
        newcomers.add(7000, v4(1), 7000, 0);
        let flood = |number: u32| IpAddr::from(Ipv6Addr::from(0x2001_0db8 << 96 | u128::from(number)));
        for number in 0..NETWORK_LIMIT as u32 {
            assert_eq!(newcomers.add(number.into(), flood(number), number, 0), None);
        }
        assert_eq!(newcomers.add(8000, flood(8000), 8000, 0), Some(0));
        assert_eq!(newcomers.get_mut(7000), Some(&mut 7000));
    }

    #[test]
    fn who_says_nothing_goes_in_time() {
        let mut newcomers = Newcomers::default();
        newcomers.add(1, v4(1), (), 0);
        newcomers.add(2, v4(1), (), 5);
        newcomers.expire(PATIENCE_NS - 1);
        assert!(newcomers.get_mut(1).is_some());
        newcomers.expire(PATIENCE_NS);
        assert!(newcomers.get_mut(1).is_none() && newcomers.get_mut(2).is_some());
        assert_eq!(newcomers.remove(2), Some(()));
        assert!(newcomers.is_empty());
    }
}
