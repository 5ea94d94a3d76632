//! Arranges the sends of one outbox into bursts: one destination each, equal lengths but for a shorter last one, which is
//! what the kernel accepts as one UDP_SEGMENT message. Order towards a destination is kept; order between them is free.

use std::net::SocketAddr;

use dataplane::Send;

/// The kernel takes at most 64 segments (128 in newer ones) and one IP datagram's worth of bytes.
const SEGMENTS: usize = 64;
const BYTES: usize = 65_000;
const NONE: u32 = u32::MAX;

/// One message for the kernel: `members` are indices into the outbox's sends.
#[derive(Debug, PartialEq, Eq)]
pub struct Burst {
    pub to: SocketAddr,
    pub segment: usize,
    pub first: usize,
    pub count: usize,
}

#[derive(Default)]
pub struct Bursts {
    pub bursts: Vec<Burst>,
    pub members: Vec<usize>,
    lanes: Vec<Lane>,
    next: Vec<u32>,
    table: Vec<u32>,
}

struct Lane {
    to: SocketAddr,
    head: u32,
    tail: u32,
}

impl Bursts {
    /// `can_segment` false makes every send its own burst.
    pub fn arrange(&mut self, sends: &[Send], can_segment: bool) {
        self.bursts.clear();
        self.members.clear();
        if can_segment {
            self.chain(sends);
            for lane in 0..self.lanes.len() {
                self.cut(lane, sends);
            }
        } else {
            for (index, send) in sends.iter().enumerate() {
                self.members.push(index);
                self.bursts.push(Burst { to: send.to, segment: send.len, first: index, count: 1 });
            }
        }
    }

    /// Links the sends of each destination into a lane, through a small open-addressing table.
    fn chain(&mut self, sends: &[Send]) {
        let slots = (sends.len() * 2).next_power_of_two().max(16);
        self.table.clear();
        self.table.resize(slots, NONE);
        self.lanes.clear();
        self.next.clear();
        self.next.resize(sends.len(), NONE);
        for (index, send) in sends.iter().enumerate() {
            let index = index as u32;
            let mut slot = hash_of(&send.to) as usize & (slots - 1);
            loop {
                match self.table[slot] {
                    NONE => {
                        self.table[slot] = self.lanes.len() as u32;
                        self.lanes.push(Lane { to: send.to, head: index, tail: index });
                        break;
                    }
                    lane if self.lanes[lane as usize].to == send.to => {
                        let lane = &mut self.lanes[lane as usize];
                        self.next[lane.tail as usize] = index;
                        lane.tail = index;
                        break;
                    }
                    _ => slot = (slot + 1) & (slots - 1),
                }
            }
        }
    }

    /// Cuts one lane into bursts.
    fn cut(&mut self, lane: usize, sends: &[Send]) {
        let to = self.lanes[lane].to;
        let mut at = self.lanes[lane].head;
        while at != NONE {
            let segment = sends[at as usize].len;
            let first = self.members.len();
            let mut bytes = 0;
            while at != NONE {
                let length = sends[at as usize].len;
                let count = self.members.len() - first;
                if length > segment || count == SEGMENTS || bytes + length > BYTES {
                    break;
                }
                self.members.push(at as usize);
                bytes += length;
                at = self.next[at as usize];
                if length < segment {
                    break;
                }
            }
            if self.members.len() == first {
                // longer than any datagram may be: the kernel will refuse it, and it alone
                self.members.push(at as usize);
                at = self.next[at as usize];
            }
            self.bursts.push(Burst { to, segment, first, count: self.members.len() - first });
        }
    }
}

fn hash_of(address: &SocketAddr) -> u64 {
    let (high, low) = match address {
        SocketAddr::V4(v4) => (0, u64::from(v4.ip().to_bits())),
        SocketAddr::V6(v6) => {
            let bits = v6.ip().to_bits();
            ((bits >> 64) as u64, bits as u64)
        }
    };
    let mixed = (high ^ low.rotate_left(16) ^ (u64::from(address.port()) << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(port: u16, len: usize) -> Send {
        Send { to: SocketAddr::from(([127, 0, 0, 1], port)), start: 0, len }
    }

    fn shape(sends: &[Send], can_segment: bool) -> Vec<(u16, usize, Vec<usize>)> {
        let mut bursts = Bursts::default();
        bursts.arrange(sends, can_segment);
        let take = |burst: &Burst| bursts.members[burst.first..burst.first + burst.count].to_vec();
        bursts.bursts.iter().map(|burst| (burst.to.port(), burst.segment, take(burst))).collect()
    }

    #[test]
    fn interleaved_destinations_become_one_burst_each() {
        let sends = [send(1, 100), send(2, 100), send(1, 100), send(2, 90), send(1, 40)];
        assert_eq!(shape(&sends, true), [(1, 100, vec![0, 2, 4]), (2, 100, vec![1, 3])]);
    }

    #[test]
    fn a_longer_packet_begins_a_new_burst_and_a_shorter_one_ends_it() {
        let sends = [send(1, 100), send(1, 101), send(1, 90), send(1, 90)];
        assert_eq!(shape(&sends, true), [(1, 100, vec![0]), (1, 101, vec![1, 2]), (1, 90, vec![3])]);
    }

    #[test]
    fn bursts_stay_within_the_limits_of_the_kernel() {
        let many: Vec<Send> = (0..130).map(|_| send(1, 100)).collect();
        let counts: Vec<usize> = shape(&many, true).iter().map(|burst| burst.2.len()).collect();
        assert_eq!(counts, [64, 64, 2]);
        let long: Vec<Send> = (0..60).map(|_| send(1, 1200)).collect();
        assert!(shape(&long, true).iter().all(|burst| burst.2.len() * 1200 <= BYTES));
    }

    #[test]
    fn without_segmentation_every_send_stands_alone() {
        assert_eq!(shape(&[send(1, 9), send(1, 9)], false), [(1, 9, vec![0]), (1, 9, vec![1])]);
    }

    #[test]
    fn an_impossible_length_does_not_stop_the_others() {
        let sends = [send(1, 70_000), send(1, 10)];
        assert_eq!(shape(&sends, true), [(1, 70_000, vec![0]), (1, 10, vec![1])]);
    }
}
