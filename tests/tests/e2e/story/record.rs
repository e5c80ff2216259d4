//! Afterwards the record lists every step, by thing.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use e2e::text;

use super::{Ids, Stage};
use crate::shop::Shop;

/// What must be on record about each thing.
pub(super) async fn lists_every_step(stage: &Stage<'_>, shop: &Shop, ids: &Ids) -> Result<()> {
    let expected: [(&str, &[&str]); 8] = [
        (&shop.router_a, &["access.router_enrolled"]),
        (&ids.customer, &["customers.customer_registered"]),
        (
            &ids.account,
            &[
                "billing.account_opened",
                "billing.level_changed",
                "billing.hold_placed",
                "billing.hold_lifted",
            ],
        ),
        (
            &ids.subscription,
            &[
                "billing.subscribed",
                "billing.access_desired",
                "billing.plan_changed",
            ],
        ),
        (
            &ids.invoice,
            &["billing.invoice_issued", "billing.invoice_paid"],
        ),
        (&ids.payment, &["billing.payment_recorded"]),
        (
            &ids.batch,
            &["vouchers.batch_ordered", "vouchers.batch_generated"],
        ),
        (
            &ids.voucher,
            &["vouchers.voucher_activated", "vouchers.voucher_expired"],
        ),
    ];
    for (aggregate, names) in expected {
        let recorded = recorded(stage, aggregate).await?;
        for name in names {
            ensure!(
                recorded.contains(*name),
                "{aggregate} has no {name} but {recorded:?}"
            );
        }
    }
    Ok(())
}

async fn recorded(stage: &Stage<'_>, aggregate: &str) -> Result<BTreeSet<String>> {
    let events = stage
        .operator
        .list(&format!("/events?aggregate={aggregate}"))
        .await?;
    events
        .iter()
        .map(|it| Ok(text(it, "/type")?.to_owned()))
        .collect()
}
