//! Ctrl-C and the terminate signal end the process cleanly; a second one ends it at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first interrupt or terminate signal. The second one exits with status 130.
///
/// # Errors
/// If the process may not listen to signals.
pub fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let told = stop.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "a second signal asks for exactly this"
    )]
    let wait = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping; press Ctrl-C again to stop at once");
        told.cancel();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    };
    tokio::spawn(wait);
    Ok(stop)
}
