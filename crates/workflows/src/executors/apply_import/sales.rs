//! Keeps the sales that were found on a router, for reports.

use access::adoption::{HistoricalSale, ImportRow, Proposal, SaleProposal, Settled};
use kernel::{Currency, Secret, StoreError, rerun_on_conflict};

use super::{Run, imported, refused};
use crate::failure::Failure;

impl Run<'_> {
    pub(super) async fn import_sales(&self, rows: &[ImportRow]) -> Result<(), Failure> {
        let (mut sales, mut settled) = (Vec::new(), Vec::new());
        for row in rows {
            let Proposal::Sale(proposed) = &row.proposal else {
                continue;
            };
            match self.sale(row, proposed) {
                Ok(sale) => {
                    sales.push(sale);
                    settled.push(imported(row));
                }
                Err(why) => settled.push(refused(row, why)),
            }
        }
        if settled.is_empty() {
            return Ok(());
        }
        let work = || self.store_sales(sales.clone(), &settled);
        Ok(rerun_on_conflict(work).await?)
    }

    async fn store_sales(
        &self,
        sales: Vec<HistoricalSale>,
        settled: &[Settled],
    ) -> Result<(), StoreError> {
        let mut tx = self.bench.access.begin(self.scope).await?;
        tx.imports().insert_sales(sales).await?;
        tx.imports().settle(self.import, settled).await?;
        tx.commit().await
    }

    fn sale(&self, row: &ImportRow, it: &SaleProposal) -> Result<HistoricalSale, &'static str> {
        if let Some(why) = self.changed(row) {
            return Err(why);
        }
        let currency: Currency = self
            .currency
            .ok_or("there is no legal entity yet, so nothing can have a price")?;
        let price = it.price.in_currency(currency);
        // The record names itself: the same one on another day is the same sale.
        let record = Secret::new(format!("{:?}", row.name));
        Ok(HistoricalSale {
            id: it.sale,
            router: self.router.id(),
            import: self.import,
            digest: self.bench.vault.digest("historical_sale", &record),
            at: it.at,
            local: it.local,
            login: it.user.clone(),
            price: price.ok_or("its price has more places than the currency")?,
            address: it.address.clone(),
            device: it.device.clone(),
            validity_s: it.validity_s,
            profile: it.profile.clone(),
            comment: it.comment.clone(),
        })
    }
}
