//! Promises about invoices and their numbers.

use kernel::{AccountId, InvoiceId, PageRequest};

use super::{World, day, kes, month, must_conflict, outcome};
use crate::difference::LineRef;
use crate::invoice::{Invoice, Line, Settlement};
use crate::schedule::Period;
use crate::segment::ChargeKind;
use crate::subscription::Subscription;
use crate::views::InvoiceFilter;

impl World<'_> {
    pub(super) async fn invoice_promises(&self) {
        self.an_invoice_reads_back_as_it_was_issued().await;
        self.components_and_what_is_charged_once_keep_apart().await;
        self.numbers_have_no_gaps().await;
        self.a_stale_invoice_is_a_conflict().await;
        self.open_invoices_come_oldest_first().await;
        self.what_was_billed_comes_with_what_was_taken_back().await;
        self.invoices_are_found_by_account_and_settlement().await;
    }

    async fn an_invoice_reads_back_as_it_was_issued(&self) {
        let account = self.account().await;
        let it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let first = self.charge(&it, month("2026-11-01", "2026-12-01"), 300_000);
        let second = self.charge(&it, month("2026-12-01", "2027-01-01"), 310_000);
        let draft = self.draft(account, vec![first.clone(), second.clone()], "2026-11-01");
        let (id, total) = (draft.id, draft.total);
        let mut invoice = self.issue(draft, "READ").await;
        let mut tx = self.tx().await;
        let stored = tx.invoices().find(id).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), invoice.snapshot());
        assert_eq!(stored.snapshot().lines, [first, second]);
        assert_eq!(stored.snapshot().version, 1);
        assert!(tx.invoices().find(self.ids.next()).await.unwrap().is_none());
        drop(tx);
        let view = self.queries.invoice(self.tenant(), id).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.number.as_str(), view.total), ("READ-000001", total));
        assert_eq!(view.lines.len(), 2);
        assert_eq!(view.lines[1].period, month("2026-12-01", "2027-01-01"));
        assert_eq!(view.lines[1].amount, kes(310_000));
        self.pay(&mut invoice, 10_000).await;
        let view = self.queries.invoice(self.tenant(), id).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.allocated, view.due), (kes(10_000), kes(600_000)));
        assert_eq!(view.settlement, Settlement::Partly);
        assert_eq!(view.due_on, day("2026-11-08"));
    }

    /// Days of two components stand beside each other, those of one never twice; what is charged once is for no days.
    async fn components_and_what_is_charged_once_keep_apart(&self) {
        let account = self.account().await;
        let it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let november = month("2026-11-01", "2026-12-01");
        let base = self.charge(&it, november, 300_000);
        let add_on = Line {
            component: 3,
            quantity: 4,
            ..self.charge(&it, november, 50_000)
        };
        let fee = Line {
            kind: ChargeKind::Once,
            ..self.charge(&it, month("2026-11-01", "2026-11-02"), 20_000)
        };
        let lines = vec![base.clone(), add_on.clone(), fee.clone()];
        let id = self.issue_lines(account, lines.clone()).await;
        let mut tx = self.tx().await;
        let stored = tx.invoices().find(id).await.unwrap().unwrap();
        assert_eq!(stored.lines(), lines);
        let billed = tx.invoices().billed(it.id(), day("2026-10-31")).await;
        let mut terms: Vec<_> = billed.unwrap().iter().map(|it| it.terms).collect();
        terms.sort_by_key(|it| (it.component, it.kind));
        assert_eq!(terms, [base.terms(), fee.terms(), add_on.terms()]);
        drop(tx);
        let view = self.queries.invoice(self.tenant(), id).await.unwrap();
        let view = view.unwrap().lines;
        let shown: Vec<_> = view
            .iter()
            .map(|it| (it.component, it.kind, it.quantity))
            .collect();
        let (recurring, once) = (ChargeKind::Recurring, ChargeKind::Once);
        assert_eq!(shown, [(0, recurring, 1), (3, recurring, 4), (0, once, 1)]);
    }

    async fn numbers_have_no_gaps(&self) {
        let account = self.account().await;
        let draft = || async {
            let it = self.sell(account, "2026-11-01", "2026-11-01").await;
            let line = self.charge(&it, month("2026-11-01", "2026-12-01"), 100);
            self.draft(account, vec![line], "2026-11-01")
        };
        assert_eq!(self.issue(draft().await, "GAP").await.number(), 1);
        let (lost, kept) = (draft().await, draft().await);
        let mut tx = self.tx().await;
        let rolled_back = tx.invoices().issue(lost, "GAP").await.unwrap();
        assert_eq!(rolled_back.number(), 2);
        drop(tx);
        assert_eq!(self.issue(kept, "GAP").await.number(), 2);
        let (third, fourth, elsewhere) = (draft().await, draft().await, draft().await);
        let mut tx = self.tx().await;
        assert_eq!(tx.invoices().issue(third, "GAP").await.unwrap().number(), 3);
        assert_eq!(
            tx.invoices().issue(fourth, "GAP").await.unwrap().number(),
            4
        );
        tx.commit().await.unwrap();
        assert_eq!(self.issue(elsewhere, "GAP-2").await.number(), 1);
    }

    async fn a_stale_invoice_is_a_conflict(&self) {
        let account = self.account().await;
        let mut invoice = self.bill(account, 1_000, "2026-11-01").await;
        let mut stale = invoice.clone();
        self.pay(&mut invoice, 400).await;
        stale.settle(kes(900)).unwrap();
        let mut tx = self.tx().await;
        let written = tx.invoices().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
        let mut tx = self.tx().await;
        let stored = tx.invoices().find(invoice.id()).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), invoice.snapshot());
    }

    async fn open_invoices_come_oldest_first(&self) {
        let (account, other) = (self.account().await, self.account().await);
        let late = self.bill(account, 100, "2026-11-09").await;
        let same_day = self.bill(account, 100, "2026-11-09").await;
        let mut early = self.bill(account, 100, "2026-11-01").await;
        let mut paid = self.bill(account, 100, "2026-10-01").await;
        self.bill(other, 100, "2026-11-01").await;
        self.pay(&mut early, 40).await;
        self.pay(&mut paid, 100).await;
        let mut tx = self.tx().await;
        let open = tx.invoices().open_of(account).await.unwrap();
        let order: Vec<_> = open.iter().map(Invoice::id).collect();
        assert_eq!(order, [early.id(), late.id(), same_day.id()]);
        assert_eq!(open[0].due().unwrap(), kes(60));
        assert_eq!(open[0].snapshot(), early.snapshot());
    }

    async fn what_was_billed_comes_with_what_was_taken_back(&self) {
        let account = self.account().await;
        let it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let other = self.sell(account, "2026-11-01", "2026-11-01").await;
        let november = month("2026-11-01", "2026-12-01");
        let october = month("2026-10-01", "2026-11-01");
        let first = self.issue_lines(
            account,
            vec![
                self.charge(&it, october, 100),
                self.charge(&other, november, 700),
                self.charge(&it, november, 300),
            ],
        );
        let first = first.await;
        let of = LineRef {
            invoice: first,
            line: 2,
        };
        let days = month("2026-11-20", "2026-11-25");
        let rest = month("2026-11-25", "2026-12-01");
        let second = self.issue_lines(
            account,
            vec![
                self.repair(&it, of, days, -50),
                self.charge(&it, rest, 190),
                self.repair(&it, of, rest, -60),
            ],
        );
        let second = second.await;
        let mut tx = self.tx().await;
        let mut billed = tx
            .invoices()
            .billed(it.id(), day("2026-11-01"))
            .await
            .unwrap();
        billed.sort_by_key(|it| it.line.invoice);
        assert_eq!(billed.len(), 2, "repairs are no charges of their own");
        assert_eq!(billed[0].line, of);
        assert_eq!((billed[0].period, billed[0].amount), (november, kes(300)));
        assert_eq!((billed[0].cycle, billed[0].price), (november, kes(300)));
        billed[0].repaired.sort_by_key(|(period, _)| *period);
        assert_eq!(billed[0].repaired, [(days, kes(50)), (rest, kes(60))]);
        assert_eq!((billed[1].line.invoice, billed[1].line.line), (second, 1));
        assert!(billed[1].repaired.is_empty());
        let all = tx
            .invoices()
            .billed(it.id(), day("2026-10-31"))
            .await
            .unwrap();
        assert_eq!(all.len(), 3);
        let none = tx
            .invoices()
            .billed(it.id(), day("2026-12-01"))
            .await
            .unwrap();
        assert!(none.is_empty());
    }

    async fn issue_lines(&self, account: AccountId, lines: Vec<Line>) -> InvoiceId {
        let draft = self.draft(account, lines, "2026-11-20");
        self.issue(draft, "INV").await.id()
    }

    fn repair(&self, of: &Subscription, line: LineRef, period: Period, minor: i64) -> Line {
        Line {
            amount: kes(minor),
            cycle: month("2026-11-01", "2026-12-01"),
            repairs: Some(line),
            ..self.charge(of, period, 300)
        }
    }

    async fn invoices_are_found_by_account_and_settlement(&self) {
        let account = self.account().await;
        let open = self.bill(account, 100, "2026-11-01").await;
        let mut partly = self.bill(account, 100, "2026-11-01").await;
        let mut paid = self.bill(account, 100, "2026-11-01").await;
        self.pay(&mut partly, 1).await;
        self.pay(&mut paid, 100).await;
        for (kind, invoice) in [
            (Settlement::Open, &open),
            (Settlement::Partly, &partly),
            (Settlement::Paid, &paid),
        ] {
            let filter = InvoiceFilter {
                account: Some(account),
                settlement: Some(kind),
            };
            let page = PageRequest::default();
            let found = self.queries.invoices(self.tenant(), filter, page).await;
            let found = found.unwrap().items;
            assert_eq!((found.len(), found[0].id), (1, invoice.id()));
            assert_eq!((found[0].settlement, found[0].lines.len()), (kind, 1));
        }
        let filter = InvoiceFilter {
            account: Some(account),
            settlement: None,
        };
        let page = PageRequest::new(2, None);
        let first = self.queries.invoices(self.tenant(), filter, page).await;
        let first = first.unwrap();
        let order: Vec<_> = first.items.iter().map(|it| it.id).collect();
        assert_eq!(order, [paid.id(), partly.id()]);
        let next = PageRequest::new(2, Some(first.next.unwrap().parse().unwrap()));
        let rest = self.queries.invoices(self.tenant(), filter, next).await;
        assert_eq!(rest.unwrap().items[0].id, open.id());
    }
}
