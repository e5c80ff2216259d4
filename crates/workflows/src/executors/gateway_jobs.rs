//! Payment providers: works on what they have sent, and asks about what nobody told of.

use billing::gateway::{PaymentLinkError, ProviderError, follow_payment_link, settle_webhook};
use chrono::Duration;
use kernel::{Scope, WebhookId};

use super::tally::Tally;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Links per page.
const PAGE: u16 = 100;
/// How long a provider that is away is left alone, unless it says how long.
const PROVIDER_AWAY: Duration = Duration::seconds(10);

/// Works on one message. A provider that is away is waited for: money that arrived there is not forgotten.
pub(super) async fn settle(
    bench: &Workbench,
    scope: &Scope,
    webhook: WebhookId,
) -> Result<(), Failure> {
    let settled = settle_webhook(bench.gateway_desk(), scope, webhook).await;
    settled.map_err(failure)
}

/// Asks about every link whose time has come. One that cannot be asked about never stops the others: it waits for its
/// next turn with a note.
pub(super) async fn poll(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut tally = Tally::new();
    loop {
        let now = bench.clock.now();
        let queries = &bench.payment_gateways.queries;
        let links = queries.links_to_ask_about(scope.tenant, now, PAGE).await?;
        if links.is_empty() {
            return tally.end("payment links could not be asked about");
        }
        let before = tally.done();
        for link in links {
            let asked = follow_payment_link(bench.gateway_desk(), scope, link, None).await;
            let stored = match asked {
                Err(PaymentLinkError::Store(err)) => Err(err),
                _ => Ok(()),
            };
            tally.note(link, stored)?;
        }
        // Every link that was asked about has a later turn; where none was, the next look would find the same.
        let is_stuck = tally.done() == before;
        if is_stuck || !progress.report(tally.done(), None).await? {
            return tally.end("payment links could not be asked about");
        }
    }
}

fn failure(err: PaymentLinkError) -> Failure {
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
