//! Prepaid time: money that comes in buys it at once, and the sweep has it renewed a day before its end.

use billing::{
    Access, BillingQueries, Charging, Interval, NewPlan, PaymentMethod, RecordPayment, SoldAs,
    Subscribe, SubscriptionView, Timing, define_plan, give_time, record_payment, subscribe,
};
use kernel::testing::OpenVault;
use kernel::{AccountId, BatchId, Secret, SubscriptionId};
use serde_json::json;
use vouchers::{RedeemVoucher, RevealCodes, VoucherState, reveal_codes};
use workflows::testing::MemoryRedemptions;
use workflows::{RedeemOnSubscriptionError, job_kinds as kinds, redeem_on_subscription};

use crate::world::{World, kes};

impl World {
    async fn sell_prepaid(&self) -> (SubscriptionId, AccountId) {
        let plan = NewPlan {
            id: self.ids().next(),
            name: "Prepaid".parse().unwrap(),
            price: kes(3_000),
            interval: Interval::MONTH,
            profile: self.pppoe,
            sold_as: SoldAs::Subscription,
            charging: Charging {
                timing: Timing::Prepaid,
                ..Charging::AHEAD
            },
        };
        let order = Subscribe {
            id: self.ids().next(),
            customer: self.customer().await,
            new_account: self.ids().next(),
            plan: plan.id,
            quantity: 1,
            bill_day: None,
            starts_on: None,
        };
        define_plan(&self.billing, &self.scope, plan).await.unwrap();
        let sold = subscribe(&self.billing, &*self.clock, &self.scope, order).await;
        (order.id, sold.unwrap().account)
    }

    async fn pay(&self, account: AccountId, minor: i64) {
        let payment = RecordPayment {
            id: self.ids().next(),
            account,
            amount: kes(minor),
            method: PaymentMethod::MobileMoney,
            reference: None,
            received_at: None,
        };
        record_payment(&self.billing, &*self.clock, &self.scope, payment)
            .await
            .unwrap();
    }

    async fn prepaid(&self, id: SubscriptionId) -> (SubscriptionView, String) {
        let view = self.billing.subscription(self.tenant(), id).await;
        let view = view.unwrap().unwrap();
        let until = view.prepaid.unwrap().paid_until.to_string();
        (view, until)
    }
}

#[tokio::test]
async fn money_buys_time_at_once_and_again_before_it_ends() {
    let world = World::open().await;
    let (id, account) = world.sell_prepaid().await;
    let (before, until) = world.prepaid(id).await;
    assert_eq!((before.access, &*until), (Access::Restricted, "2026-11-01"));
    world.pay(account, 6_000).await;
    let wanted = world.last_event("billing.renewal_wanted");
    for _ in 0..2 {
        world.hand_out(&wanted).await.unwrap();
    }
    let (after, until) = world.prepaid(id).await;
    assert_eq!((after.access, &*until), (Access::Active, "2026-12-01"));
    world.days_pass(29);
    world.run(kinds::EVALUATE_OVERDUE, json!({})).await.unwrap();
    let due = world.last_event("billing.renewal_due");
    assert_eq!(due.body["days_left"], 1);
    for _ in 0..2 {
        world.hand_out(&due).await.unwrap();
    }
    let (_, until) = world.prepaid(id).await;
    assert_eq!(until, "2027-01-01");
    world.days_pass(31);
    for _ in 0..2 {
        world.run(kinds::EVALUATE_OVERDUE, json!({})).await.unwrap();
    }
    world
        .hand_out(&world.last_event("billing.renewal_due"))
        .await
        .unwrap();
    let low = world.last_event("billing.balance_low");
    assert_eq!(low.body["price"]["amount_minor"], 3_000);
    world.days_pass(1);
    world.run(kinds::EVALUATE_OVERDUE, json!({})).await.unwrap();
    let (after, until) = world.prepaid(id).await;
    assert_eq!((after.access, &*until), (Access::Restricted, "2027-01-01"));
}

