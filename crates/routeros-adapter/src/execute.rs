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
        return Ok(shown(&known.rows, known.ret.clone()));
    }
    if execution.only_reads() {
        let answer = line.read_within(command.clone(), timeout).await?;
        cache.compare(&command, &answer.rows).await;
        return Ok(shown(&answer.rows, answer.ret));
    }
    // A script may do anything anywhere.
    let _stale = cache.staling_everything();
    let answer = line.write_within(command, timeout).await?;
    Ok(shown(&answer.rows, answer.ret))
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

fn shown(rows: &[Reply], ret: Option<String>) -> ExecutionAnswer {
    ExecutionAnswer {
        is_truncated: rows.len() > MAX_EXECUTION_ROWS,
        rows: rows.iter().take(MAX_EXECUTION_ROWS).map(row).collect(),
        ret,
    }
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
