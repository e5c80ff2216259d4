//! Cases that tell what happened to the money of an invoice: payments that come late, twice or are taken back, promises,
//! and whether the account is behind then.

use anyhow::{Context, Result, bail};
use billing::{
    Application, Books, CreditId, Debt, DunningPolicy, Heard, Interval, IntervalUnit, InvoiceFact,
    Ladder, Level, Measure, OpenAmount, Pause, PausePolicy, PayOrder, Payment, PaymentStatus,
    Phase, Procedure, Promise, Refund, Schedule, SettledPayment, Timeline, last_day_to_pay,
    level_of, next_due,
};
use chrono::{Datelike, Days, NaiveDate};
use kernel::{InvoiceId, Money, PaymentId};
use serde_json::Value;

use super::Told;
use crate::case::Case;
use crate::given::Given;
use crate::themes::billing_facts::{Desk, every, id, plan_named, usd};
use crate::themes::payments::{asked_for, paid, reverse, undo_reversal};

/// What came out of such a case; `None` for another.
pub(super) fn told(case: &Case) -> Result<Option<Told>> {
    let given = Given(&case.input);
    let expects = Given(&case.expected).names();
    let mut told = Told::new();
    match given.names()[..] {
        ["invoice"] => told_invoice(&mut told, given.text("invoice")?)?,
        ["refund"] => told_refund(&mut told, given.text("refund")?)?,
        ["event"] => told_events(&mut told, &[given.text("event")?], &expects)?,
        ["events"] => {
            let events = given.list("events")?;
            let events: Result<Vec<_>> = events.iter().map(|it| it.as_text()).collect();
            told_events(&mut told, &events?, &expects)?;
        }
        ["deliveries"] => {
            let times = usize::try_from(given.whole("deliveries")?)?;
            told_events(&mut told, &vec!["settled"; times], &expects)?;
        }
        ["dispute", "refund"] => disputed(&mut told, given)?,
        ["limit", "promise"] => promised(&mut told, given)?,
        ["due_days", "grace_days"] => delinquent(&mut told, given)?,
        ["billing_day", "payment_due_days"] => blocked(&mut told, given)?,
        ["plan_days"] => used_up(&mut told, given)?,
        _ => return Ok(None),
    }
    Ok(Some(told))
}

/// An invoice of long ago, and the payment that may pay it.
struct Scene {
    books: Books,
    life: Payment,
    bill: InvoiceFact,
    /// The events that changed something.
    settlements: usize,
}

const ISSUED: &str = "2026-01-01";
const TODAY: &str = "2026-06-01";

impl Scene {
    fn new(minor: i64) -> Result<Self> {
        let due_on = date(ISSUED)?
            .succ_opt()
            .context("the end of the calendar")?;
        let bill = InvoiceFact {
            invoice: id(1)?,
            issued_on: date(ISSUED)?,
            due_on,
            number: 1,
            net: usd(minor)?,
            tax: usd(0)?,
        };
        Ok(Self {
            books: Books::new(Application::Automatic, PayOrder::default()),
            life: asked_for(payment()?, id(1)?, usd(minor)?)?,
            bill,
            settlements: 0,
        })
    }

    fn issued(minor: i64) -> Result<Self> {
        let mut scene = Self::new(minor)?;
        scene.books.issue(scene.bill)?;
        Ok(scene)
    }

    fn invoice(&self) -> InvoiceId {
        self.bill.invoice
    }

    /// The money that a provider or a cashier reports.
    fn settle(&mut self) -> Result<()> {
        if self.life.settle(paid(self.bill.net)?)? == Heard::News {
            self.settlements += 1;
            self.books.settle(SettledPayment {
                payment: payment()?,
                amount: self.bill.net,
                settled_as: None,
                meant_for: None,
            })?;
        }
        Ok(())
    }

    fn chargeback(&mut self) -> Result<()> {
        if reverse(&mut self.life)? {
            self.books.reverse(payment()?)?;
        }
        Ok(())
    }

    /// A provider says that no money comes. What it changes takes the money away that was here.
    fn fail(&mut self) -> Result<()> {
        let was_here = self.life.status() == PaymentStatus::Settled;
        if self.life.fail("declined")? == Heard::News && was_here {
            self.books.reverse(payment()?)?;
        }
        Ok(())
    }

    /// Nobody knows whether the money comes.
    fn expect_pending(&self) -> Result<()> {
        match self.life.status() {
            PaymentStatus::Pending => Ok(()),
            other => bail!("the payment is {}", other.as_str()),
        }
    }