#[tokio::test]
async fn a_renewal_that_loses_a_race_is_tried_again() {
    let world = World::open().await;
    let (_, account) = world.sell_prepaid().await;
    world.pay(account, 3_000).await;
    let wanted = world.last_event("billing.renewal_wanted");
    world.billing_fails([kernel::StoreError::Conflict, kernel::StoreError::Conflict]);
    world.hand_out(&wanted).await.unwrap();
    let paid = world.billing.events();
    let paid = paid.iter().filter(|it| it.name == "billing.period_paid");
    assert_eq!(paid.count(), 1, "tried again, and paid once");
}

impl World {
    async fn redeem(
        &self,
        code: &Secret,
        subscription: SubscriptionId,
    ) -> Result<(), RedeemOnSubscriptionError> {
        let store = MemoryRedemptions::of(self.vouchers.clone(), self.billing.clone());
        let command = RedeemVoucher {
            code: code.clone(),
            subscription,
        };
        let (clock, scope) = (&*self.clock, &self.scope);
        redeem_on_subscription(&store, &OpenVault, clock, scope, &command).await
    }

    async fn only_code(&self, batch: BatchId) -> Secret {
        let command = RevealCodes {
            batch,
            after: None,
            limit: 1,
        };
        let codes = reveal_codes(&self.vouchers, &OpenVault, &self.scope, command).await;
        codes.unwrap().remove(0).code
    }
}

#[tokio::test]
async fn a_voucher_gives_its_days_once_and_ends_its_login() {
    let world = World::open().await;
    let (id, _) = world.sell_prepaid().await;
    let (batch, vouchers) = world.granted_batch(1).await;
    let code = world.only_code(batch).await;
    for _ in 0..2 {
        world.redeem(&code, id).await.unwrap();
    }
    let redeemed = world.last_event("vouchers.voucher_redeemed");
    world.hand_out(&redeemed).await.unwrap();
    let (after, until) = world.prepaid(id).await;
    assert_eq!((after.access, &*until), (Access::Active, "2026-11-02"));
    let subject = access::Subject::Voucher(vouchers[0].id());
    assert_eq!(world.allowance_of(subject).await, access::Allowance::Ended);
    let given = world.last_event("billing.time_given");
    assert_eq!(given.body["days"], 1);
}

#[tokio::test]
async fn a_voucher_whose_days_are_refused_is_not_spent() {
    let world = World::open().await;
    let (id, _) = world.sell_prepaid().await;
    let (batch, _) = world.granted_batch(1).await;
    let code = world.only_code(batch).await;
    let (store, clock, scope) = (&world.billing, &*world.clock, &world.scope);
    give_time(store, clock, scope, (id, 380), "a prize")
        .await
        .unwrap();
    let refused = world.redeem(&code, id).await;
    assert!(
        matches!(refused, Err(RedeemOnSubscriptionError::NotTaken(_))),
        "more than a year ahead: {refused:?}"
    );
    let voucher = world.vouchers_of(batch).await.remove(0);
    assert!(matches!(voucher.snapshot().state, VoucherState::Generated));
    let (_, before) = world.prepaid(id).await;
    world.days_pass(20);
    world.redeem(&code, id).await.unwrap();
    let (_, after) = world.prepaid(id).await;
    assert_eq!((&*before, &*after), ("2027-11-16", "2027-11-17"));
}

#[tokio::test]
async fn a_delivery_of_before_gives_the_days_that_it_owes() {
    let world = World::open().await;
    let (id, _) = world.sell_prepaid().await;
    let (_, vouchers) = world.granted_batch(1).await;
    let voucher = vouchers[0].id();
    let body =
        json!({ "voucher": voucher, "batch": vouchers[0].batch(), "subscription": id, "days": 1 });
    let redeemed = kernel::NewEvent {
        aggregate_kind: "vou",
        aggregate_id: voucher.uuid(),
        name: "vouchers.voucher_redeemed",
        version: 1,
        body,
    };
    let delivery = world.delivery("give_time", redeemed);
    workflows::deliver(&world.bench(), &delivery).await.unwrap();
    let (_, until) = world.prepaid(id).await;
    assert_eq!(until, "2026-11-02");
}
