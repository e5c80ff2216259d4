//! Money goes back through the provider that it came through, once, and the books say so when the provider does.

use chrono::Duration;
use kernel::{PageRequest, PaymentId};

use super::{World, rupiah};
use crate::gateway::use_cases::carry_refund::refund_at_provider;
use crate::gateway::use_cases::follow_link::{Followed, follow_collection};
use crate::gateway::use_cases::provider_refund::{
    ProviderRefundError, ask_provider_refund, came_through_provider, retry_provider_refund,
};
use crate::gateway::use_cases::refund_by_hand::{RefundByHandError, refund_by_hand};
use crate::gateway::{
    GatewayQueries, GatewayStore, NothingLeft, ProviderReference, ProviderRefundFilter,
    ProviderRefundSnapshot, ProviderRefundStatus, ProviderStatus, RefundOrder, RefundOrigin,
    RefundsSince, WebhookStatus,
};
use crate::payment::{PaymentMethod, PaymentRefusal, RefundId};
use crate::ports::BillingQueries;
use crate::use_cases::give_back::{GiveBackError, RefundPayment, ReversePayment, reverse_payment};
use crate::use_cases::paid::Spoken;
use crate::use_cases::tell_payment::{SettlePayment, settle_payment};
use crate::views::PaymentView;

struct Paid {
    world: World,
    id: PaymentId,
    reference: ProviderReference,
}

/// A customer has paid 150,000 through the sandbox.
async fn paid() -> Paid {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
    assert_eq!(world.follow(id).await, Followed::Paid);
    Paid {
        world,
        id,
        reference,
    }
}

impl Paid {
    fn command(&self, minor: Option<i64>) -> RefundPayment {
        RefundPayment {
            id: self.world.next(),
            payment: self.id,
            amount: minor.map(rupiah),
            reason: "moved away".to_owned(),
            paid_out_as: None,
        }
    }

    async fn ask(&self, command: RefundPayment) -> Result<(), ProviderRefundError> {
        let world = &self.world;
        ask_provider_refund(world.desk(), &world.scope, command).await
    }

    async fn by_hand(&self, minor: Option<i64>) -> Result<(), RefundByHandError> {
        let world = &self.world;
        refund_by_hand(world.desk(), &world.scope, self.command(minor)).await
    }

    async fn reverse(&self) {
        let world = &self.world;
        let command = ReversePayment {
            of: Spoken::Payment(self.id),
            reason: "the bank wrote a letter".to_owned(),
        };
        reverse_payment(&world.billing, &world.clock, &world.scope, command)
            .await
            .unwrap();
    }

    /// What the provider says went back.
    async fn gone_there(&self) -> i64 {
        let world = &self.world;
        let mut tx = world.store.begin(&world.scope).await.unwrap();
        let kept = tx.collections().find(self.id).await.unwrap().unwrap();
        let account = kept.snapshot().gateway_account;
        let account = tx.gateway_accounts().find(account).await.unwrap().unwrap();
        let (gateway, keys) = world.desk().reach(&account).unwrap();
        let told = gateway.query(&keys, &self.reference).await;
        match told.unwrap().status {
            ProviderStatus::Paid(it) => it.refunded.minor(),
            other => panic!("{other:?}"),
        }
    }

    async fn run(&self, id: RefundId) -> ProviderRefundStatus {
        let world = &self.world;
        let ran = refund_at_provider(world.desk(), &world.scope, id).await;
        ran.unwrap()
    }

    /// What the books say went back.
    async fn returned(&self) -> i64 {
        self.view().await.returned.minor()
    }

    async fn view(&self) -> PaymentView {
        let world = &self.world;
        let found = world.billing.payment(world.scope.tenant, self.id).await;
        found.unwrap().unwrap()
    }

    async fn refunds(&self) -> Vec<ProviderRefundSnapshot> {
        let world = &self.world;
        let filter = ProviderRefundFilter {
            payment: Some(self.id),
            status: None,
        };
        let page = PageRequest::default();
        let found = world
            .store
            .provider_refunds(world.scope.tenant, filter, page);
        found.await.unwrap().items
    }

    fn there(&self, minor: i64) -> bool {
        self.world.sandbox.refund_there(&RefundOrder {
            id: self.world.next(),
            payment: self.reference.clone(),
            amount: rupiah(minor),
            reason: "in the dashboard".to_owned(),
        })
    }

