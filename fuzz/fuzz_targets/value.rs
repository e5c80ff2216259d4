//! Fuzzes `routeros_proto::fuzzing::value`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| routeros_proto::fuzzing::value(data));
