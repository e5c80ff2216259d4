//! Health is open and honest.

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
