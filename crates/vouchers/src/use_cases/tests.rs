//! The use cases on the in-memory store, and the fake against its own contract.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashSet;

use chrono::Duration;
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{Currency, Ids, Money, PageRequest, Scope, Timestamp};

use crate::ports::{VoucherFilter, VoucherQueries};
use crate::testing::{MemoryVouchers, vouchers_store_contract};
use crate::{
    ActivateVoucher, Alphabet, GenerateChunk, OrderBatch, RevealCodes, Validity, VoidBatch,
    VoucherError, VoucherStateName, activate_voucher, expire_vouchers, generate_chunk, order_batch,
    reveal_codes, void_batch,
};

struct Shop {
    store: MemoryVouchers,
    ids: CountingIds,
    clock: FixedClock,
    randomness: SeededRandomness,
    scope: Scope,
}

impl Shop {
    fn open() -> Self {
        let ids = CountingIds::from(1);
        let next: &dyn Ids = &ids;
        let scope = Scope::system(next.next(), "test", next.fresh());
        let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
        Self {
            store: MemoryVouchers::new(),
            clock: FixedClock::at(noon),
            randomness: SeededRandomness::from(3),
            scope,
            ids,
        }
    }

    fn ids(&self) -> &dyn Ids {
        &self.ids
    }

    fn order(&self, count: u32) -> OrderBatch {
        let kes: Currency = "KES".parse().unwrap();
        OrderBatch {
            id: self.ids().next(),
            job: self.ids().next(),
            name: "Kiosk".parse().unwrap(),
            plan: self.ids().next(),
            profile: self.ids().next(),
            router: self.ids().next(),
            count,
            alphabet: Alphabet::Mix,
            length: 10,
            prefix: String::new(),
            validity: Validity {
                shelf_days: Some(30),
                from_first_login_minutes: Some(60),
                online_s: None,
                data_bytes: None,
            },
            price: Money::from_minor(5_000, kes),
        }
    }

    async fn filled(&self, count: u32) -> kernel::BatchId {
        let order = self.order(count);
        let batch = order.id;
        order_batch(&self.store, &self.clock, &self.scope, order)
            .await
            .unwrap();
        while !self.chunk(batch, 7).await.is_complete() {}
        batch
    }

    async fn chunk(&self, batch: kernel::BatchId, chunk: u32) -> crate::Generated {
        let command = GenerateChunk { batch, chunk };
        let ids = self.ids();
        generate_chunk(
            &self.store,
            &OpenVault,
            &self.randomness,
            ids,
            &self.scope,
            command,
        )
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn the_fake_keeps_the_promises() {
    let ids = CountingIds::from(1);
    let ids: &dyn Ids = &ids;
    let store = MemoryVouchers::new();
    vouchers_store_contract(&store, &store, ids.next(), ids).await;
}

#[tokio::test]
async fn an_order_puts_one_job_in_the_queue() {
    let shop = Shop::open();
    let order = shop.order(5);
    let batch = order.id;
    order_batch(&shop.store, &shop.clock, &shop.scope, order)
        .await
        .unwrap();
    let jobs = shop.store.jobs();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].payload, serde_json::json!({ "batch": batch }));
    assert_eq!(jobs[0].total, Some(5));
}

#[tokio::test]
async fn a_refused_order_leaves_nothing_behind() {
    let shop = Shop::open();
    let order = OrderBatch {
        length: 4,
        ..shop.order(50_000)
    };
    assert!(
        order_batch(&shop.store, &shop.clock, &shop.scope, order)
            .await
            .is_err()
    );
    assert!(shop.store.jobs().is_empty() && shop.store.events().is_empty());
}

#[tokio::test]
async fn chunks_fill_a_batch_exactly_and_a_repeat_adds_nothing() {
    let shop = Shop::open();
    let batch = shop.filled(20).await;
    assert!(shop.chunk(batch, 7).await.is_complete());
    let view = shop
        .store
        .batch(shop.scope.tenant, batch)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (view.generated, view.states.generated, view.status),
        (20, 20, "ready")
    );
}

