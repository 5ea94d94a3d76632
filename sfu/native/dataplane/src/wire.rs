//! Checked big-endian reading. Every parser goes through here, so that no input can panic.

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(field.try_into().ok()?))
}

pub(crate) fn u24_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(3)?)?;
    Some((u32::from(field[0]) << 16) | (u32::from(field[1]) << 8) | u32::from(field[2]))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(field.try_into().ok()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_be_bytes(field.try_into().ok()?))
}

/// What a datagram is, by its first byte (RFC 7983); RTCP apart from RTP by its type (RFC 5761).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datagram {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

pub(crate) fn classify(datagram: &[u8]) -> Datagram {
    match (datagram.first(), datagram.get(1)) {
        (Some(0..=3), _) => Datagram::Stun,
        (Some(20..=63), _) => Datagram::Dtls,
        (Some(128..=191), Some(192..=223)) => Datagram::Rtcp,
        (Some(128..=191), Some(_)) => Datagram::Rtp,
        _ => Datagram::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_told_apart_by_their_first_bytes() {
        assert_eq!(classify(&[0, 1]), Datagram::Stun);
        assert_eq!(classify(&[22, 254]), Datagram::Dtls);
        assert_eq!(classify(&[0x80, 96]), Datagram::Rtp);
        assert_eq!(classify(&[0x80, 96 | 0x80]), Datagram::Rtp);
        assert_eq!(classify(&[0x80, 200]), Datagram::Rtcp);
        assert_eq!(classify(&[0x80]), Datagram::Unknown);
        assert_eq!(classify(&[]), Datagram::Unknown);
        assert_eq!(classify(&[64, 0]), Datagram::Unknown);
    }

    #[test]
    fn reading_past_the_end_is_none() {
        assert_eq!(u16_at(&[1, 2, 3], 1), Some(0x0203));
        assert_eq!(u16_at(&[1, 2, 3], 2), None);
        assert_eq!(u24_at(&[1, 2, 3], 0), Some(0x0001_0203));
        assert_eq!(u32_at(&[0; 3], usize::MAX), None);
        assert_eq!(u64_at(&[0; 8], 0), Some(0));
    }
}
