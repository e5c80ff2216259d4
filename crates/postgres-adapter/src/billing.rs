//! Money and what is sold, on the database.

use async_trait::async_trait;
use billing::{
    AccountRepository, BillLimits, BillingStore, BillingTx, DunningRunRepository, EntityRepository,
    FeeRepository, InvoiceRepository, Ledger, LetterheadRepository, PaymentRepository,
    PlanRepository, SubscriptionRepository, TillRepository, UnmatchedRepository,
};
use kernel::{Scope, StoreError};

use crate::store::Store;
use crate::tx::Tx;

mod account_row;
mod account_views;
mod accounts;
mod credit_notes;
mod dunning;
mod dunning_queries;
mod dunning_runs;
mod entities;
mod entity_row;
mod fees;
mod invoice_lines;
mod invoice_row;
mod invoices;
mod ledger;
mod letterheads;
mod net_segments;
mod number_slots;
mod payment_row;
mod payments;
mod plain_bill;
mod plan_row;
mod plans;
mod proofs;
mod queries;
mod report_queries;
mod report_rows;
mod run;
mod run_facts;
mod subscription_row;
mod subscription_views;
mod subscriptions;
mod tills;
mod unmatched;
mod unmatched_row;

#[async_trait]
impl BillingStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn BillingTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}

impl BillingTx for Tx {
    fn entities(&mut self) -> &mut dyn EntityRepository {
        self
    }

    fn letterheads(&mut self) -> &mut dyn LetterheadRepository {
        self
    }

    fn plans(&mut self) -> &mut dyn PlanRepository {
        self
    }

    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self
    }

    fn subscriptions(&mut self) -> &mut dyn SubscriptionRepository {
        self
    }

    fn invoices(&mut self) -> &mut dyn InvoiceRepository {
        self
    }

    fn payments(&mut self) -> &mut dyn PaymentRepository {
        self
    }

    fn proofs(&mut self) -> &mut dyn billing::ProofRepository {
        self
    }

    fn unmatched(&mut self) -> &mut dyn UnmatchedRepository {
        self
    }

    fn dunning_runs(&mut self) -> &mut dyn DunningRunRepository {
        self
    }

    fn fees(&mut self) -> &mut dyn FeeRepository {
        self
    }

    fn tills(&mut self) -> &mut dyn TillRepository {
        self
    }

    fn ledger(&mut self) -> &mut dyn Ledger {
        self
    }

    fn bill_limits(&self) -> BillLimits {
        Self::bill_limits(self)
    }
}