#[tokio::test]
async fn codes_can_be_shown_and_the_fact_is_recorded() {
    let shop = Shop::open();
    let batch = shop.filled(10).await;
    let command = RevealCodes {
        batch,
        after: None,
        limit: 6,
    };
    let first = reveal_codes(&shop.store, &OpenVault, &shop.scope, command)
        .await
        .unwrap();
    let command = RevealCodes {
        after: Some(first[5].voucher),
        ..command
    };
    let rest = reveal_codes(&shop.store, &OpenVault, &shop.scope, command)
        .await
        .unwrap();
    let codes: HashSet<_> = first
        .iter()
        .chain(&rest)
        .map(|it| it.code.expose().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(
        shop.store.events().last().unwrap().name,
        "vouchers.codes_revealed"
    );
}

#[tokio::test]
async fn a_used_voucher_expires_after_its_validity() {
    let shop = Shop::open();
    let batch = shop.filled(2).await;
    let filter = VoucherFilter {
        batch: Some(batch),
        state: None,
    };
    let tenant = shop.scope.tenant;
    let page = shop
        .store
        .vouchers(tenant, filter, PageRequest::default())
        .await
        .unwrap();
    let voucher = page.items[0].id;
    let at = kernel::Clock::now(&shop.clock);
    activate_voucher(&shop.store, &shop.scope, ActivateVoucher { voucher, at })
        .await
        .unwrap();
    shop.clock.advance(Duration::minutes(59));
    assert_eq!(
        expire_vouchers(&shop.store, &shop.clock, &shop.scope, 100)
            .await
            .unwrap(),
        0
    );
    shop.clock.advance(Duration::minutes(1));
    assert_eq!(
        expire_vouchers(&shop.store, &shop.clock, &shop.scope, 100)
            .await
            .unwrap(),
        1
    );
    let view = shop.store.voucher(tenant, voucher).await.unwrap().unwrap();
    assert_eq!(view.state, VoucherStateName::Expired);
    let again = activate_voucher(&shop.store, &shop.scope, ActivateVoucher { voucher, at }).await;
    assert!(matches!(again, Err(VoucherError::Refused(_))));
}

#[tokio::test]
async fn a_withdrawn_batch_takes_its_vouchers_with_it() {
    let shop = Shop::open();
    let batch = shop.filled(3).await;
    let command = VoidBatch {
        batch,
        reason: String::new(),
    };
    assert!(
        void_batch(&shop.store, &shop.clock, &shop.scope, command)
            .await
            .is_err()
    );
    let command = VoidBatch {
        batch,
        reason: "misprint".to_owned(),
    };
    void_batch(&shop.store, &shop.clock, &shop.scope, command.clone())
        .await
        .unwrap();
    void_batch(&shop.store, &shop.clock, &shop.scope, command)
        .await
        .unwrap();
    let view = shop
        .store
        .batch(shop.scope.tenant, batch)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((view.states.voided, view.status), (3, "voided"));
    let voided = shop
        .store
        .events()
        .iter()
        .filter(|it| it.name == "vouchers.batch_voided")
        .count();
    assert_eq!(voided, 1);
}

#[tokio::test]
async fn a_voucher_is_redeemed_once_and_a_guess_learns_nothing() {
    let shop = Shop::open();
    let subscription = shop.ids().next();
    let redeem = async |code: &str, subscription| {
        let command = crate::RedeemVoucher {
            code: kernel::Secret::new(code),
            subscription,
        };
        let mut tx = crate::VouchersStore::begin(&shop.store, &shop.scope)
            .await
            .unwrap();
        let now = kernel::Clock::now(&shop.clock);
        let redeemed = crate::redeem_within(&mut *tx, &OpenVault, now, &command).await?;
        if redeemed.is_news {
            tx.commit().await.unwrap();
        }
        Ok::<_, crate::RedeemVoucherError>(redeemed.voucher)
    };
    let days = Validity {
        from_first_login_minutes: Some(2_880),
        ..shop.order(1).validity
    };
    let (batch, code) = shop.one_code(days).await;
    let (_, hours) = shop.one_code(shop.order(1).validity).await;
    let refused = redeem(&hours, subscription).await.unwrap_err();
    assert!(matches!(refused, crate::RedeemVoucherError::NoDays));
    let unknown = redeem("no-such-code", subscription).await.unwrap_err();
    let voucher = redeem(&code, subscription).await.unwrap();
    assert_eq!(redeem(&code, subscription).await.unwrap(), voucher, "again");
    let other = shop.ids().next();
    let used = redeem(&code, other).await.unwrap_err();
    assert_eq!(unknown.to_string(), used.to_string());
    let events = shop.store.events();
    let redeemed: Vec<_> = events
        .iter()
        .filter(|it| it.name == "vouchers.voucher_redeemed")
        .collect();
    assert_eq!(redeemed.len(), 1);
    assert_eq!(redeemed[0].body["days"], 2);
    let view = shop.store.batch(shop.scope.tenant, batch).await.unwrap();
    assert_eq!(view.unwrap().states.voided, 1);
    let late = Validity {
        from_first_login_minutes: Some(1_440),
        ..shop.order(1).validity
    };
    let (_, code) = shop.one_code(late).await;
    shop.clock.advance(Duration::days(31));
    let expired = redeem(&code, subscription).await.unwrap_err();
    assert_eq!(unknown.to_string(), expired.to_string());
}

impl Shop {
    /// A batch of one, and its code.
    async fn one_code(&self, validity: Validity) -> (kernel::BatchId, String) {
        let order = OrderBatch {
            validity,
            ..self.order(1)
        };
        let batch = order.id;
        order_batch(&self.store, &self.clock, &self.scope, order)
            .await
            .unwrap();
        while !self.chunk(batch, 1).await.is_complete() {}
        let command = RevealCodes {
            batch,
            after: None,
            limit: 1,
        };
        let codes = reveal_codes(&self.store, &OpenVault, &self.scope, command);
        let code = codes.await.unwrap().remove(0).code;
        (batch, code.expose().to_owned())
    }
}
