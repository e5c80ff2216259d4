//! A link's money is awaited in the books from the beginning, and what waits for a person stays until somebody has seen it.

use std::sync::Arc;

use kernel::PageRequest;

use super::{World, rupiah};
use crate::gateway::use_cases::cancel_link::cancel_payment_link;
use crate::gateway::use_cases::follow_link::{Followed, follow_payment_link};
use crate::gateway::use_cases::open_link::{DismissNoteError, dismiss_link_note};
use crate::gateway::use_cases::settle_webhook::requeue_webhook;
use crate::gateway::{GatewayQueries, GatewayStore, LinkStatus, PaymentGateway, WebhookStatus};
use crate::payment::PaymentStatus;
use crate::ports::BillingQueries;

impl World {
    async fn status_of(&self, id: kernel::PaymentId) -> Option<PaymentStatus> {
        let found = self.billing.payment(self.scope.tenant, id).await;
        found.unwrap().map(|it| it.status)
    }

    async fn noted(&self) -> usize {
        let page = PageRequest::default();
        let found = self.store.links_with_a_note(self.scope.tenant, page).await;
        found.unwrap().items.len()
    }
}

#[tokio::test]
async fn the_money_of_a_link_is_awaited_until_the_provider_knows() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let paid = world.open(account).await;
    assert_eq!(world.status_of(paid).await, Some(PaymentStatus::Pending));
    assert!(
        world
            .sandbox
            .pay(&world.reference(paid).await, rupiah(15_000_000))
    );
    world.follow(paid).await;
    assert_eq!(world.status_of(paid).await, Some(PaymentStatus::Settled));

    let expired = world.open(account).await;
    assert!(world.sandbox.expire(&world.reference(expired).await));
    for _ in 0..2 {
        assert_eq!(
            world.follow(expired).await,
            Followed::Closed(LinkStatus::Expired)
        );
        assert_eq!(world.status_of(expired).await, Some(PaymentStatus::Expired));
    }
    let cancelled = world.open(account).await;
    cancel_payment_link(world.desk(), &world.scope, cancelled)
        .await
        .unwrap();
    assert_eq!(
        world.status_of(cancelled).await,
        Some(PaymentStatus::Failed)
    );
    let events = world.store.events();
    for told in [
        "billing.payment_link_opened",
        "billing.payment_link_paid",
        "billing.payment_link_expired",
        "billing.payment_link_closed",
    ] {
        assert!(events.contains(&told), "{told}");
    }
    let paid = "billing.payment_link_paid";
    assert_eq!(events.iter().filter(|it| **it == paid).count(), 1);
}

#[tokio::test]
async fn a_link_of_before_without_a_pending_payment_is_booked_all_the_same() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let new = world.new_link(account);
    let id = new.id;
    let mut link = crate::gateway::PaymentLink::open(new, super::begin()).unwrap();
    let reference = id.to_string().parse().unwrap();
    let keys = crate::gateway::GatewayCredentials::new(
        crate::gateway::GatewayMode::Test,
        kernel::Secret::new(super::KEY),
        Vec::new(),
    );
    let gateway = Arc::clone(&world.sandbox);
    let page = gateway.create(&keys.unwrap(), &link.order()).await.unwrap();
    link.opened(page);
    let mut tx = world.store.begin(&world.scope).await.unwrap();
    tx.payment_links().save(&mut link).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.status_of(id).await, None);
    assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
    for _ in 0..2 {
        assert_eq!(world.follow(id).await, Followed::Paid);
    }
    assert_eq!(world.payments().await.len(), 1);
}

#[tokio::test]
async fn a_parked_message_is_worked_on_again_when_somebody_says_so() {
    let world = World::new().await;
    let (_, token) = world.add().await;
    world
        .tell(&token, &"pay_nobodys".parse().unwrap())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.inbox(WebhookStatus::Parked).await, 1);
    let page = PageRequest::default();
    let parked = world
        .store
        .webhooks(world.scope.tenant, Some(WebhookStatus::Parked), page);
    let parked = parked.await.unwrap().items[0].id;
    let before = world.store.jobs().len();
    for _ in 0..2 {
        let found = requeue_webhook(world.desk(), &world.scope, parked).await;
        assert!(found.unwrap());
        assert_eq!(world.inbox(WebhookStatus::Waiting).await, 1);
    }
    assert_eq!(world.store.jobs().len(), before + 1, "one job");
    let none = requeue_webhook(world.desk(), &world.scope, world.next()).await;
    assert!(!none.unwrap());
}

#[tokio::test]
async fn a_note_stays_until_somebody_has_seen_it() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    world.sandbox.go_away();
    let away = follow_payment_link(world.desk(), &world.scope, id, None).await;
    assert!(away.is_err());
    assert_eq!(world.noted().await, 1);
    let bad = dismiss_link_note(world.desk(), &world.scope, id, "").await;
    assert!(matches!(bad, Err(DismissNoteError::Refused(_))));
    for _ in 0..2 {
        dismiss_link_note(world.desk(), &world.scope, id, "we know")
            .await
            .unwrap();
        assert_eq!(world.noted().await, 0);
    }
}

#[tokio::test]
async fn bodies_of_done_messages_are_forgotten_in_batches_and_parked_ones_stay() {
    let world = World::new().await;
    let (account, token) = world.add().await;
    for _ in 0..3 {
        let id = world.open(account).await;
        let reference = world.reference(id).await;
        assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
        world.tell(&token, &reference).await.unwrap();
    }
    world
        .tell(&token, &"pay_nobodys".parse().unwrap())
        .await
        .unwrap();
    world.work().await;
    let forget = |at, limit| world.store.forget_webhook_bodies(at, limit);
    assert_eq!(forget(super::begin(), 2).await.unwrap(), 0, "not older");
    let later = super::begin().plus(chrono::Duration::seconds(1));
    assert_eq!(forget(later, 2).await.unwrap(), 2);
    assert_eq!(forget(later, 2).await.unwrap(), 1);
    assert_eq!(forget(later, 2).await.unwrap(), 0);
    let page = PageRequest::default();
    let all = world
        .store
        .webhooks(world.scope.tenant, None, page)
        .await
        .unwrap()
        .items;
    let kept: Vec<_> = all.iter().filter(|it| !it.body.is_empty()).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].status, WebhookStatus::Parked);
}
