//! Whether the path carries more than is sent. A probe is a moment in which padding fills what is sent up to a rate; how
//! far apart its packets arrive says what the path carries. Probes follow each other while they succeed, and come
//! seldom where they fail: soon again while a picture waits for room, hardly ever for comfort alone.

use crate::sent::Acknowledged;
use crate::Now;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
/// A probe tries so many times what is believed.
const TIMES: u64 = 2;
/// Long beside the jitter of wireless paths, short beside the buffers of narrow ones.
const LENGTH_NS: u64 = 60 * MS;
const MIN_BYTES: u64 = 4_000;
const MIN_PACKETS: u32 = 8;
/// Answers that take longer are not waited for.
const PATIENCE_NS: u64 = 1_500 * MS;
/// So many times the media it is comfortable to know of: bursts then need not be spread.
const COMFORT: u64 = 4;
const COMFORT_BPS: u64 = 12_000_000;
/// Between probes that fail.
const FIRST_WAIT: Now = SECOND;
const LONGEST_WAIT: Now = 4 * SECOND;
const LONGEST_COMFORT_WAIT: Now = 60 * SECOND;
/// Arriving slower than this share of how they were sent, packets queued.
const UNQUEUED: f64 = 0.9;
/// Of what arrived when they queued.
const QUEUED_SHARE: f64 = 0.95;
const GAIN: f64 = 1.05;
/// Where packets queued, others may have queued with them: the share of a moment is not what lasts.
pub(crate) const QUEUED_GAIN: f64 = 1.3;

/// See the module.
#[derive(Default)]
pub(crate) struct Probing {
    wanted_bps: u64,
    probe: Option<Probe>,
    last_id: u8,
    next_at: Now,
    wait: Now,
}

/// What a probe has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The path carries so much, perhaps more.
    AtLeast(u64),
    /// Packets queued: it carries so much and no more.
    AtMost(u64),
}

struct Probe {
    /// Never 0.
    id: u8,
    believed_bps: u64,
    rate_bps: u64,
    began: Now,
    to_send: u64,
    sent: u64,
    is_for_comfort: bool,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    packets: u32,
    bytes: u64,
    sent: Option<(Now, Now)>,
    arrived: Option<(i64, i64)>,
    first_bytes: u64,
    last_bytes: u64,
}

impl Probing {
    /// What would be sent if the path carried it; 0 = all is sent.
    pub fn want(&mut self, bitrate_bps: u64, now: Now) {
        if bitrate_bps > self.wanted_bps {
            self.wait = 0;
            self.next_at = self.next_at.min(now + FIRST_WAIT);
        }
        self.wanted_bps = bitrate_bps;
    }

    /// Begins a probe if one is due.
    pub fn begin(&mut self, believed_bps: u64, media_bps: u64, now: Now) {
        if let Some(probe) = &self.probe {
            if now >= probe.began + PATIENCE_NS {
                let is_for_comfort = probe.is_for_comfort;
                self.probe = None;
                self.fail(is_for_comfort, now);
            }
            return;
        }
        let comfort_bps = (COMFORT * media_bps).min(COMFORT_BPS);
        let target_bps = self.wanted_bps.max(comfort_bps);
        if believed_bps == 0 || media_bps == 0 || now < self.next_at || believed_bps >= target_bps {
            return;
        }
        let rate_bps = (TIMES * believed_bps).min(target_bps * 5 / 4);
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.probe = Some(Probe {
            id: self.last_id,
            believed_bps,
            rate_bps,
            began: now,
            to_send: (rate_bps * LENGTH_NS / SECOND / 8).max(MIN_BYTES),
            sent: 0,
            is_for_comfort: self.wanted_bps <= believed_bps,
            seen: Seen::default(),
        });
    }

    /// Whether a probe is being sent.
    pub fn is_sending(&self) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.sent < probe.to_send)
    }

    /// How much padding is to be sent now.
    pub fn due(&self, now: Now) -> usize {
        let Some(probe) = self.probe.as_ref().filter(|probe| probe.sent < probe.to_send) else {
            return 0;
        };
        let passed_ns = now.saturating_sub(probe.began) + crate::pacer::STEP_NS;
        let due = (probe.rate_bps * passed_ns / SECOND / 8).min(probe.to_send);
        due.saturating_sub(probe.sent) as usize
    }

    /// A packet goes: the probe it belongs to, 0 = none.
    pub fn note_sent(&mut self, bytes: usize) -> u8 {
        match self.probe.as_mut().filter(|probe| probe.sent < probe.to_send) {
            Some(probe) => {
                probe.sent += bytes as u64;
                probe.id
            }
            None => 0,
        }
    }

    /// Reads what has been acknowledged; what the probe has shown, once it is over.
    pub fn handle(&mut self, acknowledged: &[Acknowledged], now: Now) -> Option<Shown> {
        let probe = self.probe.as_mut()?;
        let mut is_over = false;
        for packet in acknowledged {
            if packet.probe == probe.id {
                probe.seen.push(packet);
            } else if probe.sent >= probe.to_send
                && probe.seen.sent.is_some_and(|(_, last)| packet.sent_at > last)
            {
                is_over = true;
            }
        }
        is_over |= probe.seen.bytes >= probe.to_send;
        if !is_over {
            return None;
        }
        let probe = self.probe.take()?;
        let shown = probe.seen.shown();
        let is_gain = match shown {
            Some(Shown::AtLeast(bps)) => bps as f64 > GAIN * probe.believed_bps as f64,
            Some(Shown::AtMost(bps)) => bps as f64 > QUEUED_GAIN * probe.believed_bps as f64,
            None => false,
        };
        if is_gain {
            self.wait = 0;
            self.next_at = now;
        } else {
            self.fail(probe.is_for_comfort, now);
        }
        shown
    }

    fn fail(&mut self, is_for_comfort: bool, now: Now) {
        let longest = if is_for_comfort { LONGEST_COMFORT_WAIT } else { LONGEST_WAIT };
        self.wait = (self.wait * 2).clamp(FIRST_WAIT, longest);
        self.next_at = now + self.wait;
    }

    /// The path has just shown that it is full.
    pub fn disturb(&mut self, now: Now) {
        self.next_at = self.next_at.max(now + FIRST_WAIT);
    }
}

