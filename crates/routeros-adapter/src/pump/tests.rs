//! What becomes of commands that are cancelled, and of what is remembered meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use access::HostRules;
use routeros_proto::{Command, Reply, SentenceDecoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, timeout};

use super::{End, Pump};
use crate::actor::Ends;
use crate::answer::Answer;
use crate::cache::Cache;
use crate::connect::Wire;
use crate::failure::Failure;
use crate::line::Request;
use crate::link::Link;
use crate::meter::Meter;
use crate::settings::GatewaySettings;

fn settings() -> GatewaySettings {
    GatewaySettings {
        cancel_grace: Duration::from_secs(3),
        table_timeout: Duration::from_secs(120),
        max_answer_bytes: 64 * 1024,
        ..GatewaySettings::recommended(HostRules {
            allow_loopback: true,
        })
    }
}

/// A router's side of one connection, and the pump on ours.
struct Scene {
    router: DuplexStream,
    decoder: SentenceDecoder,
    requests: mpsc::Sender<Request>,
    dropped: watch::Sender<u64>,
    pump: JoinHandle<End>,
}

type Answered = oneshot::Receiver<Result<Answer, Failure>>;

fn request(command: &str, cache: Option<&Cache>) -> (Request, Answered) {
    let (reply, answer) = oneshot::channel();
    let command = Command::new(command);
    let request = Request {
        stale: cache.map(|it| it.staling(command.split_path().0)),
        command,
        timeout: Duration::from_secs(30),
        insists: false,
        begun: None,
        reply,
    };
    (request, answer)
}

