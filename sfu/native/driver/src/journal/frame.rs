//! The framing of docs/journal.md: piece header, frames, and their CRC32C.

/// A new piece begins once the current one is at least this long.
pub const PIECE_BYTES: u64 = 16 * 1024 * 1024;
pub const FRAME_HEAD: usize = 8;
const MAGIC: &[u8; 8] = b"LOPHOPJ1";
const EVENT: u8 = 1;

/// The 16 bytes at the start of every piece.
pub fn piece_header(run_ms: u64) -> [u8; 16] {
    let mut header = [0; 16];
    header[..8].copy_from_slice(MAGIC);
    header[8..].copy_from_slice(&run_ms.to_le_bytes());
    header
}

/// Appends a frame whose CRC the writer thread fills in (`seal`), so that no media thread computes it.
pub fn push_frame(out: &mut Vec<u8>, body: &[u8]) {
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(body);
}

/// Appends an event frame: type, arrival, track 0, JSON.
pub fn push_event(out: &mut Vec<u8>, unix_ns: u64, json: &[u8]) {
    out.extend_from_slice(&(13 + json.len() as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.push(EVENT);
    out.extend_from_slice(&unix_ns.to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    out.extend_from_slice(json);
}

/// Length of the frame that begins `frames`, which must be whole.
pub fn frame_length(frames: &[u8]) -> usize {
    FRAME_HEAD + u32::from_le_bytes([frames[0], frames[1], frames[2], frames[3]]) as usize
}

/// Fills in the CRCs of whole frames; returns how many there are.
pub fn seal(frames: &mut [u8]) -> u64 {
    let mut at = 0;
    let mut count = 0;
    while at < frames.len() {
        let end = at + frame_length(&frames[at..]);
        let crc = crc32c(&frames[at + FRAME_HEAD..end]);
        frames[at + 4..at + FRAME_HEAD].copy_from_slice(&crc.to_le_bytes());
        at = end;
        count += 1;
    }
    count
}

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes at a time.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let low = crc ^ u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        crc = TABLES[7][(low & 0xff) as usize]
            ^ TABLES[6][(low >> 8 & 0xff) as usize]
            ^ TABLES[5][(low >> 16 & 0xff) as usize]
            ^ TABLES[4][(low >> 24) as usize]
            ^ TABLES[3][chunk[4] as usize]
            ^ TABLES[2][chunk[5] as usize]
            ^ TABLES[1][chunk[6] as usize]
            ^ TABLES[0][chunk[7] as usize];
    }
    for &byte in chunks.remainder() {
        crc = crc >> 8 ^ TABLES[0][((crc ^ u32::from(byte)) & 0xff) as usize];
    }
    !crc
}

static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0u32; 256]; 8];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][index] = crc;
        index += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut index = 0;
        while index < 256 {
            let before = tables[table - 1][index];
            tables[table][index] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            index += 1;
        }
        table += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_matches_the_vectors_of_rfc_3720() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
    }

    #[test]
    fn frames_are_sealed_one_by_one() {
        let mut frames = Vec::new();
        push_event(&mut frames, 7, b"{}");
        push_frame(&mut frames, b"body");
        assert_eq!(seal(&mut frames), 2);
        assert_eq!(frame_length(&frames), 23);
        assert_eq!(frames[27..31], crc32c(b"body").to_le_bytes());
        assert_eq!(frames[8..23], [1, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'{', b'}']);
    }
}
