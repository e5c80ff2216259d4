//! Whole lives: however rarely billing runs, it comes to the same, and never contradicts itself.

use chrono::Days;
use kernel::LocalDate;
use proptest::prelude::{
    Strategy, TestCaseError, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::strategy::Just;

use super::book::Book;
use super::{day, new, plan};
use crate::overdue::Level;
use crate::subscription::{At, Ending, Subscription};

const DAYS: u64 = 220;

/// What happens on some day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Suspend,
    Resume,
    Upgrade,
    /// To another plan of the same price.
    Sidestep,
    Downgrade,
    DropChange,
    Cancel(At),
    Owe(Level),
}

struct Life {
    book: Book,
    level: Level,
    plans: u64,
    price: i64,
}

impl Life {
    fn begin(bill_day: Option<u8>, price: i64) -> Self {
        let order = new(start(), bill_day);
        let subscription = Subscription::start(order, &plan(1, price), start()).unwrap();
        Self {
            book: Book::of(subscription),
            level: Level::Clear,
            plans: 1,
            price,
        }
    }

    /// A refusal is as good as any other answer here.
    fn act(&mut self, act: Act, today: LocalDate) -> Result<(), TestCaseError> {
        let it = &mut self.book.subscription;
        match act {
            Act::Suspend => {
                let _ = it.suspend("travels", today);
            }
            Act::Resume => {
                let _ = it.resume(At::Now, today);
            }
            Act::DropChange => {
                let _ = it.change_plan(&plan(self.plans, self.price), At::Now, today);
            }
            Act::Cancel(when) => it.cancel(Ending::at(when), today).unwrap(),
            Act::Owe(level) => self.level = level,
            Act::Upgrade => self.change(self.price + 33_330, At::Now, today)?,
            Act::Sidestep => self.change(self.price, At::Now, today)?,
            Act::Downgrade => self.change((self.price - 50_000).max(1), At::PeriodEnd, today)?,
        }
        self.book.evaluate(self.level, today);
        Ok(())
    }

    /// A change that takes effect now is invoiced at once, as the use case does.
    fn change(&mut self, minor: i64, when: At, today: LocalDate) -> Result<(), TestCaseError> {
        let next = plan(self.plans + 1, minor);
        let changed = self.book.subscription.change_plan(&next, when, today);
        if changed.is_err() {
            return Ok(());
        }
        self.plans += 1;
        self.price = self.price.max(minor);
        if when == At::Now {
            self.bill(today)?;
        }
        Ok(())
    }

    fn bill(&mut self, today: LocalDate) -> Result<i64, TestCaseError> {
        let billed = self.book.bill(self.level, today);
        billed.map_err(|err| TestCaseError::fail(format!("{err} on {today}")))
    }
}

fn start() -> LocalDate {
    day("2026-01-20")
}

/// Lives through the acts and bills on some days and on the last one; returns what was billed in all.
fn live(
    mut life: Life,
    acts: &[(u64, Act)],
    bills_on: impl Fn(u64) -> bool,
) -> Result<i64, TestCaseError> {
    for offset in 0..=DAYS {
        let today = start() + Days::new(offset);
        for (_, act) in acts.iter().filter(|(on, _)| *on == offset) {
            life.act(*act, today)?;
        }
        if offset == DAYS || bills_on(offset) {
            life.bill(today)?;
            prop_assert_eq!(life.bill(today)?, 0, "again on {}", today);
        }
    }
    Ok(life.book.net())
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::Suspend),
        Just(Act::Resume),
        Just(Act::Resume),
        Just(Act::Upgrade),
        Just(Act::Sidestep),
        Just(Act::Downgrade),
        Just(Act::DropChange),
        Just(Act::Cancel(At::Now)),
        Just(Act::Cancel(At::PeriodEnd)),
    ]
}

fn any_debt() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::Owe(Level::Clear)),
        Just(Act::Owe(Level::Restricted)),
        Just(Act::Owe(Level::Suspended)),
    ]
}

fn sorted<A: Clone>(acts: &[(u64, A)]) -> Vec<(u64, A)> {
    let mut acts = acts.to_vec();
    acts.sort_by_key(|(on, _)| *on);
    acts
}

proptest! {
    #[test]
    fn rare_runs_come_to_the_same_as_daily_ones(
        acts in proptest::collection::vec((0_u64..200, prop_oneof![any_act(), any_debt()]), 0..9),
        bill_day in proptest::option::of(1_u8..=31),
        price in 1_i64..1_000_000,
        runs in proptest::collection::btree_set(0_u64..DAYS, 0..12),
    ) {
        let acts = sorted(&acts);
        let daily = live(Life::begin(bill_day, price), &acts, |_| true)?;
        let rare = live(Life::begin(bill_day, price), &acts, |it| runs.contains(&it))?;
        // A change cuts a period in two: charging a part and taking the rest back round on different lines.
        let most = i64::try_from(acts.len()).unwrap();
        prop_assert!((daily - rare).abs() <= most, "{} and {}", daily, rare);
    }

    #[test]
    fn no_life_makes_the_books_contradict_themselves(
        acts in proptest::collection::vec((0_u64..200, prop_oneof![any_act(), any_debt()]), 0..14),
        bill_day in proptest::option::of(1_u8..=31),
        price in 1_i64..1_000_000,
        runs in proptest::collection::btree_set(0_u64..DAYS, 0..40),
    ) {
        live(Life::begin(bill_day, price), &sorted(&acts), |it| runs.contains(&it))?;
    }
}
