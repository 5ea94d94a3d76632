//! Packets on a byte stream (RFC 4571): each behind its length of two bytes. Bytes in as they come, frames out; a frame
//! longer than any packet of ours ends the stream, because what follows could not be trusted to begin at a frame.

/// Longer than any STUN message, DTLS record or RTP packet that WebRTC sends.
pub const MAX_FRAME: usize = 4096;
const HEADER: usize = 2;

/// What cannot be a stream of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameTooLong;

/// The reading end of one stream; it holds at most one unfinished frame.
#[derive(Default)]
pub struct FrameReader {
    unfinished: Vec<u8>,
}

impl FrameReader {
    /// Takes the next bytes of the stream and hands each whole frame to `take`. Empty frames are nothing.
    pub fn push(&mut self, bytes: &mut [u8], mut take: impl FnMut(&mut [u8])) -> Result<(), FrameTooLong> {
        let mut rest = bytes;
        while !self.unfinished.is_empty() {
            let wanted = self.wanted()?;
            let (some, behind) = rest.split_at_mut(wanted.min(rest.len()));
            self.unfinished.extend_from_slice(some);
            rest = behind;
            if some.len() < wanted {
                return Ok(());
            }
            if self.wanted()? == 0 {
                if let Some(frame) = self.unfinished.get_mut(HEADER..).filter(|frame| !frame.is_empty()) {
                    take(frame);
                }
                self.unfinished.clear();
            }
        }
        while let Some(length) = length(rest)? {
            if rest.len() < HEADER + length {
                break;
            }
            let (frame, behind) = rest.split_at_mut(HEADER + length);
            if length > 0 {
                take(&mut frame[HEADER..]);
            }
            rest = behind;
        }
        self.unfinished.extend_from_slice(rest);
        Ok(())
    }

    /// How many more bytes make the header, or the frame, whole.
    fn wanted(&self) -> Result<usize, FrameTooLong> {
        Ok(match length(&self.unfinished)? {
            Some(length) => HEADER + length - self.unfinished.len(),
            None => HEADER - self.unfinished.len(),
        })
    }
}

/// The length that a frame at the beginning of `bytes` says of itself.
fn length(bytes: &[u8]) -> Result<Option<usize>, FrameTooLong> {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes(*header));
    if length > MAX_FRAME {
        return Err(FrameTooLong);
    }
    Ok(Some(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames_of(chunks: &[&[u8]]) -> Result<Vec<Vec<u8>>, FrameTooLong> {
        let mut reader = FrameReader::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            reader.push(&mut chunk.to_vec(), |frame| frames.push(frame.to_vec()))?;
        }
        Ok(frames)
    }

    fn stream(frames: &[&[u8]]) -> Vec<u8> {
        frames.iter().flat_map(|frame| [&(frame.len() as u16).to_be_bytes()[..], *frame].concat()).collect()
    }

    #[test]
    fn frames_come_out_wherever_the_stream_is_cut() {
        let expected: &[&[u8]] = &[b"one", b"a longer one", b"x"];
        let bytes = stream(expected);
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(frames_of(&chunks).expect("good frames"), expected, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn byte_by_byte_is_the_same() {
        let bytes = stream(&[b"one", b"", b"two"]);
        let chunks: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(frames_of(&chunks).expect("good frames"), [b"one", b"two"]);
    }

    #[test]
    fn the_longest_frame_passes_and_a_longer_one_ends_the_stream() {
        let longest = vec![7; MAX_FRAME];
        assert_eq!(frames_of(&[&stream(&[&longest])]).expect("a good frame"), [longest]);
        let longer = ((MAX_FRAME + 1) as u16).to_be_bytes();
        assert_eq!(frames_of(&[&longer]), Err(FrameTooLong));
        assert_eq!(frames_of(&[&longer[..1], &longer[1..]]), Err(FrameTooLong));
        assert_eq!(frames_of(&[&stream(&[b"good"]), b"GET / HTTP/1.1\r\n"]), Err(FrameTooLong));
    }

    #[test]
    fn an_unfinished_frame_holds_no_more_than_itself() {
        let mut reader = FrameReader::default();
        let mut bytes = stream(&[&[1; 1000], &[2; 1000]]);
        reader.push(&mut bytes[..1500], |_| {}).expect("good frames");
        assert_eq!(reader.unfinished.len(), 498);
    }
}
