//! The rows of imports: written in bulk, read in pages.

use access::adoption::{ImportRow, Place, Raw, RowCount, RowKind, RowState, Settled};
use kernel::{ImportId, ImportRowId, StoreError};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::tx::Tx;
use crate::{row, sql};

/// Rows per statement: within the bind limit of either database.
const CHUNK: usize = 1_000;

/// Parameters of an inserted row.
const COLUMNS: usize = 13;

#[derive(Debug, FromQueryResult)]
pub(super) struct Stored {
    id: Uuid,
    menu: String,
    row_id: String,
    name: Vec<u8>,
    comment: Vec<u8>,
    proposal: Json,
    seen: Vec<u8>,
    state: String,
    reason: Option<String>,
    notes: Json,
}

#[derive(Debug, FromQueryResult)]
struct Counted {
    kind: String,
    state: String,
    count: i64,
}

/// The import row a stored row stands for.
pub(super) fn restore(it: Stored) -> Result<ImportRow, StoreError> {
    Ok(ImportRow {
        id: ImportRowId::from_uuid(it.id),
        place: Place {
            menu: it.menu,
            row: it.row_id,
        },
        name: Raw::new(it.name),
        comment: Raw::new(it.comment),
        proposal: serde_json::from_value(it.proposal).map_err(StoreError::corrupt)?,
        seen: row::digest("seen", it.seen)?,
        state: state(&it.state)?,
        reason: it.reason,
        notes: serde_json::from_value(it.notes).map_err(StoreError::corrupt)?,
    })
}

fn state(word: &str) -> Result<RowState, StoreError> {
    RowState::from_word(word).ok_or_else(|| row::bad("state", word))
}

/// Writes rows.
pub(super) async fn insert(
    tx: &Tx,
    import: ImportId,
    rows: &[ImportRow],
) -> Result<(), StoreError> {
    for chunk in rows.chunks(CHUNK) {
        let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * COLUMNS);
        for it in chunk {
            let proposal = serde_json::to_value(&it.proposal).map_err(StoreError::corrupt)?;
            let notes = serde_json::to_value(&it.notes).map_err(StoreError::corrupt)?;
            values.extend([
                tx.tenant().into(),
                it.id.uuid().into(),
                import.uuid().into(),
                it.place.menu.as_str().into(),
                it.place.row.as_str().into(),
                it.name.as_bytes().to_vec().into(),
                it.comment.as_bytes().to_vec().into(),
                it.proposal.kind().as_str().into(),
                proposal.into(),
                it.seen.to_vec().into(),
                it.state.as_str().into(),
                it.reason.clone().into(),
                notes.into(),
            ]);
        }
        let places = sql::placeholders(tx.connection(), chunk.len(), COLUMNS);
        sql::execute(tx.connection(), format!("{INSERT}{places}"), values).await?;
    }
    Ok(())
}

/// The next rows with work left.
pub(super) async fn open(
    tx: &Tx,
    import: ImportId,
    after: Option<ImportRowId>,
    limit: u16,
) -> Result<Vec<ImportRow>, StoreError> {
    let values = [
        tx.tenant().into(),
        import.uuid().into(),
        after.map_or(Uuid::nil(), ImportRowId::uuid).into(),
        i64::from(limit).into(),
    ];
    let rows: Vec<Stored> = sql::rows(tx.connection(), OPEN, values).await?;
    rows.into_iter().map(restore).collect()
}

/// Notes what became of rows.
pub(super) async fn settle(
    tx: &Tx,
    import: ImportId,
    settled: &[Settled],
) -> Result<(), StoreError> {
    for chunk in settled.chunks(CHUNK) {
        let rows = sql::rows_from(chunk.len(), 3, 3);
        let values = chunk.iter().flat_map(|it| {
            let (state, reason) = (it.state.as_str(), it.reason.clone());
            [it.row.uuid().into(), state.into(), reason.into()]
        });
        let head: [Value; 2] = [tx.tenant().into(), import.uuid().into()];
        let text = SETTLE.replace("{rows}", &rows);
        sql::execute(tx.connection(), text, head.into_iter().chain(values)).await?;
    }
    Ok(())
}

/// How many rows of each kind are in each state.
pub(super) async fn counts<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    import: ImportId,
) -> Result<Vec<RowCount>, StoreError> {
    let values = [tenant.into(), import.uuid().into()];
    let counted: Vec<Counted> = sql::rows(connection, COUNT, values).await?;
    let count = |it: Counted| {
        let kind = RowKind::from_word(&it.kind).ok_or_else(|| row::bad("kind", &it.kind))?;
        Ok(RowCount {
            kind,
            state: state(&it.state)?,
            count: row::number("count", it.count)?,
        })
    };
    counted.into_iter().map(count).collect()
}

/// What a listed row consists of.
pub(super) const SELECT: &str = "\
SELECT id, menu, row_id, name, comment, proposal, seen, state, reason, notes FROM import_rows
WHERE tenant_id = $1 AND import_id = $2 AND id > $3";

const INSERT: &str = "\
INSERT INTO import_rows (tenant_id, id, import_id, menu, row_id, name, comment, kind, proposal, seen, state, reason, notes)
VALUES ";

const OPEN: &str = "\
SELECT id, menu, row_id, name, comment, proposal, seen, state, reason, notes FROM import_rows
WHERE tenant_id = $1 AND import_id = $2 AND id > $3 AND state IN ('pending', 'recorded') ORDER BY id LIMIT $4";

const SETTLE: &str = "\
UPDATE import_rows SET state = settled.column2, reason = settled.column3
FROM (VALUES {rows}) AS settled
WHERE tenant_id = $1 AND import_id = $2 AND id = settled.column1 AND state IN ('pending', 'recorded')";

const COUNT: &str = "\
SELECT kind, state, COUNT(*) AS count FROM import_rows WHERE tenant_id = $1 AND import_id = $2
GROUP BY kind, state ORDER BY kind, state";
