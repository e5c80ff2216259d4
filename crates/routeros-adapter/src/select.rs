//! Prints of many rows by name, in few commands.

use access::{GatewayError, GatewayErrorKind as Kind};
use futures::stream::{self, StreamExt, TryStreamExt};
use routeros_proto::{Command, Query, Reply};

use crate::line::Line;

/// How many names one command asks for.
const NAMES_PER_PRINT: usize = 50;

/// From how many names on reading the whole table is cheaper for the router, which looks at every row anyway.
const WHOLE_TABLE_FROM: usize = 300;

/// Every row of a menu; none if the router lacks the menu altogether.
pub(crate) async fn print_all(
    line: &Line,
    menu: &str,
    properties: &[&str],
) -> Result<Vec<Reply>, GatewayError> {
    let command = print(menu, properties);
    known_menu(line.read_table(command).await.map(|it| it.rows))
}

/// The rows whose property `key` is one of the names; none if the router lacks the menu altogether.
pub(crate) async fn print_named(
    line: &Line,
    menu: &str,
    properties: &[&str],
    key: &str,
    names: &[&str],
) -> Result<Vec<Reply>, GatewayError> {
    let rows = if names.len() >= WHOLE_TABLE_FROM {
        print_all(line, menu, properties).await?
    } else {
        let mut asked = Vec::new();
        for some in names.chunks(NAMES_PER_PRINT) {
            asked.push(line.read(print_some(print(menu, properties), key, some)));
        }
        let window = line.settings().window();
        let answers = stream::iter(asked).buffered(window).map_ok(|it| it.rows);
        known_menu(answers.try_concat().await)?
    };
    let wanted: std::collections::HashSet<&str> = names.iter().copied().collect();
    let is_wanted = |row: &Reply| row.get(key).is_some_and(|it| wanted.contains(it.as_ref()));
    Ok(rows.into_iter().filter(is_wanted).collect())
}

fn print_some(print: Command, key: &str, names: &[&str]) -> Command {
    let named = names
        .iter()
        .fold(print, |print, name| print.query(Query::equals(key, *name)));
    if names.len() > 1 {
        named.query(Query::any_of(names.len()))
    } else {
        named
    }
}

fn print(menu: &str, properties: &[&str]) -> Command {
    Command::new(format!("{menu}/print")).proplist(properties.iter().copied())
}

/// A menu that is not there (a package is missing) holds nothing.
fn known_menu(rows: Result<Vec<Reply>, GatewayError>) -> Result<Vec<Reply>, GatewayError> {
    match rows {
        Err(err) if err.kind == Kind::Unsupported => Ok(Vec::new()),
        rows => rows,
    }
}
