//! How the kernel hands out memory to the process.

/// Asks for pages of the usual size. The allocator would take huge ones, and a small provider's server, which touches a
/// little of each, would hold 8 MB more for nothing. Where the kernel refuses, the process is larger and works all the same.
pub(crate) fn stay_small() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::stay_small;

    #[test]
    fn a_process_takes_no_huge_pages() {
        stay_small();
        assert!(rustix::thread::transparent_huge_pages_are_disabled().unwrap());
    }
}
