//! Rate, window, order and back-pressure, on a paused clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::{NoTurn, Turnstile, TurnstileSettings};
use crate::bucket::BucketSettings;
use crate::class::Class;

fn settings(window: usize, queue: usize) -> TurnstileSettings {
    TurnstileSettings {
        bucket: None,
        queue,
        window,
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_the_rest_at_the_rate() {
    let turnstile = Turnstile::new(TurnstileSettings {
        bucket: Some(BucketSettings {
            burst: 100,
            refill: 10,
            interval: Duration::from_millis(100),
        }),
        ..settings(1, 1_000)
    });
    let start = Instant::now();
    for _ in 0..100 {
        drop(turnstile.turn(Class::Normal).await.unwrap());
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    for _ in 0..100 {
        drop(turnstile.turn(Class::Normal).await.unwrap());
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1_000), "{took:?}");
    assert!(took <= Duration::from_millis(1_020), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_are_in_flight_than_the_window_and_the_urgent_pass_first() {
    let turnstile = Turnstile::new(settings(1, 100));
    let first = turnstile.turn(Class::Low).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for class in [Class::Low, Class::Normal, Class::Critical, Class::High] {
        let (turnstile, order) = (turnstile.clone(), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let _turn = turnstile.turn(class).await.unwrap();
            order.lock().unwrap().push(class);
        }));
        settle().await;
    }
    assert_eq!(turnstile.snapshot().running, 1);
    assert_eq!(turnstile.snapshot().waiting, [1, 1, 1, 1]);
    drop(first);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), Class::ALL);
    assert_eq!(turnstile.snapshot().running, 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_once_and_who_leaves_makes_room() {
    let turnstile = Turnstile::new(settings(1, 1));
    let held = turnstile.turn(Class::Low).await.unwrap();
    let waiting = tokio::spawn({
        let turnstile = turnstile.clone();
        async move { turnstile.turn(Class::Low).await.map(drop) }
    });
    settle().await;
    let refused = turnstile.turn(Class::Low).await.map(drop);
    assert_eq!(refused, Err(NoTurn::Full { limit: 1 }));
    assert_eq!(turnstile.snapshot().refused, 1);
    waiting.abort();
    settle().await;
    let next = tokio::spawn({
        let turnstile = turnstile.clone();
        async move { turnstile.turn(Class::Critical).await.map(drop) }
    });
    settle().await;
    drop(held);
    assert_eq!(next.await.unwrap(), Ok(()));
    assert_eq!(turnstile.snapshot().running, 0);
}

#[tokio::test(start_paused = true)]
async fn an_urgent_caller_takes_the_place_of_the_least_urgent() {
    let turnstile = Turnstile::new(settings(1, 1));
    let held = turnstile.turn(Class::Low).await.unwrap();
    let wait = |class| {
        let turnstile = turnstile.clone();
        tokio::spawn(async move { turnstile.turn(class).await.map(drop) })
    };
    let patient = wait(Class::Low);
    settle().await;
    let urgent = wait(Class::Critical);
    settle().await;
    assert_eq!(patient.await.unwrap(), Err(NoTurn::Full { limit: 1 }));
    assert_eq!(turnstile.snapshot().refused, 1);
    drop(held);
    assert_eq!(urgent.await.unwrap(), Ok(()));
    assert_eq!(turnstile.snapshot().running, 0);
}

#[tokio::test(start_paused = true)]
async fn everybody_who_waits_can_be_sent_away() {
    let turnstile = Turnstile::new(settings(1, 10));
    let _held = turnstile.turn(Class::Low).await.unwrap();
    let waiting = tokio::spawn({
        let turnstile = turnstile.clone();
        async move { turnstile.turn(Class::Low).await.map(drop) }
    });
    settle().await;
    turnstile.dismiss();
    assert_eq!(waiting.await.unwrap(), Err(NoTurn::Dismissed));
}
