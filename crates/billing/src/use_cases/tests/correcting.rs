//! Credit notes, voids and write-offs: debt, credit and access follow in the same transaction, and nothing happens twice.

use kernel::{AccountId, InvoiceId, PageRequest, PlanId};

use super::{Desk, Sold, day, kes, line, lines, told};
use crate::account::AgreedDiscount;
use crate::correct::NotCredited;
use crate::credit::CreditBy;
use crate::credit_note::{CreditPart, CreditRefusal, CreditRequest};
use crate::entity::{EntityPricing, TaxCode};
use crate::invoice::{CorrectionRefusal, Settlement};
use crate::ledger::LedgerAccount;
use crate::overdue::Level;
use crate::plan::{Charging, NewPlan};
use crate::ports::BillingQueries;
use crate::pricing::{DatedTaxes, DiscountAmount, TaxRule, TaxTable};
use crate::subscription::{At, Ending, Unused};
use crate::use_cases::agree_discount::agree_discount;
use crate::use_cases::credit_invoice::{CorrectInvoiceError, CreditInvoice, credit_invoice};
use crate::use_cases::define_taxes::define_taxes;
use crate::use_cases::void_invoice::{VoidInvoice, void_invoice};
use crate::use_cases::write_off_invoice::{WriteOffInvoice, write_off_invoice};
use crate::views::{NoteFilter, NoteView};

impl Desk {
    pub(super) fn credit_order(
        &self,
        invoice: InvoiceId,
        requests: Vec<CreditRequest>,
    ) -> CreditInvoice {
        CreditInvoice {
            id: self.ids().next(),
            invoice,
            requests,
            reason: " three days without a line ".to_owned(),
        }
    }

    pub(super) async fn credit(&self, order: CreditInvoice) -> Result<(), CorrectInvoiceError> {
        credit_invoice(&self.store, &self.clock, &self.scope, order).await
    }

    pub(super) async fn void(&self, invoice: InvoiceId) -> Result<(), CorrectInvoiceError> {
        let order = VoidInvoice {
            id: self.ids().next(),
            invoice,
            reason: "issued to the wrong customer".to_owned(),
        };
        void_invoice(&self.store, &self.clock, &self.scope, order).await
    }

    pub(super) async fn write_off(&self, invoice: InvoiceId) -> Result<(), CorrectInvoiceError> {
        let reason = "moved away".to_owned();
        let order = WriteOffInvoice { invoice, reason };
        write_off_invoice(&self.store, &self.clock, &self.scope, order).await
    }

    pub(super) async fn notes(&self, invoice: Option<InvoiceId>) -> Vec<NoteView> {
        let filter = NoteFilter {
            account: None,
            invoice,
        };
        let page = PageRequest::new(200, None);
        let notes = self.store.credit_notes(self.scope.tenant, filter, page);
        notes.await.unwrap().items
    }

    /// What the books say that everybody owes.
    pub(super) fn owed(&self) -> i64 {
        self.booked(LedgerAccount::Receivable)
    }

    pub(super) fn booked(&self, account: LedgerAccount) -> i64 {
        let postings = self.store.postings(self.scope.tenant);
        let entries = postings.iter().flat_map(|it| it.entries());
        let own = entries.filter(|it| it.account == account);
        own.map(|it| it.amount.minor()).sum()
    }

    /// 16 % on everything from the first day on.
    pub(super) async fn tax(&self) {
        self.price(true, false).await;
    }

    /// 16 % on everything, or nothing; by credit notes in any case, or by negative lines where that can be.
    pub(super) async fn price(&self, taxed: bool, by_note: bool) {
        let standard: TaxCode = "standard".parse().unwrap();
        let list = DatedTaxes {
            from: day("2026-01-01"),
            until: None,
            rules: vec![TaxRule::new("VAT", "16%".parse().unwrap()).unwrap()],
        };
        let mut pricing = EntityPricing::PLAIN;
        if by_note {
            pricing.give_back = CreditBy::CreditNote;
        }
        if taxed {
            pricing.usual = Some(standard.clone());
            pricing.taxes = [(standard, TaxTable::new(vec![list]).unwrap())].into();
        }
        let entities = self.store.entities(self.scope.tenant).await.unwrap();
        define_taxes(&self.store, &self.scope, entities[0].id, pricing)
            .await
            .unwrap();
    }

    /// A tenth off so many invoices.
    pub(super) async fn take_off(&self, account: AccountId, times: u32) {
        let new = AgreedDiscount {
            id: self.ids().next(),
            name: "Welcome".to_owned(),
            subscription: None,
            amount: DiscountAmount::Percent("10%".parse().unwrap()),
            from: day("2026-01-01"),
            until: None,
            times: Some(times),
            used: 0,
            used_on: Vec::new(),
            reason: "new here".to_owned(),
        };
        agree_discount(&self.store, &self.clock, &self.scope, account, new)
            .await
            .unwrap();
    }

