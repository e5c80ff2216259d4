//! Money that a provider tells of is booked once, whoever tells it and however often, and nothing else is believed.

use std::sync::Arc;

use chrono::Duration;
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{
    AccountId, CustomerId, EntityId, GatewayAccountId, Ids, Money, PageRequest, PaymentId, Scope,
    Secret, StoreError, Timestamp, WebhookId,
};

use super::add_account::{AddGatewayAccount, GatewayAccountError, add_gateway_account};
use super::cancel_link::cancel_payment_link;
use super::carry_refund::refund_at_provider;
use super::change_account::{
    disable_gateway_account, enable_gateway_account, replace_credentials, replace_webhook_token,
};
use super::follow_link::{Followed, follow_payment_link};
use super::open_link::{PaymentLinkError, open_payment_link, present_payment_link};
use super::provider_refund::REFUND_AT_PROVIDER_JOB;
use super::receive_webhook::{
    ReceiveWebhookError, SETTLE_WEBHOOK_JOB, admit_webhook, receive_webhook,
};
use super::settle_webhook::settle_webhook;
use crate::account::Account;
use crate::gateway::SandboxGateway;
use crate::gateway::{
    BadCredentials, BadLink, GatewayDesk, GatewayMode, GatewayQueries, GatewayStore, Gateways,
    LinkStatus, NewPaymentLink, NotReachable, PaymentLinkSnapshot, ProviderReference,
    WebhookRefusal, WebhookStatus,
};
use crate::payment::{PaymentMethod, PaymentStatus};
use crate::ports::{BillingQueries, BillingStore};
use crate::testing::{MemoryBilling, MemoryGateways, gateway_store_contract};
use crate::use_cases::found_entity::found_entity;
use crate::use_cases::record_payment::{RecordPayment, record_payment};
use crate::{DunningPolicy, NewEntity, PaymentFilter};

struct World {
    sandbox: Arc<SandboxGateway>,
    gateways: Gateways,
    store: MemoryGateways,
    billing: MemoryBilling,
    clock: FixedClock,
    ids: CountingIds,
    scope: Scope,
    account: AccountId,
}

fn begin() -> Timestamp {
    Timestamp::from_micros(1_795_235_501_000_000).unwrap()
}

fn rupiah(minor: i64) -> Money {
    Money::from_minor(minor, "IDR".parse().unwrap())
}

const KEY: &str = "sandbox_key";
const SECRET: &str = "sandbox-secret";

impl World {
    async fn new() -> Self {
        let ids = CountingIds::from(1);
        let some: &dyn Ids = &ids;
        let scope = Scope::system(some.next(), "test", some.fresh());
        let sandbox = Arc::new(SandboxGateway::new(Arc::new(FixedClock::at(begin()))));
        let billing = MemoryBilling::new();
        let account = an_account(&billing, some, &scope).await;
        Self {
            gateways: Gateways::with_test_accounts([
                Arc::clone(&sandbox) as Arc<dyn crate::gateway::PaymentGateway>
            ]),
            sandbox,
            store: MemoryGateways::beside(billing.clone()),
            billing,
            clock: FixedClock::at(begin()),
            ids,
            scope,
            account,
        }
    }

