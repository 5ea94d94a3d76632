//! The peer's end of a path: an address, and whether it is reached by datagrams or over a connection.

use std::fmt;
use std::net::SocketAddr;

/// Two paths from one address are two paths: one over UDP and each TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Remote {
    pub address: SocketAddr,
    /// The driver's number of a connection; 0 = datagrams.
    pub stream: u32,
}

impl Remote {
    /// The address as the peer would write it: a dual-stack socket shows IPv4 peers as mapped IPv6.
    pub fn canonical(&self) -> SocketAddr {
        SocketAddr::new(self.address.ip().to_canonical(), self.address.port())
    }
}

impl From<SocketAddr> for Remote {
    fn from(address: SocketAddr) -> Self {
        Self { address, stream: 0 }
    }
}

impl PartialEq<SocketAddr> for Remote {
    fn eq(&self, address: &SocketAddr) -> bool {
        self.stream == 0 && self.address == *address
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.canonical(), if self.stream == 0 { "" } else { "/tcp" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_not_its_address() {
        let address: SocketAddr = "192.0.2.1:5000".parse().expect("an address");
        let stream = Remote { address, stream: 1 };
        assert_ne!(stream, Remote::from(address));
        assert_ne!(stream, address);
        assert_eq!(Remote::from(address), address);
    }

    #[test]
    fn it_is_written_as_the_peer_would() {
        let address: SocketAddr = "[::ffff:192.0.2.1]:5000".parse().expect("an address");
        assert_eq!(Remote::from(address).to_string(), "192.0.2.1:5000");
        assert_eq!(Remote { address, stream: 3 }.to_string(), "192.0.2.1:5000/tcp");
    }
}
