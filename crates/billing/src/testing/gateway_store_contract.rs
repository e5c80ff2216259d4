//! What every store of gateway accounts, payment links and webhooks must do: the fake, SQLite and PostgreSQL run these.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::Duration;
use kernel::{
    GatewayAccountId, Ids, JobRequest, Lane, Money, PageRequest, PaymentId, Priority, Scope,
    Sealed, StoreError, TenantId, Timestamp, WebhookId,
};

use crate::gateway::{
    Checkout, GATEWAY_NAME_UNIQUE, GatewayAccount, GatewayAccountSnapshot, GatewayMode,
    GatewayQueries, GatewayStore, LINK_REFERENCE_UNIQUE, LinkStatus, NewPaymentLink, Notice,
    OrderReference, PaymentLink, WEBHOOK_EVENT_UNIQUE, Webhook, WebhookStatus,
};
use crate::payment::PaymentMethod;

mod collections;
mod reconciliations;

/// Checks every promise of [`GatewayStore`] and [`GatewayQueries`] on an adapter.
///
/// `tenant` and `neighbour` must be fresh; `ids` must hand out ids that were never used before, in ascending order.
///
/// # Panics
/// When a promise is broken.
pub async fn gateway_store_contract(
    store: &dyn GatewayStore,
    queries: &dyn GatewayQueries,
    (tenant, neighbour): (TenantId, TenantId),
    ids: &dyn Ids,
) {
    let world = World {
        store,
        queries,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        neighbour: Scope::system(neighbour, "contract", ids.fresh()),
        ids,
    };
    world.an_account_is_kept_with_its_secrets().await;
    world.names_of_accounts_are_unique().await;
    world.a_link_is_kept_and_found_by_its_reference().await;
    world.links_to_ask_about_wait_in_line().await;
    world.a_message_is_taken_once().await;
    world.who_comes_second_must_look_again().await;
    world.a_reference_belongs_to_one_link().await;
    world.links_with_a_note_are_listed().await;
    world.bodies_of_done_messages_are_forgotten().await;
    world.collections_are_kept_once_and_wait_in_line().await;
    world.refunds_are_kept_and_listed().await;
    world.comparisons_are_kept_and_found_by_day().await;
    world.a_span_has_what_began_in_it().await;
    world.nothing_is_anybody_elses().await;
}

struct World<'a> {
    store: &'a dyn GatewayStore,
    queries: &'a dyn GatewayQueries,
    scope: Scope,
    neighbour: Scope,
    ids: &'a dyn Ids,
}

fn now() -> Timestamp {
    Timestamp::from_micros(1_795_235_501_123_456).unwrap()
}

