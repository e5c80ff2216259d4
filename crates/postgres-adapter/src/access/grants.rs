//! Grants: one by one, and many in few statements.

use std::collections::BTreeMap;

use access::{
    Confirmation, Failure, Grant, GrantRepository, Subject, confirmation_events, ending_event,
    insertion_event,
};
use async_trait::async_trait;
use kernel::{GrantId, RouterId, StoreError, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Value};
use uuid::Uuid;

use super::grant_row::{Column, Entity, Model, restore, subject_columns, written};
use crate::error::Stored;
use crate::tx::Tx;
use crate::{row, sql};

/// Grants per statement: within the bind limit of either database, even with every column of a row.
const CHUNK: usize = 1_000;

/// Columns of an inserted grant.
const COLUMNS: usize = 24;

#[async_trait]
impl GrantRepository for Tx {
    async fn find(&mut self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        let found = Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(restore).transpose()
    }

    async fn find_by_subject(&mut self, subject: Subject) -> Result<Option<Grant>, StoreError> {
        let (kind, id) = subject_columns(subject);
        let found = Entity::find()
            .filter(Column::TenantId.eq(self.tenant()))
            .filter(Column::SubjectKind.eq(kind))
            .filter(Column::SubjectId.eq(id))
            .one(self.connection())
            .await
            .stored()?;
        found.map(restore).transpose()
    }

    async fn save(&mut self, grant: &mut Grant) -> Result<(), StoreError> {
        let (id, snapshot) = (grant.id(), grant.snapshot());
        let stored = snapshot.version;
        let row = written(self.tenant(), &snapshot, stored + 1)?;
        let identity = (self.tenant(), id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, stored).await?;
        self.record(id, grant.take_events())?;
        grant.saved_as(stored + 1);
        Ok(())
    }

    async fn insert_many(&mut self, grants: Vec<Grant>) -> Result<u64, StoreError> {
        let Some(router) = grants.first().map(Grant::router) else {
            return Ok(0);
        };
        let mut new = 0;
        for chunk in grants.chunks(CHUNK) {
            new += insert(self, chunk).await?;
        }
        self.record_raw(insertion_event(router, new)?);
        Ok(new)
    }

    async fn end_many(
        &mut self,
        subjects: &[Subject],
        at: Timestamp,
    ) -> Result<Vec<RouterId>, StoreError> {
        let mut ended = BTreeMap::<RouterId, u64>::new();
        for (kind, ids) in by_kind(subjects) {
            for chunk in ids.chunks(CHUNK) {
                for router in end(self, kind, chunk, at).await? {
                    *ended.entry(router).or_default() += 1;
                }
            }
        }
        for (router, count) in &ended {
            self.record_raw(ending_event(*router, *count)?);
        }
        Ok(ended.into_keys().collect())
    }

    async fn pending(
        &mut self,
        router: RouterId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let values = [
            self.tenant().into(),
            router.uuid().into(),
            now.utc().into(),
            i64::from(limit).into(),
        ];
        let rows: Vec<Model> = sql::rows(self.connection(), PENDING, values).await?;
        rows.into_iter().map(restore).collect()
    }

    async fn page_of(
        &mut self,
        router: RouterId,
        after: Option<GrantId>,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let values = [
            self.tenant().into(),
            router.uuid().into(),
            after.map_or(Uuid::nil(), GrantId::uuid).into(),
            i64::from(limit).into(),
        ];
        let rows: Vec<Model> = sql::rows(self.connection(), PAGE, values).await?;
        rows.into_iter().map(restore).collect()
    }

    async fn count_live(&mut self, router: RouterId) -> Result<u64, StoreError> {
        let values = [self.tenant().into(), router.uuid().into()];
        let counted: Option<Counted> = sql::row(self.connection(), COUNT_LIVE, values).await?;
        row::number("count", counted.map_or(0, |it| it.count))
    }

