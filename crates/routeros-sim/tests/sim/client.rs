//! A small client: enough to say a sentence and to hear one, with a deadline.

use std::time::Duration;

use routeros_proto::{Command, Limits, Reply, ReplyKind, SentenceDecoder};
use routeros_sim::Simulator;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(10);

/// What a client speaks through.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to a simulated router.
pub(crate) struct Client {
    pub(crate) stream: Box<dyn Stream>,
    decoder: SentenceDecoder,
}

/// Everything one command was answered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<Reply>,
    pub(crate) traps: Vec<Reply>,
    pub(crate) ret: Option<String>,
    pub(crate) saw_empty: bool,
}

impl Answer {
    /// The message of the only trap.
    pub(crate) fn trap(&self) -> String {
        assert_eq!(self.traps.len(), 1, "one trap expected: {self:?}");
        self.traps[0].get("message").unwrap().into_owned()
    }

    /// One property of every row, empty where it is absent.
    pub(crate) fn column(&self, name: &str) -> Vec<String> {
        let value = |row: &Reply| row.get(name).unwrap_or_default().into_owned();
        self.rows.iter().map(value).collect()
    }
}

impl Client {
    pub(crate) async fn connect(router: &Simulator) -> Self {
        Self::over(TcpStream::connect(router.addr()).await.unwrap())
    }

    /// A client on a connection that stands already.
    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            decoder: SentenceDecoder::new(Limits::CLIENT),
        }
    }

    /// Connects as `admin`.
    pub(crate) async fn login(router: &Simulator) -> Self {
        Self::login_as(router, "admin", "password").await
    }

    pub(crate) async fn login_as(router: &Simulator, name: &str, password: &str) -> Self {
        let mut client = Self::connect(router).await;
        let login = Command::new("/login")
            .attr("name", name)
            .attr("password", password);
        let answer = client.run(login).await;
        assert!(answer.traps.is_empty(), "{answer:?}");
        client
    }

    pub(crate) async fn send(&mut self, command: &Command) {
        self.stream
            .write_all(&command.encode().unwrap())
            .await
            .unwrap();
    }

    /// The next reply; `None` when the router closed the connection.
    pub(crate) async fn next(&mut self) -> Option<Reply> {
        loop {
            if let Some(sentence) = self.decoder.next_sentence().unwrap() {
                return Some(Reply::parse(&sentence).unwrap());
            }
            let mut chunk = [0; 4096];
            let read = timeout(DEADLINE, self.stream.read(&mut chunk)).await;
            match read.expect("the router answers in time") {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.decoder.feed(&chunk[..count]),
            }
        }
    }

    /// Runs an untagged command to its `!done`.
    pub(crate) async fn run(&mut self, command: Command) -> Answer {
        self.send(&command).await;
        self.answer().await.expect("the connection stays open")
    }

    /// Collects replies up to a `!done`.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        let mut answer = Answer::default();
        loop {
            let reply = self.next().await?;
            match reply.kind() {
                ReplyKind::Data => answer.rows.push(reply),
                ReplyKind::Trap => answer.traps.push(reply),
                ReplyKind::Empty => answer.saw_empty = true,
                ReplyKind::Done => {
                    answer.ret = reply.ret().map(std::borrow::Cow::into_owned);
                    return Some(answer);
                }
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// Whether the router has closed the connection without a word.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.next().await.is_none()
    }

    /// Whether nothing comes for a while.
    pub(crate) async fn hears_nothing(&mut self, span: Duration) -> bool {
        timeout(span, self.next()).await.is_err()
    }
}
