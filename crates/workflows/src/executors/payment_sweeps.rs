//! Ends payments that nobody made in time. One that fails never stops the others.

use billing::{Spoken, TellPaymentError, expire_payment};
use kernel::{PaymentId, Scope, StoreError, rerun_on_conflict};

use super::tally::Tally;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Payments per page.
const PAGE: u16 = 200;

pub(super) async fn expire(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let now = bench.clock.now();
    let (mut tally, mut after) = (Tally::new(), None);
    loop {
        let queries = &*bench.billing_queries;
        let late = queries.payments_to_expire(scope.tenant, now, after, PAGE);
        let late = late.await?;
        let Some(last) = late.last().copied() else {
            return tally.end("payments could not be ended");
        };
        for payment in late {
            tally.note(payment, end(bench, scope, payment).await)?;
        }
        after = Some(last);
        if !progress.report(tally.done(), None).await? {
            return Ok(());
        }
    }
}

async fn end(bench: &Workbench, scope: &Scope, id: PaymentId) -> Result<(), StoreError> {
    let work = || expire_payment(&*bench.billing, scope, Spoken::Payment(id));
    let ended = rerun_on_conflict(work).await;
    bench.probe.reached("expire_payments.payment_ended");
    match ended {
        // Whoever settled it meanwhile was faster; that nobody paid in time is kept as told late.
        Ok(_)
        | Err(
            TellPaymentError::NotFound(_)
            | TellPaymentError::Refused(_)
            | TellPaymentError::Unmatched(_),
        ) => Ok(()),
        Err(TellPaymentError::Store(err)) => Err(err),
    }
}
