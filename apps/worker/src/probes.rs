//! What a worker process tells about itself: whether it lives, whether it works, what it has counted.

use anyhow::Context;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bootstrap::Metrics;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Listens where the setting `worker.probes` says; nowhere if that is empty.
///
/// # Errors
/// If nothing can listen there.
pub(crate) async fn listen(address: &str) -> anyhow::Result<Option<TcpListener>> {
    if address.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "setting `worker.probes`: nothing can listen on {address}; is another process there?"
        )
    })?;
    Ok(Some(listener))
}

/// Answers for as long as it is polled; without a listener it only waits.
///
/// # Errors
/// If the listener breaks.
pub(crate) async fn serve(
    listener: Option<TcpListener>,
    ready: watch::Receiver<bool>,
    metrics: Option<Metrics>,
) -> anyhow::Result<()> {
    match listener {
        Some(listener) => axum::serve(listener, routes(ready, metrics))
            .await
            .context("the probes cannot be answered"),
        None => std::future::pending().await,
    }
}

fn routes(ready: watch::Receiver<bool>, metrics: Option<Metrics>) -> Router {
    let is_ready = move || std::future::ready(readiness(*ready.borrow()));
    let counted = move || std::future::ready(text(metrics.as_ref()));
    Router::new()
        .route("/monitoring/live", get(async || StatusCode::NO_CONTENT))
        .route("/monitoring/ready", get(is_ready))
        .route("/monitoring/metrics", get(counted))
}

const fn readiness(is_ready: bool) -> StatusCode {
    match is_ready {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn text(metrics: Option<&Metrics>) -> Response {
    let Some(metrics) = metrics else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let kind = (
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    );
    ([kind], metrics.text()).into_response()
}

#[cfg(test)]
mod tests {
    //! A worker answers over a real socket.

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::watch;

    use super::{listen, serve};

    async fn ask(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn probes_follow_the_worker_and_metrics_are_shown() {
        assert!(listen("").await.unwrap().is_none());
        let listener = listen("127.0.0.1:0").await.unwrap().unwrap();
        let address = listener.local_addr().unwrap();
        let taken = listen(&address.to_string()).await.unwrap_err();
        assert!(format!("{taken:#}").contains("worker.probes"));
        let (started, ready) = watch::channel(false);
        let metrics = bootstrap::start_metrics();
        let serving = tokio::spawn(serve(Some(listener), ready, metrics));
        assert!(
            ask(address, "/monitoring/live")
                .await
                .starts_with("HTTP/1.1 204")
        );
        assert!(
            ask(address, "/monitoring/ready")
                .await
                .starts_with("HTTP/1.1 503")
        );
        started.send_replace(true);
        assert!(
            ask(address, "/monitoring/ready")
                .await
                .starts_with("HTTP/1.1 204")
        );
        let shown = ask(address, "/monitoring/metrics").await;
        assert!(shown.starts_with("HTTP/1.1 200") && shown.contains("text/plain"));
        serving.abort();
    }
}
