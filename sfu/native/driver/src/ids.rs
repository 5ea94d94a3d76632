//! The ids that Python sees: those of a plane, with the number of its lane in eight bits that a plane leaves empty.

use dataplane::Lane;

/// Planes count their things in the low 24 bits and the times a place was used in the high 32.
const SHIFT: u32 = 24;
const MASK: u64 = 0xff << SHIFT;
/// A name that no plane ever gives.
const NOTHING: u64 = 0xffff_ffff;

pub fn global(lane: Lane, local: u64) -> u64 {
    local | u64::from(lane) << SHIFT
}

/// The lane and the plane's own id; for ids of no lane one that is unknown to every plane.
pub fn split(id: u64, lanes: usize) -> (usize, u64) {
    let lane = ((id & MASK) >> SHIFT) as usize;
    if lane < lanes {
        (lane, id & !MASK)
    } else {
        (0, NOTHING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_the_lane_there_and_back() {
        let local = 7 << 32 | 5;
        assert_eq!(split(global(3, local), 4), (3, local));
        assert_eq!(global(0, local), local);
        assert_eq!(split(global(3, local), 3), (0, NOTHING));
    }
}
