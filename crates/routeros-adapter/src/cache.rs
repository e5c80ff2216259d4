//! Remembers a router's answers for a while: one question at a time, none older than our own last change.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::{CacheFigures, GatewayError};
use routeros_proto::{Command, Reply};
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::meter::Meter;
use crate::settings::{CacheSettings, Integrity};

/// An answer that is remembered.
#[derive(Debug)]
pub(crate) struct Remembered {
    /// The rows, in order.
    pub(crate) rows: Vec<Reply>,
    /// What `=ret=` of the end said.
    pub(crate) ret: Option<String>,
    digest: [u8; 32],
    bytes: u32,
}

/// A question, and the state of the router it was asked in: after a change it is another question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    changes: u64,
    question: Vec<u8>,
}

/// The answers of one router.
#[derive(Debug)]
pub(crate) struct Cache {
    answers: Option<moka::future::Cache<Key, Arc<Remembered>>>,
    integrity: Integrity,
    changes: Arc<Changes>,
    meter: Arc<Meter>,
    hits: AtomicU64,
    misses: AtomicU64,
    corrupt: AtomicU64,
}

/// How often each area of a router was changed.
#[derive(Debug, Default)]
struct Changes(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    everywhere: u64,
    areas: HashMap<String, u64>,
}

/// Makes answers about an area stale when it goes: when a caller has learned what became of the change, and once more
/// when the change is really over on the router.
#[derive(Debug)]
pub(crate) struct Staling {
    changes: Arc<Changes>,
    /// `None` for everywhere.
    area: Option<String>,
}

impl Cache {
    /// Nothing is remembered yet; without settings nothing ever is.
    pub(crate) fn new(settings: Option<CacheSettings>, meter: Arc<Meter>) -> Self {
        let answers = settings.map(|settings| {
            moka::future::Cache::builder()
                .max_capacity(settings.max_bytes)
                .weigher(|key: &Key, it: &Arc<Remembered>| weigh(key, it))
                .time_to_live(settings.ttl)
                .build()
        });
        Self {
            answers,
            integrity: settings.map_or(Integrity::Trusted, |it| it.integrity),
            changes: Arc::default(),
            meter,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            corrupt: AtomicU64::new(0),
        }
    }

    /// The answer to a question: the remembered one, or the one that `ask` gets. Whoever asks the same meanwhile waits
    /// for that one.
    pub(crate) async fn answer<F>(
        &self,
        question: &Command,
        ask: impl Fn() -> F + Send,
    ) -> Result<Arc<Remembered>, GatewayError>
    where
        F: Future<Output = Result<Answer, GatewayError>> + Send,
    {
        let Some(answers) = &self.answers else {
            return ask().await.map(|it| Arc::new(Remembered::of(it)));
        };
        let key = self.key(question);
        let found = answers
            .entry_by_ref(&key)
            .or_try_insert_with(remember(ask()))
            .await
            .map_err(|err| GatewayError::clone(&err))?;
        self.count(!found.is_fresh());
        let remembered = found.into_value();
        if self.integrity == Integrity::Trusted || remembered.is_whole() {
            return Ok(remembered);
        }
        self.corrupt.fetch_add(1, Ordering::Relaxed);
        answers.invalidate(&key).await;
        let again = remember(ask()).await?;
        answers.insert(key, Arc::clone(&again)).await;
        Ok(again)
    }

    /// Compares a fresh answer with a remembered one: if somebody else has changed the router, what is remembered about
    /// that area is stale.
    pub(crate) async fn compare(&self, question: &Command, fresh: &[Reply]) {
        let Some(answers) = &self.answers else {
            return;
        };
        let Some(known) = answers.get(&self.key(question)).await else {
            return;
        };
        if known.digest != digest(fresh) {
            drop(self.staling(question.split_path().0));
        }
    }

    /// Makes answers about a menu stale when the returned value goes.
    pub(crate) fn staling(&self, menu: &str) -> Staling {
        Staling {
            changes: Arc::clone(&self.changes),
            area: Some(area(menu)),
        }
    }

    /// Makes every answer stale when the returned value goes.
    pub(crate) fn staling_everything(&self) -> Staling {
        Staling {
            changes: Arc::clone(&self.changes),
            area: None,
        }
    }

    /// How useful it is.
    pub(crate) fn figures(&self) -> CacheFigures {
        let answers = self.answers.as_ref();
        CacheFigures {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            corrupt: self.corrupt.load(Ordering::Relaxed),
            entries: answers.map_or(0, moka::future::Cache::entry_count),
            bytes: answers.map_or(0, moka::future::Cache::weighted_size),
        }
    }

    fn key(&self, question: &Command) -> Key {
        let question_bytes = question.encode().unwrap_or_default();
        Key {
            changes: self.changes.of(&area(question.split_path().0)),
            question: question_bytes,
        }
    }

    fn count(&self, was_there: bool) {
        let counter = match was_there {
            true => &self.hits,
            false => &self.misses,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.meter.cached(was_there);
    }
}

async fn remember(
    asked: impl Future<Output = Result<Answer, GatewayError>>,
) -> Result<Arc<Remembered>, GatewayError> {
    asked.await.map(|it| Arc::new(Remembered::of(it)))
}

/// The first two steps of a path. What happens in one menu shows in its neighbours: a session that is removed takes its
/// cookie along.
fn area(menu: &str) -> String {
    let steps: Vec<&str> = menu.split('/').skip(1).take(2).collect();
    steps.join("/")
}

impl Changes {
    fn of(&self, area: &str) -> u64 {
        let counted = self.lock();
        counted.everywhere + counted.areas.get(area).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Staling {
    fn drop(&mut self) {
        let mut counted = self.changes.lock();
        match self.area.take() {
            Some(area) => *counted.areas.entry(area).or_default() += 1,
            None => counted.everywhere += 1,
        }
    }
}

impl Remembered {
    fn of(answer: Answer) -> Self {
        Self {
            digest: digest(&answer.rows),
            bytes: u32::try_from(answer.bytes()).unwrap_or(u32::MAX),
            ret: answer.ret,
            rows: answer.rows,
        }
    }

    fn is_whole(&self) -> bool {
        self.digest == digest(&self.rows)
    }
}

/// Bytes, with something for each row's own needs.
fn weigh(key: &Key, it: &Remembered) -> u32 {
    let rows = u32::try_from(it.rows.len()).unwrap_or(u32::MAX);
    let question = u32::try_from(key.question.len()).unwrap_or(u32::MAX);
    it.bytes
        .saturating_add(rows.saturating_mul(64))
        .saturating_add(question)
        .saturating_add(128)
}

fn digest(rows: &[Reply]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for row in rows {
        for (name, value) in row.attributes() {
            hasher.update(name.len().to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(value.len().to_le_bytes());
            hasher.update(value);
        }
        hasher.update([0]);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests;