impl World<'_> {
    fn account(&self, name: &str) -> GatewayAccount {
        GatewayAccount::restore(GatewayAccountSnapshot {
            id: self.ids.next(),
            gateway: "stripe".to_owned(),
            name: name.parse().unwrap(),
            mode: GatewayMode::Live,
            method: PaymentMethod::Card,
            api_key: Sealed::from_bytes(vec![1, 2, 255]),
            webhook_secrets: Sealed::from_bytes(vec![0]),
            token_digest: [7; 32],
            is_enabled: true,
            created_at: now(),
            version: 0,
        })
    }

    async fn stored_account(&self, scope: &Scope, name: &str) -> GatewayAccountId {
        let mut account = self.account(name);
        let mut tx = self.store.begin(scope).await.unwrap();
        tx.gateway_accounts().save(&mut account).await.unwrap();
        tx.commit().await.unwrap();
        account.snapshot().id
    }

    fn link(&self, account: GatewayAccountId) -> PaymentLink {
        let new = NewPaymentLink {
            id: self.ids.next(),
            account: self.ids.next(),
            gateway_account: account,
            amount: Money::from_minor(15_000_000, "IDR".parse().unwrap()),
            description: "Internet".to_owned(),
            return_url: "https://isp.example/paid".to_owned(),
            email: Some("siti@example.com".to_owned()),
            expires_at: now().plus(Duration::hours(2)),
        };
        PaymentLink::open(new, now()).unwrap()
    }

    async fn save_link(&self, scope: &Scope, link: &mut PaymentLink) {
        let mut tx = self.store.begin(scope).await.unwrap();
        tx.payment_links().save(link).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn find_link(&self, scope: &Scope, id: PaymentId) -> Option<PaymentLink> {
        let mut tx = self.store.begin(scope).await.unwrap();
        tx.payment_links().find(id).await.unwrap()
    }

    async fn save_webhook(&self, webhook: &mut Webhook) -> Result<(), StoreError> {
        let mut tx = self.store.begin(&self.scope).await?;
        tx.webhooks().save(webhook).await?;
        tx.commit().await
    }

    fn webhook(&self, account: GatewayAccountId, event: &str) -> Webhook {
        let notice = Notice {
            event: event.to_owned(),
            payment: "cs_1".parse().unwrap(),
            order: Some(OrderReference::first(self.ids.next()).next()),
        };
        let body = vec![0, 159, 146, 150, b'{', b'}'];
        Webhook::receive(self.ids.next(), account, notice, body, now())
    }

    async fn find_webhook(&self, scope: &Scope, id: WebhookId) -> Option<Webhook> {
        let mut tx = self.store.begin(scope).await.unwrap();
        tx.webhooks().find(id).await.unwrap()
    }

    async fn an_account_is_kept_with_its_secrets(&self) {
        let mut account = self.account("Main");
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.gateway_accounts().save(&mut account).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(account.snapshot().version, 1);
        let id = account.snapshot().id;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let mut kept = tx.gateway_accounts().find(id).await.unwrap().unwrap();
        assert_eq!(kept.snapshot(), account.snapshot());
        kept.disable();
        kept.replace_token([9; 32]);
        tx.gateway_accounts().save(&mut kept).await.unwrap();
        tx.commit().await.unwrap();
        let page = self
            .queries
            .gateway_accounts(self.scope.tenant, PageRequest::default());
        let page = page.await.unwrap();
        assert_eq!(page.items, [kept.snapshot().clone()]);
        assert!(!page.items[0].is_enabled);
    }

    async fn names_of_accounts_are_unique(&self) {
        let mut same = self.account("Main");
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let refused = tx.gateway_accounts().save(&mut same).await.unwrap_err();
        assert!(refused.is_duplicate_of(GATEWAY_NAME_UNIQUE), "{refused}");
        drop(tx);
        self.stored_account(&self.neighbour, "Main").await;
    }

    async fn a_link_is_kept_and_found_by_its_reference(&self) {
        let account = self.stored_account(&self.scope, "Links").await;
        let mut link = self.link(account);
        self.save_link(&self.scope, &mut link).await;
        let id = link.snapshot().id;
        let kept = self.find_link(&self.scope, id).await.unwrap();
        assert_eq!(kept.snapshot(), link.snapshot());
        link.try_next();
        link.opened(Checkout {
            reference: "cs_known".parse().unwrap(),
            pay_url: "https://pay.example/1".to_owned(),
        });
        link.note("a word");
        link.closed(LinkStatus::Expired);
        link.asked(now().plus(Duration::days(8)));
        self.save_link(&self.scope, &mut link).await;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let links = tx.payment_links();
        let reference = "cs_known".parse().unwrap();
        let found = links.find_by_reference(account, &reference).await.unwrap();
        assert_eq!(found.unwrap().snapshot(), link.snapshot());
        let other = "cs_other".parse().unwrap();
        assert!(
            links
                .find_by_reference(account, &other)
                .await
                .unwrap()
                .is_none()
        );
        let elsewhere = self.ids.next();
        let found = links
            .find_by_reference(elsewhere, &reference)
            .await
            .unwrap();
        assert!(found.is_none());
        drop(tx);
        let page = self
            .queries
            .payment_links(self.scope.tenant, PageRequest::default());
        assert_eq!(page.await.unwrap().items, [link.snapshot().clone()]);
    }

    async fn links_to_ask_about_wait_in_line(&self) {
        let account = self.stored_account(&self.scope, "Line").await;
        let mut waiting = Vec::new();
        for minutes in [30, 10, 20] {
            let mut link = self.link(account);
            link.asked(now().plus(Duration::minutes(minutes)));
            self.save_link(&self.scope, &mut link).await;
            waiting.push(link.snapshot().id);
        }
        let mut paid = self.link(account);
        paid.paid();
        self.save_link(&self.scope, &mut paid).await;
        let due = |minutes: i64, limit| {
            let at = now().plus(Duration::minutes(minutes));
            self.queries
                .links_to_ask_about(self.scope.tenant, at, limit)
        };
        assert_eq!(due(14, 10).await.unwrap(), []);
        assert_eq!(due(15, 10).await.unwrap(), [waiting[1]]);
        let all = [waiting[1], waiting[2], waiting[0]];
        assert_eq!(due(60, 10).await.unwrap(), all);
        assert_eq!(due(60, 2).await.unwrap(), all[..2]);
    }

    async fn a_message_is_taken_once(&self) {
        let account = self.stored_account(&self.scope, "Inbox").await;
        let mut webhook = self.webhook(account, "evt_1");
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.webhooks().save(&mut webhook).await.unwrap();
        tx.enqueue(self.job()).await.unwrap();
        tx.commit().await.unwrap();
        let id = webhook.snapshot().id;
        let kept = self.find_webhook(&self.scope, id).await.unwrap();
        assert_eq!(kept.snapshot(), webhook.snapshot());

        let mut again = self.webhook(account, "evt_1");
        let refused = self.save_webhook(&mut again).await.unwrap_err();
        assert!(refused.is_duplicate_of(WEBHOOK_EVENT_UNIQUE), "{refused}");
        let other_account = self.stored_account(&self.scope, "Other inbox").await;
        let mut elsewhere = self.webhook(other_account, "evt_1");
        self.save_webhook(&mut elsewhere).await.unwrap();

        webhook.park("nobody knows it");
        self.save_webhook(&mut webhook).await.unwrap();
        let listed = |status| {
            let page = PageRequest::default();
            self.queries.webhooks(self.scope.tenant, status, page)
        };
        let parked = listed(Some(WebhookStatus::Parked)).await.unwrap();
        assert_eq!(parked.items, [webhook.snapshot().clone()]);
        let waiting = listed(Some(WebhookStatus::Waiting)).await.unwrap();
        assert_eq!(waiting.items, [elsewhere.snapshot().clone()]);
        assert_eq!(listed(None).await.unwrap().items.len(), 2);
    }

    async fn who_comes_second_must_look_again(&self) {
        let account = self.stored_account(&self.scope, "Second").await;
        let mut link = self.link(account);
        self.save_link(&self.scope, &mut link).await;
        let id = link.snapshot().id;
        let mut stale = self.find_link(&self.scope, id).await.unwrap();
        link.paid();
        self.save_link(&self.scope, &mut link).await;
        stale.closed(LinkStatus::Expired);
        let outcome = async {
            let mut tx = self.store.begin(&self.scope).await?;
            tx.payment_links().save(&mut stale).await?;
            tx.commit().await
        };
        let outcome = outcome.await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
        let kept = self.find_link(&self.scope, id).await.unwrap();
        assert_eq!(kept.snapshot().status, LinkStatus::Paid);
    }

    async fn nothing_is_anybody_elses(&self) {
        let account = self.stored_account(&self.scope, "Mine").await;
        let mut link = self.link(account);
        self.save_link(&self.scope, &mut link).await;
        let mut webhook = self.webhook(account, "evt_mine");
        self.save_webhook(&mut webhook).await.unwrap();
        let theirs = &self.neighbour;
        assert!(self.find_link(theirs, link.snapshot().id).await.is_none());
        assert!(
            self.find_webhook(theirs, webhook.snapshot().id)
                .await
                .is_none()
        );
        let mut tx = self.store.begin(theirs).await.unwrap();
        assert!(tx.gateway_accounts().find(account).await.unwrap().is_none());
        drop(tx);
        let page = PageRequest::default();
        let links = self
            .queries
            .payment_links(theirs.tenant, page)
            .await
            .unwrap();
        assert!(links.items.is_empty());
        let inbox = self
            .queries
            .webhooks(theirs.tenant, None, page)
            .await
            .unwrap();
        assert!(inbox.items.is_empty());
    }

    async fn a_reference_belongs_to_one_link(&self) {
        let account = self.stored_account(&self.scope, "References").await;
        let page = || Checkout {
            reference: "cs_taken".parse().unwrap(),
            pay_url: "https://pay.example/1".to_owned(),
        };
        let mut first = self.link(account);
        first.opened(page());
        self.save_link(&self.scope, &mut first).await;
        let mut second = self.link(account);
        self.save_link(&self.scope, &mut second).await;
        second.opened(page());
        let outcome = async {
            let mut tx = self.store.begin(&self.scope).await?;
            tx.payment_links().save(&mut second).await?;
            tx.commit().await
        };
        let refused = outcome.await.unwrap_err();
        assert!(refused.is_duplicate_of(LINK_REFERENCE_UNIQUE), "{refused}");
        let other = self.stored_account(&self.scope, "Other references").await;
        let mut elsewhere = self.link(other);
        elsewhere.opened(page());
        self.save_link(&self.scope, &mut elsewhere).await;
    }

    async fn links_with_a_note_are_listed(&self) {
        let account = self.stored_account(&self.scope, "Notes").await;
        let listed = || async {
            let page = PageRequest::default();
            let found = self
                .queries
                .links_with_a_note(self.scope.tenant, page)
                .await;
            let mut items = found.unwrap().items;
            items.retain(|it| it.gateway_account == account);
            items
        };
        let mut link = self.link(account);
        self.save_link(&self.scope, &mut link).await;
        assert_eq!(listed().await, []);
        link.note("somebody must look");
        self.save_link(&self.scope, &mut link).await;
        assert_eq!(listed().await, [link.snapshot().clone()]);
        link.dismiss_note("seen").unwrap();
        self.save_link(&self.scope, &mut link).await;
        assert_eq!(listed().await, []);
    }

    async fn bodies_of_done_messages_are_forgotten(&self) {
        let account = self.stored_account(&self.scope, "Bodies").await;
        let mut kept = Vec::new();
        for event in ["evt_done_1", "evt_done_2", "evt_parked"] {
            let mut webhook = self.webhook(account, event);
            match event {
                "evt_parked" => webhook.park("nobody knows it"),
                _ => webhook.done(),
            }
            self.save_webhook(&mut webhook).await.unwrap();
            kept.push(webhook.snapshot().id);
        }
        let later = now().plus(Duration::seconds(1));
        assert_eq!(self.store.forget_webhook_bodies(now(), 9).await.unwrap(), 0);
        for forgotten in [1, 1, 0] {
            let done = self.store.forget_webhook_bodies(later, 1).await;
            assert_eq!(done.unwrap(), forgotten);
        }
        let mut bodies = Vec::new();
        for id in kept {
            let webhook = self.find_webhook(&self.scope, id).await.unwrap();
            bodies.push(webhook.snapshot().body.is_empty());
        }
        assert_eq!(bodies, [true, true, false], "only what is done");
    }

    fn job(&self) -> JobRequest {
        JobRequest {
            id: self.ids.next(),
            kind: "contract".to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            run_at: now(),
            unique_key: None,
            payload: serde_json::json!({}),
            max_attempts: 1,
            total: None,
        }
    }
}