    /// What an event does, by the words of the sources.
    fn hear(&mut self, event: &str) -> Result<()> {
        let whole = self.bill.net;
        match event {
            _ if event.contains("chargeback") || event.contains("dispute") => {
                // Nothing to take back before anything came.
                if self.settlements == 0 {
                    self.settle()?;
                }
                self.chargeback()
            }
            _ if event.contains("pending") || event.contains("in flight") => self.expect_pending(),
            _ if event.contains("failed") || event.contains("failure") => self.fail(),
            _ if event.contains("reinstated") || event.contains("won") => {
                if undo_reversal(&mut self.life)? {
                    self.books.undo_reversal(payment()?)?;
                }
                Ok(())
            }
            "item adjustment" => self.credit_note(whole),
            _ if event.contains("amended down") => self.credit_note(usd(whole.minor() / 4)?),
            "credit" => Ok(self.books.grant(id::<billing::CreditKind>(2)?, whole)?),
            _ if event.contains("payment") || event.contains("settled") || event == "succeeded" => {
                self.settle()
            }
            _ => bail!("an event called {event}"),
        }
    }

    fn credit_note(&mut self, amount: Money) -> Result<()> {
        let note: CreditId = id(3)?;
        self.books
            .credit_note(note, self.invoice(), (amount, usd(0)?))?;
        Ok(())
    }

    fn state(&self) -> Result<&'static str> {
        let due = self.books.due(self.invoice())?;
        Ok(if due.is_positive() { "unpaid" } else { "paid" })
    }

    /// Whether the account is behind, as other systems call it.
    fn standing(&self) -> Result<&'static str> {
        let debts = self.books.debts(self.bill.net.currency())?;
        let open = debts.iter().map(|it| OpenAmount {
            due_on: it.due_on,
            due: it.due,
        });
        let open: Vec<_> = open.collect();
        let procedure = Procedure::of_policy(DunningPolicy::STANDARD)?;
        let level = level_of(&open, date(TODAY)?, &procedure)?;
        Ok(match level {
            Level::Clear => "CLEAR",
            Level::Overdue | Level::Restricted | Level::Suspended => "OD",
        })
    }
}

fn date(text: &str) -> Result<NaiveDate> {
    text.parse().with_context(|| text.to_owned())
}

fn payment() -> Result<PaymentId> {
    id(7)
}

fn told_invoice(told: &mut Told, word: &str) -> Result<()> {
    let mut scene = Scene::new(1_000)?;
    match word {
        "draft" => scene.books.draft(scene.bill)?,
        "issued" | "committed" => scene.books.issue(scene.bill)?,
        "voided" | "void" => {
            scene.books.issue(scene.bill)?;
            scene.books.void(scene.invoice())?;
        }
        _ => bail!("an invoice that is {word}"),
    }
    told.insert("state".into(), scene.standing()?.into());
    Ok(())
}

fn told_refund(told: &mut Told, word: &str) -> Result<()> {
    let kind = match word {
        "no adjustment" | "without adjustment" => Refund::Reopening,
        "adjustment" | "with adjustment" | "item adjustment" => Refund::Adjusting,
        _ => bail!("a refund {word}"),
    };
    let mut scene = Scene::issued(1_000)?;
    scene.settle()?;
    scene.books.refund(payment()?, None, kind)?;
    told.insert("state".into(), scene.standing()?.into());
    Ok(())
}

/// Events one after the other; where they are about dunning, each of them by itself.
fn told_events(told: &mut Told, events: &[&str], expects: &[&str]) -> Result<()> {
    let about_dunning = [
        "external payment",
        "credit",
        "item adjustment",
        "chargeback",
    ];
    let each = events.iter().all(|it| about_dunning.contains(it));
    if each && expects == ["state"] && !events.contains(&"settled") {
        let mut states = Vec::new();
        for event in events {
            let mut scene = Scene::issued(1_000)?;
            scene.hear(event)?;
            states.push(scene.standing()?);
        }
        states.dedup();
        let [state] = states[..] else {
            bail!("the events lead to {states:?}");
        };
        told.insert("state".into(), state.into());
        return Ok(());
    }
    let mut scene = Scene::issued(1_000)?;
    let mut states = Vec::new();
    for event in events {
        scene.hear(event)?;
        states.push(Value::from(scene.state()?));
    }
    told.insert("state".into(), scene.state()?.into());
    told.insert("states".into(), states.into());
    told.insert("settlements".into(), scene.settlements.into());
    let credit = scene.books.credit(scene.bill.net.currency())?;
    let place = if credit.is_positive() {
        "customer balance"
    } else {
        "nowhere"
    };
    told.insert("excess".into(), place.into());
    Ok(())
}

