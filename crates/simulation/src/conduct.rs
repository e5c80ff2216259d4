//! How customers and operators behave: who pays when, and what changes.

use std::collections::BTreeMap;

use billing::{At, Unused};
use chrono::Days;
use kernel::{AccountId, CustomerId, InvoiceId, LocalDate, PaymentId, SubscriptionId};

use crate::chance::Chance;
use crate::life::PassDeed;

/// How somebody pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payer {
    /// Within the terms.
    Prompt,
    /// After the reminder, often after the cut.
    Late,
    /// In two parts.
    InParts,
    /// Too much, or before any invoice.
    Ahead,
    /// Not at all for months, then everything.
    Rarely,
}

const PAYERS: [Payer; 8] = [
    Payer::Prompt,
    Payer::Prompt,
    Payer::Prompt,
    Payer::Late,
    Payer::Late,
    Payer::InParts,
    Payer::Ahead,
    Payer::Rarely,
];

/// Somebody who buys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) customer: CustomerId,
    pub(crate) account: AccountId,
    pub(crate) subscription: SubscriptionId,
    pub(crate) payer: Payer,
    pub(crate) number: u32,
}

/// What part of a debt is paid, in hundredths.
pub(crate) type Part = i64;

/// Something somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A new customer signs up.
    SignUp(u32),
    /// A part of an invoice is paid.
    Pay(u32, InvoiceId, Part),
    /// Money comes without an invoice.
    PayAhead(u32),
    /// A provider tells of a payment once more.
    TellAgain(PaymentId),
    /// Money of a payment goes back.
    GiveBack(PaymentId),
    /// To another plan.
    Change(u32, usize, Option<At>),
    /// An operator stops it for now.
    Suspend(u32),
    /// And lets it go on.
    Resume(u32),
    /// In another quantity.
    Quantity(u32, u32, Option<At>),
    /// With something beside it, so many times.
    Add(u32, u32, At),
    /// Without it.
    Remove(u32, u16, At),
    /// It is cancelled.
    Cancel(u32, At, Unused),
    /// An operator agrees a discount for so many invoices.
    Discount(u32, u32),
    /// An operator corrects an invoice.
    Correct(InvoiceId, Correction),
    /// Who left comes back with a new subscription.
    ComeBack(u32),
    /// Something about prepaid passes.
    Passes(PassDeed),
    /// A router is out of reach from now on.
    Outage(usize),
    /// It is back.
    Repair(usize),
}

/// How an invoice is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Correction {
    /// Nobody expects it to be paid any more.
    WriteOff,
    /// It was a mistake: its days are billed again.
    Void,
    /// So many hundredths of its first line are given back, and the days stay billed.
    Goodwill(i64),
}

/// What will be done when.
#[derive(Debug, Default)]
pub(crate) struct Diary(BTreeMap<(LocalDate, i64, u64), Deed>, u64);

impl Diary {
    /// Minutes of a day after its sweeps and before the next.
    fn minute(chance: &Chance) -> i64 {
        chance.within(20..=1_330)
    }

    pub(crate) fn plan(&mut self, chance: &Chance, day: LocalDate, deed: Deed) {
        self.1 += 1;
        self.0.insert((day, Self::minute(chance), self.1), deed);
    }

    pub(crate) fn plan_in(&mut self, chance: &Chance, from: LocalDate, days: i64, deed: Deed) {
        let days = u64::try_from(days).unwrap_or(0);
        if let Some(day) = from.checked_add_days(Days::new(days)) {
            self.plan(chance, day, deed);
        }
    }

    /// The next deed of a day, with its minute.
    pub(crate) fn next_on(&mut self, day: LocalDate) -> Option<(i64, Deed)> {
        let entry = self.0.first_entry()?;
        let (on, minute, _) = *entry.key();
        (on <= day).then(|| (minute, entry.remove()))
    }
}

/// The payer that somebody is.
pub(crate) fn payer(chance: &Chance) -> Payer {
    *chance.one_of(&PAYERS)
}

