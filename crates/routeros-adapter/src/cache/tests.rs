//! Remembered once, asked once, never older than a change, never damaged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use access::{GatewayError, GatewayErrorKind as Kind};
use routeros_proto::{Command, Reply};

use super::{Cache, Remembered};
use crate::answer::Answer;
use crate::meter::Meter;
use crate::settings::{CacheSettings, Integrity};

/// A router that counts how often it is asked.
struct Asked {
    cache: Cache,
    times: AtomicUsize,
}

impl Asked {
    fn with(settings: CacheSettings) -> Self {
        let meter = Arc::new(Meter::new(access::testing::numbered(1)));
        Self {
            cache: Cache::new(Some(settings), meter),
            times: AtomicUsize::new(0),
        }
    }

    fn new() -> Self {
        Self::with(CacheSettings::RECOMMENDED)
    }

    async fn ask(&self, question: &Command) -> Arc<Remembered> {
        let answer = self.cache.answer(question, || async {
            let nth = self.times.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            Ok(answer(&format!("answer {nth}")))
        });
        answer.await.unwrap()
    }

    fn times(&self) -> usize {
        self.times.load(Ordering::SeqCst)
    }
}

fn answer(name: &str) -> Answer {
    let mut answer = Answer::default();
    answer.take(Reply::data().attr("name", name));
    answer.take(Reply::done());
    answer
}

fn users() -> Command {
    Command::new("/ip/hotspot/user/print").proplist(["name"])
}

#[tokio::test]
async fn the_same_question_is_asked_once_and_another_is_another() {
    let asked = Asked::new();
    let question = users();
    let many = (0..50).map(|_| asked.ask(&question));
    let answers = futures::future::join_all(many).await;
    assert_eq!(asked.times(), 1, "single flight");
    assert!(answers.iter().all(|it| it.rows.len() == 1));
    asked
        .ask(&Command::new("/ip/hotspot/user/print").proplist(["name", "comment"]))
        .await;
    assert_eq!(asked.times(), 2);
    let figures = asked.cache.figures();
    assert_eq!(figures.hits + figures.misses, 51);
    assert!(figures.misses >= 2);
}

#[tokio::test]
async fn a_change_makes_its_area_stale_and_no_other() {
    let asked = Asked::new();
    let secrets = Command::new("/ppp/secret/print");
    asked.ask(&users()).await;
    asked.ask(&secrets).await;
    drop(asked.cache.staling("/ip/hotspot/active"));
    asked.ask(&users()).await;
    asked.ask(&secrets).await;
    assert_eq!(asked.times(), 3);
    drop(asked.cache.staling_everything());
    asked.ask(&secrets).await;
    assert_eq!(asked.times(), 4);
}

#[tokio::test]
async fn an_answer_from_before_a_change_is_not_remembered_after_it() {
    let asked = Asked::new();
    let question = users();
    let (_, ()) = tokio::join!(asked.ask(&question), async {
        drop(asked.cache.staling("/ip/hotspot/user"));
    });
    asked.ask(&question).await;
    assert_eq!(asked.times(), 2);
}

#[tokio::test]
async fn a_router_that_somebody_else_changed_is_asked_again() {
    let asked = Asked::new();
    let first = asked.ask(&users()).await;
    asked.cache.compare(&users(), &first.rows).await;
    asked.ask(&users()).await;
    assert_eq!(asked.times(), 1, "nothing has changed");
    asked.cache.compare(&users(), &answer("other").rows).await;
    asked.ask(&users()).await;
    assert_eq!(asked.times(), 2);
}

#[tokio::test]
async fn a_damaged_answer_is_not_given_out() {
    let asked = Asked::new();
    let damaged = Remembered {
        digest: [7; 32],
        ..Remembered::of(answer("damaged"))
    };
    let key = asked.cache.key(&users());
    let answers = asked.cache.answers.as_ref().unwrap();
    answers.insert(key, Arc::new(damaged)).await;
    let got = asked.ask(&users()).await;
    assert_eq!(got.rows[0].get("name").unwrap(), "answer 1");
    assert_eq!(asked.cache.figures().corrupt, 1);
    asked.ask(&users()).await;
    assert_eq!(asked.times(), 1, "the whole one is remembered");
}

#[tokio::test]
async fn answers_are_forgotten_in_time_and_by_size() {
    let brief = Asked::with(CacheSettings {
        ttl: Duration::from_millis(1),
        ..CacheSettings::RECOMMENDED
    });
    brief.ask(&users()).await;
    tokio::time::timeout(Duration::from_secs(5), async {
        while brief.times() < 2 {
            brief.ask(&users()).await;
        }
    })
    .await
    .unwrap();
    let small = Asked::with(CacheSettings {
        max_bytes: 1_000,
        integrity: Integrity::Trusted,
        ..CacheSettings::RECOMMENDED
    });
    for number in 0..100 {
        small
            .ask(&Command::new(format!("/queue/simple{number}/print")))
            .await;
    }
    small
        .cache
        .answers
        .as_ref()
        .unwrap()
        .run_pending_tasks()
        .await;
    let bytes = small.cache.figures().bytes;
    assert!(bytes <= 1_000, "{bytes}");
}

#[tokio::test]
async fn failures_are_not_remembered() {
    let asked = Asked::new();
    let question = users();
    let failed = asked.cache.answer(&question, || async {
        Err(GatewayError::new(Kind::Timeout, "silence"))
    });
    assert!(failed.await.is_err());
    asked.ask(&users()).await;
    assert_eq!(asked.times(), 1);
}
