#![no_main]
use dataplane::fuzzing::Stage;

// A fresh stage each time, so that a finding can be repeated; the bytes are a script of length-prefixed packets.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut stage = Stage::default();
    let mut rest = bytes;
    while let Some((len, behind)) = rest.split_first() {
        let len = usize::from(*len).min(behind.len());
        stage.authenticated(&behind[..len]);
        rest = &behind[len..];
    }
});
