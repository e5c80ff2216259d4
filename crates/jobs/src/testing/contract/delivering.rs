//! Promises about events on their way to handlers: in order per aggregate and handler, one at a time, never lost.

use kernel::{InvoiceId, InvoiceKind, Kind, NewEvent, PageRequest, TenantId, Timestamp};
use serde_json::json;

use super::{
    CONTRACT_EVENT, CONTRACT_HANDLERS, RIVAL, WORKER, World, after, later, minutes, noon, parked,
    retry,
};
use crate::aggregate_ref::AggregateRef;
use crate::delivery::DeliveryState;
use crate::job::JobRefusal;
use crate::ports::claims::{ClaimedDelivery, Outcome};
use crate::ports::control::ControlError;
use crate::ports::reads::{DeliveryFilter, DeliveryView};

const FIRST: &str = CONTRACT_HANDLERS[0];
const SECOND: &str = CONTRACT_HANDLERS[1];

/// Later than anything the contract lets wait.
fn night() -> Timestamp {
    after(600)
}

impl World<'_> {
    pub(super) async fn delivering(&self) {
        self.an_event_reaches_every_handler_with_everything_known()
            .await;
        self.an_aggregates_events_come_in_order_and_one_at_a_time()
            .await;
        self.one_aggregate_does_not_wait_for_another().await;
        self.a_retry_holds_back_and_a_parked_one_is_skipped().await;
        self.a_parked_delivery_is_put_back().await;
        self.a_lapsed_delivery_is_handed_out_again().await;
        self.a_handlers_transaction_carries_its_delivery().await;
        self.a_clean_stop_gives_deliveries_back().await;
        self.events_of_an_aggregate_are_listed_newest_first().await;
    }

    fn event(invoice: InvoiceId, step: u32) -> NewEvent {
        NewEvent {
            aggregate_kind: InvoiceKind::PREFIX,
            aggregate_id: invoice.uuid(),
            name: CONTRACT_EVENT,
            version: 2,
            body: json!({"step": step}),
        }
    }

    async fn record(&self, invoice: InvoiceId, steps: &[u32]) {
        let events = steps.iter().map(|it| Self::event(invoice, *it)).collect();
        self.ports.feed.record(&self.scope, events).await;
    }

    /// Finishes everything there is for both handlers.
    async fn drain(&self) {
        loop {
            let claimed = self.claim_deliveries(night(), 50).await;
            if claimed.is_empty() {
                return;
            }
            for delivery in claimed {
                assert!(
                    self.finish_delivery(&delivery, Outcome::Done, night())
                        .await
                );
            }
        }
    }

    /// Claims what there is, finishes what goes to the second handler and returns the rest as (delivery, step).
    async fn claim_first(&self, now: Timestamp) -> Vec<(ClaimedDelivery, u64)> {
        let mut first = Vec::new();
        for delivery in self.claim_deliveries(now, 50).await {
            if delivery.handler == FIRST {
                let step = delivery.event.body["step"].as_u64().unwrap();
                first.push((delivery, step));
            } else {
                assert!(self.finish_delivery(&delivery, Outcome::Done, now).await);
            }
        }
        first
    }

    async fn claim_first_one(&self, now: Timestamp) -> (ClaimedDelivery, u64) {
        let mut claimed = self.claim_first(now).await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }

    async fn deliveries_in(&self, state: DeliveryState) -> Vec<DeliveryView> {
        let filter = DeliveryFilter {
            state: Some(state),
            handler: Some(FIRST.to_owned()),
        };
        let page = PageRequest::default();
        let queries = self.ports.queries;
        let list = queries.deliveries(self.scope.tenant, filter, page).await;
        list.unwrap().items
    }

    async fn an_event_reaches_every_handler_with_everything_known(&self) {
        let invoice: InvoiceId = self.ids.next();
        self.record(invoice, &[1]).await;
        let claimed = self.claim_deliveries(night(), 50).await;
        let mut handlers: Vec<_> = claimed.iter().map(|it| it.handler.as_str()).collect();
        handlers.sort_unstable();
        assert_eq!(handlers, [FIRST, SECOND]);
        for delivery in &claimed {
            let event = &delivery.event;
            assert_eq!(
                (delivery.tenant, event.tenant),
                (self.scope.tenant, self.scope.tenant)
            );
            assert_eq!(
                (event.aggregate_kind.as_str(), event.aggregate_id),
                ("inv", invoice.uuid())
            );
            assert_eq!((event.name.as_str(), event.version), (CONTRACT_EVENT, 2));
            assert_eq!(event.body, json!({"step": 1}));
            assert_eq!(event.actor, self.scope.actor.to_string());
            assert_eq!(event.correlation, self.scope.correlation);
            assert_eq!((delivery.attempt, delivery.worker.as_str()), (1, WORKER));
            assert!(self.finish_delivery(delivery, Outcome::Done, night()).await);
            assert!(!self.finish_delivery(delivery, Outcome::Done, night()).await);
        }
        assert_eq!(self.claim_deliveries(night(), 50).await, []);
    }

    async fn an_aggregates_events_come_in_order_and_one_at_a_time(&self) {
        let invoice = self.ids.next();
        self.record(invoice, &[1, 2]).await;
        self.record(invoice, &[3]).await;
        for expected in 1..=3 {
            let (delivery, step) = self.claim_first_one(night()).await;
            assert_eq!(step, expected);
            assert_eq!(self.claim_first(night()).await, []);
            assert!(
                self.finish_delivery(&delivery, Outcome::Done, night())
                    .await
            );
        }
        self.drain().await;
    }

    async fn one_aggregate_does_not_wait_for_another(&self) {
        let (one, other) = (self.ids.next(), self.ids.next());
        self.record(one, &[1]).await;
        self.record(other, &[2]).await;
        let steps: Vec<_> = self
            .claim_first(night())
            .await
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(steps, [1, 2]);
        self.ports.jobs.release_worker(WORKER).await.unwrap();
        self.drain().await;
    }

    async fn a_retry_holds_back_and_a_parked_one_is_skipped(&self) {
        self.record(self.ids.next(), &[1, 2]).await;
        let (delivery, _) = self.claim_first_one(night()).await;
        let again = night().plus(minutes(5));
        assert!(self.finish_delivery(&delivery, retry(again), night()).await);
        assert_eq!(self.claim_first(night()).await, []);
        let waiting = self.deliveries_in(DeliveryState::Waiting).await;
        let failed = waiting.last().expect("the failed one waits");
        assert_eq!((failed.attempts, failed.run_at), (1, again));
        assert_eq!(failed.last_error.as_deref(), Some("the router hung up"));
        let (delivery, step) = self.claim_first_one(again).await;
        assert_eq!((step, delivery.attempt), (1, 2));
        assert!(self.finish_delivery(&delivery, later(again), again).await);
        let (delivery, step) = self.claim_first_one(again).await;
        assert_eq!((step, delivery.attempt), (1, 2));
        assert!(self.finish_delivery(&delivery, parked(), again).await);
        let (delivery, step) = self.claim_first_one(again).await;
        assert_eq!(step, 2);
        assert!(self.finish_delivery(&delivery, Outcome::Done, again).await);
    }

    /// Uses the delivery that the promise before left parked.
    async fn a_parked_delivery_is_put_back(&self) {
        let tenant = self.scope.tenant;
        let control = self.ports.control;
        let parked = self.deliveries_in(DeliveryState::Parked).await;
        assert_eq!(parked.len(), 1, "{parked:?}");
        assert_eq!(
            (parked[0].event_name.as_str(), parked[0].attempts),
            (CONTRACT_EVENT, 2)
        );
        let id = parked[0].id;
        let stranger: TenantId = self.ids.next();
        let refused = control.requeue_delivery(stranger, id, night()).await;
        assert!(
            matches!(refused, Err(ControlError::NotFound)),
            "{refused:?}"
        );
        for _ in 0..2 {
            control.requeue_delivery(tenant, id, night()).await.unwrap();
        }
        let (delivery, step) = self.claim_first_one(night()).await;
        assert_eq!((delivery.id, step, delivery.attempt), (id, 1, 1));
        assert!(
            self.finish_delivery(&delivery, Outcome::Done, night())
                .await
        );
        let refused = control.requeue_delivery(tenant, id, night()).await;
        assert!(
            matches!(refused, Err(ControlError::Refused(JobRefusal::NotStopped))),
            "{refused:?}"
        );
    }

    async fn a_lapsed_delivery_is_handed_out_again(&self) {
        self.record(self.ids.next(), &[1]).await;
        let (late, _) = self.claim_first_one(night()).await;
        let lapsed = night().plus(minutes(2));
        let claims = self.ports.deliveries;
        let again = claims.claim(RIVAL, lapsed, minutes(1), 10).await.unwrap();
        assert_eq!(
            (again.len(), again[0].id, again[0].attempt),
            (1, late.id, 2)
        );
        assert!(!self.finish_delivery(&late, parked(), lapsed).await);
        assert!(self.finish_delivery(&again[0], Outcome::Done, lapsed).await);
    }

    async fn a_handlers_transaction_carries_its_delivery(&self) {
        self.record(self.ids.next(), &[1]).await;
        let (delivery, _) = self.claim_first_one(night()).await;
        let mut scope = self.scope.clone();
        scope.delivery = Some(delivery.id);
        let request = self.request("caused");
        let caused = request.id;
        let mut tx = self.ports.store.begin(&scope).await.unwrap();
        tx.enqueue(request).await.unwrap();
        tx.commit().await.unwrap();
        assert!(
            !self
                .finish_delivery(&delivery, retry(night()), night())
                .await
        );
        assert_eq!(self.claim_deliveries(night(), 50).await, []);
        self.ports
            .control
            .cancel(self.scope.tenant, caused, noon())
            .await
            .unwrap();
        // The same handler runs again by mistake: nothing of it may be kept.
        let repeated = self.request("repeated");
        let id = repeated.id;
        let mut tx = self.ports.store.begin(&scope).await.unwrap();
        let repeat = match tx.enqueue(repeated).await {
            Ok(()) => tx.commit().await,
            Err(err) => Err(err),
        };
        assert!(repeat.is_err(), "a delivery that is done commits once");
        let view = self.ports.queries.job(self.scope.tenant, id).await.unwrap();
        assert_eq!(view, None);
    }

    async fn a_clean_stop_gives_deliveries_back(&self) {
        self.record(self.ids.next(), &[1]).await;
        let (held, _) = self.claim_first_one(night()).await;
        self.ports.jobs.release_worker(WORKER).await.unwrap();
        assert!(!self.finish_delivery(&held, Outcome::Done, night()).await);
        let (again, _) = self.claim_first_one(night()).await;
        assert_eq!((again.id, again.attempt), (held.id, 1));
        assert!(self.finish_delivery(&again, Outcome::Done, night()).await);
    }

    async fn events_of_an_aggregate_are_listed_newest_first(&self) {
        let invoice: InvoiceId = self.ids.next();
        self.record(invoice, &[1, 2]).await;
        self.record(invoice, &[3]).await;
        self.record(self.ids.next(), &[4]).await;
        let queries = self.ports.queries;
        let aggregate = AggregateRef::of(invoice);
        let page = PageRequest::new(2, None);
        let first = queries
            .events_of(self.scope.tenant, &aggregate, page)
            .await
            .unwrap();
        let next = PageRequest::new(2, Some(first.next.expect("a second page").parse().unwrap()));
        let last = queries
            .events_of(self.scope.tenant, &aggregate, next)
            .await
            .unwrap();
        let steps: Vec<_> = first
            .items
            .iter()
            .chain(&last.items)
            .map(|it| &it.body["step"])
            .collect();
        assert_eq!(steps, [&json!(3), &json!(2), &json!(1)]);
        assert_eq!(last.next, None);
        let stranger: TenantId = self.ids.next();
        let none = queries.events_of(stranger, &aggregate, page).await.unwrap();
        assert_eq!(none.items, []);
        self.drain().await;
    }
}
