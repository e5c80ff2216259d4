//! `router-apply`: users created on a router, beside one command at a time.
use anyhow::Result;
use super::{Extent, report::Report};
/// x
pub async fn router_apply(_e: Extent) -> Result<Report> { anyhow::bail!("x") }