impl Seen {
    fn push(&mut self, packet: &Acknowledged) {
        let bytes = u64::from(packet.bytes);
        self.packets += 1;
        self.bytes += bytes;
        let (first, last) = self.sent.unwrap_or((packet.sent_at, packet.sent_at));
        self.sent = Some((first.min(packet.sent_at), last.max(packet.sent_at)));
        if packet.sent_at >= last {
            self.last_bytes = bytes;
        }
        let (first, last) = self.arrived.unwrap_or((packet.arrived_ns, packet.arrived_ns));
        if packet.arrived_ns <= first {
            self.first_bytes = bytes;
        }
        self.arrived = Some((first.min(packet.arrived_ns), last.max(packet.arrived_ns)));
    }

    fn shown(&self) -> Option<Shown> {
        let ((first_sent, last_sent), (first_arrived, last_arrived)) = (self.sent?, self.arrived?);
        // the last step of a probe is one burst: it lasts as long as its own rate takes
        let sent_ns = (last_sent - first_sent + crate::pacer::STEP_NS) as f64;
        let arrived_ns = last_arrived.wrapping_sub(first_arrived) as f64;
        if self.packets < MIN_PACKETS || sent_ns <= 0.0 || arrived_ns <= 0.0 {
            return None;
        }
        let sent_bps = self.bytes as f64 * 8e9 / sent_ns;
        let arrived_bps = (self.bytes - self.first_bytes) as f64 * 8e9 / arrived_ns;
        Some(if arrived_bps < UNQUEUED * sent_bps {
            Shown::AtMost((QUEUED_SHARE * arrived_bps) as u64)
        } else {
            Shown::AtLeast(sent_bps.min(arrived_bps) as u64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a probe over a path of `capacity_bps`; returns its result.
    fn probe(probing: &mut Probing, believed_bps: u64, capacity_bps: f64, from: Now) -> Option<Shown> {
        probing.begin(believed_bps, 500_000, from);
        let mut now = from;
        let mut busy_until = 0.0;
        let mut acknowledged = Vec::new();
        while probing.is_sending() {
            for _ in 0..probing.due(now).div_ceil(300) {
                let probe = probing.note_sent(300);
                busy_until = f64::max(busy_until, now as f64) + 2_400.0 * 1e9 / capacity_bps;
                let arrived_ns = busy_until as i64;
                acknowledged.push(Acknowledged {
                    sent_at: now,
                    arrived_ns,
                    bytes: 300,
                    is_media: false,
                    probe,
                });
            }
            now += 5 * MS;
        }
        probing.handle(&acknowledged, now)
    }

    #[test]
    fn a_wide_path_is_proven_step_by_step() {
        let mut probing = Probing::default();
        probing.want(6_000_000, 0);
        let mut believed = 250_000;
        for step in 0..6 {
            let Some(Shown::AtLeast(bps)) = probe(&mut probing, believed, 20e6, (step + 2) * SECOND) else {
                panic!("step {step}");
            };
            assert!(bps > believed * 3 / 2 && bps <= believed * 5 / 2, "{bps}");
            believed = bps;
            if believed >= 6_000_000 {
                return;
            }
        }
        panic!("{believed}");
    }

    #[test]
    fn a_full_path_gains_nothing_and_is_left_alone_for_longer() {
        let mut probing = Probing::default();
        probing.want(3_000_000, 0);
        let mut waits = Vec::new();
        let mut now = 2 * SECOND;
        for _ in 0..5 {
            let Some(Shown::AtMost(bps)) = probe(&mut probing, 1_000_000, 1e6, now) else { panic!() };
            assert!((850_000..=1_050_000).contains(&bps), "{bps}");
            waits.push(probing.next_at.saturating_sub(now) / SECOND);
            now = probing.next_at;
        }
        assert_eq!(waits, [1, 2, 4, 4, 4]);
    }

    #[test]
    fn nobody_is_probed_for_more_than_is_wanted() {
        let mut probing = Probing::default();
        probing.begin(2_000_000, 400_000, 5 * SECOND);
        assert!(!probing.is_sending(), "four times what is sent is known");
        probing.begin(0, 400_000, 5 * SECOND);
        assert!(!probing.is_sending(), "nothing is known");
        probing.want(2_500_000, 5 * SECOND);
        probing.begin(2_000_000, 0, 9 * SECOND);
        assert!(!probing.is_sending(), "nothing is sent");
        probing.begin(2_000_000, 400_000, 9 * SECOND);
        assert!(probing.is_sending());
    }

    #[test]
    fn a_probe_without_an_answer_is_given_up() {
        let mut probing = Probing::default();
        probing.want(3_000_000, 0);
        probing.begin(1_000_000, 500_000, 2 * SECOND);
        probing.begin(1_000_000, 500_000, 4 * SECOND);
        assert!(!probing.is_sending() && probing.next_at > 4 * SECOND);
    }
}
