//! What the product tells the world: new invoices, changes of terms, and whose affairs moved.

use kernel::{AccountId, EventRow, InvoiceId, LocalDate, PlanId, SubscriptionId};
use serde::de::DeserializeOwned;

use super::Life;
use crate::conduct;

impl Life {
    /// Hears everything that was told since the last time.
    pub(super) fn take_note(&mut self, day: LocalDate) {
        for event in self.carrier.take_news() {
            self.hear(day, &event);
        }
    }

    fn hear(&mut self, day: LocalDate, event: &EventRow) {
        let subscription: Option<SubscriptionId> = said(event, "subscription");
        let invoice: Option<InvoiceId> = said(event, "invoice");
        let account = said(event, "account")
            .or_else(|| self.owners.get(&subscription?).copied())
            .or_else(|| self.issued.get(&invoice?).map(|it| it.account));
        let Some(account) = account else { return };
        self.touched.insert(account);
        let what = format!("{} {}", event.name, event.body);
        self.trail.note(account, day, what);
        if event.name == "billing.invoice_issued" {
            self.summary.invoices += 1;
        }
        if matches!(
            event.name.as_str(),
            "billing.invoice_issued" | "billing.invoice_reopened"
        ) {
            self.answer(account, event, day);
        }
        if event.name == "billing.level_changed" {
            let is_cut = said(event, "level").is_some_and(|it: String| it == "suspended");
            self.known.entry(account).or_default().owes(is_cut, day);
        }
        if let Some(subscription) = subscription {
            self.hear_of(subscription, account, event, day);
        }
    }

    fn hear_of(
        &mut self,
        id: SubscriptionId,
        account: AccountId,
        event: &EventRow,
        day: LocalDate,
    ) {
        // What is sold beside a plan changes no plan.
        let plan: Option<PlanId> = said(event, "plan");
        let plan = plan.filter(|it| *it != self.provider.add_on.0);
        let known = self.known.entry(account).or_default();
        match (event.name.as_str(), plan) {
            ("billing.subscribed", Some(plan)) => {
                self.owners.insert(id, account);
                known.agrees(id, plan, said(event, "starts_on").unwrap_or(day));
            }
            ("billing.plan_changed", Some(plan)) => {
                known.agrees(id, plan, said(event, "from").unwrap_or(day));
            }
            ("billing.change_scheduled", Some(plan)) => {
                known.schedules(id, plan, said(event, "from").unwrap_or(day));
            }
            ("billing.change_dropped" | "billing.subscription_cancelled", _) => known.drops(id),
            ("billing.subscription_suspended", _) => known.rests(id, true, day),
            ("billing.subscription_resumed", _) => known.rests(id, false, day),
            _ => {}
        }
    }

    /// Whoever gets an invoice decides when to pay it.
    fn answer(&mut self, account: AccountId, event: &EventRow, day: LocalDate) {
        let person = self.by_account.get(&account);
        let person = person.and_then(|it| self.people.get(it)).copied();
        if let (Some(invoice), Some(person)) = (said(event, "invoice"), person) {
            let (diary, chance) = (&mut self.diary, &self.chance);
            conduct::answer_invoice(diary, chance, &person, invoice, day);
            if event.name == "billing.invoice_issued" {
                conduct::correct_invoice(diary, chance, &person, invoice, day);
            }
        }
    }
}

/// A field of an event's body, if it is there and means that.
fn said<T: DeserializeOwned>(event: &EventRow, field: &str) -> Option<T> {
    serde_json::from_value(event.body.get(field)?.clone()).ok()
}
