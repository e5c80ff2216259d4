//! Prints everything the gateway may say to a router, for `cargo xtask routeros-schema`.
//!
//! A line for each command: presence, menu, command and arguments, with tabs between them and commas between the
//! arguments.

use std::io::Write as _;

use routeros_adapter::{Presence, emitted};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for row in emitted() {
        let presence = match row.presence {
            Presence::Everywhere => "everywhere",
            Presence::WhereKnown => "where-known",
            Presence::ApiOnly => continue,
        };
        let arguments = row.arguments.join(",");
        writeln!(
            out,
            "{presence}\t{}\t{}\t{arguments}",
            row.menu, row.command
        )?;
    }
    Ok(())
}
