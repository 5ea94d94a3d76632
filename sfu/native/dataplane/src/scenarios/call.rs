//! A call in virtual time: a publisher like a browser, the plane, and viewers behind links of their own. Publishers
//! answer NACK and PLI; viewers ask for what is missing, acknowledge packets and report.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::link::{Link, LinkSpec};
use super::world::*;
use crate::replay::nearest;
use crate::rtcp::{self, nack_numbers, Compound, Packet, ReportBlock};
use crate::testing::{Peer, Received, Rtp};
use crate::twcc::Arrivals;
use crate::*;

pub const SECOND: Now = 1_000 * MS;
const FRAME: Now = 33 * MS;
const PAYLOAD: usize = 1_100;
const FEEDBACK: Now = 50 * MS;
const NACK_TICK: Now = 10 * MS;
pub const SSRCS: [u32; 3] = [10, 20, 30];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Flight {
    FromPublisher,
    ToPublisher,
    FromViewer(usize),
    ToViewer(usize),
}

/// When, in which order, where, what.
type Landing = (Now, u64, Flight, Vec<u8>);

/// One simulcast stream of the publisher.
pub struct Stream {
    /// 0 = stopped.
    pub bitrate_bps: u64,
    ssrc: u32,
    sequence: u64,
    pictures: u16,
    next_rtx: u64,
    is_key_wanted: bool,
    /// What it can send again.
    pub sent: BTreeMap<u64, Rtp>,
    pub key_frames: u64,
    pub plis: Vec<Now>,
    pub nacks: Vec<u64>,
}

impl Stream {
    pub fn ask_key_frame(&mut self) {
        self.is_key_wanted = true;
    }
}

pub struct Viewer {
    pub peer: Peer,
    pub down_track: DownTrackId,
    pub link: Link,
    pub back: Link,
    /// Whether it behaves: asks for what is missing.
    pub is_asking: bool,
    pub is_reporting: bool,
    pub media: Vec<(Now, u64, usize)>,
    pub repairs: Vec<(Now, u64, usize)>,
    pub padding: Vec<(Now, usize)>,
    /// When the plane sent how much under which SSRC; padding counts under 0.
    pub sent: Vec<(Now, usize, u32)>,
    pub got: BTreeMap<u64, Rtp>,
    pub queue: Vec<Now>,
    arrivals: Arrivals,
    asked: BTreeMap<u64, (Now, u8)>,
    report: Option<(u32, Now)>,
}

impl Viewer {
    pub fn first(&self) -> u64 {
        self.got.keys().next().copied().unwrap_or(0)
    }

    pub fn highest(&self) -> u64 {
        self.got.keys().next_back().copied().unwrap_or(0)
    }

    /// Numbers that never came, up to the newest.
    pub fn missing(&self) -> usize {
        (self.highest() + 1 - self.first()) as usize - self.got.len()
    }

    /// Something was asked for again and again since the last key frame and did not come.
    pub fn is_stuck(&self) -> bool {
        let is_key = |packet: &Rtp| packet.payload[0] & 0x10 != 0 && packet.payload[6] & 1 == 0;
        let key = self.got.iter().rev().find(|(_, packet)| is_key(packet)).map_or(0, |(number, _)| *number);
        let since = self.asked.range(key..);
        since.into_iter().any(|(number, (_, times))| *times >= 3 && !self.got.contains_key(number))
    }