/// A refund, a dispute about all the rest, and the dispute won.
fn disputed(told: &mut Told, given: Given) -> Result<()> {
    let (dispute, refund) = (given.minor("dispute", 2)?, given.minor("refund", 2)?);
    let mut scene = Scene::issued(dispute + refund)?;
    scene.settle()?;
    let refund = usd(refund)?;
    scene
        .books
        .refund(payment()?, Some(refund), Refund::Reopening)?;
    scene.chargeback()?;
    let disputed = scene.books.due(scene.invoice())?.minor();
    scene.hear("reinstated")?;
    let reinstated = scene.books.due(scene.invoice())?.minor();
    told.insert("amount_due".into(), Value::from(vec![disputed, reinstated]));
    Ok(())
}

/// Days are told as month and day, of any year.
fn promised(told: &mut Told, given: Given) -> Result<()> {
    let day = |name| date(&format!("2026-{}", given.text(name)?));
    let (limit, until) = (day("limit")?, day("promise")?);
    let promise = Promise::new(limit.min(until), until, Level::Overdue)?;
    let last = last_day_to_pay(limit, Some(&promise));
    told.insert("limit".into(), last.format("%m-%d").to_string().into());
    Ok(())
}

/// Two numbers of days are told as letters: what holds for many numbers is told in letters again.
fn delinquent(told: &mut Told, given: Given) -> Result<()> {
    let (due, grace) = (given.text("due_days")?, given.text("grace_days")?);
    let issued = date(ISSUED)?;
    let mut holds = true;
    for (due_days, grace_days) in [(0_u16, 0_u16), (7, 0), (0, 3), (10, 5), (30, 14)] {
        let due_on = issued + Days::new(due_days.into());
        let open = [OpenAmount {
            due_on,
            due: usd(1_000)?,
        }];
        let policy = DunningPolicy {
            grace_days,
            suspend_after_days: 365,
            tolerance_minor: 0,
        };
        let procedure = Procedure::of_policy(policy)?;
        let beyond = |it: NaiveDate| -> Result<bool> {
            Ok(level_of(&open, it, &procedure)? >= Level::Restricted)
        };
        let last = due_on + Days::new(grace_days.into());
        holds &= !beyond(last)? && beyond(last + Days::new(1))?;
    }
    let after = if holds {
        format!("invoice date + {due} + {grace}")
    } else {
        "another day".to_owned()
    };
    told.insert("delinquent_after".into(), after.into());
    Ok(())
}

/// Blocked so many days after the invoice, as an option; charged meanwhile, as another.
fn blocked(told: &mut Told, given: Given) -> Result<()> {
    let bill_day = given.whole("billing_day")?;
    let first = u32::try_from(bill_day)?;
    let issued_on = date(ISSUED)?
        .with_day(first)
        .context("a day of the month")?;
    let ladder = Ladder::new(
        Measure::DaysSinceIssue,
        vec![given.whole("payment_due_days")?],
        0,
    )?;
    let open = [Debt {
        issued_on,
        due_on: issued_on,
        due: usd(1_000)?,
    }];
    let mut days = issued_on.iter_days().take(400);
    let blocked = days.find(|it| ladder.reached(&open, *it).is_ok_and(|rungs| rungs > 0));
    let blocked = blocked.context("never blocked")?;
    told.insert("blocked_on_day".into(), blocked.day().into());
    let price = usd(1_000)?;
    let mut timeline = Timeline::of_plan(
        every(Interval::MONTH, issued_on, bill_day)?,
        vec![Phase::of(issued_on, plan_named("plan")?, price)],
    );
    timeline.pauses.push(Pause {
        from: blocked,
        until: None,
        policy: PausePolicy::Keep,
    });
    let next = next_due(&timeline, blocked).context("nothing more is due")?;
    let mut desk = Desk::new(vec![timeline])?;
    desk.bill(issued_on)?;
    let charged = desk.bill(next)?.is_some_and(|it| it.total == price);
    told.insert("charged_while_blocked".into(), charged.into());
    Ok(())
}

/// Days that are paid ahead are used up when their period is over.
fn used_up(told: &mut Told, given: Given) -> Result<()> {
    let interval = Interval::new(
        IntervalUnit::Days,
        u16::try_from(given.whole("plan_days")?)?,
    )?;
    let start = date(ISSUED)?;
    let paid = Schedule::new(start, interval, None).containing(start);
    let until = paid.context("no period")?.part.end;
    let days = until.signed_duration_since(start).num_days();
    told.insert("blocked_after_days".into(), days.into());
    Ok(())
}
