//! Who stands on documents: nobody is noted until a customer changes, and then on everything that was issued before.

use async_trait::async_trait;
use customers::{Addressee, AddresseeRepository, IssuedDocument};
use kernel::{CustomerId, StoreError, TenantId};
use sea_orm::{FromQueryResult, Value};

use crate::sql;
use crate::store::Store;
use crate::tx::Tx;

#[derive(Debug, FromQueryResult)]
struct BuyerRow {
    body: serde_json::Value,
}

/// Every document is written with its account locked: whoever holds the locks sees all of them.
const LOCK: &str = "\
UPDATE accounts SET version = version WHERE tenant_id = $1 AND customer_id = $2";

const KEEP: &str = "\
INSERT INTO document_buyers (tenant_id, document_id, kind, body)
SELECT tenant_id, id, '{kind}', $3 FROM {table}
WHERE tenant_id = $1 AND account_id IN (SELECT id FROM accounts WHERE tenant_id = $1 AND customer_id = $2) {which}
ON CONFLICT (tenant_id, document_id, kind) DO NOTHING";

const FIND: &str = "\
SELECT body FROM document_buyers WHERE tenant_id = $1 AND document_id = $2 AND kind = $3";

/// What documents are called, where they are, and which of them: who has not paid yet has no receipt.
const KINDS: [(&str, &str, &str); 3] = [
    ("invoice", "invoices", ""),
    ("credit_note", "credit_notes", ""),
    (
        "payment",
        "payments",
        "AND status IN ('settled', 'reversed')",
    ),
];

#[async_trait]
impl AddresseeRepository for Tx {
    async fn keep(
        &mut self,
        customer: CustomerId,
        as_they_were: &Addressee,
    ) -> Result<(), StoreError> {
        let owner: [Value; 2] = [self.tenant().into(), customer.uuid().into()];
        sql::execute(self.connection(), LOCK, owner.clone()).await?;
        let body = serde_json::to_value(as_they_were).map_err(StoreError::corrupt)?;
        for (kind, table, which) in KINDS {
            let text = KEEP.replace("{kind}", kind).replace("{table}", table);
            let text = text.replace("{which}", which);
            let values = owner.clone().into_iter().chain([body.clone().into()]);
            sql::execute(self.connection(), text, values).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Whom a document shows, if it was noted.
    pub(super) async fn addressee(
        &self,
        tenant: TenantId,
        document: IssuedDocument,
    ) -> Result<Option<Addressee>, StoreError> {
        let (id, kind) = match document {
            IssuedDocument::Invoice(id) => (id.uuid(), "invoice"),
            IssuedDocument::CreditNote(id) => (id.uuid(), "credit_note"),
            IssuedDocument::Receipt(id) => (id.uuid(), "payment"),
        };
        let values: [Value; 3] = [tenant.uuid().into(), id.into(), kind.into()];
        let found: Option<BuyerRow> = sql::row(self.reader(), FIND, values).await?;
        let body = found.map(|it| serde_json::from_value(it.body));
        body.transpose().map_err(StoreError::corrupt)
    }
}