    async fn confirm_many(
        &mut self,
        router: RouterId,
        confirmations: &[Confirmation],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        for chunk in confirmations.chunks(CHUNK) {
            let text = CONFIRM.replace("{pairs}", &pairs_from(chunk.len(), 4));
            let pairs = chunk.iter().flat_map(|it| {
                let revision = i64::from(it.revision);
                [it.grant.uuid().into(), revision.into()]
            });
            let head: [Value; 3] = [self.tenant().into(), router.uuid().into(), at.utc().into()];
            sql::execute(self.connection(), text, head.into_iter().chain(pairs)).await?;
        }
        self.record_raw(confirmation_events(router, confirmations, at)?);
        Ok(())
    }

    async fn paid_since(
        &mut self,
        router: RouterId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let values = [
            self.tenant().into(),
            router.uuid().into(),
            since.utc().into(),
            i64::from(limit).into(),
        ];
        let rows: Vec<Model> = sql::rows(self.connection(), PAID_SINCE, values).await?;
        rows.into_iter().map(restore).collect()
    }

    async fn fail_many(&mut self, failures: &[Failure], at: Timestamp) -> Result<(), StoreError> {
        for chunk in failures.chunks(CHUNK) {
            let text = FAIL.replace("{pairs}", &pairs_from(chunk.len(), 3));
            let pairs = chunk
                .iter()
                .flat_map(|it| [it.grant.uuid().into(), it.reason.as_str().into()]);
            let head: [Value; 2] = [self.tenant().into(), at.utc().into()];
            sql::execute(self.connection(), text, head.into_iter().chain(pairs)).await?;
        }
        Ok(())
    }
}

#[derive(Debug, FromQueryResult)]
struct Counted {
    count: i64,
}

#[derive(Debug, FromQueryResult)]
struct Concerned {
    router_id: Uuid,
}

/// Returns how many were new.
async fn insert(tx: &Tx, grants: &[Grant]) -> Result<u64, StoreError> {
    let mut values: Vec<Value> = Vec::with_capacity(grants.len() * COLUMNS);
    for grant in grants {
        let row = written(tx.tenant(), &grant.snapshot(), 1)?;
        values.extend(columns(row));
    }
    let rows = sql::placeholders(tx.connection(), grants.len(), COLUMNS);
    let text = format!("{INSERT}{rows}{SKIP_KNOWN}");
    sql::execute(tx.connection(), text, values).await
}

/// In the order of [`INSERT`].
fn columns(it: Model) -> [Value; COLUMNS] {
    [
        it.tenant_id.into(),
        it.id.into(),
        it.router_id.into(),
        it.subject_kind.into(),
        it.subject_id.into(),
        it.service.into(),
        it.login.into(),
        it.secret.into(),
        it.profile_id.into(),
        it.state.into(),
        it.active_until.into(),
        it.limit_uptime_s.into(),
        it.limit_bytes.into(),
        it.access_version.into(),
        it.revision.into(),
        it.changed_at.into(),
        it.cut_owed.into(),
        it.applied_revision.into(),
        it.applied_at.into(),
        it.error.into(),
        it.failing_since.into(),
        it.version.into(),
        it.address.into(),
        it.server.into(),
    ]
}

fn by_kind(subjects: &[Subject]) -> BTreeMap<&'static str, Vec<Uuid>> {
    let mut kinds = BTreeMap::<_, Vec<Uuid>>::new();
    for subject in subjects {
        let (kind, id) = subject_columns(*subject);
        kinds.entry(kind).or_default().push(id);
    }
    kinds
}

/// Returns the router of each grant that ended.
async fn end(
    tx: &Tx,
    kind: &str,
    subjects: &[Uuid],
    at: Timestamp,
) -> Result<Vec<RouterId>, StoreError> {
    let text = END.replace("{subjects}", &sql::list_from(subjects.len(), 4));
    let head: [Value; 3] = [tx.tenant().into(), at.utc().into(), kind.into()];
    let values = head
        .into_iter()
        .chain(subjects.iter().map(|it| (*it).into()));
    let ended: Vec<Concerned> = sql::rows(tx.connection(), text, values).await?;
    let router = |it: &Concerned| RouterId::from_uuid(it.router_id);
    Ok(ended.iter().map(router).collect())
}