    fn desk(&self) -> GatewayDesk<'_> {
        GatewayDesk {
            gateways: &self.gateways,
            store: &self.store,
            billing: &self.billing,
            billing_queries: &self.billing,
            vault: &OpenVault,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    fn next<K>(&self) -> kernel::Id<K> {
        let ids: &dyn Ids = &self.ids;
        ids.next()
    }

    fn new_account(&self) -> AddGatewayAccount {
        AddGatewayAccount {
            id: self.next(),
            gateway: "sandbox".to_owned(),
            name: "Main".parse().unwrap(),
            mode: GatewayMode::Test,
            method: PaymentMethod::Card,
            api_key: Secret::new(KEY),
            webhook_secrets: vec![Secret::new(SECRET)],
        }
    }

    async fn add(&self) -> (GatewayAccountId, Secret) {
        let new = self.new_account();
        let id = new.id;
        let randomness = SeededRandomness::from(7);
        let token = add_gateway_account(self.desk(), &randomness, &self.scope, new).await;
        (id, token.unwrap().text())
    }

    fn new_link(&self, gateway_account: GatewayAccountId) -> NewPaymentLink {
        NewPaymentLink {
            id: self.next(),
            account: self.account,
            gateway_account,
            amount: rupiah(15_000_000),
            description: "Internet".to_owned(),
            return_url: "https://isp.example/paid".to_owned(),
            email: None,
            expires_at: begin().plus(Duration::hours(2)),
        }
    }

    async fn open(&self, gateway_account: GatewayAccountId) -> PaymentId {
        let new = self.new_link(gateway_account);
        let id = new.id;
        open_payment_link(self.desk(), &self.scope, new)
            .await
            .unwrap();
        present_payment_link(self.desk(), &self.scope, id)
            .await
            .unwrap();
        id
    }

    async fn link(&self, id: PaymentId) -> PaymentLinkSnapshot {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let link = tx.payment_links().find(id).await.unwrap().unwrap();
        link.snapshot().clone()
    }

    async fn reference(&self, id: PaymentId) -> ProviderReference {
        self.link(id).await.reference.unwrap()
    }

    async fn follow(&self, id: PaymentId) -> Followed {
        follow_payment_link(self.desk(), &self.scope, id, None)
            .await
            .unwrap()
    }

    async fn payments(&self) -> Vec<(Money, Option<String>)> {
        let page = PageRequest::default();
        let filter = PaymentFilter {
            account: Some(self.account),
            ..PaymentFilter::default()
        };
        let all = self.billing.payments(self.scope.tenant, filter, page);
        let all = all.await.unwrap().items.into_iter();
        // What is awaited or was never paid is no money.
        let all = all.filter(|it| it.reference.is_some());
        all.map(|it| (it.amount, it.reference)).collect()
    }

    async fn tell(
        &self,
        token: &Secret,
        payment: &ProviderReference,
    ) -> Result<(), ReceiveWebhookError> {
        let request = self.sandbox.delivery(payment, &Secret::new(SECRET));
        let address = admit_webhook(self.desk(), "sandbox", token).await?;
        let told = receive_webhook(self.desk(), &address, request).await;
        told.map(|answer| assert_eq!(answer.body, "{\"received\":true}"))
    }

    /// Runs the jobs that messages have left.
    async fn work(&self) {
        for job in self.store.jobs() {
            if job.kind != SETTLE_WEBHOOK_JOB {
                continue;
            }
            let id: WebhookId = serde_json::from_value(job.payload["webhook"].clone()).unwrap();
            settle_webhook(self.desk(), &self.scope, id).await.unwrap();
        }
        for job in self.store.jobs() {
            if job.kind != REFUND_AT_PROVIDER_JOB {
                continue;
            }
            let id = serde_json::from_value(job.payload["refund"].clone()).unwrap();
            refund_at_provider(self.desk(), &self.scope, id)
                .await
                .unwrap();
        }
    }

    async fn inbox(&self, status: WebhookStatus) -> usize {
        let page = PageRequest::default();
        let found = self.store.webhooks(self.scope.tenant, Some(status), page);
        found.await.unwrap().items.len()
    }
}

async fn an_account(billing: &MemoryBilling, ids: &dyn Ids, scope: &Scope) -> AccountId {
    let entity: EntityId = ids.next();
    let new = NewEntity {
        id: entity,
        name: "Net".parse().unwrap(),
        currency: "IDR".parse().unwrap(),
        zone: "Asia/Jakarta".parse().unwrap(),
        scale_digits: 0,
        series: "INV".to_owned(),
        terms_days: 7,
        dunning: DunningPolicy::STANDARD,
    };
    found_entity(billing, scope, new).await.unwrap();
    let (id, customer): (AccountId, CustomerId) = (ids.next(), ids.next());
    let mut tx = billing.begin(scope).await.unwrap();
    let mut account = Account::open(id, customer, entity, "IDR".parse().unwrap());
    tx.accounts().save(&mut account).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn the_fake_keeps_the_promises_of_a_store() {
    let (store, ids) = (
        MemoryGateways::beside(MemoryBilling::new()),
        CountingIds::from(1),
    );
    let some: &dyn Ids = &ids;
    gateway_store_contract(&store, &store, (some.next(), some.next()), &ids).await;
}

#[tokio::test]
async fn messages_polls_and_people_together_book_one_payment() {
    let world = World::new().await;
    let (account, token) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    assert_eq!(world.follow(id).await, Followed::Open);
    assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
    for _ in 0..3 {
        world.tell(&token, &reference).await.unwrap();
        world.work().await;
        assert_eq!(world.follow(id).await, Followed::Paid);
    }
    assert_eq!(world.store.jobs().len(), 1, "one event is one job");
    assert_eq!(world.inbox(WebhookStatus::Done).await, 1);
    let transaction = format!("sandbox-{id}");
    assert_eq!(
        world.payments().await,
        [(rupiah(15_000_000), Some(transaction))]
    );
    let link = world.link(id).await;
    assert_eq!((link.status, link.next_poll_at), (LinkStatus::Paid, None));
}

#[tokio::test]
async fn what_a_cashier_typed_in_is_not_booked_again() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    assert!(
        world
            .sandbox
            .pay(&world.reference(id).await, rupiah(15_000_000))
    );
    let typed = RecordPayment {
        id: world.next(),
        account: world.account,
        amount: rupiah(15_000_000),
        method: PaymentMethod::Card,
        reference: Some(format!("sandbox-{id}")),
        received_at: None,
    };
    record_payment(&world.billing, &world.clock, &world.scope, typed)
        .await
        .unwrap();
    assert_eq!(world.follow(id).await, Followed::Paid);
    assert_eq!(world.payments().await.len(), 1);
}

#[tokio::test]
async fn money_that_a_cashier_gave_to_another_account_needs_a_person() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    assert!(
        world
            .sandbox
            .pay(&world.reference(id).await, rupiah(15_000_000))
    );
    let entity = world.billing.entities(world.scope.tenant).await.unwrap()[0].id;
    let (stranger, customer) = (world.next(), world.next());
    let mut tx = world.billing.begin(&world.scope).await.unwrap();
    let mut opened = Account::open(stranger, customer, entity, "IDR".parse().unwrap());
    tx.accounts().save(&mut opened).await.unwrap();
    tx.commit().await.unwrap();
    let typed = RecordPayment {
        id: world.next(),
        account: stranger,
        amount: rupiah(15_000_000),
        method: PaymentMethod::Card,
        reference: Some(format!("sandbox-{id}")),
        received_at: None,
    };
    record_payment(&world.billing, &world.clock, &world.scope, typed)
        .await
        .unwrap();
    let wrong = world.follow(id).await;
    assert!(matches!(wrong, Followed::Wrong(why) if why.contains("another account")));
}

