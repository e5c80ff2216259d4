//! Health is open and honest.

use mikrotik_billing_api::ApiSettings;
use tokio::sync::watch;

use crate::exchange::Ask;
use crate::house::{House, settings};

#[tokio::test]
async fn a_process_lives_before_it_is_ready() {
    let (started, ready) = watch::channel(false);
    let mut starting = settings();
    starting.worker_ready = Some(ready);
    let house = House::with(|ports| ports, starting);
    Ask::get("/monitoring/live")
        .send(&house.router)
        .await
        .is(204);
    let early = Ask::get("/monitoring/ready")
        .send(&house.router)
        .await
        .is(503);
    assert_eq!(early.problem(), "not-ready");
    assert_eq!(early.header("retry-after"), "1");
    started.send_replace(true);
    Ask::get("/monitoring/ready")
        .send(&house.router)
        .await
        .is(204);
    let health = Ask::get("/monitoring/health")
        .send(&house.router)
        .await
        .is(200);
    assert_eq!(health.body["components"]["worker"], "ok");
    assert_eq!(health.body["components"]["database"], "ok");
}

#[tokio::test]
async fn what_was_counted_is_shown_as_text() {
    let silent = House::new();
    let ask = || Ask::get("/monitoring/metrics");
    let none = ask().send(&silent.router).await.is(503);
    assert_eq!(none.problem(), "not-ready");
    let counting = ApiSettings {
        metrics: bootstrap::start_metrics(),
        ..settings()
    };
    let house = House::with(|ports| ports, counting);
    let shown = ask().send(&house.router).await.is(200);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(shown.header("content-type"), kind);
}
