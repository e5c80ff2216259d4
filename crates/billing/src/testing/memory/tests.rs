//! The fake keeps the promises that every adapter must keep, and shows what a test wants to see.

#![allow(clippy::unwrap_used)]

use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{Ids, JobRequest, Lane, Priority, Scope, StoreError, Timestamp};

use super::MemoryBilling;
use crate::account::Account;
use crate::ports::BillingStore;
use crate::testing::{billing_run_contract, billing_store_contract};

#[tokio::test]
async fn the_memory_store_keeps_billings_promises() {
    let (store, ids) = (MemoryBilling::new(), CountingIds::from(1));
    let tenant = (&ids as &dyn Ids).next();
    billing_store_contract(&store, &store, tenant, &ids).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_runs_promises() {
    let (store, ids) = (MemoryBilling::new(), CountingIds::from(1));
    let tenant = (&ids as &dyn Ids).next();
    billing_run_contract(&store, &store, &store, tenant, &ids).await;
}

#[tokio::test]
async fn the_second_of_two_that_held_a_lock_at_once_starts_over() {
    let (store, ids) = (MemoryBilling::new(), CountingIds::from(1));
    let ids: &dyn Ids = &ids;
    let scope = Scope::system(ids.next(), "test", ids.fresh());
    let mut account = Account::open(ids.next(), ids.next(), ids.next(), "KES".parse().unwrap());
    let mut tx = store.begin(&scope).await.unwrap();
    tx.accounts().save(&mut account).await.unwrap();
    tx.commit().await.unwrap();
    let (mut left, mut right) = (
        store.begin(&scope).await.unwrap(),
        store.begin(&scope).await.unwrap(),
    );
    for tx in [&mut left, &mut right] {
        assert!(tx.accounts().lock(account.id()).await.unwrap().is_some());
    }
    left.commit().await.unwrap();
    let refused = right.commit().await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
}

#[tokio::test]
async fn a_waiting_job_becomes_more_urgent_instead_of_twofold() {
    let (store, ids) = (MemoryBilling::new(), CountingIds::from(1));
    let ids: &dyn Ids = &ids;
    let scope = Scope::system(ids.next(), "test", ids.fresh());
    let now = Timestamp::from_micros(0).unwrap();
    let job = |priority, run_at| JobRequest {
        id: ids.next(),
        kind: "raise_invoices".to_owned(),
        lane: Lane::open(),
        priority,
        run_at,
        unique_key: Some("raise_invoices".to_owned()),
        payload: serde_json::json!({}),
        max_attempts: 3,
        total: None,
    };
    let mut tx = store.begin(&scope).await.unwrap();
    tx.enqueue(job(Priority::Low, now)).await.unwrap();
    let later = now.plus(Duration::hours(1));
    tx.enqueue(job(Priority::High, later)).await.unwrap();
    tx.commit().await.unwrap();
    let [kept] = store.jobs().try_into().unwrap();
    assert_eq!((kept.priority, kept.run_at), (Priority::High, now));
}
