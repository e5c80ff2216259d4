//! Promises about what corrects invoices, and about prices with taxes.

use kernel::{AccountId, CreditNoteId, InvoiceId, PageRequest};

use super::{World, day, kes, month, noon};
use crate::account::AgreedDiscount;
use crate::allocation::Allocation;
use crate::correct::{Crediting, Original, Turned, credit};
use crate::credit_note::{
    CreditNoteKind, CreditPart, CreditRequest, CreditedPiece, IssuedNote, NoteDraft,
};
use crate::difference::LineRef;
use crate::entity::{EntityPricing, LegalEntity, TaxCode};
use crate::invoice::{Invoice, InvoiceDraft, Line};
use crate::payment::{NewPayment, Payment, PaymentMethod};
use crate::pricing::{
    DatedTaxes, Discount, DiscountAmount, Priced, TaxRule, TaxTable, Taxable, price,
};
use crate::views::NoteFilter;

impl World<'_> {
    pub(super) async fn correction_promises(&self) {
        self.taxes_read_back_as_they_were_defined().await;
        self.an_invoice_with_taxes_reads_back().await;
        self.discounts_of_an_account_are_kept().await;
        self.a_note_reads_back_as_it_was_issued().await;
        self.numbers_of_notes_have_no_gaps().await;
        self.what_a_note_took_off_is_known_when_billing().await;
        self.days_that_a_note_gave_back_can_be_charged_again().await;
        self.corrections_of_an_invoice_are_kept().await;
        self.who_paid_an_invoice_is_found().await;
        self.notes_are_found_by_account_and_invoice().await;
    }

    fn pricing(&self) -> EntityPricing {
        let standard: TaxCode = "standard".parse().unwrap();
        let list = DatedTaxes {
            from: day("2026-01-01"),
            until: None,
            rules: vec![TaxRule::new("VAT", "16%".parse().unwrap()).unwrap()],
        };
        EntityPricing {
            coin: Some(100),
            usual: Some(standard.clone()),
            taxes: [(standard, TaxTable::new(vec![list]).unwrap())].into(),
            ..EntityPricing::PLAIN
        }
    }

    async fn taxes_read_back_as_they_were_defined(&self) {
        let mut entity = LegalEntity::found(self.new_entity()).unwrap();
        let mut tx = self.tx().await;
        tx.entities().save(&mut entity).await.unwrap();
        entity.price_with(self.pricing()).unwrap();
        tx.entities().save(&mut entity).await.unwrap();
        tx.commit().await.unwrap();
        let mut plan = self.plan(100).await;
        let id = plan.defined().id;
        let mut tx = self.tx().await;
        let stored = tx.entities().find(entity.id()).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), entity.snapshot());
        assert!(!tx.plans().tax_codes().await.unwrap().contains_key(&id));
        let code: TaxCode = "standard".parse().unwrap();
        assert!(plan.tax_as(Some(code.clone())));
        tx.plans().save(&mut plan).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.tx().await;
        let codes = tx.plans().tax_codes().await.unwrap();
        assert_eq!(codes.get(&id), Some(&code));
        drop(tx);
        let view = self.queries.plan(self.tenant(), id).await.unwrap();
        assert_eq!(view.unwrap().tax_category, Some(code));
        let views = self.queries.entities(self.tenant()).await.unwrap();
        let view = views.into_iter().find(|it| it.id == entity.id()).unwrap();
        assert_eq!(view.pricing, self.pricing());
    }

    /// Two lines, 10 % off, 16 % on top, rounded to whole shillings.
    pub(super) async fn taxed_draft(&self, account: AccountId) -> InvoiceDraft {
        let it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let first = self.charge(&it, month("2026-11-01", "2026-12-01"), 300_033);
        let second = self.charge(&it, month("2026-12-01", "2027-01-01"), 70_001);
        let vat = [TaxRule::new("VAT", "16%".parse().unwrap()).unwrap()];
        let taxable = [&first, &second].map(|it| Taxable {
            amount: it.amount,
            taxes: &vat,
        });
        let document = Priced {
            lines: &taxable,
            discounts: &[Discount::percent("10%".parse().unwrap()).unwrap()],
            ..Priced::default()
        };
        let scale = crate::rounding::InvoiceScale::new(2, kes(0).currency()).unwrap();
        let totals = price(document, self.pricing().terms(kes(0).currency(), scale)).unwrap();
        InvoiceDraft {
            fees: Vec::new(),
            total: totals.payable,
            figures: Some(Box::new(totals)),
            ..self.draft(account, vec![first, second], "2026-11-01")
        }
    }

    async fn an_invoice_with_taxes_reads_back(&self) {
        let account = self.account().await;
        let draft = self.taxed_draft(account).await;
        let figures = draft.figures.clone().unwrap();
        let invoice = self.issue(draft, "TAX").await;
        let mut tx = self.tx().await;
        let stored = tx.invoices().find(invoice.id()).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), invoice.snapshot());
        let open = tx.invoices().open_of(account).await.unwrap();
        assert_eq!(open[0].snapshot(), invoice.snapshot());
        drop(tx);
        let view = self.queries.invoice(self.tenant(), invoice.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!(view.total, figures.payable);
        assert_eq!(
            (view.figures.net, view.figures.tax),
            (figures.tax_exclusive, figures.tax_total)
        );
        assert_eq!(
            (view.figures.discount, view.figures.rounding),
            (figures.discount, figures.rounding)
        );
        assert_eq!(view.figures.taxes.len(), 1);
        assert_eq!(view.lines[1].discount, figures.lines[1].discount);
        assert_eq!(view.lines[1].tax, figures.lines[1].tax().unwrap());
    }

    async fn discounts_of_an_account_are_kept(&self) {
        let account = self.account().await;
        let subscription = self.sell(account, "2026-11-01", "2026-11-01").await.id();
        let new = |amount, times| AgreedDiscount {
            id: self.ids.next(),
            name: "Neighbours".to_owned(),
            subscription: Some(subscription),
            amount,
            from: day("2026-11-01"),
            until: Some(day("2027-01-01")),
            times,
            used: 0,
            used_on: Vec::new(),
            reason: "lets us use the roof".to_owned(),
        };
        let wanted = [
            new(DiscountAmount::Percent("12.5%".parse().unwrap()), Some(3)),
            new(
                DiscountAmount::PercentUpTo("1/3".parse().unwrap(), kes(500)),
                None,
            ),
            new(DiscountAmount::Fixed(kes(1_000)), Some(1)),
        ];
        let mut tx = self.tx().await;
        let mut locked = tx.accounts().lock(account).await.unwrap().unwrap();
        for it in &wanted {
            assert!(
                locked
                    .agree_discount(it.clone(), day("2026-11-01"))
                    .unwrap()
            );
        }
        locked.use_discounts(&[wanted[0].id], self.ids.next());
        tx.accounts().save(&mut locked).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.tx().await;
        let stored = tx.accounts().lock(account).await.unwrap().unwrap();
        assert_eq!(stored.discounts(), locked.discounts());
        let once = &stored.discounts()[0];
        assert_eq!((once.used, once.used_on.len()), (1, 1));
        drop(tx);
        let seen = self.queries.discounts(self.tenant(), account).await;
        assert_eq!(seen.unwrap().unwrap(), locked.discounts());
        let nobody = self.queries.discounts(self.tenant(), self.ids.next()).await;
        assert_eq!(nobody.unwrap(), None);
    }

    async fn original(&self, invoice: InvoiceId) -> Original {
        let mut tx = self.tx().await;
        Original {
            invoice: tx.invoices().find(invoice).await.unwrap().unwrap(),
            notes: tx.invoices().notes_of(invoice).await.unwrap(),
            payers: tx.payments().that_paid(invoice).await.unwrap(),
            taken_back: tx.invoices().taken_back(invoice).await.unwrap(),
        }
    }

    pub(super) fn crediting(
        &self,
        requests: Vec<CreditRequest>,
        days: Vec<CreditedPiece>,
    ) -> Crediting {
        Crediting {
            id: self.ids.next(),
            kind: CreditNoteKind::ToAccount,
            requests,
            days,
            turned: Turned::default(),
            reason: "three days without a line".to_owned(),
            on: day("2026-11-21"),
            at: noon(),
            step: 1,
        }
    }

    /// Credits an invoice that nobody has paid for, under the next number of a series.
    pub(super) async fn note(
        &self,
        invoice: InvoiceId,
        order: &Crediting,
        series: &str,
    ) -> IssuedNote {
        let original = self.original(invoice).await;
        let mut invoice = original.invoice.clone();
        let (draft, _) = credit(&mut invoice, &original, &mut [], order).unwrap();
        let mut tx = self.tx().await;
        tx.invoices().save(&mut invoice).await.unwrap();
        let note = tx.invoices().issue_note(draft, series).await.unwrap();
        tx.commit().await.unwrap();
        note
    }

    async fn a_note_reads_back_as_it_was_issued(&self) {
        let account = self.account().await;
        let invoice = self
            .issue(self.taxed_draft(account).await, "INV")
            .await
            .id();
        let part = CreditPart::Amount(kes(100_001));
        let order = self.crediting(vec![(0, part).into()], Vec::new());
        let note = self.note(invoice, &order, "READ-CN").await;
        assert_eq!((note.number, note.draft.pieces.len()), (1, 1));
        let mut tx = self.tx().await;
        let id = note.draft.id;
        let stored = tx.invoices().find_note(id).await.unwrap().unwrap();
        assert_eq!(stored, note);
        let notes = tx.invoices().notes_of(invoice).await.unwrap();
        assert_eq!(notes, std::slice::from_ref(&note));
        let nobody: CreditNoteId = self.ids.next();
        assert!(tx.invoices().find_note(nobody).await.unwrap().is_none());
        drop(tx);
        let rest = self.crediting(Vec::new(), Vec::new());
        let rest = self.note(invoice, &rest, "READ-CN").await;
        let both = self.original(invoice).await;
        assert_eq!(both.notes, [note.clone(), rest]);
        assert!(both.invoice.due().unwrap().is_zero());
        let view = self.queries.credit_note(self.tenant(), id).await.unwrap();
        let view = view.unwrap();
        assert_eq!(view.number, "READ-CN-000001");
        assert_eq!(view.total, note.draft.total().unwrap());
        assert_eq!(view.lines[0].amount, kes(100_001));
    }

    async fn numbers_of_notes_have_no_gaps(&self) {
        let account = self.account().await;
        let invoice = self.bill(account, 1_000, "2026-11-01").await.id();
        let lost = self.lost_note(invoice).await;
        assert_eq!(lost, 1);
        for number in 1..=3 {
            let part = CreditPart::Amount(kes(10));
            let order = self.crediting(vec![(0, part).into()], Vec::new());
            assert_eq!(self.note(invoice, &order, "GAP-CN").await.number, number);
        }
    }

    /// The number of a note whose transaction is given up.
    async fn lost_note(&self, invoice: InvoiceId) -> u64 {
        let original = self.original(invoice).await;
        let order = self.crediting(Vec::new(), Vec::new());
        let mut changed = original.invoice.clone();
        let (draft, _): (NoteDraft, _) = credit(&mut changed, &original, &mut [], &order).unwrap();
        let mut tx = self.tx().await;
        let note = tx.invoices().issue_note(draft, "GAP-CN").await.unwrap();
        note.number
    }

    async fn charged(&self, account: AccountId) -> (crate::subscription::Subscription, InvoiceId) {
        let it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let line = self.charge(&it, month("2026-11-01", "2026-12-01"), 3_000);
        let draft = self.draft(account, vec![line], "2026-11-01");
        let invoice = self.issue(draft, "INV").await.id();
        (it, invoice)
    }

    fn days(it: &crate::subscription::Subscription, minor: i64) -> CreditedPiece {
        CreditedPiece {
            line: 0,
            subscription: it.id(),
            cycle_end: day("2026-12-01"),
            days: Some(month("2026-11-21", "2026-12-01")),
            amount: kes(minor),
        }
    }

    async fn what_a_note_took_off_is_known_when_billing(&self) {
        let account = self.account().await;
        let (it, invoice) = self.charged(account).await;
        let part = CreditPart::Amount(kes(500));
        let order = self.crediting(vec![(0, part).into()], Vec::new());
        self.note(invoice, &order, "INV-CN").await;
        let part = CreditPart::Amount(kes(1_000));
        let order = self.crediting(vec![(0, part).into()], vec![Self::days(&it, 1_000)]);
        self.note(invoice, &order, "INV-CN").await;
        let mut tx = self.tx().await;
        let after = day("2026-11-30");
        let billed = tx.invoices().billed(it.id(), after).await.unwrap();
        assert_eq!(billed.len(), 1);
        assert_eq!(billed[0].adjusted, kes(500), "goodwill takes no days back");
        let days = month("2026-11-21", "2026-12-01");
        assert_eq!(billed[0].repaired, [(days, kes(1_000))]);
        let later = tx.invoices().billed(it.id(), day("2026-12-01")).await;
        assert!(later.unwrap().is_empty());
    }

    async fn days_that_a_note_gave_back_can_be_charged_again(&self) {
        let account = self.account().await;
        let (it, invoice) = self.charged(account).await;
        let part = CreditPart::Amount(kes(1_000));
        let order = self.crediting(vec![(0, part).into()], vec![Self::days(&it, 1_000)]);
        self.note(invoice, &order, "INV-CN").await;
        let again = Line {
            cycle: month("2026-11-01", "2026-12-01"),
            ..self.charge(&it, month("2026-11-21", "2026-12-01"), 700)
        };
        let draft = self.draft(account, vec![again], "2026-11-21");
        self.issue(draft, "INV").await;
    }

    async fn corrections_of_an_invoice_are_kept(&self) {
        let account = self.account().await;
        let mut invoice = self.bill(account, 1_000, "2026-11-01").await;
        let mut given_up = self.bill(account, 800, "2026-11-01").await;
        invoice.credit(kes(1_000)).unwrap();
        invoice.void(day("2026-11-21"), "a mistake").unwrap();
        given_up.write_off("gone").unwrap();
        given_up.credit(kes(300)).unwrap();
        let mut tx = self.tx().await;
        tx.invoices().save(&mut invoice).await.unwrap();
        tx.invoices().save(&mut given_up).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.tx().await;
        for it in [&invoice, &given_up] {
            let stored = tx.invoices().find(it.id()).await.unwrap().unwrap();
            assert_eq!(stored.snapshot(), it.snapshot());
        }
        assert!(tx.invoices().open_of(account).await.unwrap().is_empty());
        drop(tx);
        let view = self.queries.invoice(self.tenant(), invoice.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!(
            (view.voided_on, view.credited),
            (Some(day("2026-11-21")), kes(1_000))
        );
        assert_eq!(
            (view.void_reason.as_deref(), view.allocated),
            (Some("a mistake"), kes(0))
        );
        let view = self.queries.invoice(self.tenant(), given_up.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!((view.written_off, view.due), (kes(500), kes(0)));
        assert_eq!((view.credited, view.allocated), (kes(300), kes(0)));
        let view = self.queries.account(self.tenant(), account).await;
        assert_eq!(view.unwrap().unwrap().due, kes(0));
    }

    async fn paid_by(&self, invoice: &mut Invoice, minor: i64) -> Payment {
        let new = NewPayment {
            id: self.ids.next(),
            account: invoice.account(),
            amount: kes(minor),
            method: PaymentMethod::Cash,
            reference: None,
            received_at: noon(),
        };
        let mut payment = Payment::record(new, noon()).unwrap();
        let part = Allocation {
            invoice: invoice.id(),
            amount: kes(minor),
        };
        payment.use_for(&[part]).unwrap();
        invoice.settle(kes(minor)).unwrap();
        let mut tx = self.tx().await;
        tx.payments().save(&mut payment).await.unwrap();
        tx.invoices().save(invoice).await.unwrap();
        tx.commit().await.unwrap();
        payment
    }

    async fn who_paid_an_invoice_is_found(&self) {
        let account = self.account().await;
        let mut invoice = self.bill(account, 1_000, "2026-11-01").await;
        let first = self.paid_by(&mut invoice, 300).await;
        let mut second = self.paid_by(&mut invoice, 200).await;
        let payers = self.original(invoice.id()).await.payers;
        let ids: Vec<_> = payers.iter().map(Payment::id).collect();
        assert_eq!(ids, [first.id(), second.id()]);
        assert_eq!(payers[0].snapshot(), first.snapshot());
        assert_eq!(second.release(invoice.id(), kes(900)).unwrap(), kes(200));
        let mut tx = self.tx().await;
        tx.payments().save(&mut second).await.unwrap();
        tx.commit().await.unwrap();
        let payers = self.original(invoice.id()).await.payers;
        assert_eq!(payers.len(), 1, "what was taken off again does not count");
        let of = LineRef {
            invoice: invoice.id(),
            line: 0,
        };
        let it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let repair = Line {
            repairs: Some(of),
            ..self.charge(&it, month("2026-11-20", "2026-11-25"), -40)
        };
        let other = self.charge(&it, month("2026-11-20", "2026-11-25"), 90);
        let draft = self.draft(account, vec![repair, other], "2026-11-20");
        self.issue(draft, "INV").await;
        assert_eq!(self.original(invoice.id()).await.taken_back, [(0, kes(40))]);
    }

    async fn notes_are_found_by_account_and_invoice(&self) {
        let account = self.account().await;
        let first = self.bill(account, 1_000, "2026-11-01").await.id();
        let second = self.bill(account, 1_000, "2026-11-01").await.id();
        let mut issued = Vec::new();
        for invoice in [first, second, first] {
            let part = CreditPart::Amount(kes(10));
            let order = self.crediting(vec![(0, part).into()], Vec::new());
            issued.push(self.note(invoice, &order, "LIST-CN").await.draft.id);
        }
        let found = |filter: NoteFilter, limit: u16| async move {
            let page = PageRequest::new(limit, None);
            let found = self.queries.credit_notes(self.tenant(), filter, page).await;
            let found = found.unwrap().items;
            found.iter().map(|it| it.id).collect::<Vec<_>>()
        };
        let of_account = NoteFilter {
            account: Some(account),
            invoice: None,
        };
        assert_eq!(found(of_account, 2).await, [issued[2], issued[1]]);
        let of_invoice = NoteFilter {
            account: None,
            invoice: Some(first),
        };
        assert_eq!(found(of_invoice, 50).await, [issued[2], issued[0]]);
    }
}