    /// Puts a subscription on another plan from today on; what that brings is left to the next bill.
    async fn decide(&self, sold: Sold, plan: PlanId, today: &str) {
        let mut tx = self.tx().await;
        tx.accounts().lock(sold.account).await.unwrap();
        let plan = tx.plans().find(plan).await.unwrap().unwrap();
        let mut changed = tx.subscriptions().find(sold.id).await.unwrap().unwrap();
        changed.change_plan(&plan, At::Now, day(today)).unwrap();
        tx.subscriptions().save(&mut changed).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn unpaid(desk: &Desk) -> (Sold, InvoiceId) {
    let sold = desk.sell(300_000).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    (sold, invoice.id)
}

#[tokio::test]
async fn what_was_paid_for_a_credited_part_pays_what_is_open() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, first) = unpaid(&desk).await;
    desk.pay(sold.account, 300_000).await;
    desk.go_to("2026-12-01");
    let second = desk.bill(sold.account).await.unwrap().id;
    let part = CreditPart::Amount(kes(50_000));
    let order = desk.credit_order(first, vec![(0, part).into()]);
    desk.credit(order.clone()).await.unwrap();
    let first = desk.invoice(first).await;
    assert_eq!(
        (first.credited, first.allocated),
        (kes(50_000), kes(250_000))
    );
    assert_eq!(first.settlement, Settlement::Paid);
    assert_eq!(desk.invoice(second).await.due, kes(250_000), "oldest first");
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(250_000), kes(0)));
    assert_eq!(desk.owed(), 250_000);
    let notes = desk.notes(Some(first.id)).await;
    assert_eq!(
        (notes.len(), notes[0].number.as_str()),
        (1, "INV-CN-000001")
    );
    let heard = desk.heard();
    desk.credit(order.clone()).await.unwrap();
    assert_eq!(desk.heard(), heard, "the same id is the same note");
    let other = CreditInvoice {
        reason: "something else".to_owned(),
        ..order
    };
    let refused = desk.credit(other).await.unwrap_err();
    assert!(matches!(refused, CorrectInvoiceError::OtherContent));
    let told = &desk.events_named("billing.credit_note_issued")[0];
    assert_eq!(told.body["reason"], "three days without a line");
}

#[tokio::test]
async fn crediting_the_debt_gives_access_back_in_the_same_transaction() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, invoice) = unpaid(&desk).await;
    desk.go_to("2026-11-20");
    desk.evaluate(sold.account).await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    desk.credit(desk.credit_order(invoice, Vec::new()))
        .await
        .unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    assert_eq!(desk.told(sold).last(), Some(&told("active", 3)));
    let refused = desk.credit(desk.credit_order(invoice, Vec::new())).await;
    assert!(matches!(
        refused,
        Err(CorrectInvoiceError::NotCredited(NotCredited::Refused(
            CreditRefusal::NothingLeft
        )))
    ));
    assert_eq!(desk.bill(sold.account).await, None, "its days stay billed");
}

#[tokio::test]
async fn a_voided_invoice_keeps_its_number_and_its_days_are_billed_again() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, invoice) = unpaid(&desk).await;
    desk.go_to("2026-11-03");
    desk.void(invoice).await.unwrap();
    let voided = desk.invoice(invoice).await;
    assert_eq!(
        (voided.number.as_str(), voided.voided_on),
        ("INV-000001", Some(day("2026-11-03")))
    );
    assert_eq!((voided.due, voided.credited), (kes(0), kes(300_000)));
    assert_eq!(desk.notes(Some(invoice)).await[0].total, kes(300_000));
    assert_eq!(desk.owed(), 0);
    let again = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&again), [line("2026-11-01", "2026-12-01", 300_000)]);
    assert_eq!(desk.bill(sold.account).await, None);
    let refused = desk.void(invoice).await.unwrap_err();
    let on = day("2026-11-03");
    assert!(matches!(
        refused,
        CorrectInvoiceError::Refused(CorrectionRefusal::Voided { on: it }) if it == on
    ));
    desk.pay(sold.account, 100).await;
    let refused = desk.void(again.id).await.unwrap_err();
    assert!(matches!(
        refused,
        CorrectInvoiceError::Refused(CorrectionRefusal::Paid { paid }) if paid == kes(100)
    ));
    assert_eq!(desk.owed(), 299_900);
}

