//! `cargo xtask demo`: the product with simulated routers and a seeded ISP.

use anyhow::Result;

use crate::shell::Shell;

/// Runs the product until it ends or Ctrl-C.
///
/// # Errors
/// When it cannot be built or ends badly.
pub(crate) async fn run(shell: &mut Shell, arguments: &[String]) -> Result<bool> {
    let mut product = shell.cargo();
    product.args([
        "run",
        "--release",
        "--package",
        "mikrotik-billing-api",
        "--",
        "--demo",
    ]);
    shell.run(product.args(arguments)).await?;
    Ok(true)
}
