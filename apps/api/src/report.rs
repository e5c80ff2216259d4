//! Reports as JSON or CSV, written page by page as they are read: no report is ever whole in memory.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt};
use kernel::{LocalDate, Money, StoreError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// In which form a report is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// One object with its rows.
    #[default]
    Json,
    /// Comma-separated values (RFC 4180) with a header.
    Csv,
}

/// What stands in one column of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing.
    Nothing,
    /// A text, an id or a day.
    Text(String),
    /// A whole number, amounts in minor units included.
    Number(i64),
}

/// One row, with a cell for each column.
pub(crate) type Row = Vec<Cell>;

/// A page of rows; none when there are no more.
pub(crate) type NextPage<'a> = BoxFuture<'a, Result<Option<Vec<Row>>, StoreError>>;

/// The rows of a report, page by page.
pub(crate) trait Pages: Send + 'static {
    /// The next page.
    fn next(&mut self) -> NextPage<'_>;
}

/// Rows that are all known.
#[derive(Debug)]
pub(crate) struct Known(pub(crate) Option<Vec<Row>>);

impl Pages for Known {
    fn next(&mut self) -> NextPage<'_> {
        Box::pin(std::future::ready(Ok(self.0.take())))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Money> for Cell {
    fn from(money: Money) -> Self {
        Self::Number(money.minor())
    }
}

impl From<LocalDate> for Cell {
    fn from(day: LocalDate) -> Self {
        Self::Text(day.to_string())
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        // Nothing that is counted here comes near.
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Nothing, Into::into)
    }
}

/// A report of some name. Its first page is read before anything is answered, so that what cannot be read is a problem and not a
/// torn file.
///
/// # Errors
/// What the first page fails with.
pub(crate) async fn answer(
    name: &str,
    columns: &'static [&'static str],
    format: Format,
    mut pages: Box<dyn Pages>,
) -> Result<Response, Problem> {
    let first = pages.next().await?;
    let rows = rows_of(first, pages);
    let written = match format {
        Format::Json => Body::from_stream(json_of(columns, rows)),
        Format::Csv => Body::from_stream(csv_of(columns, rows)),
    };
    Ok(match format {
        Format::Json => ([(header::CONTENT_TYPE, "application/json")], written).into_response(),
        Format::Csv => {
            let kind = "text/csv; charset=utf-8; header=present".to_owned();
            let place = format!("attachment; filename=\"{name}.csv\"");
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_DISPOSITION, place),
            ];
            (headers, written).into_response()
        }
    })
}

type PageResult = Result<Vec<Row>, StoreError>;

fn rows_of(
    first: Option<Vec<Row>>,
    pages: Box<dyn Pages>,
) -> impl Stream<Item = PageResult> + Send {
    stream::unfold((first, Some(pages)), |(known, pages)| async move {
        if let Some(page) = known {
            return Some((Ok(page), (None, pages)));
        }
        let mut pages = pages?;
        match pages.next().await {
            Ok(page) => page.map(|it| (Ok(it), (None, Some(pages)))),
            Err(err) => Some((Err(err), (None, None))),
        }
    })
}

/// What goes out: a page that cannot be read breaks the connection off, so that nobody takes a part for the whole.
type Chunk = Result<Bytes, StoreError>;

fn csv_of(
    columns: &'static [&'static str],
    pages: impl Stream<Item = PageResult> + Send,
) -> impl Stream<Item = Chunk> + Send {
    let head = columns.iter().map(|it| Cell::from(*it)).collect::<Row>();
    let head = stream::once(std::future::ready(Ok(vec![head])));
    head.chain(pages).map(|page| {
        let page = page?;
        let lines: String = page.iter().map(|row| csv_line(row)).collect();
        Ok(Bytes::from(lines))
    })
}

fn json_of(
    columns: &'static [&'static str],
    pages: impl Stream<Item = PageResult> + Send,
) -> impl Stream<Item = Chunk> + Send {
    let fixed = |text: &'static str| {
        let chunk: Chunk = Ok(Bytes::from_static(text.as_bytes()));
        stream::once(std::future::ready(chunk))
    };
    let rows = pages.scan(true, move |is_first, page| {
        let text = page.map(|page| {
            let mut text = String::new();
            for row in page {
                if !std::mem::take(is_first) {
                    text.push(',');
                }
                text.push_str(&object(columns, row).to_string());
            }
            Bytes::from(text)
        });
        std::future::ready(Some(text))
    });
    fixed("{\"rows\":[").chain(rows).chain(fixed("]}"))
}

fn object(columns: &[&str], row: Row) -> Value {
    let value = |cell: Cell| match cell {
        Cell::Nothing => Value::Null,
        Cell::Text(text) => Value::String(text),
        Cell::Number(number) => json!(number),
    };
    let pairs = columns.iter().zip(row);
    let pairs = pairs.map(|(name, cell)| ((*name).to_owned(), value(cell)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// One record (RFC 4180). A text that a spreadsheet would take for a formula is made a text by an apostrophe: it begins with
/// `=`, `+`, `-`, `@`, a tab or a return.
fn csv_line(row: &[Cell]) -> String {
    let cells: Vec<String> = row.iter().map(csv_cell).collect();
    format!("{}\r\n", cells.join(","))
}

fn csv_cell(cell: &Cell) -> String {
    let text = match cell {
        Cell::Nothing => return String::new(),
        Cell::Number(number) => return number.to_string(),
        Cell::Text(text) => text,
    };
    let harmless = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.clone(),
    };
    match harmless.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", harmless.replace('"', "\"\"")),
        false => harmless,
    }
}

#[cfg(test)]
mod tests;