#[tokio::test]
async fn debt_that_is_written_off_cuts_nobody_off() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, invoice) = unpaid(&desk).await;
    desk.pay(sold.account, 100_000).await;
    desk.go_to("2026-11-20");
    desk.evaluate(sold.account).await;
    desk.write_off(invoice).await.unwrap();
    let view = desk.invoice(invoice).await;
    assert_eq!(
        (view.written_off, view.allocated),
        (kes(200_000), kes(100_000))
    );
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    assert_eq!(desk.owed(), 0);
    assert_eq!(desk.booked(LedgerAccount::BadDebt), 200_000);
    let told = &desk.events_named("billing.debt_written_off")[0];
    assert_eq!(
        (&told.body["reason"], &told.body["amount"]["amount_minor"]),
        (&"moved away".into(), &200_000.into())
    );
    let refused = desk.write_off(invoice).await.unwrap_err();
    assert!(matches!(
        refused,
        CorrectInvoiceError::Refused(CorrectionRefusal::NothingDue)
    ));
}

#[tokio::test]
async fn a_reason_must_be_given() {
    let desk = Desk::opened("2026-11-01").await;
    let (_, invoice) = unpaid(&desk).await;
    let order = CreditInvoice {
        reason: "  ".to_owned(),
        ..desk.credit_order(invoice, Vec::new())
    };
    let refused = desk.credit(order).await.unwrap_err();
    assert!(matches!(refused, CorrectInvoiceError::Reason { length: 0 }));
    assert!(desk.notes(None).await.is_empty());
}

#[tokio::test]
async fn a_cheaper_price_from_today_on_gives_the_rest_back_by_credit_note() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, first) = unpaid(&desk).await;
    desk.pay(sold.account, 300_000).await;
    desk.go_to("2026-11-16");
    let cheaper = desk.plan(100_000).await;
    desk.decide(sold, cheaper, "2026-11-16").await;
    let charged = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&charged), [line("2026-11-16", "2026-12-01", 50_000)]);
    assert_eq!(
        charged.settlement,
        Settlement::Paid,
        "with what is given back"
    );
    let notes = desk.notes(Some(first)).await;
    assert_eq!((notes.len(), notes[0].total), (1, kes(150_000)));
    assert_eq!(notes[0].lines[0].days[0].start, day("2026-11-16"));
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(0), kes(100_000)));
    assert_eq!(desk.owed(), 0);
    assert_eq!(
        desk.bill(sold.account).await,
        None,
        "nothing is given back twice"
    );
    desk.go_to("2026-12-01");
    let december = desk.bill(sold.account).await.unwrap();
    assert_eq!(
        lines(&december),
        [line("2026-12-01", "2027-01-01", 100_000)]
    );
    assert_eq!(december.settlement, Settlement::Paid);
}

#[tokio::test]
async fn what_is_taxed_is_given_back_with_the_tax_it_was_charged_with() {
    let desk = Desk::opened("2026-11-01").await;
    desk.tax().await;
    let (sold, first) = unpaid(&desk).await;
    assert_eq!(desk.invoice(first).await.total, kes(348_000));
    desk.go_to("2026-11-16");
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, None).await.unwrap();
    let charged = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(lines(&charged), [line("2026-11-16", "2026-12-01", 300_000)]);
    assert_eq!(
        (charged.figures.tax, charged.total),
        (kes(48_000), kes(348_000))
    );
    let notes = desk.notes(Some(first)).await;
    assert_eq!((notes[0].net, notes[0].tax), (kes(150_000), kes(24_000)));
    let account = desk.account(sold.account).await;
    assert_eq!(account.due, kes(174_000 + 348_000));
    assert_eq!(desk.owed(), 522_000);
    assert_eq!(desk.booked(LedgerAccount::Tax), -72_000);
}

#[tokio::test]
async fn a_change_after_a_write_off_makes_the_loss_smaller_and_gives_no_credit() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, first) = unpaid(&desk).await;
    desk.pay(sold.account, 60_000).await;
    desk.write_off(first).await.unwrap();
    desk.go_to("2026-11-16");
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, None).await.unwrap();
    let charged = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(lines(&charged), [line("2026-11-16", "2026-12-01", 300_000)]);
    assert_eq!(charged.due, kes(300_000), "no credit for unpaid days");
    let notes = desk.notes(Some(first)).await;
    assert_eq!((notes.len(), notes[0].total), (1, kes(150_000)));
    let first = desk.invoice(first).await;
    assert_eq!(
        (first.written_off, first.credited, first.allocated),
        (kes(90_000), kes(150_000), kes(60_000))
    );
    assert_eq!(first.settlement, Settlement::Paid);
    assert_eq!(desk.booked(LedgerAccount::BadDebt), 90_000);
    assert_eq!(desk.owed(), 300_000);
    assert_eq!(desk.booked(LedgerAccount::CustomerCredit), 0);
    assert_eq!(desk.bill(sold.account).await, None);
}

