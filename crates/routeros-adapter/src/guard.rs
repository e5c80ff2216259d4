//! What stands in front of a router that does not answer: its circuit breaker.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use access::{GatewayError, GatewayErrorKind as Kind, Reachability};
use kernel::RouterId;
use resilience::{Breaker, BreakerState, Open, Permit};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::reports::Reports;

/// The breaker of one router, and what last went wrong.
#[derive(Debug)]
pub(crate) struct Guard {
    breaker: Option<Arc<Breaker>>,
    last: Mutex<Option<String>>,
    /// The last broken connection that was counted.
    counted: AtomicU64,
    /// Whether it was reported that nothing passes, and not that the router is back.
    is_out: AtomicBool,
    router: RouterId,
    reports: Arc<Reports>,
}

impl Guard {
    /// A guard of a router with this breaker; without one everything passes. Changes are reported.
    pub(crate) fn new(
        breaker: Option<Arc<Breaker>>,
        router: RouterId,
        reports: Arc<Reports>,
    ) -> Self {
        Self {
            breaker,
            last: Mutex::default(),
            counted: AtomicU64::new(0),
            is_out: AtomicBool::new(false),
            router,
            reports,
        }
    }

    /// The breaker.
    pub(crate) fn breaker(&self) -> Option<&Arc<Breaker>> {
        self.breaker.as_ref()
    }

    /// Whether a command would pass now.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some(breaker) = &self.breaker else {
            return Ok(());
        };
        breaker.check().map_err(|open| self.held_back(open))
    }

    /// Lets a command pass. A person's passes whatever happened before.
    pub(crate) fn pass(&self, insists: bool) -> Result<Option<Permit>, Failure> {
        let Some(breaker) = &self.breaker else {
            return Ok(None);
        };
        let permit = match insists {
            true => breaker.insist(),
            false => breaker.permit(),
        };
        permit.map(Some).map_err(|open| self.held_back(open))
    }

    /// Learns from what became of a command; returns whether nothing passes from now on.
    pub(crate) fn judge(&self, permit: Option<Permit>, outcome: &Result<Answer, Failure>) -> bool {
        let Some(permit) = permit else {
            return false;
        };
        match outcome {
            Ok(_) | Err(Failure::Refused(_)) => permit.succeeded(),
            Err(Failure::HeldBack(_)) => drop(permit),
            Err(Failure::Overdue) => self.failed(permit, "it did not answer in time"),
            Err(Failure::Broken { reason, number }) => {
                // Everybody on one connection learns of its end; it ended once.
                let is_news = self.counted.swap(*number, Ordering::AcqRel) != *number;
                match is_news || permit.is_probe() {
                    true => self.failed(permit, reason),
                    false => drop(permit),
                }
            }
            Err(Failure::NoConnection(no_link)) if !no_link.was_tried => drop(permit),
            Err(Failure::NoConnection(no_link)) => match no_link.err.is_transient() {
                true => self.failed(permit, &no_link.err.message),
                // It answers, though not as it should: that is for a person to mend, and no outage.
                false => permit.succeeded(),
            },
        }
        self.report(matches!(outcome, Ok(_) | Err(Failure::Refused(_))));
        self.is_open()
    }

    /// Reports that nothing passes any more, or that a router that was out has answered: once each.
    fn report(&self, has_answered: bool) {
        if self.is_open() {
            if !self.is_out.swap(true, Ordering::AcqRel) {
                let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                let last = last.as_deref().unwrap_or("it did not answer");
                let reason = format!("it failed several times in a row: {last}");
                self.reports
                    .note(self.router, Reachability::Lost { reason });
            }
        } else if has_answered && self.is_out.swap(false, Ordering::AcqRel) {
            self.reports.note(self.router, Reachability::Back);
        }
    }

    /// Whether nothing passes.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.breaker.as_ref().map(|it| it.state());
        state == Some(BreakerState::Open)
    }

    /// What everybody who waits is told when the breaker opens.
    pub(crate) fn refusal(&self) -> Failure {
        let open_for = self.breaker.as_ref().and_then(|it| it.snapshot().open_for);
        self.held_back(Open {
            retry_after: open_for.unwrap_or_default(),
        })
    }

    fn failed(&self, permit: Permit, reason: &str) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        permit.failed();
    }

    fn held_back(&self, open: Open) -> Failure {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.as_deref().unwrap_or("it did not answer");
        let seconds = open.retry_after.as_secs().saturating_add(1);
        let message = format!(
            "the router is left alone for {seconds} s, because it failed several times in a row: {last}"
        );
        Failure::HeldBack(GatewayError::new(Kind::Unreachable, message))
    }
}
