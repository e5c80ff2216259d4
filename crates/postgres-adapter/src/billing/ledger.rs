//! The books: two entries or more for each posting, appended and never changed.

use async_trait::async_trait;
use billing::{Ledger, Posting};
use kernel::StoreError;
use sea_orm::Value;
use uuid::Uuid;

use crate::sql;
use crate::tx::Tx;

const COLUMNS: usize = 11;

#[async_trait]
impl Ledger for Tx {
    async fn post(&mut self, posting: Posting) -> Result<(), StoreError> {
        let id = self.fresh_id();
        let text = format!(
            "{INSERT}{}",
            sql::placeholders(self.connection(), posting.entries().len(), COLUMNS)
        );
        let values = self.sides(id, &posting);
        sql::execute(self.connection(), text, values).await?;
        Ok(())
    }
}

impl Tx {
    fn sides(&self, id: Uuid, posting: &Posting) -> Vec<Value> {
        let mut values = Vec::with_capacity(posting.entries().len() * COLUMNS);
        for (side, entry) in (0_i16..).zip(posting.entries()) {
            values.extend::<[Value; COLUMNS]>([
                self.tenant().into(),
                id.into(),
                side.into(),
                posting.entity().uuid().into(),
                posting.account().uuid().into(),
                posting.what().into(),
                posting.source().into(),
                posting.at().utc().into(),
                entry.account.as_str().into(),
                entry.amount.minor().into(),
                entry.amount.currency().code().into(),
            ]);
        }
        values
    }
}

const INSERT: &str = "\
INSERT INTO ledger_entries (tenant_id, posting_id, side, entity_id, account_id, what, source, posted_at, ledger_account,
    amount_minor, currency) VALUES ";
