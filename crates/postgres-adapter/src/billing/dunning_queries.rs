//! Reads of dunning: what is due to be looked at, what was done, what waits for a person.

use std::collections::HashMap;

use async_trait::async_trait;
use billing::{
    ChargeReason, ChargeView, DebtFacts, DuePage, DunningQueries, DunningRunState, DunningRunView,
    FoundDebt, LegalEntity, OpenAmount, ParkedReason, ProcedureView, StepView,
};
use kernel::{
    AccountId, Cursor, DunningRunId, EntityId, InvoiceId, LocalDate, Page, PageRequest, StoreError,
    TenantId,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Value};
use uuid::Uuid;

use super::{account_row, dunning_runs, entity_row};
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct OpenRow {
    account_id: Uuid,
    due_on: LocalDate,
    due_minor: i64,
    currency: String,
}

#[derive(Debug, FromQueryResult)]
struct StepRow {
    episode: i64,
    step: i64,
    kind: String,
    day: i64,
    taken_on: LocalDate,
    merged: bool,
}

#[derive(Debug, FromQueryResult)]
struct ChargeRow {
    episode: i64,
    step: i64,
    reason: String,
    amount_minor: i64,
    credited_minor: i64,
    currency: String,
    charged_on: LocalDate,
    invoice_id: Option<Uuid>,
    waived: Option<String>,
}

#[derive(Debug, FromQueryResult)]
struct ProcedureRow {
    version: i64,
    procedure: serde_json::Value,
}

#[derive(Debug, FromQueryResult)]
struct ReasonRow {
    reason: String,
    accounts: i64,
}

#[derive(Debug, FromQueryResult)]
struct CountRow {
    count: i64,
}

#[async_trait]
impl DunningQueries for Store {
    async fn accounts_to_evaluate(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: DuePage,
    ) -> Result<Option<(LegalEntity, Vec<FoundDebt>)>, StoreError> {
        let wanted = entity_row::Entity::find_by_id((tenant.uuid(), entity.uuid()));
        let Some(found) = wanted.one(self.reader()).await.stored()? else {
            return Ok(None);
        };
        let rows = self.due_to_look_at(tenant, entity, page).await?;
        let facts = self.debts_of(tenant, rows).await?;
        Ok(Some((found.into_entity()?, facts)))
    }

