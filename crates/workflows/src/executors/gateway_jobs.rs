//! Payment providers: works on what they have sent, and asks about what nobody told of.

use billing::RefundId;
use billing::gateway::{
    PaymentLinkError, ProviderError, ProviderRefundStatus, follow_collection, follow_payment_link,
    refund_at_provider, settle_webhook,
};
use chrono::Duration;
use kernel::{PaymentId, Scope, StoreError, WebhookId};

use super::tally::Tally;
use crate::failure::{Failure, Remedy};
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Links per page.
const PAGE: u16 = 100;
/// How long a refund that the provider has taken on is left alone: banks take days.
const REFUND_UNDER_WAY: Duration = Duration::hours(1);
/// How long a provider that is away is left alone, unless it says how long.
const PROVIDER_AWAY: Duration = Duration::seconds(10);

/// Works on one message. A provider that is away is waited for: money that arrived there is not forgotten.
pub(super) async fn settle(
    bench: &Workbench,
    scope: &Scope,
    webhook: WebhookId,
) -> Result<(), Failure> {
    let settled = settle_webhook(bench.gateway_desk(), scope, webhook).await;
    bench.probe.reached("settle_webhook.settled");
    settled.map_err(failure)
}

/// Has a provider give money back, and books it. A provider that is away, or takes its time, is waited for.
pub(super) async fn refund(
    bench: &Workbench,
    scope: &Scope,
    refund: RefundId,
) -> Result<(), Failure> {
    let asked = refund_at_provider(bench.gateway_desk(), scope, refund).await;
    bench.probe.reached("refund_at_provider.asked");
    match asked.map_err(failure)? {
        ProviderRefundStatus::Waiting => Err(Failure {
            reason: "the provider has not done the refund yet".to_owned(),
            remedy: Remedy::WaitFor(REFUND_UNDER_WAY),
        }),
        // What failed or cannot be booked stands on the refund, where people look.
        ProviderRefundStatus::Done
        | ProviderRefundStatus::Failed
        | ProviderRefundStatus::Unbooked => Ok(()),
    }
}

/// Asks about every link whose time has come, and about what was collected a while ago. One that cannot be asked about never stops the others: it waits for its
/// next turn with a note.
pub(super) async fn poll(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut tally = Tally::new();
    let mut turn = Turn::Links;
    loop {
        let waiting = turn.waiting(bench, scope).await?;
        if waiting.is_empty() {
            match turn {
                Turn::Links => turn = Turn::Collected,
                Turn::Collected => return tally.end(NOT_ASKED),
            }
            continue;
        }
        let before = tally.done();
        for payment in waiting {
            let stored = match turn.ask(bench, scope, payment).await {
                Err(PaymentLinkError::Store(err)) => Err(err),
                _ => Ok(()),
            };
            tally.note(payment, stored)?;
        }
        // Everything that was asked about has a later turn; where nothing was, the next look would find the same.
        let is_stuck = tally.done() == before;
        if is_stuck || !progress.report(tally.done(), None).await? {
            return tally.end(NOT_ASKED);
        }
    }
}

const NOT_ASKED: &str = "payment links could not be asked about";

/// What is asked about.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// Links that may be paid.
    Links,
    /// Money that may have gone back.
    Collected,
}

impl Turn {
    async fn waiting(self, bench: &Workbench, scope: &Scope) -> Result<Vec<PaymentId>, StoreError> {
        let (now, queries) = (bench.clock.now(), &bench.payment_gateways.queries);
        match self {
            Self::Links => queries.links_to_ask_about(scope.tenant, now, PAGE).await,
            Self::Collected => {
                queries
                    .collections_to_ask_about(scope.tenant, now, PAGE)
                    .await
            }
        }
    }

    async fn ask(
        self,
        bench: &Workbench,
        scope: &Scope,
        payment: PaymentId,
    ) -> Result<(), PaymentLinkError> {
        let desk = bench.gateway_desk();
        let asked = match self {
            Self::Links => follow_payment_link(desk, scope, payment, None).await,
            Self::Collected => follow_collection(desk, scope, payment).await,
        };
        asked.map(|_| ())
    }
}

/// What should happen after a provider could not be spoken to.
pub(super) fn failure(err: PaymentLinkError) -> Failure {
    match err {
        PaymentLinkError::Store(err) => err.into(),
        PaymentLinkError::Provider(ProviderError::Retry {
            after_s: Some(after_s),
            ..
        }) => Failure::wait(&err, Duration::seconds(i64::from(after_s))),
        err if err.is_transient() => Failure::wait(&err, PROVIDER_AWAY),
        err => Failure::park_because(&err),
    }
}
