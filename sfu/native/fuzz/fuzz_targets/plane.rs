#![no_main]
use std::cell::RefCell;

use dataplane::fuzzing::Stage;

thread_local!(static STAGE: RefCell<Stage> = RefCell::default());

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| STAGE.with_borrow_mut(|stage| stage.datagram(bytes)));
