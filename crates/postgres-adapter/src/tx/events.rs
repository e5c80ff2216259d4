//! Writes recorded events and one delivery per event and handler, each in bulk.

use kernel::{DeliveryId, EventId, NewEvent, StoreError, Timestamp};
use sea_orm::{FromQueryResult, Value};

use super::Tx;
use crate::dialect::Dialect;
use crate::sql;

const EVENT_COLUMNS: usize = 13;
const DELIVERY_COLUMNS: usize = 9;

/// Rows per statement: long enough to be cheap, short enough for every bind limit.
const CHUNK: usize = 500;

#[derive(Debug, FromQueryResult)]
struct Position {
    position: i64,
}

impl Tx {
    /// `true` if something is to be delivered.
    pub(super) async fn write_events(&mut self) -> Result<bool, StoreError> {
        let events = std::mem::take(&mut self.events);
        if events.is_empty() {
            return Ok(false);
        }
        let now = self.surroundings.clock.now();
        let positions = self.draw_positions(events.len()).await?;
        let mut deliveries = Vec::new();
        let mut rows = Vec::new();
        for (event, position) in events.into_iter().zip(positions) {
            let id: EventId = self.surroundings.ids.next();
            deliveries.extend(self.deliveries_of(&event, id, position, now));
            rows.push(self.event_row(event, id, position, now)?);
        }
        self.insert(EVENTS, EVENT_COLUMNS, rows).await?;
        let some = !deliveries.is_empty();
        self.insert(DELIVERIES, DELIVERY_COLUMNS, deliveries)
            .await?;
        Ok(some)
    }

    /// Places in the store, in order. SQLite has one writer, which may count on from the last place.
    async fn draw_positions(&self, count: usize) -> Result<Vec<i64>, StoreError> {
        let count = i64::try_from(count).map_err(StoreError::corrupt)?;
        if self.dialect == Dialect::Postgres {
            let drawn: Vec<Position> = sql::rows(&self.inner, DRAW, [count.into()]).await?;
            return Ok(drawn.into_iter().map(|it| it.position).collect());
        }
        let last: Option<Position> = sql::row(&self.inner, LAST, []).await?;
        let last = last.map_or(0, |it| it.position);
        Ok((last + 1..=last + count).collect())
    }

    fn event_row(
        &self,
        event: NewEvent,
        id: EventId,
        position: i64,
        now: Timestamp,
    ) -> Result<Vec<Value>, StoreError> {
        let version = i16::try_from(event.version).map_err(StoreError::corrupt)?;
        Ok(vec![
            self.tenant().into(),
            id.uuid().into(),
            position.into(),
            event.aggregate_kind.into(),
            event.aggregate_id.into(),
            event.name.into(),
            version.into(),
            event.body.into(),
            self.scope.actor.to_string().into(),
            self.scope.correlation.into(),
            self.scope.causation.map(|it| it.uuid()).into(),
            self.scope.trace.clone().into(),
            now.utc().into(),
        ])
    }

    fn deliveries_of(
        &self,
        event: &NewEvent,
        id: EventId,
        position: i64,
        now: Timestamp,
    ) -> Vec<Vec<Value>> {
        let handlers = self.surroundings.subscriptions.handlers_of(event.name);
        let row = |handler: &String| {
            let delivery: DeliveryId = self.surroundings.ids.next();
            vec![
                self.tenant().into(),
                delivery.uuid().into(),
                id.uuid().into(),
                position.into(),
                event.aggregate_id.into(),
                handler.as_str().into(),
                now.utc().into(),
                now.utc().into(),
                0_i32.into(),
            ]
        };
        handlers.iter().map(row).collect()
    }

    async fn insert(
        &self,
        into: &str,
        columns: usize,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        for chunk in rows.chunks(CHUNK) {
            let text = format!(
                "{into}{}",
                sql::placeholders(&self.inner, chunk.len(), columns)
            );
            sql::execute(&self.inner, text, chunk.iter().flatten().cloned()).await?;
        }
        Ok(())
    }
}

const DRAW: &str = "SELECT nextval(pg_get_serial_sequence('events', 'position')) AS position FROM generate_series(1, $1)";

const LAST: &str = "SELECT position FROM events ORDER BY position DESC LIMIT 1";

const EVENTS: &str = "INSERT INTO events (tenant_id, id, position, aggregate_kind, aggregate_id, name, version, body, \
    actor, correlation, causation, trace, occurred_at) VALUES ";

const DELIVERIES: &str = "INSERT INTO deliveries (tenant_id, id, event_id, position, aggregate_id, handler, run_at, due_at, \
    attempts) VALUES ";
