//! Executes an operator's own command: bounded, never repeated where it may have changed something.

use access::{
    Execution, ExecutionAnswer, GatewayError, GatewayErrorKind as Kind, MAX_EXECUTION_ROWS,
    is_secret_attribute,
};
use routeros_proto::{Command, Query, Reply};

use crate::line::Line;

/// What stands for a value that is nobody's business.
const HIDDEN: &str = "***";

/// Executes a command, or takes a remembered answer where that will do.
pub(crate) async fn execute(
    line: &Line,
    execution: &Execution,
) -> Result<ExecutionAnswer, GatewayError> {
    let command = command(execution)?;
    let timeout = execution.timeout();
    let cache = &line.shared().cache;
    if execution.may_be_cached() {
        let ask = async || line.read_within(command.clone(), timeout).await;
        let known = cache.answer(&command, ask).await?;
        return Ok(shown(execution, &known.rows, known.ret.clone()));
    }
    if execution.only_reads() {
        let answer = line.read_within(command.clone(), timeout).await?;
        cache.compare(&command, &answer.rows).await;
        return Ok(shown(execution, &answer.rows, answer.ret));
    }
    // A script may do anything anywhere.
    let answer = line.write_anywhere(command, timeout).await?;
    Ok(shown(execution, &answer.rows, answer.ret))
}

fn command(execution: &Execution) -> Result<Command, GatewayError> {
    let plain = Command::new(execution.path());
    let mut command = execution
        .arguments()
        .iter()
        .fold(plain, |command, (name, value)| command.attr(name, value));
    for word in execution.queries() {
        let query = Query::parse(word.as_bytes()).map_err(|_| bad_query(word))?;
        command = command.query(query);
    }
    Ok(command)
}

fn bad_query(word: &str) -> GatewayError {
    let field = Some("queries".to_owned());
    let message = format!("{word} is no query");
    GatewayError::new(Kind::InvalidArgument { field }, message)
}

fn shown(execution: &Execution, rows: &[Reply], ret: Option<String>) -> ExecutionAnswer {
    ExecutionAnswer {
        is_truncated: rows.len() > MAX_EXECUTION_ROWS,
        rows: rows.iter().take(MAX_EXECUTION_ROWS).map(row).collect(),
        ret: ret.map(|it| returned(execution, it)),
    }
}

/// What a command returned, unless it may be a secret: `get` returns the value of any property, and of all of them
/// where none is named.
fn returned(execution: &Execution, ret: String) -> String {
    let named = |(name, value): &&(String, String)| name == "value-name" && !value.is_empty();
    let is_shown = match execution.arguments().iter().find(named) {
        Some((_, property)) => !is_secret_attribute(&property.to_ascii_lowercase()),
        None => !execution.path().ends_with("/get") && (is_number(&ret) || is_row_ids(&ret)),
    };
    match is_shown || ret.is_empty() {
        true => ret,
        false => HIDDEN.to_owned(),
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit())
}

/// `*1F`, or several with commas or semicolons between them.
fn is_row_ids(text: &str) -> bool {
    let is_hex = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_hexdigit());
    let mut ids = text.split([',', ';']);
    ids.all(|it| it.strip_prefix('*').is_some_and(is_hex))
}

fn row(reply: &Reply) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for (name, value) in reply.attributes() {
        let value = match is_secret_attribute(name) && !value.is_empty() {
            true => HIDDEN.to_owned(),
            false => String::from_utf8_lossy(value).into_owned(),
        };
        shown.push((name.to_owned(), value));
    }
    shown
}