    async fn read(&self) -> Followed {
        let world = &self.world;
        let read = follow_collection(world.desk(), &world.scope, self.id).await;
        read.unwrap()
    }
}

#[tokio::test]
async fn the_books_change_when_the_provider_says_so() {
    let paid = paid().await;
    let came = came_through_provider(paid.world.desk(), &paid.world.scope, paid.id).await;
    assert!(came.unwrap());
    let command = paid.command(Some(5_000_000));
    let id = command.id;
    for _ in 0..2 {
        paid.ask(command.clone()).await.unwrap();
    }
    assert_eq!(
        paid.returned().await,
        0,
        "nobody has asked the provider yet"
    );
    paid.world.sandbox.hold_refunds(true);
    assert_eq!(paid.run(id).await, ProviderRefundStatus::Waiting);
    assert_eq!(paid.returned().await, 0, "the provider has not done it");
    assert!(paid.refunds().await[0].note.is_some(), "it stays visible");
    paid.world.sandbox.hold_refunds(false);
    for _ in 0..2 {
        assert_eq!(paid.run(id).await, ProviderRefundStatus::Done);
    }
    assert_eq!(paid.returned().await, 5_000_000);
    assert_eq!(paid.read().await, Followed::Paid);
    assert_eq!(paid.refunds().await.len(), 1, "it is not found as another");
    let asked = "billing.provider_refund_asked";
    let events = paid.world.store.events();
    assert_eq!(events.iter().filter(|it| **it == asked).count(), 1);
}

#[tokio::test]
async fn money_that_was_booked_by_somebody_who_died_goes_back_through_the_provider_too() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    assert!(
        world
            .sandbox
            .pay(&world.reference(id).await, rupiah(15_000_000))
    );
    let booked = SettlePayment {
        of: Spoken::Payment(id),
        reference: format!("sandbox-{id}"),
        amount: rupiah(15_000_000),
        settled_as: None,
        received_at: None,
    };
    settle_payment(&world.billing, &world.clock, &world.scope, booked)
        .await
        .unwrap();
    let came = came_through_provider(world.desk(), &world.scope, id).await;
    assert!(came.unwrap(), "the link did not know it yet");
    let nobodys = came_through_provider(world.desk(), &world.scope, world.next()).await;
    assert!(!nobodys.unwrap());
}

#[tokio::test]
async fn what_was_booked_by_hand_before_anybody_asked_is_not_booked_again() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
    let booked = SettlePayment {
        of: Spoken::Payment(id),
        reference: format!("sandbox-{id}"),
        amount: rupiah(15_000_000),
        settled_as: None,
        received_at: None,
    };
    settle_payment(&world.billing, &world.clock, &world.scope, booked)
        .await
        .unwrap();
    let paid = Paid {
        world,
        id,
        reference,
    };
    paid.by_hand(Some(6_000_000)).await.unwrap();
    assert!(
        paid.there(5_000_000),
        "what was booked was done in the dashboard"
    );
    let world = &paid.world;
    let came = came_through_provider(world.desk(), &world.scope, id).await;
    assert!(came.unwrap());
    world.work().await;
    assert_eq!(paid.returned().await, 6_000_000, "not booked twice");
    assert!(paid.there(1_000_000));
    assert_eq!(paid.read().await, Followed::Paid);
    world.work().await;
    assert_eq!(paid.returned().await, 7_000_000, "what is new is found");
}

#[tokio::test]
async fn never_more_goes_back_than_was_paid() {
    let paid = paid().await;
    paid.ask(paid.command(Some(10_000_000))).await.unwrap();
    let above = paid.ask(paid.command(Some(5_000_001))).await;
    let left = rupiah(5_000_000);
    assert!(matches!(
        above,
        Err(ProviderRefundError::NothingLeft(NothingLeft::TooMuch { left: it, .. })) if it == left
    ));
    let above = paid.by_hand(Some(5_000_001)).await;
    assert!(
        matches!(above, Err(RefundByHandError::UnderWay { under_way, left: it })
            if (under_way, it) == (rupiah(10_000_000), left)),
        "{above:?}"
    );
    paid.by_hand(Some(4_000_000)).await.unwrap();
    paid.by_hand(None).await.unwrap();
    assert_eq!(paid.returned().await, 5_000_000, "all that was left");
    let none = paid.by_hand(None).await;
    assert!(matches!(none, Err(RefundByHandError::UnderWay { .. })));
    let above = paid.ask(paid.command(Some(1))).await;
    let why = "10 on their way and 5 in cash are all of it";
    assert!(
        matches!(above, Err(ProviderRefundError::NothingLeft(_))),
        "{why}"
    );
    let none = paid.ask(paid.command(None)).await;
    assert!(matches!(none, Err(ProviderRefundError::NothingLeft(_))));
    let mut bad = paid.command(Some(1));
    bad.reason = " ".to_owned();
    assert!(paid.ask(bad).await.is_err());
}