#[tokio::test]
async fn a_change_after_a_write_off_of_what_was_taxed_and_credited_stops_nothing() {
    let desk = Desk::opened("2026-11-01").await;
    desk.tax().await;
    let (sold, first) = unpaid(&desk).await;
    let part = CreditPart::Amount(kes(30_000));
    let order = desk.credit_order(first, vec![(0, part).into()]);
    desk.credit(order).await.unwrap();
    desk.write_off(first).await.unwrap();
    assert_eq!(desk.booked(LedgerAccount::BadDebt), 313_200);
    desk.go_to("2026-11-16");
    let dearer = desk.plan(600_000).await;
    desk.change(sold, dearer, None).await.unwrap();
    let account = desk.account(sold.account).await;
    assert_eq!(account.parked, None);
    assert_eq!((account.due, account.credit), (kes(348_000), kes(0)));
    let first = desk.invoice(first).await;
    assert_eq!(
        (first.written_off, first.credited),
        (kes(139_200), kes(34_800 + 174_000))
    );
    assert_eq!(desk.booked(LedgerAccount::BadDebt), 139_200);
    assert_eq!(desk.owed(), 348_000);
}

#[tokio::test]
async fn what_was_written_off_can_be_voided_and_is_no_loss_then() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, invoice) = unpaid(&desk).await;
    desk.write_off(invoice).await.unwrap();
    desk.void(invoice).await.unwrap();
    assert_eq!(desk.booked(LedgerAccount::BadDebt), 0);
    assert_eq!((desk.owed(), desk.booked(LedgerAccount::Revenue)), (0, 0));
    let again = desk.bill(sold.account).await.unwrap();
    assert_eq!(again.due, kes(300_000));
}

#[tokio::test]
async fn all_that_a_chain_of_upgrades_came_to_is_given_back_by_a_note_for_each_invoice() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, first) = unpaid(&desk).await;
    desk.pay(sold.account, 300_000).await;
    desk.go_to("2026-11-11");
    let dearer = desk.plan(600_000).await;
    let second = desk.change(sold, dearer, None).await.unwrap();
    let second = second.issued.invoice.unwrap();
    desk.pay(sold.account, 200_000).await;
    desk.go_to("2026-11-21");
    let dearest = desk.plan(900_000).await;
    let third = desk.change(sold, dearest, None).await.unwrap();
    let third = third.issued.invoice.unwrap();
    let view = desk.invoice(third).await;
    assert_eq!(
        lines(&view),
        [
            line("2026-11-21", "2026-12-01", -200_000),
            line("2026-11-21", "2026-12-01", 300_000)
        ]
    );
    desk.pay(sold.account, 100_000).await;
    // Ten days at 10,000 and ten at 20,000 were used; the last ten are given back.
    let ending = Ending {
        unused: Unused::GivenBack,
        ..Ending::at(At::Now)
    };
    let notes = desk.end(sold, ending).await;
    assert_eq!(notes.len(), 2);
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(0), kes(300_000)));
    let credited = async |id| desk.invoice(id).await.credited;
    assert_eq!(credited(third).await, kes(100_000), "all that it came to");
    assert_eq!(credited(second).await, kes(200_000));
    assert_eq!(credited(first).await, kes(0));
    assert_eq!(desk.bill(sold.account).await, None);
}

#[tokio::test]
async fn what_replaces_a_voided_invoice_has_its_fee_and_its_discount_again() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = NewPlan {
        charging: Charging {
            fee: Some(kes(50_000)),
            ..Charging::AHEAD
        },
        ..desk.new_plan(300_000)
    };
    let plan = desk.offer(plan).await;
    let sold = desk.sell_as(desk.order(plan)).await;
    desk.take_off(sold.account, 1).await;
    let first = desk.bill(sold.account).await.unwrap();
    assert_eq!(
        (first.total, first.lines.len()),
        (kes(315_000), 2),
        "350,000 and 10 % off"
    );
    desk.go_to("2026-11-03");
    desk.void(first.id).await.unwrap();
    assert_eq!(desk.events_named("billing.discount_returned").len(), 1);
    let again = desk.bill(sold.account).await.unwrap();
    assert_eq!((&again.lines, again.total), (&first.lines, first.total));
    assert_eq!(desk.bill(sold.account).await, None);
    // And once more, as often as it takes.
    desk.void(again.id).await.unwrap();
    let last = desk.bill(sold.account).await.unwrap();
    assert_eq!((&last.lines, last.total), (&first.lines, first.total));
    desk.pay(sold.account, 315_000).await;
    desk.go_to("2026-12-01");
    let december = desk.bill(sold.account).await.unwrap();
    assert_eq!(december.total, kes(300_000), "each of them once");
}