#[tokio::test]
async fn what_the_bank_takes_back_is_owed_again() {
    let world = World::new().await;
    let (account, token) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
    assert_eq!(world.follow(id).await, Followed::Paid);
    assert!(world.sandbox.charge_back(&reference));
    world.tell(&token, &reference).await.unwrap();
    world.work().await;
    assert_eq!(world.inbox(WebhookStatus::Done).await, 1);
    let filter = PaymentFilter {
        status: Some(PaymentStatus::Reversed),
        ..PaymentFilter::default()
    };
    let page = PageRequest::default();
    let reversed = world
        .billing
        .payments(world.scope.tenant, filter, page)
        .await;
    assert_eq!(reversed.unwrap().items.len(), 1);
}

#[tokio::test]
async fn what_came_counts_and_not_what_was_asked_for() {
    for minor in [1_000_000, 15_000_000, 99_000_000] {
        let world = World::new().await;
        let (account, _) = world.add().await;
        let id = world.open(account).await;
        assert!(world.sandbox.pay(&world.reference(id).await, rupiah(minor)));
        assert_eq!(world.follow(id).await, Followed::Paid);
        assert_eq!(world.payments().await[0].0, rupiah(minor));
    }
}

#[tokio::test]
async fn money_in_another_currency_waits_for_a_person() {
    let world = World::new().await;
    let (account, token) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    let dollars = Money::from_minor(1_000, "USD".parse().unwrap());
    assert!(world.sandbox.pay(&reference, dollars));
    world.tell(&token, &reference).await.unwrap();
    world.work().await;
    assert_eq!(world.inbox(WebhookStatus::Parked).await, 1);
    assert!(world.link(id).await.note.unwrap().contains("USD 10.00"));
    assert!(world.payments().await.is_empty());
}

#[tokio::test]
async fn money_after_the_end_still_counts() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    cancel_payment_link(world.desk(), &world.scope, id)
        .await
        .unwrap();
    cancel_payment_link(world.desk(), &world.scope, id)
        .await
        .unwrap();
    assert_eq!(world.link(id).await.status, LinkStatus::Cancelled);
    let never = world.open(account).await;
    assert!(world.sandbox.expire(&world.reference(never).await));
    world.follow(never).await;
    cancel_payment_link(world.desk(), &world.scope, never)
        .await
        .unwrap();
    assert_eq!(
        world.link(never).await.status,
        LinkStatus::Expired,
        "what came first"
    );
    let other = world.open(account).await;
    world.clock.advance(Duration::hours(3));
    assert!(
        world
            .sandbox
            .pay(&world.reference(other).await, rupiah(15_000_000))
    );
    assert_eq!(world.follow(other).await, Followed::Paid);
    let refused = cancel_payment_link(world.desk(), &world.scope, other).await;
    assert!(
        matches!(refused, Err(PaymentLinkError::Provider(_))),
        "{refused:?}"
    );
    assert_eq!(world.link(other).await.status, LinkStatus::Paid);
}

