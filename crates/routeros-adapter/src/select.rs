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
        Err(err) if lacks_menu(&err) => Ok(Vec::new()),
        rows => rows,
    }
}

/// Whether the router does not know the menu; one that only does not know an argument has rows all the same.
fn lacks_menu(err: &GatewayError) -> bool {
    let words = err.message.to_ascii_lowercase();
    let names = ["no such command", "bad command name"];
    err.kind == Kind::Unsupported && names.iter().any(|it| words.contains(it))
}

#[cfg(test)]
mod tests {
    //! Only a menu that is not there is empty.

    use access::{GatewayError, GatewayErrorKind as Kind};

    use super::known_menu;

    #[test]
    fn what_is_not_known_is_told_from_a_menu_that_is_not_there() {
        let answer = |message| known_menu(Err(GatewayError::new(Kind::Unsupported, message)));
        for missing in [
            "no such command prefix",
            "bad command name hotspot (line 1 column 5)",
        ] {
            assert!(answer(missing).is_ok_and(|it| it.is_empty()), "{missing}");
        }
        for other in ["unknown parameter follow", "expected end of command"] {
            assert!(answer(other).is_err(), "{other}");
        }
    }
}