#[tokio::test]
async fn what_was_reversed_before_the_provider_heard_of_its_refund_is_not_given_twice() {
    let paid = paid().await;
    let command = paid.command(Some(10_000_000));
    let id = command.id;
    paid.ask(command).await.unwrap();
    paid.reverse().await;
    assert_eq!(paid.run(id).await, ProviderRefundStatus::Failed);
    assert_eq!(paid.gone_there().await, 0, "the provider was not asked");
    let note = paid.refunds().await[0].note.clone();
    assert!(note.unwrap().contains("reversed"), "a person can read why");
    assert_eq!(paid.returned().await, 15_000_000);
}

#[tokio::test]
async fn the_provider_is_not_asked_for_more_than_the_books_have() {
    let paid = paid().await;
    let command = paid.command(None);
    let id = command.id;
    paid.ask(command).await.unwrap();
    let refused = paid.by_hand(Some(1)).await;
    assert!(matches!(refused, Err(RefundByHandError::UnderWay { .. })));
    // Booked by a version that did not look at what is on its way.
    let world = &paid.world;
    let behind = paid.command(Some(1));
    crate::use_cases::give_back::refund_payment(&world.billing, &world.clock, &world.scope, behind)
        .await
        .unwrap();
    assert_eq!(paid.run(id).await, ProviderRefundStatus::Failed);
    assert_eq!(paid.gone_there().await, 0);
    paid.ask(paid.command(None)).await.unwrap();
    world.work().await;
    assert_eq!(paid.gone_there().await, 14_999_999, "what it kept is free");
    assert_eq!(paid.returned().await, 15_000_000);
}

#[tokio::test]
async fn a_refund_by_hand_is_one_however_often_it_is_told() {
    let paid = paid().await;
    let world = &paid.world;
    let command = RefundPayment {
        paid_out_as: Some(PaymentMethod::Cash),
        ..paid.command(Some(5_000_000))
    };
    for _ in 0..2 {
        refund_by_hand(world.desk(), &world.scope, command.clone())
            .await
            .unwrap();
    }
    assert_eq!(paid.returned().await, 5_000_000);
    let left = paid.view().await.returns[0].paid_out_as;
    assert_eq!(left, Some(PaymentMethod::Cash));
    let other = RefundPayment {
        paid_out_as: None,
        ..command
    };
    let other = refund_by_hand(world.desk(), &world.scope, other).await;
    assert!(matches!(
        other,
        Err(RefundByHandError::NotGiven(GiveBackError::Refused(
            PaymentRefusal::OtherContent(_)
        )))
    ));
}

#[tokio::test]
async fn what_the_books_refuse_waits_for_a_person() {
    let paid = paid().await;
    let command = paid.command(None);
    let id = command.id;
    paid.ask(command).await.unwrap();
    let world = &paid.world;
    world.sandbox.hold_refunds(true);
    assert_eq!(paid.run(id).await, ProviderRefundStatus::Waiting);
    paid.reverse().await;
    world.sandbox.hold_refunds(false);
    let why = "the provider has heard of it, and gave it back";
    assert_eq!(paid.run(id).await, ProviderRefundStatus::Unbooked, "{why}");
    assert_eq!(paid.returned().await, 15_000_000);
    let now = super::begin();
    let listed = world.store.refunds_to_look_at(
        world.scope.tenant,
        RefundsSince {
            waiting: now,
            failed: now,
        },
        PageRequest::default(),
    );
    assert_eq!(listed.await.unwrap().items.len(), 1);
    retry_provider_refund(world.desk(), &world.scope, id)
        .await
        .unwrap();
    assert_eq!(
        paid.refunds().await[0].status,
        ProviderRefundStatus::Waiting
    );
    assert_eq!(paid.run(id).await, ProviderRefundStatus::Unbooked);
}