/// The `($4, $5), ($6, $7)` of pairs whose first parameter is `first`.
fn pairs_from(pairs: usize, first: usize) -> String {
    let pair = |at: usize| format!("(${}, ${})", first + 2 * at, first + 2 * at + 1);
    let pairs: Vec<String> = (0..pairs).map(pair).collect();
    pairs.join(", ")
}

const INSERT: &str = "\
INSERT INTO grants (tenant_id, id, router_id, subject_kind, subject_id, service, login, secret, profile_id, state,
    active_until, limit_uptime_s, limit_bytes, access_version, revision, changed_at, cut_owed, applied_revision,
    applied_at, error, failing_since, version, address, server)
VALUES ";

const SKIP_KNOWN: &str = " ON CONFLICT (tenant_id, subject_kind, subject_id) DO NOTHING";

const END: &str = "\
UPDATE grants SET state = 'ended', active_until = NULL, revision = revision + 1, changed_at = $2, cut_owed = TRUE,
    version = version + 1
WHERE tenant_id = $1 AND state <> 'ended' AND subject_kind = $3 AND subject_id IN ({subjects})
RETURNING router_id";

/// Two arms, each with its own partial index; what is sorted is narrow, what is read in full is one page. Who has just
/// paid comes before the other subscriptions.
const PENDING: &str = "\
SELECT * FROM grants WHERE tenant_id = $1 AND id IN (
    SELECT id FROM (
        SELECT id, subject_kind, state, failing_since IS NOT NULL AS has_failed FROM grants
        WHERE tenant_id = $1 AND router_id = $2 AND applied_revision < revision
        UNION
        SELECT id, subject_kind, state, failing_since IS NOT NULL AS has_failed FROM grants
        WHERE tenant_id = $1 AND router_id = $2 AND active_until <= $3
            AND active_until IS NOT NULL AND (applied_at IS NULL OR applied_at < active_until)
    ) AS waiting
    ORDER BY has_failed, CASE WHEN subject_kind = 'subscription' AND state = 'active' THEN 0 ELSE 1 END,
        subject_kind, id LIMIT $4)
ORDER BY failing_since IS NOT NULL, CASE WHEN subject_kind = 'subscription' AND state = 'active' THEN 0 ELSE 1 END,
    subject_kind, id";

const PAID_SINCE: &str = "\
SELECT * FROM grants
WHERE tenant_id = $1 AND router_id = $2 AND applied_revision < revision
    AND subject_kind = 'subscription' AND state = 'active' AND changed_at > $3
ORDER BY id LIMIT $4";

const PAGE: &str = "\
SELECT * FROM grants
WHERE tenant_id = $1 AND router_id = $2 AND (state <> 'ended' OR applied_revision < revision) AND id > $3
ORDER BY id LIMIT $4";

/// Says what it wants twice, so that both databases find the partial index `grants_of_router`.
const COUNT_LIVE: &str = "\
SELECT COUNT(*) AS count FROM grants WHERE tenant_id = $1 AND router_id = $2
    AND (state <> 'ended' OR applied_revision < revision) AND state <> 'ended'";

/// An older revision than already confirmed changes nothing; neither does one that was never made.
const CONFIRM: &str = "\
UPDATE grants SET applied_revision = confirmed.column2, applied_at = $3, error = NULL, failing_since = NULL,
    cut_owed = CASE WHEN confirmed.column2 = revision THEN FALSE ELSE cut_owed END, version = version + 1
FROM (VALUES {pairs}) AS confirmed
WHERE tenant_id = $1 AND router_id = $2 AND id = confirmed.column1
    AND confirmed.column2 BETWEEN applied_revision AND revision";

const FAIL: &str = "\
UPDATE grants SET error = failed.column2, failing_since = COALESCE(failing_since, $2), version = version + 1
FROM (VALUES {pairs}) AS failed
WHERE tenant_id = $1 AND id = failed.column1";
