//! Sales, and what is sold.

use kernel::{Ids, Money};

use super::{Desk, Sold, day, kes};
use crate::events::Access;
use crate::interval::{Interval, IntervalUnit};
use crate::plan::{BadPlan, NewPlan, SoldAs};
use crate::schedule::BillDay;
use crate::subscription::SubscriptionRefusal;
use crate::use_cases::define_plan::{PlanError, define_plan, retire_plan};
use crate::use_cases::found_entity::{FoundEntityError, found_entity};
use crate::use_cases::subscribe::{Subscribe, SubscribeError};
use crate::{BadEntity, BillingQueries, NewEntity};

async fn refusal(desk: &Desk, order: Subscribe) -> SubscriptionRefusal {
    match desk.subscribe(order).await {
        Err(SubscribeError::Refused(refusal)) => refusal,
        other => panic!("refused, not {other:?}"),
    }
}

#[tokio::test]
async fn the_first_sale_opens_the_account_and_the_next_one_uses_it() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(300_000).await;
    let first = desk.order(plan);
    let sold = desk.subscribe(first).await.unwrap();
    assert_eq!(sold.account, first.new_account);
    assert_eq!((sold.access, sold.access_version), (Access::Active, 1));
    let second = Subscribe {
        customer: first.customer,
        ..desk.order(plan)
    };
    let again = desk.subscribe(second).await.unwrap();
    assert_eq!(again.account, first.new_account);
    assert_eq!(desk.events_named("billing.account_opened").len(), 1);
    let sales = desk.events_named("billing.subscribed");
    assert_eq!(sales.len(), 2);
    assert_eq!(sales[0].body["customer"], first.customer.to_string());
}

#[tokio::test]
async fn only_offered_subscription_plans_are_sold() {
    let desk = Desk::opened("2026-11-01").await;
    let retired = desk.plan(300_000).await;
    retire_plan(&desk.store, &desk.scope, retired)
        .await
        .unwrap();
    assert_eq!(
        refusal(&desk, desk.order(retired)).await,
        SubscriptionRefusal::PlanNotOffered { plan: retired }
    );
    let voucher = NewPlan {
        sold_as: SoldAs::Voucher,
        ..desk.new_plan(500)
    };
    let voucher = desk.offer(voucher).await;
    assert_eq!(
        refusal(&desk, desk.order(voucher)).await,
        SubscriptionRefusal::PlanNotOffered { plan: voucher }
    );
    let unknown = desk.ids().next();
    let sold = desk.subscribe(desk.order(unknown)).await;
    assert!(matches!(sold, Err(SubscribeError::NoPlan(id)) if id == unknown));
    assert!(desk.events_named("billing.account_opened").is_empty());
}

#[tokio::test]
async fn the_first_day_lies_near_today() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(300_000).await;
    for (starts_on, is_sold) in [
        ("2026-09-30", false),
        ("2026-10-01", true),
        ("2027-11-02", true),
        ("2027-11-03", false),
    ] {
        let order = Subscribe {
            starts_on: Some(day(starts_on)),
            ..desk.order(plan)
        };
        assert_eq!(desk.subscribe(order).await.is_ok(), is_sold, "{starts_on}");
    }
}

#[tokio::test]
async fn a_bill_day_needs_months() {
    let desk = Desk::opened("2026-11-01").await;
    let weekly = NewPlan {
        interval: Interval::new(IntervalUnit::Weeks, 1).unwrap(),
        ..desk.new_plan(100)
    };
    let weekly = desk.offer(weekly).await;
    let order = Subscribe {
        bill_day: Some(BillDay::new(5).unwrap()),
        ..desk.order(weekly)
    };
    let interval = Interval::WEEK;
    assert_eq!(
        refusal(&desk, order).await,
        SubscriptionRefusal::BillDay { interval }
    );
}

#[tokio::test]
async fn nothing_is_sold_or_defined_without_an_entity() {
    let desk = Desk::empty("2026-11-01");
    let new = desk.new_plan(100);
    let order = desk.order(new.id);
    let defined = define_plan(&desk.store, &desk.scope, new).await;
    assert!(matches!(defined, Err(PlanError::NoEntity)));
    assert!(matches!(
        desk.subscribe(order).await,
        Err(SubscribeError::NoEntity)
    ));
    assert_eq!(desk.heard(), 0);
}

#[tokio::test]
async fn a_tenant_keeps_the_entity_it_has() {
    let desk = Desk::opened("2026-11-01").await;
    let first = desk.store.entities(desk.scope.tenant).await.unwrap();
    let second = desk.new_entity();
    found_entity(&desk.store, &desk.scope, second)
        .await
        .unwrap();
    let kept = desk.store.entities(desk.scope.tenant).await.unwrap();
    assert_eq!(kept, first);
    let bad = NewEntity {
        series: "inv".to_owned(),
        ..desk.new_entity()
    };
    let refused = found_entity(&desk.store, &desk.scope, bad).await;
    assert!(matches!(
        refused,
        Err(FoundEntityError::Refused(BadEntity::Series))
    ));
}

#[tokio::test]
async fn plans_cost_something_in_the_currency_of_the_entity() {
    let desk = Desk::opened("2026-11-01").await;
    let priced = |price: Money| NewPlan {
        price,
        ..desk.new_plan(1)
    };
    let by_the_hour = NewPlan {
        interval: Interval::new(IntervalUnit::Hours, 1).unwrap(),
        ..desk.new_plan(100)
    };
    let cases = [
        (priced(kes(0)), BadPlan::Price),
        (priced(kes(-1)), BadPlan::Price),
        (priced(kes(i64::MAX)), BadPlan::Price),
        (
            priced(Money::from_minor(100, "IDR".parse().unwrap())),
            BadPlan::Currency,
        ),
        (by_the_hour, BadPlan::Interval),
    ];
    for (new, expected) in cases {
        let defined = define_plan(&desk.store, &desk.scope, new).await;
        assert!(
            matches!(defined, Err(PlanError::Refused(rule)) if rule == expected),
            "{defined:?}"
        );
    }
    let free_pass = NewPlan {
        sold_as: SoldAs::Voucher,
        interval: Interval::new(IntervalUnit::Hours, 1).unwrap(),
        ..desk.new_plan(0)
    };
    desk.offer(free_pass).await;
}

#[tokio::test]
async fn a_name_is_free_again_once_its_plan_is_retired() {
    let desk = Desk::opened("2026-11-01").await;
    let first = desk.new_plan(100);
    let (id, name) = (first.id, first.name.clone());
    desk.offer(first).await;
    let named = || NewPlan {
        name: name.clone(),
        ..desk.new_plan(200)
    };
    let taken = define_plan(&desk.store, &desk.scope, named()).await;
    assert!(matches!(taken, Err(PlanError::NameTaken)));
    retire_plan(&desk.store, &desk.scope, id).await.unwrap();
    retire_plan(&desk.store, &desk.scope, id).await.unwrap();
    assert_eq!(desk.events_named("billing.plan_retired").len(), 1);
    desk.offer(named()).await;
    let unknown = (&desk.ids as &dyn Ids).next();
    let retired = retire_plan(&desk.store, &desk.scope, unknown).await;
    assert!(matches!(retired, Err(PlanError::NotFound(it)) if it == unknown));
}

#[tokio::test]
async fn those_who_have_a_retired_plan_keep_it() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(300_000).await;
    let sold: Sold = desk.sell_as(desk.order(plan)).await;
    retire_plan(&desk.store, &desk.scope, plan).await.unwrap();
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(invoice.total, kes(300_000));
}
