//! `voucher-issue`: codes generated, sealed and stored, beside plain inserts of the same finished rows.
use anyhow::Result;
use super::{Extent, report::Report};
/// x
pub async fn voucher_issue(_e: Extent) -> Result<Report> { anyhow::bail!("x") }
