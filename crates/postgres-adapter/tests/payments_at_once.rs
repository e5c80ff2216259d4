//! One sum of money that everybody reports at the same time is one payment, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use billing::{
    Account, AllocateUnmatched, AllocateUnmatchedError, BillingQueries, BillingStore, Claimed,
    DunningPolicy, GiveBackError, Heard, NewEntity, PaymentFilter, PaymentMethod, PaymentRefusal,
    PaymentStatus, ReceiveUnmatched, RecordPayment, RecordPaymentError, RefundPayment,
    RequestPayment, SettlePayment, Spoken, allocate_unmatched, found_entity, receive_unmatched,
    record_payment, refund_payment, request_payment, settle_payment,
};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{
    AccountId, Ids, MayConflict, Money, PageRequest, PaymentId, Scope, TenantId, Timestamp,
};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};

const CODE: &str = "QK7";

struct World {
    _database: TestDatabase,
    store: Store,
    clock: Arc<FixedClock>,
    ids: Arc<dyn Ids>,
    tenant: TenantId,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

impl World {
    async fn on(database: TestDatabase) -> Arc<Self> {
        let clock = Arc::new(FixedClock::at(noon()));
        let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
        let store = database
            .store(
                Arc::<FixedClock>::clone(&clock),
                Arc::clone(&ids),
                Subscriptions::default(),
            )
            .await;
        let tenant = ids.next();
        Arc::new(Self {
            _database: database,
            store,
            clock,
            ids,
            tenant,
        })
    }

    fn scope(&self) -> Scope {
        Scope::system(self.tenant, "race", self.ids.fresh())
    }

    /// Two accounts with the tenant's first entity.
    async fn accounts(&self) -> [AccountId; 2] {
        let entity = NewEntity {
            id: self.ids.next(),
            name: "Harbour Net".parse().unwrap(),
            currency: kes(0).currency(),
            zone: "Africa/Nairobi".parse().unwrap(),
            scale_digits: 2,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        };
        let (store, id) = (&self.store, entity.id);
        found_entity(store, &self.scope(), entity).await.unwrap();
        let mut tx = BillingStore::begin(store, &self.scope()).await.unwrap();
        let mut opened = Vec::new();
        for _ in 0..2 {
            let (account, customer) = (self.ids.next(), self.ids.next());
            let mut account = Account::open(account, customer, id, kes(0).currency());
            tx.accounts().save(&mut account).await.unwrap();
            opened.push(account.id());
        }
        tx.commit().await.unwrap();
        opened.try_into().unwrap()
    }

    async fn request(&self, account: AccountId) -> PaymentId {
        let id: PaymentId = self.ids.next();
        let command = RequestPayment {
            id,
            account,
            amount: kes(300_000),
            method: PaymentMethod::MobileMoney,
            provider: "sandbox".to_owned(),
            asked_as: id.to_string(),
            expires_at: None,
            meant_for: None,
            retry_of: None,
        };
        let scope = self.scope();
        let asked = request_payment(&self.store, &*self.clock, &scope, command);
        asked.await.unwrap();
        id
    }

    /// The provider's webhook, or somebody who asked it.
    async fn told(&self, of: PaymentId) -> Heard {
        loop {
            let command = SettlePayment {
                of: Spoken::Payment(of),
                reference: CODE.to_owned(),
                amount: kes(300_000),
                settled_as: None,
                received_at: None,
            };
            match settle_payment(&self.store, &*self.clock, &self.scope(), command).await {
                Err(err) if err.is_conflict() => {}
                told => return told.unwrap(),
            }
        }
    }

    /// A cashier who reads the code from the customer's phone. Returns whether it was news.
    async fn recorded(&self, account: AccountId) -> bool {
        loop {
            let command = RecordPayment {
                id: self.ids.next(),
                account,
                amount: kes(300_000),
                method: PaymentMethod::MobileMoney,
                reference: Some(CODE.to_owned()),
                received_at: None,
            };
            match record_payment(&self.store, &*self.clock, &self.scope(), command).await {
                Err(err) if err.is_conflict() => {}
                Err(RecordPaymentError::DuplicateReference | RecordPaymentError::Unmatched(_)) => {
                    return false;
                }
                told => return told.map(|()| true).unwrap(),
            }
        }
    }

    /// The customer who types the code.
    async fn claimed(&self, account: AccountId) -> Option<PaymentId> {
        loop {
            let command = AllocateUnmatched {
                money: Claimed::Code {
                    method: PaymentMethod::MobileMoney,
                    reference: CODE.to_owned(),
                },
                account,
                payment: self.ids.next(),
            };
            match allocate_unmatched(&self.store, &*self.clock, &self.scope(), command).await {
                Err(err) if err.is_conflict() => {}
                Err(AllocateUnmatchedError::NotFound | AllocateUnmatchedError::Taken) => {
                    return None;
                }
                told => return Some(told.unwrap()),
            }
        }
    }

