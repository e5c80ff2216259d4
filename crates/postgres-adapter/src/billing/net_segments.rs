//! The days of every charge that were not taken back. The database refuses days of one subscription that stand twice.

use billing::{Line, LineRef, Period};
use kernel::{InvoiceId, LocalDate, StoreError, SubscriptionId};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::sql;

const COLUMNS: usize = 7;
/// Segments per statement.
const CHUNK: usize = 500;
/// The part of a subscription that a line is for; there is only the plan itself.
pub(super) const COMPONENT: &str = "plan";

#[derive(Debug, FromQueryResult)]
struct SegmentRow {
    period_start: LocalDate,
    period_end: LocalDate,
}

struct Segment {
    line: LineRef,
    subscription: SubscriptionId,
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
            cut(connection, tenant, of, line).await?;
        }
    }
    let numbered = (0_u16..).zip(lines);
    let charges = numbered.filter(|(_, it)| it.repairs.is_none() && it.amount.is_positive());
    let segments: Vec<Segment> = charges
        .map(|(number, it)| Segment {
            line: LineRef {
                invoice,
                line: number,
            },
            subscription: it.subscription,
            period: it.period,
        })
        .collect();
    insert(connection, tenant, &segments).await
}

/// What is left of the segments of a charge without the days of a repair.
async fn cut<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    of: LineRef,
    repair: &Line,
) -> Result<(), StoreError> {
    let values: [Value; 5] = [
        tenant.into(),
        of.invoice.uuid().into(),
        i64::from(of.line).into(),
        repair.period.start.into(),
        repair.period.end.into(),
    ];
    let cut: Vec<SegmentRow> = sql::rows(connection, CUT, values).await?;
    let left = cut.iter().flat_map(|it| {
        let before = (it.period_start, repair.period.start);
        let after = (repair.period.end, it.period_end);
        [before, after]
            .into_iter()
            .filter(|(start, end)| start < end)
    });
    let left: Vec<Segment> = left
        .map(|(start, end)| Segment {
            line: of,
            subscription: repair.subscription,
            period: Period { start, end },
        })
        .collect();
    insert(connection, tenant, &left).await
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
        it.subscription.uuid().into(),
        COMPONENT.into(),
    ]
}

const INSERT: &str = "\
INSERT INTO net_segments (tenant_id, invoice_id, line, period_start, period_end, subscription_id, component) VALUES ";

const CUT: &str = "\
DELETE FROM net_segments
WHERE tenant_id = $1 AND invoice_id = $2 AND line = $3 AND period_start < $5 AND $4 < period_end
RETURNING period_start, period_end";