/// Plans the payments of a new invoice.
pub(crate) fn answer_invoice(
    diary: &mut Diary,
    chance: &Chance,
    person: &Person,
    invoice: InvoiceId,
    today: LocalDate,
) {
    let pay = |part| Deed::Pay(person.number, invoice, part);
    match person.payer {
        Payer::Prompt => diary.plan_in(chance, today, chance.within(0..=7), pay(100)),
        Payer::Late => diary.plan_in(chance, today, chance.within(8..=24), pay(100)),
        Payer::InParts => {
            let first = chance.within(1..=9);
            diary.plan_in(chance, today, first, pay(chance.within(5..=95)));
            let rest = first + chance.within(0..=14);
            diary.plan_in(chance, today, rest, pay(100));
        }
        Payer::Ahead if chance.permille(300) => {
            diary.plan_in(
                chance,
                today,
                chance.within(0..=20),
                Deed::PayAhead(person.number),
            );
        }
        Payer::Ahead => diary.plan_in(chance, today, chance.within(0..=10), pay(100)),
        Payer::Rarely => diary.plan_in(chance, today, chance.within(20..=120), pay(100)),
    }
}

/// Plans what an operator may do to a new invoice. Goodwill comes when its cycle is long over; what is written off is often
/// followed by a change of plan in the same cycle.
pub(crate) fn correct_invoice(
    diary: &mut Diary,
    chance: &Chance,
    person: &Person,
    invoice: InvoiceId,
    today: LocalDate,
) {
    let correct = |how| Deed::Correct(invoice, how);
    match chance.within(0..=999) {
        0..=11 => {
            let days = chance.within(0..=20);
            diary.plan_in(chance, today, days, correct(Correction::WriteOff));
            let plan = usize::try_from(chance.within(0..=3)).unwrap_or(0);
            let change = Deed::Change(person.number, plan, Some(At::Now));
            diary.plan_in(chance, today, days + chance.within(0..=4), change);
        }
        12..=19 => {
            let days = chance.within(0..=10);
            diary.plan_in(chance, today, days, correct(Correction::Void));
        }
        20..=34 => {
            let (days, part) = (chance.within(40..=70), chance.within(1..=100));
            diary.plan_in(chance, today, days, correct(Correction::Goodwill(part)));
        }
        _ => {}
    }
}

/// Plans what may happen to a subscription within the next month.
pub(crate) fn look_ahead(
    diary: &mut Diary,
    chance: &Chance,
    person: &Person,
    plans: usize,
    today: LocalDate,
) {
    let number = person.number;
    let soon = || chance.within(1..=27);
    if chance.permille(60) {
        let plan = usize::try_from(chance.within(0..=3)).unwrap_or(0) % plans.max(1);
        let when = *chance.one_of(&[None, Some(At::Now), Some(At::PeriodEnd)]);
        diary.plan_in(chance, today, soon(), Deed::Change(number, plan, when));
        if chance.permille(200) {
            // Twice on the same day, or a change of mind before it takes effect.
            let other = (plan + 1) % plans.max(1);
            diary.plan_in(chance, today, soon(), Deed::Change(number, other, when));
        }
    }
    if chance.permille(30) {
        let quantity = u32::try_from(chance.within(1..=3)).unwrap_or(1);
        let when = *chance.one_of(&[None, Some(At::Now), Some(At::PeriodEnd)]);
        let deed = Deed::Quantity(number, quantity, when);
        diary.plan_in(chance, today, soon(), deed);
    }
    if chance.permille(20) {
        let when = *chance.one_of(&[At::Now, At::Now, At::PeriodEnd]);
        let quantity = u32::try_from(chance.within(1..=2)).unwrap_or(1);
        diary.plan_in(chance, today, soon(), Deed::Add(number, quantity, when));
        let component = u16::try_from(chance.within(1..=2)).unwrap_or(1);
        let days = chance.within(0..=90);
        let deed = Deed::Remove(number, component, when);
        diary.plan_in(chance, today, days, deed);
    }
    if chance.permille(25) {
        let from = soon();
        diary.plan_in(chance, today, from, Deed::Suspend(number));
        diary.plan_in(
            chance,
            today,
            from + chance.within(0..=70),
            Deed::Resume(number),
        );
    }
    if chance.permille(15) {
        let when = *chance.one_of(&[At::Now, At::PeriodEnd]);
        let unused = *chance.one_of(&[Unused::Charged, Unused::GivenBack]);
        let from = soon();
        diary.plan_in(chance, today, from, Deed::Cancel(number, when, unused));
        if chance.permille(400) {
            diary.plan_in(
                chance,
                today,
                from + chance.within(0..=60),
                Deed::ComeBack(number),
            );
        }
    }
}