    async fn stray(&self) {
        let command = ReceiveUnmatched {
            id: self.ids.next(),
            amount: kes(300_000),
            method: PaymentMethod::MobileMoney,
            reference: Some(CODE.to_owned()),
            payer: None,
            note: None,
            received_at: None,
        };
        let scope = self.scope();
        let kept = receive_unmatched(&self.store, &*self.clock, &scope, command);
        kept.await.unwrap();
    }

    /// An operator who gives 2,000.00 back. Returns whether it was allowed.
    async fn refunded(&self, payment: PaymentId) -> bool {
        loop {
            let command = RefundPayment {
                id: self.ids.next(),
                payment,
                amount: Some(kes(200_000)),
                reason: "moved away".to_owned(),
                paid_out_as: None,
            };
            match refund_payment(&self.store, &*self.clock, &self.scope(), command).await {
                Err(err) if err.is_conflict() => {}
                Err(GiveBackError::Refused(PaymentRefusal::Refund(_))) => return false,
                given => return given.map(|()| true).unwrap(),
            }
        }
    }

    async fn settled(&self) -> usize {
        let filter = PaymentFilter {
            status: Some(PaymentStatus::Settled),
            ..PaymentFilter::default()
        };
        let page = PageRequest::new(100, None);
        let page = self.store.payments(self.tenant, filter, page).await;
        page.unwrap().items.len()
    }

    async fn credit(&self, account: AccountId) -> Money {
        let view = self.store.account(self.tenant, account).await.unwrap();
        view.unwrap().credit
    }
}

/// 40 deliveries and polls, 5 cashiers on the right account and 5 on a wrong one.
async fn everybody_reports_one_sum(world: Arc<World>) {
    let [account, other] = world.accounts().await;
    let payment = world.request(account).await;
    let mut told = Vec::new();
    let mut recorded = Vec::new();
    for number in 0..50 {
        let world = Arc::clone(&world);
        match number % 10 {
            0 => recorded.push(tokio::spawn(async move { world.recorded(account).await })),
            5 => recorded.push(tokio::spawn(async move { world.recorded(other).await })),
            _ => told.push(tokio::spawn(async move { world.told(payment).await })),
        }
    }
    let mut news = 0;
    for task in told {
        news += usize::from(task.await.unwrap() == Heard::News);
    }
    for task in recorded {
        news += usize::from(task.await.unwrap());
    }
    assert_eq!(news, 1);
    assert_eq!(world.settled().await, 1);
    let sum = world
        .credit(account)
        .await
        .checked_add(world.credit(other).await);
    assert_eq!(sum.unwrap(), kes(300_000));
    assert_eq!(world.told(payment).await, Heard::Known);
}

/// 20 customers who type one code, and 10 cashiers who type it too.
async fn everybody_claims_one_sum(world: Arc<World>) {
    let [account, other] = world.accounts().await;
    world.stray().await;
    let mut claims = Vec::new();
    let mut recorded = Vec::new();
    for number in 0..30 {
        let world = Arc::clone(&world);
        match number % 3 {
            0 => recorded.push(tokio::spawn(async move { world.recorded(account).await })),
            1 => claims.push(tokio::spawn(async move { world.claimed(account).await })),
            _ => claims.push(tokio::spawn(async move { world.claimed(other).await })),
        }
    }
    let mut payments = Vec::new();
    for task in claims {
        payments.extend(task.await.unwrap());
    }
    for task in recorded {
        assert!(!task.await.unwrap());
    }
    payments.dedup();
    assert_eq!(payments.len(), 1, "{payments:?}");
    assert_eq!(world.settled().await, 1);
    let sum = world
        .credit(account)
        .await
        .checked_add(world.credit(other).await);
    assert_eq!(sum.unwrap(), kes(300_000));
}

/// Ten operators give 2,000.00 of 3,000.00 back.
async fn nobody_gives_back_what_is_gone(world: Arc<World>) {
    let [account, _] = world.accounts().await;
    let payment = world.request(account).await;
    assert_eq!(world.told(payment).await, Heard::News);
    let mut refunds = Vec::new();
    for _ in 0..10 {
        let world = Arc::clone(&world);
        refunds.push(tokio::spawn(async move { world.refunded(payment).await }));
    }
    let mut given = 0;
    for task in refunds {
        given += usize::from(task.await.unwrap());
    }
    assert_eq!(given, 1);
    assert_eq!(world.credit(account).await, kes(100_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_gives_back_what_is_gone_on_sqlite() {
    nobody_gives_back_what_is_gone(World::on(TestDatabase::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_gives_back_what_is_gone_on_postgres() {
    nobody_gives_back_what_is_gone(World::on(TestDatabase::postgres().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_reports_one_sum_on_sqlite() {
    everybody_reports_one_sum(World::on(TestDatabase::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_reports_one_sum_on_postgres() {
    everybody_reports_one_sum(World::on(TestDatabase::postgres().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_claims_one_sum_on_sqlite() {
    everybody_claims_one_sum(World::on(TestDatabase::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_claims_one_sum_on_postgres() {
    everybody_claims_one_sum(World::on(TestDatabase::postgres().await).await).await;
}
