//! Fuzzes `access::testing::fuzzing::comment`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| access::testing::fuzzing::comment(data));
