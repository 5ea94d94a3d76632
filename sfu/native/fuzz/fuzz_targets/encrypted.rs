#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dataplane::fuzzing::encrypted(bytes));
