//! The settings of a throwaway server.

use std::path::Path;

/// How carefully the server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing survives a power cut, which no test has.
    Fast,
    /// As in production, so that figures mean something.
    Careful,
}

/// Lines for the end of `postgresql.conf`.
///
/// They are in the file rather than on the command line, so a test that starts the server again
/// gets the same port.
pub(super) fn text(port: u16, sockets: &Path, durability: Durability) -> String {
    let writing = match durability {
        Durability::Fast => "fsync = off\nfull_page_writes = off\n",
        Durability::Careful => "shared_buffers = 256MB\nmax_wal_size = 2GB\n",
    };
    format!(
        "listen_addresses = '127.0.0.1'\n\
         port = {port}\n\
         unix_socket_directories = '{}'\n\
         max_connections = 200\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         {writing}",
        sockets.display(),
    )
}
