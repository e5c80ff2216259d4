//! Proofs of payment, in a transaction and in lists; lists leave the files where they are.

use async_trait::async_trait;
use billing::{
    Proof, ProofMedia, ProofRepository, ProofSnapshot, ProofState, ProofStatus, ProofView,
};
use kernel::{AccountId, Cursor, Page, PageRequest, PaymentId, ProofId, StoreError, TenantId};
use sea_orm::entity::prelude::DateTimeUtc;
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

/// Everything but the file.
#[derive(Debug, FromQueryResult)]
struct ViewRow {
    id: Uuid,
    account_id: Uuid,
    amount_minor: i64,
    currency: String,
    note: Option<String>,
    media_type: String,
    sha256: Vec<u8>,
    uploaded_at: DateTimeUtc,
    status: String,
    payment_id: Option<Uuid>,
    reason: Option<String>,
    decided_at: Option<DateTimeUtc>,
    version: i64,
}

#[derive(Debug, FromQueryResult)]
struct FileRow {
    content: Vec<u8>,
}

const COLUMNS: &str = "id, account_id, amount_minor, currency, note, media_type, sha256, uploaded_at, status, payment_id, reason, decided_at, version";

const FILE: &str = "SELECT content FROM payment_proofs WHERE tenant_id = $1 AND id = $2";

const INSERT: &str = "\
INSERT INTO payment_proofs (tenant_id, id, account_id, amount_minor, currency, note, media_type, sha256, uploaded_at, content, status, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', 1)";

/// The file and what was handed in with it never change.
const UPDATE: &str = "\
UPDATE payment_proofs SET status = $4, payment_id = $5, reason = $6, decided_at = $7, version = $3 + 1
WHERE tenant_id = $1 AND id = $2 AND version = $3";

impl ViewRow {
    /// The proof, or why there can be no such one.
    fn into_view(self) -> Result<ProofView, StoreError> {
        let media = ProofMedia::from_media_type(&self.media_type);
        Ok(ProofView {
            id: ProofId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            amount: row::money(self.amount_minor, &self.currency)?,
            media: media.ok_or_else(|| row::bad("media_type", &self.media_type))?,
            sha256: row::digest("sha256", self.sha256)?,
            uploaded_at: row::instant(self.uploaded_at),
            state: state(&self.status, self.payment_id, self.reason)?,
            note: self.note,
            decided_at: self.decided_at.map(row::instant),
            version: self.version,
        })
    }
}

fn state(
    status: &str,
    payment: Option<Uuid>,
    reason: Option<String>,
) -> Result<ProofState, StoreError> {
    let bad = || row::bad("status", status);
    Ok(match ProofStatus::from_word(status).ok_or_else(bad)? {
        ProofStatus::Waiting => ProofState::Waiting,
        ProofStatus::Approved => ProofState::Approved {
            payment: PaymentId::from_uuid(payment.ok_or_else(bad)?),
        },
        ProofStatus::Refused => ProofState::Refused {
            reason: reason.ok_or_else(bad)?,
        },
    })
}

#[async_trait]
impl ProofRepository for Tx {
    async fn find(&mut self, id: ProofId) -> Result<Option<Proof>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM payment_proofs WHERE tenant_id = $1 AND id = $2");
        let key = || [self.tenant().into(), id.uuid().into()];
        let found: Option<ViewRow> = sql::row(self.connection(), text, key()).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let file: Option<FileRow> = sql::row(self.connection(), FILE, key()).await?;
        let file = file.ok_or_else(|| row::bad("content", "nothing"))?;
        Ok(Some(Proof::restore(ProofSnapshot {
            view: found.into_view()?,
            content: file.content,
        })))
    }

    async fn save(&mut self, proof: &mut Proof) -> Result<(), StoreError> {
        let (id, version) = (proof.view().id, proof.view().version);
        let changed = match version {
            0 => sql::execute(self.connection(), INSERT, inserted(self.tenant(), proof)).await?,
            _ => sql::execute(self.connection(), UPDATE, decided(self.tenant(), proof)).await?,
        };
        if changed == 0 {
            return Err(StoreError::Conflict);
        }
        self.record(id, proof.take_events())?;
        proof.saved_as(version + 1);
        Ok(())
    }
}

fn inserted(tenant: Uuid, proof: &Proof) -> [Value; 10] {
    let (it, content) = (proof.view(), &proof.snapshot().content);
    [
        tenant.into(),
        it.id.uuid().into(),
        it.account.uuid().into(),
        it.amount.minor().into(),
        it.amount.currency().code().to_owned().into(),
        it.note.clone().into(),
        it.media.media_type().to_owned().into(),
        it.sha256.to_vec().into(),
        it.uploaded_at.utc().into(),
        content.clone().into(),
    ]
}

fn decided(tenant: Uuid, proof: &Proof) -> [Value; 7] {
    let it = proof.view();
    let (payment, reason) = match &it.state {
        ProofState::Waiting => (None, None),
        ProofState::Approved { payment } => (Some(payment.uuid()), None),
        ProofState::Refused { reason } => (None, Some(reason.clone())),
    };
    [
        tenant.into(),
        it.id.uuid().into(),
        it.version.into(),
        it.state.status().as_str().to_owned().into(),
        payment.into(),
        reason.into(),
        row::utc(it.decided_at).into(),
    ]
}

/// A page of proofs, newest first.
pub(super) async fn page(
    store: &Store,
    tenant: TenantId,
    status: Option<ProofStatus>,
    page: PageRequest,
) -> Result<Page<ProofView>, StoreError> {
    let mut text = format!("SELECT {COLUMNS} FROM payment_proofs WHERE tenant_id = $1");
    let mut values: Vec<Value> = vec![tenant.uuid().into()];
    if let Some(status) = status {
        values.push(status.as_str().to_owned().into());
        text.push_str(&format!(" AND status = ${}", values.len()));
    }
    if let Some(after) = page.after() {
        values.push(after.uuid().into());
        text.push_str(&format!(" AND id < ${}", values.len()));
    }
    values.push((i64::from(page.limit()) + 1).into());
    text.push_str(&format!(" ORDER BY id DESC LIMIT ${}", values.len()));
    let rows: Vec<ViewRow> = sql::rows(store.reader(), text, values).await?;
    let found = rows.into_iter().map(ViewRow::into_view);
    let found: Result<Vec<_>, _> = found.collect();
    Ok(Page::from_overfetch(found?, page, |it| {
        Cursor::after(it.id)
    }))
}
