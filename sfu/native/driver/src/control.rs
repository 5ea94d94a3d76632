//! Control messages of sockets: the segment size of a burst, and the address of ours that a datagram came to or is to
//! leave from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr;

/// Room for a segment size and an IPv6 packet information, aligned as the kernel wants it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct Control([u8; 64]);

impl Control {
    pub const EMPTY: Self = Self([0; 64]);

    /// Points `header` at this buffer, to be filled by the kernel.
    pub fn attach(&mut self, header: &mut libc::msghdr) {
        header.msg_control = ptr::from_mut(self).cast();
        header.msg_controllen = size_of::<Self>() as _;
    }

    /// Fills it with what is to be told and points `header` at it.
    pub fn write(
        &mut self,
        header: &mut libc::msghdr,
        segment: Option<u16>,
        from: Option<IpAddr>,
        is_v6: bool,
    ) {
        self.attach(header);
        let mut used = 0;
        if let Some(segment) = segment {
            used += self.push(used, libc::SOL_UDP, libc::UDP_SEGMENT, &segment.to_ne_bytes());
        }
        match from {
            Some(IpAddr::V4(v4)) if !is_v6 => {
                let mut info = [0; 12];
                info[4..8].copy_from_slice(&v4.octets());
                used += self.push(used, libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
            }
            Some(ip) => {
                let v6 = match ip {
                    IpAddr::V4(v4) => v4.to_ipv6_mapped(),
                    IpAddr::V6(v6) => v6,
                };
                let mut info = [0; 20];
                info[..16].copy_from_slice(&v6.octets());
                used += self.push(used, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
            }
            None => {}
        }
        header.msg_controllen = used as _;
        if used == 0 {
            header.msg_control = ptr::null_mut();
        }
    }

    /// Appends one message at `at`; returns the bytes it takes. Head: u64 length, two i32; data padded to 8.
    fn push(&mut self, at: usize, level: libc::c_int, kind: libc::c_int, data: &[u8]) -> usize {
        let length = HEAD + data.len();
        self.0[at..at + 8].copy_from_slice(&(length as u64).to_ne_bytes());
        self.0[at + 8..at + 12].copy_from_slice(&level.to_ne_bytes());
        self.0[at + 12..at + 16].copy_from_slice(&kind.to_ne_bytes());
        self.0[at + HEAD..at + length].copy_from_slice(data);
        length.next_multiple_of(8)
    }

    /// The address of ours in what the kernel wrote.
    pub fn home(&self, length: usize) -> Option<IpAddr> {
        let mut rest = self.0.get(..length)?;
        while rest.len() >= HEAD {
            let size = u64::from_ne_bytes(rest[..8].try_into().ok()?) as usize;
            let level = i32::from_ne_bytes(rest[8..12].try_into().ok()?);
            let kind = i32::from_ne_bytes(rest[12..16].try_into().ok()?);
            let data = rest.get(HEAD..size)?;
            match (level, kind) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    // index, the address it was taken for, the address in its header
                    let octets: [u8; 4] = data.get(8..12)?.try_into().ok()?;
                    return Some(IpAddr::V4(Ipv4Addr::from(octets)));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let octets: [u8; 16] = data.get(..16)?.try_into().ok()?;
                    return Some(IpAddr::V6(Ipv6Addr::from(octets)));
                }
                _ => rest = rest.get(size.next_multiple_of(8)..)?,
            }
        }
        None
    }
}

/// A `cmsghdr` on 64-bit Linux: length, level, kind.
const HEAD: usize = 16;
const _: () = assert!(size_of::<libc::cmsghdr>() == HEAD);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (home, is_v6) in [("192.0.2.9", false), ("2001:db8::9", true), ("::ffff:192.0.2.9", true)] {
            let home: IpAddr = home.parse().expect("an address");
            // SAFETY: msghdr is a plain C struct for which all bytes zero is a valid value.
            let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
            let mut control = Control::EMPTY;
            control.write(&mut header, Some(1200), Some(home), is_v6);
            let length = header.msg_controllen as usize;
            assert!(length <= size_of::<Control>());
            if is_v6 {
                assert_eq!(control.home(length), Some(home));
            } else {
                // outwards the address stands one field earlier than inwards
                assert_eq!(control.0[24 + HEAD + 4..24 + HEAD + 8], [192, 0, 2, 9]);
            }
            assert_eq!(control.0[HEAD..HEAD + 2], 1200u16.to_ne_bytes());
        }
    }

    #[test]
    fn nothing_to_tell_is_no_control_message() {
        // SAFETY: as above.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        let mut control = Control::EMPTY;
        control.write(&mut header, None, None, false);
        assert!(header.msg_control.is_null() && header.msg_controllen == 0);
    }
}
