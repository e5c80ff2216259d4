//! The control port: lines of text that do to the router what a test in Rust does by calls.
//!
//! One command a line, words separated by blanks, `"..."` around a word with blanks in it. Every
//! command is answered by any number of lines `= ` with one JSON value each, and then by `ok` or
//! by `error` and why. The README lists the commands; `help` does too.

mod commands;
mod words;

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;
use crate::simulator::Simulator;

/// Longest line, in bytes.
const MAX_LINE: usize = 64 * 1_024;
/// How much is read at a time, in bytes.
const READ_BYTES: usize = 4 * 1_024;

/// Takes connections until the simulator stops.
pub(crate) async fn keep_listening(
    shared: Arc<Shared>,
    listener: TcpListener,
    token: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = token.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "connection was not accepted");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let router = Simulator::without_end(Arc::clone(&shared));
        let token = token.clone();
        shared.tasks.spawn(async move {
            tokio::select! {
                () = token.cancelled() => {}
                served = serve(&router, stream) => if let Err(error) = served {
                    tracing::debug!(%peer, %error, "control connection ended");
                }
            }
        });
    }
}

/// Answers the lines of one connection until `quit` or its end.
async fn serve(router: &Simulator, mut stream: TcpStream) -> io::Result<()> {
    let mut waiting = Vec::new();
    let mut chunk = vec![0; READ_BYTES];
    loop {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Ok(());
        }
        waiting.extend_from_slice(chunk.get(..count).unwrap_or_default());
        while let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = waiting.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if line.trim() == "quit" {
                return stream.write_all(b"ok\n").await;
            }
            stream.write_all(answer(router, &line).as_bytes()).await?;
        }
        if waiting.len() > MAX_LINE {
            return stream.write_all(b"error the line is too long\n").await;
        }
    }
}

/// The whole answer to one line.
fn answer(router: &Simulator, line: &str) -> String {
    let words = words::split(line);
    let result = words.and_then(|words| commands::run(router, &words));
    match result {
        Ok(values) => {
            let mut text = String::new();
            for value in values {
                text.push_str(&format!("= {value}\n"));
            }
            text + "ok\n"
        }
        Err(why) => format!("error {}\n", why.replace('\n', " ")),
    }
}
