//! Fuzzes `routeros_proto::fuzzing::decoder`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| routeros_proto::fuzzing::decoder(data));