#[tokio::test]
async fn a_link_is_asked_about_less_and_less_and_then_no_more() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    let next = || async {
        let at = world.link(id).await.next_poll_at;
        at.map(|at| at.since(begin()))
    };
    assert_eq!(next().await, Some(Duration::minutes(1)));
    world.follow(id).await;
    assert_eq!(next().await, Some(Duration::minutes(5)));
    assert!(world.sandbox.expire(&world.reference(id).await));
    world.clock.advance(Duration::hours(2));
    assert_eq!(
        world.follow(id).await,
        Followed::Closed(LinkStatus::Expired)
    );
    assert_eq!(next().await, Some(Duration::hours(3)));
    world.clock.advance(Duration::days(7));
    world.follow(id).await;
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn strangers_are_turned_away_and_leave_nothing() {
    let world = World::new().await;
    let (account, token) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    let forged = world.sandbox.delivery(&reference, &Secret::new("guessed"));
    let address = admit_webhook(world.desk(), "sandbox", &token)
        .await
        .unwrap();
    let refused = receive_webhook(world.desk(), &address, forged).await;
    let refused = refused.unwrap_err();
    let is_wrong = matches!(
        refused,
        ReceiveWebhookError::Refused(WebhookRefusal::WrongSignature)
    );
    assert!(is_wrong, "{refused}");
    let last = token.expose().chars().last().unwrap();
    let other = if last == 'A' { 'B' } else { 'A' };
    let mut text = token.expose().to_owned();
    text.pop();
    for bad in [
        "",
        "x",
        &text,
        &format!("{text}{other}"),
        &format!("{text}{last}x"),
    ] {
        let told = world.tell(&Secret::new(bad), &reference).await;
        assert!(
            matches!(told, Err(ReceiveWebhookError::NoSuchAddress)),
            "{bad}"
        );
    }
    let elsewhere = admit_webhook(world.desk(), "stripe", &token).await;
    assert!(matches!(elsewhere, Err(ReceiveWebhookError::NoSuchAddress)));
    let randomness = SeededRandomness::from(8);
    let fresh = replace_webhook_token(world.desk(), &randomness, &world.scope, account).await;
    let dead = world.tell(&token, &reference).await;
    assert!(matches!(dead, Err(ReceiveWebhookError::NoSuchAddress)));
    assert!(world.store.jobs().is_empty());
    world
        .tell(&fresh.unwrap().text(), &reference)
        .await
        .unwrap();
    assert_eq!(world.store.jobs().len(), 1);
}

#[tokio::test]
async fn a_message_about_nothing_of_ours_is_parked() {
    let world = World::new().await;
    let (_, token) = world.add().await;
    let unknown = "pay_nobodys".parse().unwrap();
    world.tell(&token, &unknown).await.unwrap();
    world.work().await;
    assert_eq!(world.inbox(WebhookStatus::Parked).await, 1);
}

#[tokio::test]
async fn accounts_that_cannot_be_trusted_are_not_configured() {
    let world = World::new().await;
    let add = |new| async {
        let randomness = SeededRandomness::from(7);
        let added = add_gateway_account(world.desk(), &randomness, &world.scope, new).await;
        added.map(|_| ()).unwrap_err()
    };
    let with = |change: fn(&mut AddGatewayAccount)| {
        let mut new = world.new_account();
        change(&mut new);
        new
    };
    let refused = add(with(|it| it.api_key = Secret::new(""))).await;
    assert!(matches!(
        refused,
        GatewayAccountError::Credentials(BadCredentials::EmptySecret)
    ));
    let refused = add(with(|it| it.webhook_secrets = vec![Secret::new(" ")])).await;
    assert!(matches!(
        refused,
        GatewayAccountError::Credentials(BadCredentials::EmptySecret)
    ));
    let refused = add(with(|it| it.mode = GatewayMode::Live)).await;
    let crossed = BadCredentials::WrongMode {
        key: GatewayMode::Test,
        account: GatewayMode::Live,
    };
    assert!(matches!(refused, GatewayAccountError::Credentials(it) if it == crossed));
    let refused = add(with(|it| it.gateway = "bank".to_owned())).await;
    assert!(matches!(refused, GatewayAccountError::NoGateway(name) if name == "bank"));
    world.add().await;
    assert!(matches!(
        add(world.new_account()).await,
        GatewayAccountError::NameTaken
    ));
}

