//! Fuzzes `routeros_proto::fuzzing::sentences`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| routeros_proto::fuzzing::sentences(data));
