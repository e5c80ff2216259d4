//! Promises about what reports read: in order, page by page, each thing once.

use chrono::Duration;
use kernel::{AccountId, Money, TenantId, Timestamp};

use super::{World, day, kes, noon};
use crate::credit_note::CreditPart;
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::{NewPayment, Payment, PaymentMethod};
use crate::report_ports::{AccountPage, BookTotal, DayPage, JournalEntry, TimePage};
use crate::till::{Taking, TakingSource};

fn hours(after: i64) -> Timestamp {
    noon().plus(Duration::hours(after))
}

impl World<'_> {
    pub(super) async fn report_promises(&self) {
        let world = self.of_entity(self.found().await);
        world.documents_come_by_date_and_id().await;
        world.notes_come_with_their_invoices().await;
        let world = self.of_entity(self.found().await);
        world.payments_come_by_time_with_who_took_them().await;
        let world = self.of_entity(self.found().await);
        world.accounts_that_owe_come_by_id().await;
        let world = self.of_entity(self.found().await);
        world.books_are_added_up_and_listed().await;
    }

    fn page_of_days<P>(&self, from: &str, until: &str) -> DayPage<P> {
        DayPage {
            entity: self.entity,
            from: day(from),
            until: day(until),
            after: None,
            limit: 1,
        }
    }

    fn time<P>(&self, since: Timestamp, before: Timestamp, limit: u16) -> TimePage<P> {
        TimePage {
            entity: self.entity,
            since,
            before,
            after: None,
            limit,
        }
    }

    async fn documents_come_by_date_and_id(&self) {
        let account = self.account().await;
        let mut issued = Vec::new();
        for on in [
            "2026-11-05",
            "2026-11-01",
            "2026-11-05",
            "2026-11-09",
            "2026-10-31",
        ] {
            issued.push(self.bill(account, 700, on).await.id());
        }
        let mut page = self.page_of_days("2026-11-01", "2026-11-09");
        let mut found = Vec::new();
        loop {
            let next = self.queries.invoices_issued(self.tenant(), page).await;
            let next = next.unwrap();
            let Some(last) = next.last() else {
                break;
            };
            page.after = Some((last.issued_on, last.id));
            assert_eq!(last.lines.len(), 1, "with their lines");
            found.extend(next.iter().map(|it| it.id));
        }
        assert_eq!(found, [issued[1], issued[0], issued[2]]);
    }

    async fn notes_come_with_their_invoices(&self) {
        let account = self.account().await;
        let draft = self.taxed_draft(account).await;
        let invoice = self.issue(draft, "TAXED").await;
        let part = CreditPart::Amount(kes(100_001));
        let first = self.crediting(vec![(0, part).into()], Vec::new());
        let first = self.note(invoice.id(), &first, "REPORTED").await;
        let rest = self.crediting(Vec::new(), Vec::new());
        let rest = self.note(invoice.id(), &rest, "REPORTED").await;
        let mut page = self.page_of_days("2026-11-21", "2026-11-22");
        let mut found = Vec::new();
        loop {
            let next = self.queries.notes_issued(self.tenant(), page).await;
            let Some((note, of)) = next.unwrap().pop() else {
                break;
            };
            page.after = Some((note.draft.issued_on, note.draft.id));
            assert_eq!((of.id, of.lines.len()), (invoice.id(), 2));
            assert!(of.figures.is_some());
            found.push(note);
        }
        assert_eq!(found, [first.clone(), rest]);
        let numbered = [invoice.id().to_string(), first.draft.id.to_string()];
        let mut wanted: Vec<&str> = numbered.iter().map(String::as_str).collect();
        wanted.push("nothing");
        let numbers = self.queries.numbers_of(self.tenant(), &wanted).await;
        let numbers: Vec<_> = numbers.unwrap().into_values().collect();
        assert_eq!(numbers, ["REPORTED-000001", "TAXED-000001"]);
    }

    async fn payments_come_by_time_with_who_took_them(&self) {
        let account = self.account().await;
        let elsewhere = self.account_with(self.found().await).await.id();
        let operator = self.ids.next();
        let mut wanted = Vec::new();
        for (whose, after, is_taken) in [
            (account, 2, true),
            (account, 1, false),
            (elsewhere, 1, false),
            (account, 2, false),
            (account, 9, false),
        ] {
            let new = NewPayment {
                id: self.ids.next(),
                account: whose,
                amount: kes(100),
                method: PaymentMethod::Cash,
                reference: None,
                received_at: hours(after),
            };
            let mut payment = Payment::record(new, hours(after)).unwrap();
            let mut tx = self.tx().await;
            tx.payments().save(&mut payment).await.unwrap();
            if is_taken {
                let taking = Taking {
                    source: TakingSource::Payment(payment.id()),
                    payment: payment.id(),
                    entity: self.entity,
                    operator,
                    day: None,
                    amount: kes(100),
                    at: hours(after),
                };
                tx.tills().take(taking).await.unwrap();
            }
            tx.commit().await.unwrap();
            wanted.push(payment.id());
        }
        let mut page = self.time(hours(0), hours(9), 1);
        let mut found = Vec::new();
        loop {
            let next = self.queries.payments_received(self.tenant(), page).await;
            let Some(it) = next.unwrap().pop() else {
                break;
            };
            page.after = Some((it.payment.received_at, it.payment.id));
            found.push((it.payment.id, it.taken_by));
        }
        let taken = [
            (wanted[1], None),
            (wanted[0], Some(operator)),
            (wanted[3], None),
        ];
        assert_eq!(found, taken);
    }

    async fn accounts_that_owe_come_by_id(&self) {
        let owing = self.account().await;
        let idle = self.account().await;
        let ahead = self.account().await;
        self.bill(owing, 700, "2026-11-05").await;
        self.bill(owing, 300, "2026-11-01").await;
        let mut paid = self.payment(ahead, 50, None);
        self.save_payment(&mut paid).await;
        let mut page = AccountPage {
            entity: self.entity,
            after: None,
            limit: 1,
        };
        let mut found = Vec::new();
        while let Some(it) = {
            let next = self.queries.receivables(self.tenant(), page).await;
            next.unwrap().pop()
        } {
            page.after = Some(it.account);
            let due: Vec<_> = it.open.iter().map(|it| it.due.minor()).collect();
            found.push((it.account, due, it.credit.minor()));
        }
        let wanted = [(owing, vec![300, 700], 0), (ahead, vec![], 50)];
        assert_eq!(found, wanted);
        page.after = None;
        let mut subscribers = Vec::new();
        while let Some((account, all)) = {
            let next = self.queries.subscribers(self.tenant(), page).await;
            next.unwrap().pop()
        } {
            page.after = Some(account);
            subscribers.push((account, all.len()));
        }
        assert_eq!(subscribers, [(owing, 2), (idle, 0), (ahead, 0)]);
    }

    async fn post(&self, account: AccountId, at: Timestamp, sides: (LedgerAccount, LedgerAccount)) {
        let whose = (self.entity, account);
        let source = ("contract", self.ids.fresh().to_string());
        let posting = Posting::new(whose, source, at, sides, kes(700)).unwrap();
        let mut tx = self.tx().await;
        tx.ledger().post(posting).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn books_are_added_up_and_listed(&self) {
        use LedgerAccount::{Cash, CustomerCredit, Receivable, Revenue};
        let account = self.account().await;
        let other = self.account().await;
        self.post(account, hours(0), (Receivable, Revenue)).await;
        self.post(other, hours(1), (Receivable, Revenue)).await;
        self.post(account, hours(2), (Cash, CustomerCredit)).await;
        self.post(account, hours(2), (CustomerCredit, Receivable))
            .await;
        self.post(account, hours(9), (Receivable, Revenue)).await;
        let tenant = self.tenant();
        let time = (hours(1), hours(9));
        let totals = self.queries.book_totals(tenant, self.entity, time).await;
        let plain = |it: &BookTotal| {
            let closing = it.closing().unwrap().minor();
            (
                it.book.as_str(),
                it.opening.minor(),
                it.debit.minor(),
                it.credit.minor(),
                closing,
            )
        };
        let totals: Vec<_> = totals.unwrap().iter().map(plain).collect();
        let wanted = [
            ("cash", 0, 700, 0, 700),
            ("customer_credit", 0, 700, 700, 0),
            ("receivable", 700, 700, 700, 700),
            ("revenue", -700, 0, 700, -1_400),
        ];
        assert_eq!(totals, wanted);
        let mut page = self.time(hours(1), hours(9), 3);
        let mut entries: Vec<JournalEntry> = Vec::new();
        loop {
            let next = self.queries.journal(tenant, page).await.unwrap();
            let Some(last) = next.last() else {
                break;
            };
            page.after = Some(last.place);
            entries.extend(next);
        }
        assert_eq!(entries.len(), 6);
        assert!(entries.is_sorted_by_key(|it| it.place));
        for posting in entries.chunks(2) {
            let sum = posting[0].amount.checked_add(posting[1].amount);
            assert!(sum.unwrap().is_zero(), "the sides of a posting follow");
            assert_eq!(posting[0].place.posting, posting[1].place.posting);
        }
        self.statements_are_read(tenant, account).await;
    }

    async fn statements_are_read(&self, tenant: TenantId, account: AccountId) {
        let owed = |at| self.queries.owed_before(tenant, account, at);
        let minor = |it: Option<Money>| it.unwrap().minor();
        assert_eq!(minor(owed(hours(0)).await.unwrap()), 0);
        assert_eq!(minor(owed(hours(1)).await.unwrap()), 700);
        assert_eq!(minor(owed(hours(9)).await.unwrap()), 0);
        let nobody = self.ids.next();
        let none = self.queries.owed_before(tenant, nobody, hours(9)).await;
        assert_eq!(none.unwrap(), None);
        let time = (hours(1), hours(9));
        let found = self.queries.account_entries(tenant, account, time, 9).await;
        let found = found.unwrap();
        let amounts: Vec<_> = found.iter().map(|it| it.amount.minor()).collect();
        assert_eq!(amounts, [-700, 700, -700], "what is owed, and nothing else");
        let one = self.queries.account_entries(tenant, account, time, 1).await;
        assert_eq!(one.unwrap(), found[..1]);
        self.a_document_is_found_in_the_books(tenant, account, &found[0])
            .await;
    }

    async fn a_document_is_found_in_the_books(
        &self,
        tenant: TenantId,
        account: AccountId,
        one: &JournalEntry,
    ) {
        let of = async |account, source: &str| {
            let found = self.queries.entries_of(tenant, account, source).await;
            found.unwrap()
        };
        let found = of(account, &one.source).await;
        assert!(found.len() > 1 && found.contains(one), "both sides of it");
        assert!(found.iter().all(|it| it.source == one.source));
        assert!(found.is_sorted_by_key(|it| it.place));
        assert!(of(self.ids.next(), &one.source).await.is_empty());
        assert!(of(account, "inv_none").await.is_empty());
    }
}