/// Time passes, once everybody has done what there is to do, and everybody notices.
async fn pass(span: Duration) {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    advance(span).await;
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

impl Scene {
    fn with(first: Request) -> Self {
        let (ours, router) = tokio::io::duplex(64 * 1024);
        let (requests, inbox) = mpsc::channel(4);
        let (dropped, is_dropped) = watch::channel(0);
        let pump = tokio::spawn(async move {
            let (reader, writer) = tokio::io::split(ours);
            let wire = Wire {
                reader: Box::new(reader),
                writer: Box::new(writer),
                decoder: SentenceDecoder::new(settings().limits),
            };
            let (mut link, settings) = (Link::new(wire, Vec::new()), settings());
            let mut ends = Ends {
                inbox: Arc::new(Mutex::new(inbox)),
                dropped: is_dropped,
            };
            Pump::new(&mut link, &settings).run(first, &mut ends).await
        });
        Self {
            router,
            decoder: SentenceDecoder::new(settings().limits),
            requests,
            dropped,
            pump,
        }
    }

    /// The next command that reaches the router.
    async fn heard(&mut self) -> Command {
        loop {
            if let Some(sentence) = self.decoder.next_sentence().unwrap() {
                return Command::parse(&sentence).unwrap();
            }
            let mut buffer = [0; 1024];
            let count = self.router.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the connection was closed");
            self.decoder.feed(&buffer[..count]);
        }
    }

    async fn says(&mut self, reply: Reply, tag: &str) {
        let bytes = reply.tagged(tag).encode().unwrap();
        self.router.write_all(&bytes).await.unwrap();
    }

    /// A caller goes away without waiting for its answer.
    async fn leave(&mut self, caller: Answered) -> Command {
        drop(caller);
        self.dropped.send_modify(|it| *it += 1);
        let cancel = self.heard().await;
        assert_eq!(cancel.path(), "/cancel");
        cancel
    }

    async fn end(self) -> End {
        // Dropped last: a router does not hang up.
        let (router, requests) = (self.router, self.requests);
        let end = self.pump.await.unwrap();
        drop((router, requests));
        end
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_command_that_still_talks_is_drained_and_the_connection_lives_on() {
    let (first, caller) = request("/ip/hotspot/user/print", None);
    let mut scene = Scene::with(first);
    assert_eq!(scene.heard().await.tag(), Some("1"));
    scene.leave(caller).await;
    for _ in 0..30 {
        pass(Duration::from_secs(2)).await;
        scene.says(Reply::data().attr("name", "u"), "1").await;
    }
    scene.says(Reply::trap(Some(2), "interrupted"), "1").await;
    scene.says(Reply::done(), "c1").await;
    scene.says(Reply::done(), "1").await;
    let (next, answer) = request("/system/identity/print", None);
    scene.requests.send(next).await.unwrap();
    assert_eq!(scene.heard().await.tag(), Some("2"));
    scene.says(Reply::done(), "2").await;
    assert!(answer.await.unwrap().is_ok());
    assert!(matches!(scene.end().await, End::Idle));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_command_that_is_silent_costs_the_connection_whoever_else_talks() {
    let (first, caller) = request("/ip/hotspot/user/print", None);
    let mut scene = Scene::with(first);
    scene.heard().await;
    let (other, neighbour) = request("/ppp/secret/print", None);
    scene.requests.send(other).await.unwrap();
    scene.heard().await;
    scene.leave(caller).await;
    let begun = Instant::now();
    scene.says(Reply::done(), "c1").await;
    for _ in 0..5 {
        pass(Duration::from_millis(500)).await;
        scene.says(Reply::data().attr("name", "s"), "2").await;
    }
    let told = neighbour.await.unwrap();
    assert!(matches!(told, Err(Failure::Broken { .. })), "{told:?}");
    assert!(matches!(scene.end().await, End::Broken(_)));
    let took = begun.elapsed();
    let patience = settings().cancel_grace;
    assert!(took >= patience && took < patience * 2, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_command_does_not_talk_for_ever() {
    let (first, caller) = request("/interface/monitor-traffic", None);
    let mut scene = Scene::with(first);
    scene.heard().await;
    scene.leave(caller).await;
    let begun = Instant::now();
    let limit = settings().table_timeout;
    while !scene.pump.is_finished() {
        pass(Duration::from_secs(1)).await;
        assert!(begun.elapsed() < limit * 2, "it is never given up");
        let row = Reply::data().attr("name", "x").tagged("1").encode();
        let _closed = scene.router.write_all(&row.unwrap()).await;
    }
    assert!(begun.elapsed() >= limit, "{:?}", begun.elapsed());
    assert!(matches!(scene.end().await, End::Broken(_)));
}

#[tokio::test(start_paused = true)]
async fn what_is_drained_is_not_kept() {
    let (first, caller) = request("/log/print", None);
    let mut scene = Scene::with(first);
    scene.heard().await;
    scene.leave(caller).await;
    // More than the largest answer that would be taken.
    let row = Reply::data().attr("message", vec![b'x'; 16 * 1024]);
    for _ in 0..8 {
        scene.says(row.clone(), "1").await;
    }
    scene.says(Reply::done(), "c1").await;
    scene.says(Reply::done(), "1").await;
    assert!(matches!(scene.end().await, End::Idle));
}

/// Remembers one question, and counts how often it was really asked.
struct Memory {
    cache: Cache,
    asked: AtomicUsize,
}

impl Memory {
    fn new() -> Self {
        let meter = Arc::new(Meter::new(access::testing::numbered(1)));
        Self {
            cache: Cache::new(settings().cache, meter),
            asked: AtomicUsize::new(0),
        }
    }

    async fn ask(&self) -> usize {
        let question = Command::new("/ip/hotspot/user/print");
        let answer = self.cache.answer(&question, async || {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Ok(Answer::default())
        });
        answer.await.unwrap();
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_makes_answers_stale_when_it_has_really_ended_and_not_when_its_caller_left() {
    let memory = Memory::new();
    let (write, caller) = request("/ip/hotspot/user/set", Some(&memory.cache));
    let mut scene = Scene::with(write);
    scene.heard().await;
    scene.leave(caller).await;
    // The router has not made the change yet, so this shows the old state.
    assert_eq!(memory.ask().await, 1);
    scene.says(Reply::done(), "c1").await;
    assert_eq!(memory.ask().await, 1, "it is not over");
    scene.says(Reply::done(), "1").await;
    assert!(matches!(scene.end().await, End::Idle));
    assert_eq!(memory.ask().await, 2, "what was asked meanwhile is stale");
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_connection_died_makes_answers_stale() {
    let memory = Memory::new();
    let (write, caller) = request("/ip/hotspot/user/set", Some(&memory.cache));
    let mut scene = Scene::with(write);
    scene.heard().await;
    assert_eq!(memory.ask().await, 1);
    drop(scene.router);
    let told = caller.await.unwrap();
    assert!(matches!(told, Err(Failure::Broken { .. })));
    assert_eq!(memory.ask().await, 2);
    assert!(matches!(scene.pump.await.unwrap(), End::Broken(_)));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_told_of_a_change_finds_nothing_old() {
    let memory = Memory::new();
    let (write, caller) = request("/ip/hotspot/user/set", Some(&memory.cache));
    let mut scene = Scene::with(write);
    scene.heard().await;
    assert_eq!(memory.ask().await, 1);
    scene.says(Reply::done(), "1").await;
    assert!(timeout(Duration::from_secs(1), caller).await.is_ok());
    assert_eq!(memory.ask().await, 2);
    assert!(matches!(scene.end().await, End::Idle));
}
