//! Makes changes on a router, several in flight, and finds out what became of those that were not answered.

use access::{
    Action, ActualRow, Change, GatewayError, GatewayErrorKind as Kind, Menu, PROFILE_PREFIX,
    RouterCommand, RowId, Tag,
};
use futures::stream::{self, StreamExt};
use routeros_proto::Command;

use crate::line::Line;
use crate::normalise;
use crate::select::print_named;

/// Makes changes; one result for each, in order. What stands side by side in one stage does not depend on each other,
/// so several are in flight; the next stage begins when the one before has been answered.
pub(crate) async fn apply(line: &Line, changes: &[Change]) -> Vec<Result<(), GatewayError>> {
    let mut results = Vec::with_capacity(changes.len());
    for group in changes.chunk_by(|a, b| stage(a) == stage(b)) {
        let running: Vec<_> = group.iter().map(|change| make(line, change)).collect();
        let running = stream::iter(running).buffered(line.settings().window());
        results.extend(running.collect::<Vec<_>>().await);
    }
    results
}

const fn stage(change: &Change) -> (u8, bool) {
    let removes = matches!(change.action, Action::Remove { .. });
    (change.menu.stage(), removes)
}

/// Makes one change. If it was not answered the row is read before anything is repeated: adding twice would make two
/// rows where nothing is unique, and after a restart a row's number may belong to another.
async fn make(line: &Line, change: &Change) -> Result<(), GatewayError> {
    match attempt(line, change).await {
        Err(err) if err.kind == Kind::Ambiguous => match settled(line, change).await {
            // What became of it is as unknown as before.
            Err(_) => Err(err),
            Ok(Settled::Made) => Ok(()),
            Ok(Settled::Gone) => Err(GatewayError::new(Kind::NotFound, "the row is gone")),
            Ok(Settled::Open(change)) => attempt(line, &change).await,
        },
        result => result,
    }
}

/// What became of a change that was not answered.
enum Settled {
    /// It happened.
    Made,
    /// What it was about is not there.
    Gone,
    /// It has to be made, possibly in another form.
    Open(Box<Change>),
}

async fn settled(line: &Line, change: &Change) -> Result<Settled, GatewayError> {
    if let Action::Create { tag, .. } = &change.action {
        let own = own_row(line, change, tag).await?;
        let next = own.map_or_else(|| change.clone(), |id| change.as_update_of(id));
        return Ok(Settled::Open(Box::new(next)));
    }
    let rows = same_name(line, change).await?;
    let is_there = |id: &RowId| rows.iter().any(|it| it.id == *id);
    Ok(match &change.action {
        Action::Remove { id } if !is_there(id) => Settled::Made,
        Action::Update { id, .. } if !is_there(id) => Settled::Gone,
        _ => Settled::Open(Box::new(change.clone())),
    })
}

async fn attempt(line: &Line, change: &Change) -> Result<(), GatewayError> {
    let made = line.write(command(change.command())).await;
    match (made, &change.action) {
        (Ok(_), _) => Ok(()),
        (Err(err), Action::Remove { .. }) if err.kind == Kind::NotFound => Ok(()),
        (Err(err), Action::Create { tag, .. }) if err.kind == Kind::Conflict => {
            after_conflict(line, change, tag, err).await
        }
        (Err(err), _) if err.kind == Kind::Unsupported && change.menu == Menu::Pool => {
            without_comment(line, change, err).await
        }
        (Err(err), _) => Err(err),
    }
}

/// Pools have comments only from RouterOS 7.9 on at the latest; before, a pool of ours is known by its name.
async fn without_comment(
    line: &Line,
    change: &Change,
    err: GatewayError,
) -> Result<(), GatewayError> {
    if !change.name.starts_with(PROFILE_PREFIX) {
        let advice =
            format!("{err}: on this RouterOS pools of ours must be called {PROFILE_PREFIX}…");
        return Err(GatewayError::new(Kind::Unsupported, advice));
    }
    let mut bare = change.command();
    bare.attributes.retain(|(name, _)| *name != "comment");
    match line.write(command(bare)).await {
        Err(err) if err.kind == Kind::Conflict => {
            let rows = same_name(line, change).await?;
            let id = rows.into_iter().next().map(|it| it.id).ok_or(err)?;
            let mut update = change.as_update_of(id).command();
            update.attributes.retain(|(name, _)| *name != "comment");
            line.write(command(update)).await.map(|_| ())
        }
        made => made.map(|_| ()),
    }
}

/// A row is in the way. Ours is brought up to date; a lease that the server handed out makes room.
async fn after_conflict(
    line: &Line,
    change: &Change,
    tag: &Tag,
    err: GatewayError,
) -> Result<(), GatewayError> {
    if let Some(id) = own_row(line, change, tag).await? {
        let update = change.as_update_of(id);
        return line.write(command(update.command())).await.map(|_| ());
    }
    let passing = match change.menu {
        Menu::DhcpLease => same_name(line, change).await?,
        _ => return Err(err),
    };
    let passing: Vec<_> = passing.into_iter().filter(|it| it.is_dynamic).collect();
    if passing.is_empty() {
        return Err(err);
    }
    for row in passing {
        let path = format!("{}/remove", change.menu.path());
        line.write(Command::new(path).attr(".id", row.id.as_str()))
            .await?;
    }
    line.write(command(change.command())).await.map(|_| ())
}

/// The row in the way, if it is the fruit of an earlier try.
async fn own_row(line: &Line, change: &Change, tag: &Tag) -> Result<Option<RowId>, GatewayError> {
    let is_ours = |it: &ActualRow| {
        it.occupies(change.menu, &change.name, change.server())
            && it.is_owned(change.menu, &tag.mark)
            && it.tag().is_none_or(|found| found.id == tag.id)
    };
    let rows = same_name(line, change).await?;
    Ok(rows.into_iter().find(is_ours).map(|it| it.id))
}

/// Every row of the change's menu with its name.
async fn same_name(line: &Line, change: &Change) -> Result<Vec<ActualRow>, GatewayError> {
    let (menu, properties) = (change.menu, normalise::properties(change.menu));
    let names = [change.name.as_str()];
    let rows = print_named(line, menu.path(), &properties, menu.key(), &names).await?;
    let rows = rows.iter().filter_map(|it| normalise::row(menu, it));
    Ok(rows.collect())
}

fn command(from: RouterCommand) -> Command {
    let empty = Command::new(from.path);
    from.attributes
        .iter()
        .fold(empty, |command, (name, value)| {
            command.attr(name, value.text())
        })
}
