//! Makes changes on a router, several in flight, and finds out what became of those that were not answered.

use access::{Action, Change, GatewayError, GatewayErrorKind as Kind, RouterCommand, RowId, Tag};
use futures::stream::{self, StreamExt};
use routeros_proto::Command;

use crate::line::Line;
use crate::normalise;
use crate::select::print_named;

/// Makes changes; one result for each, in order. Profiles come before the logins that refer to them, as in every plan;
/// what stands side by side in one group does not depend on each other.
pub(crate) async fn apply(line: &Line, changes: &[Change]) -> Vec<Result<(), GatewayError>> {
    let mut results = Vec::with_capacity(changes.len());
    for group in changes.chunk_by(|a, b| a.menu.is_profiles() == b.menu.is_profiles()) {
        let running: Vec<_> = group.iter().map(|change| make(line, change)).collect();
        let running = stream::iter(running).buffered(line.settings().window());
        results.extend(running.collect::<Vec<_>>().await);
    }
    results
}

/// Makes one change. If it was not answered, it is made again: setting and removing are the same twice, and adding
/// finds the row of the first try by its tag.
async fn make(line: &Line, change: &Change) -> Result<(), GatewayError> {
    match attempt(line, change).await {
        Err(err) if err.kind == Kind::Ambiguous => attempt(line, change).await,
        result => result,
    }
}

async fn attempt(line: &Line, change: &Change) -> Result<(), GatewayError> {
    let made = line.write(command(change.command())).await;
    match (made, &change.action) {
        (Ok(_), _) => Ok(()),
        (Err(err), Action::Remove { .. }) if err.kind == Kind::NotFound => Ok(()),
        (Err(err), Action::Create { tag, .. }) if err.kind == Kind::Conflict => {
            let Some(id) = own_row(line, change, tag).await? else {
                return Err(err);
            };
            let update = change.as_update_of(id);
            line.write(command(update.command())).await.map(|_| ())
        }
        (Err(err), _) => Err(err),
    }
}

/// The row in the way, if it is the fruit of an earlier try.
async fn own_row(line: &Line, change: &Change, tag: &Tag) -> Result<Option<RowId>, GatewayError> {
    let (menu, properties) = (change.menu, normalise::properties(change.menu));
    let names = [change.name.as_str()];
    let rows = print_named(line, menu.path(), &properties, "name", &names).await?;
    let rows = rows.iter().filter_map(|it| normalise::row(menu, it));
    let is_ours = |it: &access::ActualRow| {
        it.occupies(menu, &change.name)
            && it.is_owned(menu, &tag.mark)
            && it.tag().is_none_or(|found| found.id == tag.id)
    };
    Ok(rows.filter(is_ours).map(|it| it.id).next())
}

fn command(from: RouterCommand) -> Command {
    let empty = Command::new(from.path);
    from.attributes
        .iter()
        .fold(empty, |command, (name, value)| {
            command.attr(name, value.text())
        })
}
