//! Hearing from a router that sessions have begun or ended, instead of asking again and again.

use async_trait::async_trait;

use crate::gateway::GatewayError;

/// Hears of sessions on one router, over a connection of its own that ends when this is dropped.
#[async_trait]
pub trait SessionFeed: Send {
    /// Waits until sessions have begun or ended. It is a hint, and never the truth: which ones is found out by reading,
    /// what was there before is not told, and anything may be missed. Giving up the wait loses at most a hint.
    ///
    /// Fails when the connection is of no use any more, or with [`crate::GatewayErrorKind::Unsupported`] and the like
    /// when the router does not let sessions be listened to; every later call then fails too.
    async fn changed(&mut self) -> Result<(), GatewayError>;
}