#[tokio::test]
async fn where_only_real_money_counts_nobody_plays() {
    let mut world = World::new().await;
    let (account, token) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
    world.gateways =
        Gateways::live([Arc::clone(&world.sandbox) as Arc<dyn crate::gateway::PaymentGateway>]);
    let randomness = SeededRandomness::from(7);
    let new = AddGatewayAccount {
        name: "Second".parse().unwrap(),
        ..world.new_account()
    };
    let added = add_gateway_account(world.desk(), &randomness, &world.scope, new).await;
    assert!(matches!(added, Err(GatewayAccountError::TestAccount)));
    // An account from before the setting was changed is of no use either.
    let told = world.tell(&token, &reference).await;
    let is_test = matches!(
        told,
        Err(ReceiveWebhookError::NotReachable(NotReachable::TestAccount))
    );
    assert!(is_test, "{told:?}");
    let followed = follow_payment_link(world.desk(), &world.scope, id, None).await;
    assert!(
        matches!(followed, Err(PaymentLinkError::NotReachable(_))),
        "{followed:?}"
    );
    assert!(world.payments().await.is_empty());
}

#[tokio::test]
async fn links_that_cannot_be_are_refused() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let open = |change: fn(&mut NewPaymentLink)| {
        let mut new = world.new_link(account);
        change(&mut new);
        async {
            open_payment_link(world.desk(), &world.scope, new)
                .await
                .unwrap_err()
        }
    };
    for (change, expected) in [
        (
            (|it| it.amount = rupiah(0)) as fn(&mut NewPaymentLink),
            BadLink::Amount,
        ),
        (|it| it.description = " ".to_owned(), BadLink::Description),
        (|it| it.description = "x".repeat(121), BadLink::Description),
        (
            |it| it.return_url = "javascript:alert(1)".to_owned(),
            BadLink::ReturnUrl,
        ),
        (
            |it| it.expires_at = begin().plus(Duration::minutes(34)),
            BadLink::ExpiresAt,
        ),
        (
            |it| it.expires_at = begin().plus(Duration::hours(25)),
            BadLink::ExpiresAt,
        ),
    ] {
        let refused = open(change).await;
        assert!(
            matches!(refused, PaymentLinkError::Refused(it) if it == expected),
            "{refused}"
        );
    }
    let refused = open(|it| it.amount = Money::from_minor(1, "USD".parse().unwrap())).await;
    assert!(matches!(refused, PaymentLinkError::Currency));
    disable_gateway_account(world.desk(), &world.scope, account)
        .await
        .unwrap();
    let refused = open(|_| {}).await;
    assert!(matches!(refused, PaymentLinkError::Disabled));
    enable_gateway_account(world.desk(), &world.scope, account)
        .await
        .unwrap();
    world.open(account).await;
    let names = world.store.events();
    assert_eq!(
        names,
        [
            "billing.gateway_account_added",
            "billing.gateway_account_disabled",
            "billing.gateway_account_enabled",
            "billing.payment_link_opened",
        ]
    );
}

#[tokio::test]
async fn keys_can_be_replaced_and_a_bad_key_is_told() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let wrong = Secret::new(SandboxGateway::WRONG_KEY);
    replace_credentials(world.desk(), &world.scope, account, wrong, Vec::new())
        .await
        .unwrap();
    let new = world.new_link(account);
    let id = new.id;
    open_payment_link(world.desk(), &world.scope, new)
        .await
        .unwrap();
    let refused = present_payment_link(world.desk(), &world.scope, id).await;
    assert!(
        matches!(refused, Err(PaymentLinkError::Provider(_))),
        "{refused:?}"
    );
    let link = world.link(id).await;
    assert_eq!(link.status, LinkStatus::Failed);
    assert!(link.note.unwrap().contains("refused"));
    let empty = Secret::new("");
    let refused = replace_credentials(world.desk(), &world.scope, account, empty, Vec::new()).await;
    let is_empty = matches!(
        refused,
        Err(GatewayAccountError::Credentials(
            BadCredentials::EmptySecret
        ))
    );
    assert!(is_empty, "{refused:?}");
}

#[test]
fn only_what_may_pass_later_is_transient() {
    use crate::gateway::{ProviderError, Refusal};
    let retry = ProviderError::Retry {
        after_s: None,
        reason: String::new(),
    };
    assert!(PaymentLinkError::from(retry).is_transient());
    assert!(PaymentLinkError::from(StoreError::Conflict).is_transient());
    let refused = ProviderError::refused(Refusal::NotFound, "");
    assert!(!PaymentLinkError::from(refused).is_transient());
    assert!(!PaymentLinkError::Disabled.is_transient());
}

mod reconciling;
mod refunds;
mod waiting;