#[tokio::test]
async fn what_the_provider_refuses_is_kept_and_can_be_asked_for_again() {
    let paid = paid().await;
    let command = paid.command(None);
    let id = command.id;
    paid.ask(command).await.unwrap();
    assert!(
        paid.there(1_000_000),
        "somebody was faster in the dashboard"
    );
    assert_eq!(paid.run(id).await, ProviderRefundStatus::Failed);
    assert_eq!(paid.returned().await, 0);
    assert_eq!(paid.read().await, Followed::Paid);
    paid.world.work().await;
    assert_eq!(paid.returned().await, 1_000_000, "theirs is found");
    paid.ask(paid.command(None)).await.unwrap();
    paid.world.work().await;
    assert_eq!(paid.returned().await, 15_000_000, "the rest goes back");
}

#[tokio::test]
async fn a_provider_that_is_away_is_asked_again_and_gives_once() {
    let paid = paid().await;
    let command = paid.command(Some(1_000_000));
    let id = command.id;
    paid.ask(command).await.unwrap();
    paid.world.sandbox.go_away();
    let world = &paid.world;
    let failed = refund_at_provider(world.desk(), &world.scope, id).await;
    assert!(failed.unwrap_err().is_transient());
    assert!(paid.refunds().await[0].note.is_some());
    world.sandbox.come_back();
    world.work().await;
    assert_eq!(paid.returned().await, 1_000_000);
    assert!(paid.refunds().await[0].note.is_none());
}

#[tokio::test]
async fn what_went_back_at_the_provider_is_found_once() {
    let paid = paid().await;
    assert!(paid.there(2_000_000));
    for _ in 0..2 {
        assert_eq!(paid.read().await, Followed::Paid);
        paid.world.work().await;
    }
    assert_eq!(paid.returned().await, 2_000_000);
    assert!(paid.there(13_000_000));
    paid.world.clock.advance(Duration::days(1));
    assert_eq!(paid.read().await, Followed::Paid);
    paid.world.work().await;
    assert_eq!(paid.returned().await, 15_000_000);
    let origins: Vec<_> = paid.refunds().await.iter().map(|it| it.origin).collect();
    assert_eq!(origins, [RefundOrigin::Provider; 2]);
}

#[tokio::test]
async fn a_message_about_a_refund_made_there_books_it() {
    let world = World::new().await;
    let (account, token) = world.add().await;
    let id = world.open(account).await;
    let reference = world.reference(id).await;
    assert!(world.sandbox.pay(&reference, rupiah(15_000_000)));
    world.tell(&token, &reference).await.unwrap();
    world.work().await;
    let paid = Paid {
        world,
        id,
        reference,
    };
    assert!(paid.there(15_000_000));
    for _ in 0..2 {
        paid.world.tell(&token, &paid.reference).await.unwrap();
        paid.world.work().await;
    }
    assert_eq!(paid.returned().await, 15_000_000);
    assert_eq!(paid.world.inbox(WebhookStatus::Done).await, 2);
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_winning_gives_it_back() {
    let paid = paid().await;
    for _ in 0..2 {
        assert!(paid.world.sandbox.charge_back(&paid.reference));
        for _ in 0..2 {
            assert_eq!(paid.read().await, Followed::Paid);
            assert_eq!(paid.returned().await, 15_000_000);
        }
        let refused = paid.ask(paid.command(Some(1))).await;
        assert!(matches!(
            refused,
            Err(ProviderRefundError::Refused(PaymentRefusal::Status { .. }))
        ));
        assert!(paid.world.sandbox.win(&paid.reference));
        for _ in 0..2 {
            assert_eq!(paid.read().await, Followed::Paid);
            assert_eq!(paid.returned().await, 0);
        }
    }
}

#[tokio::test]
async fn what_an_operator_has_reversed_stays_reversed() {
    let paid = paid().await;
    paid.reverse().await;
    paid.read().await;
    assert_eq!(paid.returned().await, 15_000_000);
}

#[tokio::test]
async fn a_part_that_the_bank_took_waits_for_a_person() {
    let paid = paid().await;
    assert!(paid.world.sandbox.charge_a_part_back(&paid.reference));
    let read = paid.read().await;
    assert!(
        matches!(&read, Followed::Noted(why) if why.contains("does not say how much")),
        "{read:?}"
    );
    assert_eq!(
        paid.returned().await,
        0,
        "the rest is not taken from the customer"
    );
    let page = PageRequest::default();
    let store = &paid.world.store;
    let noted = store.links_with_a_note(paid.world.scope.tenant, page).await;
    assert_eq!(noted.unwrap().items.len(), 1, "it is in needs-attention");
}
