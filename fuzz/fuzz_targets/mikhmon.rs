//! Fuzzes `access::testing::fuzzing::mikhmon`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| access::testing::fuzzing::mikhmon(data));
