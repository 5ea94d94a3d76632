//! Numbers left out: packets of layers a subscriber does not get close the gap they leave, lost ones keep it, and a late
//! packet finds the offset of its place.

use std::collections::VecDeque;

/// Runs remembered for late packets: at one a picture, two seconds.
const MAX_RUNS: usize = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct Skips {
    runs: VecDeque<Run>,
    total: Offset,
    /// The first place that is still known.
    horizon: u64,
}

/// Consecutive packets left out.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: u64,
    /// Behind the last one.
    to: u64,
    before: Offset,
    after: Offset,
}

/// What has been left out before a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offset {
    pub numbers: u64,
    pub pictures: u16,
}

impl Skips {
    /// Leaves out the packet `at`, newest of all, which begins a picture if `is_picture`. `bridges`: everything
    /// since the last one left out is of the same kind and goes with it, unless something was sent since (up to there).
    pub fn skip(&mut self, at: u64, is_picture: bool, bridges: Option<u64>) {
        let before = self.total;
        self.total.pictures = before.pictures.wrapping_add(u16::from(is_picture));
        let last = self.runs.back_mut();
        if let Some(run) =
            last.filter(|run| run.to == at || (run.to < at && bridges.is_some_and(|sent| sent < run.to)))
        {
            self.total.numbers += at + 1 - run.to;
            (run.to, run.after) = (at + 1, self.total);
            return;
        }
        self.total.numbers += 1;
        if self.runs.len() == MAX_RUNS {
            self.horizon = self.runs.pop_front().map_or(0, |run| run.to);
        }
        self.runs.push_back(Run { from: at, to: at + 1, before, after: self.total });
    }

    /// What was left out before `at`; `None` when it was left out itself, or nobody knows any more.
    pub fn before(&self, at: u64) -> Option<Offset> {
        for run in self.runs.iter().rev() {
            if at >= run.to {
                return Some(run.after);
            }
            if at >= run.from {
                return None;
            }
        }
        match self.runs.front() {
            Some(first) => (at >= self.horizon).then_some(first.before),
            None => Some(self.total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(skips: &Skips, at: u64) -> Option<u64> {
        skips.before(at).map(|offset| offset.numbers)
    }

    #[test]
    fn what_is_left_out_closes_and_what_is_lost_stays() {
        let mut skips = Skips::default();
        // 10 sent, 11 12 left out, 13 lost, 14 sent, 15 left out.
        skips.skip(11, true, None);
        skips.skip(12, false, None);
        skips.skip(15, true, None);
        let found: Vec<_> = (10..18).map(|at| numbers(&skips, at)).collect();
        let expected = [Some(0), None, None, Some(2), Some(2), None, Some(3), Some(3)];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_loss_within_one_frame_left_out_goes_with_it() {
        let mut skips = Skips::default();
        skips.skip(20, true, None);
        skips.skip(23, false, Some(19));
        assert_eq!((numbers(&skips, 21), numbers(&skips, 24)), (None, Some(4)));
    }

    #[test]
    fn pictures_are_counted_apart() {
        let mut skips = Skips::default();
        skips.skip(1, true, None);
        skips.skip(2, false, None);
        skips.skip(5, true, None);
        assert_eq!(skips.before(3), Some(Offset { numbers: 2, pictures: 1 }));
        assert_eq!(skips.before(6), Some(Offset { numbers: 3, pictures: 2 }));
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_older_is_not_guessed() {
        let mut skips = Skips::default();
        (0..1_000).for_each(|step| skips.skip(step * 2, true, None));
        assert_eq!(skips.runs.len(), MAX_RUNS);
        assert_eq!(numbers(&skips, 5), None);
        assert_eq!(numbers(&skips, 1_999), Some(1_000));
        assert_eq!(numbers(&skips, 1_997), Some(999));
        let oldest = skips.runs[0].from;
        assert_eq!(numbers(&skips, oldest - 1), Some(oldest / 2));
    }
}
