//! Free ports for the product's listeners.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context, Result};

/// Below the range that outgoing connections take theirs from, so that nothing takes a port while its owner restarts.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port of the loopback that nobody listens on. Test processes beside each other look in different places.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let place = std::process::id().wrapping_mul(97) % u32::from(COUNT);
    let place = u16::try_from(place)?;
    (0..COUNT)
        .map(|_| FIRST + (place + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("there is no free port")
}
