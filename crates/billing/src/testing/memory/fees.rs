//! The charges of dunning in memory: each is on one standing invoice at most.

use async_trait::async_trait;
use kernel::{AccountId, InvoiceId, Money, StoreError, TenantId};

use super::MemoryTx;
use super::rows::{Rows, Write, duplicate};
use crate::account::{Charge, Fee, FeeState, Waiver};
use crate::dunning_ports::{ChargeView, FEE_BILLED_ONCE, FeeRepository};
use crate::invoice::InvoiceSnapshot;

#[async_trait]
impl FeeRepository for MemoryTx {
    async fn find(
        &mut self,
        account: AccountId,
        episode: u64,
        step: u16,
    ) -> Result<Option<Fee>, StoreError> {
        let mut known = self.rows.charges_of(self.tenant, account);
        let found = known.find(|it| (it.episode, it.step) == (episode, step));
        Ok(found.map(fee))
    }

    async fn waiting(&mut self, account: AccountId) -> Result<Vec<Charge>, StoreError> {
        let known = self.rows.charges_of(self.tenant, account);
        let mut waiting: Vec<Charge> = known.filter(|it| it.waits()).map(charge).collect();
        waiting.sort_by_key(|it| (it.episode, it.step));
        Ok(waiting)
    }

    async fn let_go(
        &mut self,
        account: AccountId,
        invoice: InvoiceId,
        fees: &[Charge],
    ) -> Result<(), StoreError> {
        let fees = fees.to_vec();
        self.write(Write::LetFeesGo(account, invoice, fees))
    }
}

fn charge(it: &ChargeView) -> Charge {
    Charge {
        episode: it.episode,
        step: it.step,
        reason: it.reason,
        amount: Money::from_minor(
            it.amount.minor() - it.credited.minor(),
            it.amount.currency(),
        ),
        on: it.charged_on,
    }
}

fn fee(it: &ChargeView) -> Fee {
    let state = match (it.invoice, &it.waived) {
        (Some(invoice), _) => FeeState::Billed { invoice },
        (None, Some(reason)) => FeeState::Waived {
            reason: reason.clone(),
        },
        (None, None) => FeeState::Waiting,
    };
    Fee {
        charge: charge(it),
        state,
    }
}

impl Rows {
    pub(super) fn charges_of(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> impl Iterator<Item = &ChargeView> {
        self.charges.get(&(tenant, account)).into_iter().flatten()
    }

    pub(super) fn charge(&mut self, tenant: TenantId, account: AccountId, it: Charge) {
        let charges = self.charges.get_or_default_cow((tenant, account));
        charges.push(ChargeView {
            episode: it.episode,
            step: it.step,
            reason: it.reason,
            amount: it.amount,
            credited: Money::zero(it.amount.currency()),
            charged_on: it.on,
            invoice: None,
            waived: None,
        });
    }

    pub(super) fn waive(
        &mut self,
        tenant: TenantId,
        account: AccountId,
        it: &Waiver,
    ) -> Result<(), StoreError> {
        let charges = self.charges.get_or_default_cow((tenant, account));
        let own = |known: &&mut ChargeView| (known.episode, known.step) == (it.episode, it.step);
        let known = charges.iter_mut().find(own).filter(|it| it.waits());
        known.ok_or(StoreError::Conflict)?.waived = Some(it.reason.clone());
        Ok(())
    }

    /// The fees of an invoice that is issued are on it from now on.
    pub(super) fn bill_fees(
        &mut self,
        tenant: TenantId,
        invoice: &InvoiceSnapshot,
    ) -> Result<(), StoreError> {
        for it in &invoice.fees {
            let charges = self.charges.get_or_default_cow((tenant, invoice.account));
            let own =
                |known: &&mut ChargeView| (known.episode, known.step) == (it.episode, it.step);
            let known = charges.iter_mut().find(own).ok_or(StoreError::Conflict)?;
            if known.invoice.is_some() {
                return Err(duplicate(FEE_BILLED_ONCE));
            }
            if known.waived.is_some() {
                return Err(StoreError::Conflict);
            }
            known.invoice = Some(invoice.id);
        }
        Ok(())
    }

    pub(super) fn let_fees_go(
        &mut self,
        (tenant, account): (TenantId, AccountId),
        invoice: InvoiceId,
        fees: &[Charge],
    ) {
        let charges = self.charges.get_or_default_cow((tenant, account));
        for known in charges.iter_mut().filter(|it| it.invoice == Some(invoice)) {
            let own = |it: &Charge| (it.episode, it.step) == (known.episode, known.step);
            if let Some(rest) = fees.iter().find(|it| own(it)) {
                known.invoice = None;
                let credited = known.amount.minor() - rest.amount.minor();
                known.credited = Money::from_minor(credited, known.amount.currency());
            }
        }
    }
}