    async fn accounts_with_access(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<u64, StoreError> {
        let values: [Value; 2] = [tenant.uuid().into(), entity.uuid().into()];
        let found: Option<CountRow> = sql::row(self.reader(), WITH_ACCESS, values).await?;
        row::number("count", found.map_or(0, |it| it.count))
    }

    async fn dunning_steps(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<StepView>, StoreError> {
        let values: [Value; 2] = [tenant.uuid().into(), account.uuid().into()];
        let found: Vec<StepRow> = sql::rows(self.reader(), STEPS, values).await?;
        found.into_iter().map(StepRow::into_view).collect()
    }

    async fn dunning_charges(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<ChargeView>, StoreError> {
        let values: [Value; 2] = [tenant.uuid().into(), account.uuid().into()];
        let found: Vec<ChargeRow> = sql::rows(self.reader(), CHARGES, values).await?;
        found.into_iter().map(ChargeRow::into_view).collect()
    }

    async fn procedures(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<Vec<ProcedureView>, StoreError> {
        let values: [Value; 2] = [tenant.uuid().into(), entity.uuid().into()];
        let found: Vec<ProcedureRow> = sql::rows(self.reader(), PROCEDURES, values).await?;
        found.into_iter().map(ProcedureRow::into_view).collect()
    }

    async fn dunning_run(
        &self,
        tenant: TenantId,
        id: DunningRunId,
    ) -> Result<Option<DunningRunView>, StoreError> {
        let wanted = dunning_runs::Entity::find_by_id((tenant.uuid(), id.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        found.map(dunning_runs::Model::into_view).transpose()
    }

    async fn dunning_runs(
        &self,
        tenant: TenantId,
        state: Option<DunningRunState>,
        page: PageRequest,
    ) -> Result<Page<DunningRunView>, StoreError> {
        let mut wanted = dunning_runs::Entity::find();
        if let Some(state) = state {
            wanted = wanted.filter(Expr::col("state").eq(state.as_str()));
        }
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views: Result<Vec<_>, _> = rows
            .into_iter()
            .map(dunning_runs::Model::into_view)
            .collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn parked_reasons(&self, tenant: TenantId) -> Result<Vec<ParkedReason>, StoreError> {
        let values: [Value; 1] = [tenant.uuid().into()];
        let found: Vec<ReasonRow> = sql::rows(self.reader(), REASONS, values).await?;
        found
            .into_iter()
            .map(|it| {
                Ok(ParkedReason {
                    reason: it.reason,
                    accounts: row::number("accounts", it.accounts)?,
                })
            })
            .collect()
    }
}

impl Store {
    async fn due_to_look_at(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: DuePage,
    ) -> Result<Vec<account_row::Model>, StoreError> {
        let beyond = match page.after {
            Some(_) => "AND (look_at, id) > ($5, $6)",
            None => "",
        };
        let text = format!(
            "SELECT {} FROM accounts WHERE tenant_id = $1 AND entity_id = $2 AND look_at <= $3 {beyond} \
             ORDER BY look_at, id LIMIT $4",
            account_row::COLUMNS
        );
        let after = page
            .after
            .map(|(at, id)| [at.utc().into(), id.uuid().into()]);
        let values: [Value; 4] = [
            tenant.uuid().into(),
            entity.uuid().into(),
            page.now.utc().into(),
            i64::from(page.limit).into(),
        ];
        let values = values.into_iter().chain(after.into_iter().flatten());
        sql::rows(self.reader(), text, values).await
    }

    /// What is open of all at once; if that makes no sense, of one after the other, so that it is known about whom.
    async fn debts_of(
        &self,
        tenant: TenantId,
        rows: Vec<account_row::Model>,
    ) -> Result<Vec<FoundDebt>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let mut all = match open_amounts(self.reader(), tenant.uuid(), &ids).await {
            Ok(open) => Some(open),
            Err(StoreError::Corrupt(_)) => None,
            Err(err) => return Err(err),
        };
        let mut found = Vec::new();
        for row in rows {
            let id = AccountId::from_uuid(row.id);
            let Some(at) = row.look_at.map(row::instant) else {
                continue;
            };
            let open = match &mut all {
                Some(open) => Ok(open.remove(&id).unwrap_or_default()),
                None => self.open_of_one(tenant, id).await,
            };
            let facts = match open {
                Err(err @ StoreError::Unavailable(_)) => return Err(err),
                open => open.and_then(|open| {
                    let account = row.into_account()?;
                    Ok(DebtFacts { account, open })
                }),
            };
            let place = (at, id);
            found.push(FoundDebt { place, facts });
        }
        Ok(found)
    }

    async fn open_of_one(
        &self,
        tenant: TenantId,
        id: AccountId,
    ) -> Result<Vec<OpenAmount>, StoreError> {
        let mut open = open_amounts(self.reader(), tenant.uuid(), &[id.uuid()]).await?;
        Ok(open.remove(&id).unwrap_or_default())
    }
}

/// What is due on the open invoices of accounts, oldest date and then lowest number first, in one statement.
pub(super) async fn open_amounts<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    accounts: &[Uuid],
) -> Result<HashMap<AccountId, Vec<OpenAmount>>, StoreError> {
    let mut open = HashMap::<AccountId, Vec<OpenAmount>>::new();
    if accounts.is_empty() {
        return Ok(open);
    }
    let text = format!(
        "SELECT account_id, due_on, total_minor - allocated_minor AS due_minor, currency FROM invoices \
         WHERE tenant_id = $1 AND allocated_minor < total_minor AND account_id IN ({}) ORDER BY issued_on, number",
        sql::list_from(accounts.len(), 2)
    );
    let ids = accounts.iter().map(|it| Value::from(*it));
    let values = std::iter::once(Value::from(tenant)).chain(ids);
    for it in sql::rows::<OpenRow, _>(connection, text, values).await? {
        let own = open.entry(AccountId::from_uuid(it.account_id)).or_default();
        own.push(OpenAmount {
            due_on: it.due_on,
            due: row::money(it.due_minor, &it.currency)?,
        });
    }
    Ok(open)
}

impl StepRow {
    fn into_view(self) -> Result<StepView, StoreError> {
        Ok(StepView {
            episode: row::number("episode", self.episode)?,
            step: row::number("step", self.step)?,
            kind: self.kind,
            day: self.day,
            taken_on: self.taken_on,
            merged: self.merged,
        })
    }
}

impl ChargeRow {
    fn into_view(self) -> Result<ChargeView, StoreError> {
        let reason = ChargeReason::from_word(&self.reason);
        Ok(ChargeView {
            episode: row::number("episode", self.episode)?,
            step: row::number("step", self.step)?,
            reason: reason.ok_or_else(|| row::bad("reason", &self.reason))?,
            amount: row::money(self.amount_minor, &self.currency)?,
            credited: row::money(self.credited_minor, &self.currency)?,
            charged_on: self.charged_on,
            invoice: self.invoice_id.map(InvoiceId::from_uuid),
            waived: self.waived,
        })
    }
}

impl ProcedureRow {
    fn into_view(self) -> Result<ProcedureView, StoreError> {
        Ok(ProcedureView {
            version: row::number("version", self.version)?,
            procedure: serde_json::from_value(self.procedure).map_err(StoreError::corrupt)?,
        })
    }
}

/// $1 tenant, $2 entity.
const WITH_ACCESS: &str = "\
SELECT count(DISTINCT s.account_id) AS count FROM subscriptions AS s
JOIN accounts AS a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE s.tenant_id = $1 AND a.entity_id = $2 AND s.access IN ('active', 'restricted')";

/// $1 tenant, $2 account.
const STEPS: &str = "\
SELECT episode, step, kind, day, taken_on, merged FROM dunning_steps
WHERE tenant_id = $1 AND account_id = $2 ORDER BY episode DESC, step DESC LIMIT 200";

/// $1 tenant, $2 account.
const CHARGES: &str = "\
SELECT episode, step, reason, amount_minor, credited_minor, currency, charged_on, invoice_id, waived FROM dunning_charges
WHERE tenant_id = $1 AND account_id = $2 ORDER BY episode DESC, step DESC LIMIT 200";

/// $1 tenant, $2 owner.
const PROCEDURES: &str = "\
SELECT version, procedure FROM dunning_procedures
WHERE tenant_id = $1 AND owner_id = $2 ORDER BY version DESC LIMIT 200";

/// $1 tenant.
const REASONS: &str = "\
SELECT parked AS reason, count(*) AS accounts FROM accounts
WHERE tenant_id = $1 AND parked IS NOT NULL GROUP BY parked ORDER BY count(*) DESC, parked LIMIT 50";
