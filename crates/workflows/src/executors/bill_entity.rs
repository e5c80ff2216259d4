//! The billing run of one legal entity: page by page, each account in a transaction of its own. What one account meets
//! never stops the others, and a run that was broken off goes on where accounts are still due.

use billing::{
    BillAccountError, BillOrder, FoundAccount, LegalEntity, NET_SEGMENTS_APART, PreparedBill,
    RunPage, Unbillable, bill_account, park_account, prepare_bill,
};
use kernel::{AccountId, EntityId, Scope, StoreError, Timestamp, rerun_on_conflict};

use super::tally::Tally;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Accounts per page: large enough that reading costs little, small enough that memory does not notice.
const PAGE: u16 = 500;

/// Bills every account of an entity that is due.
pub(super) async fn run(
    bench: &Workbench,
    scope: &Scope,
    entity: EntityId,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut run = Run {
        bench,
        scope,
        entity: None,
        tally: Tally::new(),
    };
    let ended = run.bill(entity, progress).await;
    let given_back = run.give_numbers_back().await;
    // What stopped the run says more than what came of it afterwards.
    ended?;
    given_back?;
    run.tally.end("accounts could not be billed")
}

/// A run on its way.
struct Run<'a> {
    bench: &'a Workbench,
    scope: &'a Scope,
    /// As read with the last page.
    entity: Option<LegalEntity>,
    tally: Tally,
}

impl Run<'_> {
    async fn bill(&mut self, entity: EntityId, progress: &dyn Progress) -> Result<(), Failure> {
        let run = &self.bench.billing_run;
        let now = self.bench.clock.now();
        let total = run.count_to_bill(self.scope.tenant, entity, now).await?;
        let mut found = Self::read(self.bench, self.scope, entity, None).await?;
        loop {
            let (of, accounts, now) = found;
            let is_first = self.entity.replace(of).is_none();
            if is_first {
                // What a run that died has left at the end of the series.
                self.give_numbers_back().await?;
            }
            let Some((last, _)) = accounts.last() else {
                return Ok(());
            };
            // The next page is read while this one is written; who changes an account meanwhile counts its version up.
            let next = Self::read(self.bench, self.scope, entity, Some(*last));
            let (billed, next) = futures::join!(self.page(accounts, now), next);
            billed?;
            self.bench.probe.reached("raise_invoices.page_billed");
            let done = self.tally.done();
            // Accounts that have come to be due since are more than were counted.
            if !progress.report(done, Some(total.max(done))).await? {
                return Ok(());
            }
            found = next?;
        }
    }

    /// An entity, its accounts after one of them, and when they were read.
    async fn read(
        bench: &Workbench,
        scope: &Scope,
        entity: EntityId,
        after: Option<AccountId>,
    ) -> Result<(LegalEntity, Vec<FoundAccount>, Timestamp), Failure> {
        let now = bench.clock.now();
        let page = RunPage {
            now,
            after,
            limit: PAGE,
        };
        let found = bench.billing_run.facts_to_bill(scope.tenant, entity, page);
        match found.await? {
            Some((of, accounts)) => Ok((of, accounts, now)),
            None => Err(Failure::park(format!("there is no legal entity {entity}"))),
        }
    }

    async fn give_numbers_back(&self) -> Result<(), StoreError> {
        let Some(entity) = &self.entity else {
            return Ok(());
        };
        let run = &self.bench.billing_run;
        run.give_numbers_back(self.scope, entity).await
    }

    async fn page(&mut self, found: Vec<FoundAccount>, now: Timestamp) -> Result<(), Failure> {
        let Some(entity) = self.entity.clone() else {
            return Ok(());
        };
        let (mut plain, mut other) = (Vec::new(), Vec::new());
        for (account, facts) in found {
            let order = BillOrder {
                invoice: self.bench.ids.next(),
                now,
                limits: self.bench.bill_limits,
            };
            let prepared = match facts {
                Ok(facts) => prepare_bill(&entity, facts, order),
                Err(err) => Err(Unbillable::unreadable(&err)),
            };
            match prepared {
                Ok(prepared) if prepared.is_plain => plain.push(prepared),
                Ok(prepared) => other.push(prepared),
                // The page was read in several statements: what contradicts itself there may be sound under the lock.
                // So is what corrects an invoice, which a page does not read.
                Err(Unbillable::Inconsistent(_) | Unbillable::Unread { .. }) => {
                    let billed = self.bill_alone(account).await;
                    self.tally.note(account, billed)?;
                }
                Err(reason) => {
                    let parked = self.park(account, &reason).await;
                    self.tally.note(account, parked)?;
                }
            }
        }
        let numbers = self.numbers_for(&entity, plain.iter().chain(&other));
        let mut numbers = numbers.await?.into_iter();
        let plain = plain.into_iter().map(|it| (it, numbers.next()));
        self.write(plain.collect()).await?;
        // They take what numbers are left, so they must not meet those that have one already.
        self.write(other.into_iter().map(|it| (it, None)).collect())
            .await
    }

    /// As many numbers as there will be invoices.
    async fn numbers_for(
        &self,
        entity: &LegalEntity,
        bills: impl Iterator<Item = &PreparedBill>,
    ) -> Result<Vec<u64>, StoreError> {
        let invoices = bills.filter(|it| it.bill.draft.is_some()).count();
        let invoices = u16::try_from(invoices).unwrap_or(PAGE);
        if invoices == 0 {
            return Ok(Vec::new());
        }
        let run = &self.bench.billing_run;
        let numbers = run.reserve_numbers(self.scope, entity, invoices).await?;
        self.bench.probe.reached("raise_invoices.numbers_set_aside");
        Ok(numbers)
    }

    async fn write(&mut self, bills: Vec<(PreparedBill, Option<u64>)>) -> Result<(), Failure> {
        let accounts: Vec<AccountId> = bills.iter().map(|(it, _)| it.account.id()).collect();
        let written = self.bench.billing_run.write_bills(self.scope, bills).await;
        for (account, written) in accounts.into_iter().zip(written) {
            let written = match written {
                // Somebody has touched it since it was read: from the beginning, under its lock.
                Err(StoreError::Conflict) => self.bill_alone(account).await,
                other => other,
            };
            let written = match written {
                Err(err) if err.is_duplicate_of(NET_SEGMENTS_APART) => {
                    self.park(account, &Unbillable::StandsBilled).await
                }
                other => other,
            };
            self.tally.note(account, written)?;
        }
        Ok(())
    }

    /// Billing that stopped for one account is on record there; the run goes on.
    async fn bill_alone(&self, id: AccountId) -> Result<(), StoreError> {
        let it = self.bench;
        let work = || bill_account(&*it.billing, &*it.ids, &*it.clock, self.scope, id);
        match rerun_on_conflict(work).await {
            Ok(_) | Err(BillAccountError::NotFound(_)) => Ok(()),
            Err(BillAccountError::Parked { reason, .. }) => {
                self.count_parked(&reason);
                Ok(())
            }
            Err(BillAccountError::Store(err)) => Err(err),
        }
    }

    async fn park(&self, id: AccountId, reason: &Unbillable) -> Result<(), StoreError> {
        let store = &*self.bench.billing;
        rerun_on_conflict(|| park_account(store, self.scope, id, reason)).await?;
        self.count_parked(reason);
        Ok(())
    }

    fn count_parked(&self, reason: &Unbillable) {
        self.bench.probe.made(reason.counted_as(), 1);
    }
}
