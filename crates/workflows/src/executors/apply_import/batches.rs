//! Imports batches of vouchers: who was made together stays together.

use access::adoption::{BatchProposal, ImportRow};
use kernel::{Currency, Money, StoreError, rerun_on_conflict};
use vouchers::{Alphabet, Batch, CodeStyle, NewBatch, Validity};

use super::{Run, imported, refused};
use crate::failure::Failure;

impl Run<'_> {
    pub(super) async fn import_batch(
        &self,
        row: &ImportRow,
        it: &BatchProposal,
    ) -> Result<(), Failure> {
        let Some(currency) = self.currency else {
            let why = "there is no legal entity yet, so nothing can have a price";
            return Ok(self.settle(vec![refused(row, why)]).await?);
        };
        match self.batch(it, currency) {
            Ok(batch) => rerun_on_conflict(|| self.store_batch(batch.clone())).await?,
            Err(why) => return Ok(self.settle(vec![refused(row, why)]).await?),
        }
        Ok(self.settle(vec![imported(row)]).await?)
    }

    fn batch(&self, it: &BatchProposal, currency: Currency) -> Result<Batch, String> {
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

    async fn store_batch(&self, mut batch: Batch) -> Result<(), StoreError> {
        let mut tx = self.bench.vouchers.begin(self.scope).await?;
        if tx.batches().find(batch.ordered().id).await?.is_some() {
            return Ok(());
        }
        tx.batches().save(&mut batch).await?;
        tx.commit().await
    }
}
