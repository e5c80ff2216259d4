//! The days of every charge that were not taken back. The database refuses days of one subscription that stand twice.

use std::borrow::Cow;

use billing::{ChargeKind, Component, LetGo, Line, LineRef, NoteDraft, Period};
use kernel::{InvoiceId, LocalDate, StoreError};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::sql;

const COLUMNS: usize = 7;
/// Segments per statement.
const CHUNK: usize = 500;
/// What the base plan is called here; every other component is its number.
const BASE: &str = "plan";

#[derive(Debug, FromQueryResult)]
struct SegmentRow {
    period_start: LocalDate,
    period_end: LocalDate,
    subscription_id: Uuid,
    component: String,
}

struct Segment {
    line: LineRef,
    subscription: Uuid,
    component: Cow<'static, str>,
    period: Period,
}

/// Takes days back that the lines of a new invoice repair, and only then lets the days stand that they charge.
pub(super) async fn record<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    invoice: InvoiceId,
    lines: &[Line],
) -> Result<(), StoreError> {
    for line in lines {
        if let Some(of) = line.repairs {
            let period = line.period;
            cut(connection, tenant, LetGo { of, period }).await?;
        }
    }
    let numbered = (0_u16..).zip(lines);
    let charges = numbered.filter(|(_, it)| stands(it));
    let segments: Vec<Segment> = charges
        .map(|(number, it)| Segment {
            line: LineRef {
                invoice,
                line: number,
            },
            subscription: it.subscription.uuid(),
            component: word_of(it.component),
            period: it.period,
        })
        .collect();
    insert(connection, tenant, &segments).await
}

/// Whether a line makes days stand billed: what is charged once is not for days, and what costs nothing conflicts with
/// nothing (billing.md, invariants 17 and 19).
pub(super) fn stands(line: &Line) -> bool {
    line.repairs.is_none() && line.kind == ChargeKind::Recurring && line.amount.is_positive()
}

pub(super) fn word_of(component: u16) -> Cow<'static, str> {
    match component {
        Component::BASE => BASE.into(),
        other => other.to_string().into(),
    }
}

/// Takes days back that a credit note gives back.
pub(super) async fn give_back<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    note: &NoteDraft,
) -> Result<(), StoreError> {
    for piece in &note.pieces {
        let of = LineRef {
            invoice: note.invoice,
            line: piece.line,
        };
        if let Some(period) = piece.days {
            cut(connection, tenant, LetGo { of, period }).await?;
        }
    }
    Ok(())
}

/// Lets what is left of the segments of a charge stand without some of its days.
pub(super) async fn cut<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    LetGo { of, period: gone }: LetGo,
) -> Result<(), StoreError> {
    let values: [Value; 5] = [
        tenant.into(),
        of.invoice.uuid().into(),
        i64::from(of.line).into(),
        gone.start.into(),
        gone.end.into(),
    ];
    let cut: Vec<SegmentRow> = sql::rows(connection, CUT, values).await?;
    let left: Vec<Segment> = cut
        .into_iter()
        .flat_map(|it| it.without(of, gone))
        .collect();
    insert(connection, tenant, &left).await
}

impl SegmentRow {
    fn without(self, line: LineRef, gone: Period) -> impl Iterator<Item = Segment> {
        let before = (self.period_start, gone.start);
        let after = (gone.end, self.period_end);
        let left = [before, after]
            .into_iter()
            .filter(|(start, end)| start < end);
        left.map(move |(start, end)| Segment {
            line,
            subscription: self.subscription_id,
            component: self.component.clone().into(),
            period: Period { start, end },
        })
    }
}

async fn insert<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    segments: &[Segment],
) -> Result<(), StoreError> {
    for chunk in segments.chunks(CHUNK) {
        let places = sql::placeholders(connection, chunk.len(), COLUMNS);
        let values = chunk.iter().flat_map(|it| values(tenant, it));
        sql::execute(connection, format!("{INSERT}{places}"), values).await?;
    }
    Ok(())
}

fn values(tenant: Uuid, it: &Segment) -> [Value; COLUMNS] {
    [
        tenant.into(),
        it.line.invoice.uuid().into(),
        i64::from(it.line.line).into(),
        it.period.start.into(),
        it.period.end.into(),
        it.subscription.into(),
        it.component.as_ref().into(),
    ]
}

const INSERT: &str = "\
INSERT INTO net_segments (tenant_id, invoice_id, line, period_start, period_end, subscription_id, component) VALUES ";

const CUT: &str = "\
DELETE FROM net_segments
WHERE tenant_id = $1 AND invoice_id = $2 AND line = $3 AND period_start < $5 AND $4 < period_end
RETURNING period_start, period_end, subscription_id, component";
