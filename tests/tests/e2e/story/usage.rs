//! What a customer uses is recorded once, while the session runs and after it.

use anyhow::{Result, ensure};
use e2e::eventually;

use super::{Ids, LOGIN, SOON, Stage};

/// Bytes that the modem sends and receives.
const UP: u64 = 1_000_000;
const DOWN: u64 = 5_000_000_000;

/// The running session shows, and its bytes, to the byte.
pub(super) async fn is_counted(stage: &Stage<'_>, ids: &Ids) -> Result<()> {
    stage.routers.a.add_traffic(LOGIN, UP, DOWN);
    let path = format!("/subscriptions/{}/usage", ids.subscription);
    let usage = eventually("the use of the customer", SOON, async || {
        let usage = stage.operator.get(&path).await?;
        Ok((usage["total"]["bytes_up"] != 0).then_some(usage))
    });
    let usage = usage.await?;
    let total = &usage["total"];
    ensure!(
        total["bytes_up"] == UP && total["bytes_down"] == DOWN,
        "{usage}"
    );
    let path = format!("/sessions?subscription={}&online=true", ids.subscription);
    let sessions = stage.operator.list(&path).await?;
    ensure!(sessions.len() == 1, "{sessions:?}");
    ensure!(sessions[0]["login"] == LOGIN, "{sessions:?}");
    Ok(())
}
