//! Cuts the sends of one outbox into bursts: neighbours to one destination, of equal length but for a shorter last one,
//! one behind the other in memory. That is what the kernel takes as one UDP_SEGMENT message, without a copy.

use std::ops::Range;

use dataplane::Send;

/// The kernel takes at most 64 segments (128 in newer ones) and one IP datagram's worth of bytes.
const SEGMENTS: usize = 64;
const BYTES: usize = 65_000;

/// Fills `bursts` with ranges of the datagrams among `sends` from `first` on. `can_segment` false makes every send its own burst.
pub fn cut(sends: &[Send], first: usize, can_segment: bool, bursts: &mut Vec<Range<usize>>) {
    bursts.clear();
    let mut first = first;
    while first < sends.len() {
        if sends[first].to.stream != 0 {
            // goes over its own connection
            first += 1;
            continue;
        }
        let upto = if can_segment { end_of_burst(sends, first) } else { first + 1 };
        bursts.push(first..upto);
        first = upto;
    }
}

fn end_of_burst(sends: &[Send], first: usize) -> usize {
    let segment = sends[first].len;
    let mut bytes = segment as usize;
    let mut upto = first + 1;
    while let Some(next) = sends.get(upto) {
        let before = &sends[upto - 1];
        let is_neighbour =
            next.to == before.to && next.slot == before.slot && next.start == before.start + before.len;
        let is_full = upto - first == SEGMENTS || bytes + next.len as usize > BYTES;
        if !is_neighbour || is_full || next.len > segment || before.len < segment {
            break;
        }
        bytes += next.len as usize;
        upto += 1;
    }
    upto
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    /// Sends one behind the other, as a plane writes them.
    fn sends(of: &[(u16, u32)]) -> Vec<Send> {
        let mut start = 0;
        let make = |&(port, len): &(u16, u32)| {
            let to = SocketAddr::from(([127, 0, 0, 1], port)).into();
            start += len;
            Send { to, slot: 0, start: start - len, len }
        };
        of.iter().map(make).collect()
    }

    fn cuts(sends: &[Send], can_segment: bool) -> Vec<Range<usize>> {
        let mut bursts = Vec::new();
        cut(sends, 0, can_segment, &mut bursts);
        bursts
    }

    #[test]
    fn each_destination_is_its_own_burst() {
        assert_eq!(cuts(&sends(&[(1, 100), (1, 100), (2, 100), (2, 90)]), true), [0..2, 2..4]);
    }

    #[test]
    fn a_longer_packet_begins_a_burst_and_a_shorter_one_ends_it() {
        assert_eq!(cuts(&sends(&[(1, 100), (1, 101), (1, 90), (1, 90)]), true), [0..1, 1..3, 3..4]);
    }

    #[test]
    fn packets_that_do_not_lie_side_by_side_are_sent_apart() {
        let mut apart = sends(&[(1, 100), (1, 100)]);
        apart[1].start += 4;
        assert_eq!(cuts(&apart, true), [0..1, 1..2]);
    }

    #[test]
    fn bursts_stay_within_the_limits_of_the_kernel() {
        assert_eq!(cuts(&sends(&[(1, 100); 130]), true), [0..64, 64..128, 128..130]);
        assert!(cuts(&sends(&[(1, 1200); 60]), true).iter().all(|burst| burst.len() * 1200 <= BYTES));
    }

    #[test]
    fn what_goes_over_a_connection_is_no_datagram() {
        let mut mixed = sends(&[(1, 100), (1, 100), (1, 100)]);
        mixed[1].to.stream = 7;
        assert_eq!(cuts(&mixed, true), [0..1, 2..3]);
    }

    #[test]
    fn without_segmentation_every_send_stands_alone() {
        assert_eq!(cuts(&sends(&[(1, 9), (1, 9)]), false), [0..1, 1..2]);
    }

    #[test]
    fn an_impossible_length_does_not_join_the_others() {
        assert_eq!(cuts(&sends(&[(1, 70_000), (1, 10)]), true), [0..1, 1..2]);
    }
}
