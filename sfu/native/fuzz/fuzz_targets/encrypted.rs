#![no_main]
use dataplane::fuzzing::Stage;

// A fresh stage each time, so that a finding can be repeated; the bytes are the payloads of frames, cut in pieces.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut stage = Stage::default();
    for (number, payload) in bytes.chunks(97).enumerate() {
        stage.encrypted(number, payload);
    }
});
