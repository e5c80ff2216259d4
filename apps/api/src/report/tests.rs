//! Forms are right for spreadsheets and for programs, and a torn report is seen to be torn.
#![allow(clippy::unwrap_used)]

use kernel::StoreError;

use super::{Cell, Format, Known, NextPage, Pages, Row, answer, csv_line};

const COLUMNS: &[&str] = &["name", "amount_minor"];

struct Torn(usize);

impl Pages for Torn {
    fn next(&mut self) -> NextPage<'_> {
        self.0 += 1;
        let page = match self.0 {
            1 => Ok(Some(vec![row("a", 1)])),
            _ => Err(StoreError::corrupt("torn")),
        };
        Box::pin(std::future::ready(page))
    }
}

fn row(name: &str, amount: i64) -> Row {
    vec![Cell::from(name), Cell::Number(amount)]
}

async fn written(format: Format, pages: impl Pages) -> Result<String, axum::Error> {
    let answer = answer("test", COLUMNS, format, Box::new(pages)).await;
    let body = answer.ok().unwrap().into_body();
    let bytes = axum::body::to_bytes(body, 1 << 20).await?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn formulas_and_separators_are_texts() {
    let line = |text: &str| csv_line(&[Cell::from(text), Cell::Number(-7), Cell::Nothing]);
    assert_eq!(line("plain"), "plain,-7,\r\n");
    assert_eq!(line("a,\"b\"\n"), "\"a,\"\"b\"\"\n\",-7,\r\n");
    for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
        let written = line(formula);
        let bare = written.trim_start_matches('"');
        assert!(bare.starts_with('\''), "{written:?}");
    }
}

#[tokio::test]
async fn both_forms_have_every_row() {
    let rows = || Known(Some(vec![row("a", 1), row("b", -2)]));
    let csv = written(Format::Csv, rows()).await.unwrap();
    assert_eq!(csv, "name,amount_minor\r\na,1\r\nb,-2\r\n");
    let json = written(Format::Json, rows()).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["rows"][1]["amount_minor"], -2);
    let empty = written(Format::Json, Known(None)).await.unwrap();
    assert_eq!(empty, "{\"rows\":[]}");
}

#[tokio::test]
async fn what_breaks_on_the_way_is_no_whole_report() {
    assert!(written(Format::Csv, Torn(0)).await.is_err());
    let first = answer("test", COLUMNS, Format::Csv, Box::new(Torn(1))).await;
    assert!(first.is_err(), "a problem, before anything is sent");
}
