//! Imports batches of vouchers: who was made together stays together.

use std::collections::BTreeSet;

use access::adoption::{BatchProposal, ImportRow, Proposal};
use kernel::{BatchId, Money, StoreError, rerun_on_conflict};
use vouchers::{Alphabet, Batch, CodeStyle, NewBatch, Validity};

use super::{Run, imported, refused};
use crate::failure::Failure;

impl Run<'_> {
    pub(super) async fn import_batches(&self, rows: &[ImportRow]) -> Result<(), Failure> {
        let (mut batches, mut settled) = (Vec::new(), Vec::new());
        for row in rows {
            let Proposal::Batch(proposed) = &row.proposal else {
                continue;
            };
            match self.batch(proposed) {
                Ok(batch) => {
                    batches.push(batch);
                    settled.push(imported(row));
                }
                Err(why) => settled.push(refused(row, why)),
            }
        }
        if !batches.is_empty() {
            rerun_on_conflict(|| self.store_batches(batches.clone())).await?;
        }
        Ok(self.settle(settled).await?)
    }

    fn batch(&self, it: &BatchProposal) -> Result<Batch, String> {
        let currency = self
            .currency
            .ok_or("there is no legal entity yet, so nothing can have a price")?;
        let price = it.price.and_then(|it| it.in_currency(currency));
        // Only says what the codes may look like; they exist already.
        let style = CodeStyle::new(Alphabet::Mix2, 8, "").map_err(|err| err.to_string())?;
        let order = NewBatch {
            id: it.batch,
            name: it
                .name
                .parse()
                .map_err(|_| "its name is unusable".to_owned())?,
            plan: it.plan,
            profile: it.profile,
            router: self.router.id(),
            count: it.count,
            style,
            validity: Validity {
                shelf_days: None,
                from_first_login_minutes: it.minutes,
                online_s: it.limits.uptime_s,
                data_bytes: it.limits.bytes,
            },
            price: price.unwrap_or(Money::from_minor(0, currency)),
        };
        Batch::import(order, self.bench.clock.now()).map_err(|err| err.to_string())
    }

    async fn store_batches(&self, mut batches: Vec<Batch>) -> Result<(), StoreError> {
        let ids: Vec<BatchId> = batches.iter().map(|it| it.ordered().id).collect();
        let mut tx = self.bench.vouchers.begin(self.scope).await?;
        let known = tx.batches().find_many(&ids).await?;
        let known: BTreeSet<BatchId> = known.iter().map(|it| it.ordered().id).collect();
        batches.retain(|it| !known.contains(&it.ordered().id));
        tx.batches().insert_many(batches).await?;
        tx.commit().await
    }
}
