//! A lean load generator: HTTP/1.1 over keep-alive connections, the same for floor and product.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Enough for any answer of the benches.
const BUFFER: usize = 16 * 1024;

/// What a load came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Answered requests.
    pub(super) requests: usize,
    /// Answered requests per second.
    pub(super) rate: f64,
    /// Microseconds of each request, sorted.
    pub(super) micros: Vec<u32>,
}

/// Keeps `connections` busy for a while. Request `n` of connection `c` is what `request(c, n)` says.
pub(super) async fn load(
    address: SocketAddr,
    connections: u64,
    span: Duration,
    request: impl Fn(u64, u64) -> Vec<u8> + Clone + Send + 'static,
) -> Result<Outcome> {
    let mut running = JoinSet::new();
    let begun = Instant::now();
    for connection in 0..connections {
        let request = request.clone();
        let stream = connect(address).await?;
        running.spawn(async move {
            keep_busy(stream, begun + span, move |number| {
                request(connection, number)
            })
            .await
        });
    }
    let mut micros = Vec::new();
    while let Some(done) = running.join_next().await {
        micros.append(&mut done??);
    }
    let elapsed = begun.elapsed();
    micros.sort_unstable();
    let requests = micros.len();
    let rate = f64::from(u32::try_from(requests)?) / elapsed.as_secs_f64();
    Ok(Outcome {
        requests,
        rate,
        micros,
    })
}

/// One request on a connection of its own; the body of the answer.
pub(super) async fn ask(address: SocketAddr, request: &[u8]) -> Result<(u16, Vec<u8>)> {
    let mut stream = connect(address).await?;
    let mut buffer = Vec::with_capacity(BUFFER);
    let (status, head, whole) = exchange(&mut stream, request, &mut buffer).await?;
    Ok((status, buffer[head..whole].to_vec()))
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn keep_busy(
    mut stream: TcpStream,
    until: Instant,
    request: impl Fn(u64) -> Vec<u8>,
) -> Result<Vec<u32>> {
    let (mut micros, mut buffer) = (Vec::new(), Vec::with_capacity(BUFFER));
    let mut number = 0;
    loop {
        let asked = Instant::now();
        if asked >= until {
            return Ok(micros);
        }
        let (status, ..) = exchange(&mut stream, &request(number), &mut buffer).await?;
        if status != 200 {
            bail!("answered {status}: {}", String::from_utf8_lossy(&buffer));
        }
        micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        number += 1;
    }
}

/// Sends a request and reads one answer into the buffer; gives the status and the ends of head and body.
async fn exchange(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<(u16, usize, usize)> {
    stream.write_all(request).await?;
    buffer.clear();
    let head = loop {
        read_more(stream, buffer).await?;
        if let Some(at) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let (status, length) = understand(&buffer[..head])?;
    while buffer.len() < head + length {
        read_more(stream, buffer).await?;
    }
    Ok((status, head, head + length))
}

async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        bail!("the connection was closed");
    }
    Ok(())
}

/// Status and length of the body.
fn understand(head: &[u8]) -> Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let status = head.get(9..12).context("there is no status")?.parse()?;
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(Ok(0), |(_, value)| value.trim().parse())?;
    Ok((status, length))
}
