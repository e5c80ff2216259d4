//! How much memory a process holds.

use anyhow::{Context, Result};

/// Resident memory of a process in MB (1,000,000 bytes), as the kernel counts it.
pub(super) fn resident_mb(process: &str) -> Result<f64> {
    status_mb(process, "VmRSS:")
}

/// The most resident memory that this process has held since [`forget_peak`], in MB.
pub(super) fn peak_mb() -> Result<f64> {
    status_mb("self", "VmHWM:")
}

/// Lets the kernel count this process's peak anew (`proc(5)`: 5 written to `clear_refs`).
pub(super) fn forget_peak() -> Result<()> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

fn status_mb(process: &str, label: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(label));
    let kib = line
        .and_then(|it| it.trim().strip_suffix("kB"))
        .context("the kernel says nothing")?;
    let kib: u32 = kib.trim().parse()?;
    Ok(f64::from(kib) * 1024.0 / 1_000_000.0)
}