    fn take(&mut self, datagram: Vec<u8>, now: Now) {
        let len = datagram.len();
        match self.peer.open_datagram(datagram) {
            Received::Rtp(packet) => self.take_rtp(packet, len, now),
            Received::Rtcp(compound) => {
                for packet in Compound::new(&compound) {
                    if let Packet::SenderReport { ntp, .. } = packet {
                        self.report = Some(((ntp >> 16) as u32, now));
                    }
                }
            }
            Received::Repeated(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn take_rtp(&mut self, packet: Rtp, len: usize, now: Now) {
        if let Some(sequence) = packet.extension(TRANSPORT_CC) {
            self.arrivals.push(u16::from_be_bytes([sequence[0], sequence[1]]), now);
        }
        if packet.payload.is_empty() {
            self.padding.push((now, len));
            return;
        }
        if packet.ssrc == 51 {
            let original = u16::from_be_bytes([packet.payload[0], packet.payload[1]]);
            let number = nearest(self.highest(), original);
            self.repairs.push((now, number, len));
            let payload = packet.payload[2..].to_vec();
            self.got.entry(number).or_insert(Rtp { payload, sequence: number, ..packet });
        } else {
            self.media.push((now, packet.sequence, len));
            self.got.entry(packet.sequence).or_insert(packet);
        }
    }

    /// What is missing and to be asked for now.
    fn due(&mut self, rtt: Now, now: Now) -> Vec<u16> {
        let (first, highest) = (self.first(), self.highest());
        let mut due = Vec::new();
        for number in first.max(highest.saturating_sub(300))..highest {
            if self.got.contains_key(&number) {
                continue;
            }
            let asked = self.asked.entry(number).or_insert((now, 0));
            let wait = if asked.1 == 0 { NACK_TICK } else { rtt + NACK_TICK };
            if asked.1 < 10 && now >= asked.0 + wait {
                *asked = (now, asked.1 + 1);
                due.push(number as u16);
            }
        }
        due
    }

    fn report(&self, now: Now) -> Vec<u8> {
        let (last_sender_report, at) = self.report.unwrap_or((0, now));
        let delay = ((now - at) * 65_536 / SECOND) as u32;
        let block = ReportBlock {
            ssrc: 50,
            fraction_lost: 0,
            lost: 0,
            highest: self.highest() as u32,
            jitter: 0,
            last_sender_report,
            delay: if last_sender_report == 0 { 0 } else { delay },
        };
        let mut compound = Vec::new();
        rtcp::write_receiver_report(&mut compound, 1, &[block]);
        compound
    }
}

pub struct Call {
    pub world: World,
    pub up_track: UpTrackId,
    pub streams: Vec<Stream>,
    pub viewers: Vec<Viewer>,
    pub uplink: Link,
    pub uplink_back: Link,
    flying: BinaryHeap<Reverse<Landing>>,
    count: u64,
    next_frame: Now,
    next_nack: Now,
    next_feedback: Now,
    next_report: Now,
}

impl Call {
    /// A publisher behind `uplink` sending VP8 streams of these rates.
    pub fn new(uplink: LinkSpec, rates: &[u64], seed: u64) -> Self {
        let mut world = World::new();
        let rids = ["q", "h", "f"];
        let named: Vec<_> = (0..rates.len()).map(|i| (rids[i], SSRCS[i], SSRCS[i] + 1)).collect();
        let up_track = world.video(Codec::Vp8, &named);
        let stream = |(index, bitrate_bps): (usize, &u64)| Stream {
            bitrate_bps: *bitrate_bps,
            ssrc: SSRCS[index],
            sequence: 60_000 + 100 * index as u64,
            pictures: 32_000,
            next_rtx: 1,
            is_key_wanted: true,
            sent: BTreeMap::new(),
            key_frames: 0,
            plis: Vec::new(),
            nacks: Vec::new(),
        };
        Self {
            world,
            up_track,
            streams: rates.iter().enumerate().map(stream).collect(),
            viewers: Vec::new(),
            uplink: Link::new(uplink, seed),
            uplink_back: Link::new(LinkSpec { latency: uplink.latency, ..LinkSpec::default() }, seed + 1),
            flying: BinaryHeap::new(),
            count: 0,
            next_frame: 0,
            next_nack: 0,
            next_feedback: FEEDBACK,
            next_report: SECOND,
        }
    }

    /// Somebody behind `link` who wants the encoding `layer`.
    pub fn watch(&mut self, link: LinkSpec, layer: u8, seed: u64) -> usize {
        let peer = self.world.subscriber();
        let down_track = self.world.subscribe(&peer, self.up_track, 50);
        self.world.set_layer(down_track, Some(layer));
        self.viewers.push(Viewer {
            peer,
            down_track,
            link: Link::new(link, seed),
            back: Link::new(LinkSpec { latency: link.latency, ..LinkSpec::default() }, seed + 1),
            is_asking: true,
            is_reporting: true,
            media: Vec::new(),
            repairs: Vec::new(),
            padding: Vec::new(),
            sent: Vec::new(),
            got: BTreeMap::new(),
            queue: Vec::new(),
            arrivals: Arrivals::default(),
            asked: BTreeMap::new(),
            report: None,
        });
        self.carry_out();
        self.viewers.len() - 1
    }

    /// A viewer wishes for another layer.
    pub fn want(&mut self, viewer: usize, layer: u8) {
        self.world.set_layer(self.viewers[viewer].down_track, Some(layer));
        self.carry_out();
    }

    /// What a viewer is sent.
    pub fn layer(&self, viewer: usize) -> Option<u8> {
        self.world.plane.down_track_stats(self.viewers[viewer].down_track).unwrap().layer
    }

    pub fn estimate(&self, viewer: usize) -> u64 {
        let transport = self.viewers[viewer].peer.transport;
        self.world.plane.transport_stats(transport, self.world.now).unwrap().available_bps
    }

    /// A viewer's compound sets out now.
    pub fn say(&mut self, viewer: usize, compound: &[u8]) {
        let now = self.world.now;
        let speaker = &mut self.viewers[viewer];
        let datagram = speaker.peer.seal_rtcp(compound);
        let arrivals = speaker.back.carry(datagram.len(), now);
        self.fly(arrivals, Flight::FromViewer(viewer), &datagram);
    }

    pub fn run(&mut self, ns: Now) {
        let end = self.world.now + ns;
        loop {
            let landing = self.flying.peek().map_or(u64::MAX, |Reverse((at, ..))| *at);
            let deadline = self.world.plane.deadline().unwrap_or(u64::MAX);
            let own = self.next_frame.min(self.next_nack).min(self.next_feedback).min(self.next_report);
            let next = landing.min(deadline).min(own).max(self.world.now);
            if next > end {
                break;
            }
            self.world.now = next;
            if landing <= next {
                self.land();
            } else if deadline <= next {
                self.world.plane.tick(next, &mut self.world.out);
            } else {
                self.act(next);
            }
            self.carry_out();
        }
        self.world.now = end;
    }

    fn act(&mut self, now: Now) {
        if self.next_frame <= now {
            self.next_frame = now + FRAME;
            (0..self.streams.len()).for_each(|index| self.frame(index, now));
        }
        if self.next_nack <= now {
            self.next_nack = now + NACK_TICK;
            for index in 0..self.viewers.len() {
                self.ask(index, now);
            }
        }
        if self.next_feedback <= now {
            self.next_feedback = now + FEEDBACK;
            for index in 0..self.viewers.len() {
                self.acknowledge(index);
            }
        }
        if self.next_report <= now {
            self.next_report = now + SECOND;
            for index in 0..self.viewers.len() {
                if self.viewers[index].is_reporting {
                    let report = self.viewers[index].report(now);
                    self.say(index, &report);
                }
            }
            self.greet(now);
        }
    }

    /// Consent goes on.
    fn greet(&mut self, now: Now) {
        for index in 0..self.viewers.len() {
            let peer = &self.viewers[index].peer;
            self.world.plane.handle(&mut peer.check(true), peer.address, now, &mut self.world.out);
        }
        let publisher = &self.world.publisher;
        let mut check = publisher.check(true);
        self.world.plane.handle(&mut check, publisher.address, now, &mut self.world.out);
        self.world.out.sends.retain(|send| self.world.out.bytes[send.start as usize] >= 20);
    }

    fn ask(&mut self, index: usize, now: Now) {
        let viewer = &mut self.viewers[index];
        if !viewer.is_asking || viewer.got.is_empty() {
            return;
        }
        let rtt = 2 * viewer.link.spec.latency + viewer.link.spec.jitter;
        let due = viewer.due(rtt, now);
        if !due.is_empty() {
            let mut compound = Vec::new();
            rtcp::write_nack(&mut compound, 1, 50, &due);
            self.say(index, &compound);
        }
    }

    fn acknowledge(&mut self, index: usize) {
        while self.viewers[index].is_reporting && self.viewers[index].arrivals.has_news() {
            let mut compound = Vec::new();
            self.viewers[index].arrivals.write_feedback(1, 50, &mut compound);
            if !compound.is_empty() {
                self.say(index, &compound);
            }
        }
    }

    /// A key frame is eight times as large as another.
    fn frame(&mut self, index: usize, now: Now) {
        let stream = &mut self.streams[index];
        if stream.bitrate_bps == 0 {
            return;
        }
        stream.pictures = stream.pictures.wrapping_add(1);
        let is_key = std::mem::take(&mut stream.is_key_wanted);
        stream.key_frames += u64::from(is_key);
        let bytes = stream.bitrate_bps * FRAME / SECOND / 8 * if is_key { 8 } else { 1 };
        let packets = bytes.div_ceil(PAYLOAD as u64).max(1);
        let each = (bytes / packets) as usize;
        let timestamp = (now / MS * 90) as u32;
        for part in 0..packets {
            let stream = &mut self.streams[index];
            stream.sequence += 1;
            let mut packet = vp8(stream.ssrc, stream.sequence, timestamp, is_key);
            if part > 0 {
                packet.payload[0] &= !0x10;
            }
            packet.payload[2..4].copy_from_slice(&(0x8000 | (stream.pictures & 0x7fff)).to_be_bytes());
            packet.payload[4] = stream.pictures as u8;
            packet.payload.resize(each.max(20), 7 + index as u8);
            packet.marker = part == packets - 1;
            stream.sent.insert(stream.sequence, packet.clone());
            self.publish(&packet);
        }
        let old = self.streams[index].sequence.saturating_sub(2_000);
        self.streams[index].sent.retain(|sequence, _| *sequence > old);
    }

    fn publish(&mut self, packet: &Rtp) {
        let datagram = self.world.publisher.seal(packet);
        let arrivals = self.uplink.carry(datagram.len(), self.world.now);
        self.fly(arrivals, Flight::FromPublisher, &datagram);
    }

    fn fly(&mut self, arrivals: [Option<Now>; 2], flight: Flight, datagram: &[u8]) {
        for at in arrivals.into_iter().flatten() {
            self.count += 1;
            self.flying.push(Reverse((at, self.count, flight, datagram.to_vec())));
        }
    }

    fn land(&mut self) {
        let Some(Reverse((at, _, flight, mut datagram))) = self.flying.pop() else { return };
        match flight {
            Flight::FromPublisher => {
                let from = self.world.publisher.address;
                self.world.plane.handle(&mut datagram, from, at, &mut self.world.out);
                let is_last = self.flying.peek().is_none_or(|Reverse((next, ..))| *next > at);
                if is_last {
                    self.world.plane.flush(at, &mut self.world.out);
                }
            }
            Flight::FromViewer(index) => {
                let from = self.viewers[index].peer.address;
                self.world.plane.handle(&mut datagram, from, at, &mut self.world.out);
                self.world.plane.flush(at, &mut self.world.out);
            }
            Flight::ToViewer(index) => self.viewers[index].take(datagram, at),
            Flight::ToPublisher => self.heed(datagram),
        }
    }

    /// The publisher does what it is asked.
    fn heed(&mut self, datagram: Vec<u8>) {
        let Received::Rtcp(compound) = self.world.publisher.open_datagram(datagram) else { return };
        for packet in Compound::new(&compound) {
            match packet {
                Packet::Pli { media } => {
                    let now = self.world.now;
                    let stream = self.streams.iter_mut().find(|stream| stream.ssrc == media).unwrap();
                    stream.is_key_wanted = true;
                    stream.plis.push(now);
                }
                Packet::Nack { media, items } => {
                    let index = self.streams.iter().position(|stream| stream.ssrc == media).unwrap();
                    nack_numbers(items).for_each(|number| self.repeat(index, number));
                }
                _ => {}
            }
        }
    }

    fn repeat(&mut self, index: usize, number: u16) {
        let stream = &mut self.streams[index];
        let sequence = nearest(stream.sequence, number);
        stream.nacks.push(sequence);
        let Some(packet) = stream.sent.get(&sequence) else { return };
        stream.next_rtx += 1;
        let mut payload = number.to_be_bytes().to_vec();
        payload.extend_from_slice(&packet.payload);
        let (payload_type, ssrc) = (RTX_PT, stream.ssrc + 1);
        let again = Rtp { payload_type, sequence: stream.next_rtx, ssrc, payload, ..packet.clone() };
        self.publish(&again);
    }

    /// Puts what the plane sent on its way.
    fn carry_out(&mut self) {
        let now = self.world.now;
        let out = std::mem::take(&mut self.world.out);
        for send in &out.sends {
            let datagram = out.range(send.start, send.len);
            if send.to == self.world.publisher.address {
                let arrivals = self.uplink_back.carry(datagram.len(), now);
                self.fly(arrivals, Flight::ToPublisher, datagram);
                continue;
            }
            let found = self.viewers.iter().position(|viewer| send.to == viewer.peer.address);
            let Some(index) = found else { continue };
            let viewer = &mut self.viewers[index];
            if !(192..=223).contains(&datagram[1]) {
                let is_padding = datagram[0] & 0x20 != 0;
                let ssrc = u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]);
                viewer.sent.push((now, datagram.len(), if is_padding { 0 } else { ssrc }));
                viewer.queue.push(viewer.link.queue(now));
            }
            let arrivals = viewer.link.carry(datagram.len(), now);
            self.fly(arrivals, Flight::ToViewer(index), datagram);
        }
        self.world.out = out;
        self.world.out.clear();
    }
}
