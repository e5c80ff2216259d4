//! Serves the router on a listener until told to stop, then lets requests in progress end.

use std::future::IntoFuture;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests in progress may take after a stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` is cancelled; requests in progress then get ten seconds.
///
/// # Errors
/// If the listener breaks.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Small answers must not wait for an acknowledgement; without the option they are only slower.
        if let Err(err) = stream.set_nodelay(true) {
            tracing::debug!(%err, "TCP_NODELAY cannot be set");
        }
    });
    let drained = stop.clone().cancelled_owned();
    let serving = axum::serve(listener, router).with_graceful_shutdown(drained);
    tokio::select! {
        outcome = serving.into_future() => outcome,
        () = late(stop) => {
            tracing::warn!("requests in progress did not end in time and are cut off");
            Ok(())
        }
    }
}

/// Returns when the grace after a stop is over.
async fn late(stop: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
}
