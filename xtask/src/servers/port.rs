//! Ports that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// How often a server is started again when somebody took its port in between.
pub(super) const ATTEMPTS: u32 = 3;

/// A port of this machine that is free now.
///
/// # Errors
/// When the machine has none.
pub(super) fn free() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
