//! Rows as people look at them.

use kernel::{Money, MoneyError, StoreError, TenantId};

use super::rows::Rows;
use crate::account::AccountSnapshot;
use crate::dunning::NewProcedure;
use crate::entity::EntitySnapshot;
use crate::invoice::{InvoiceSnapshot, Settlement};
use crate::payment::{Payment, PaymentSnapshot};
use crate::plan::PlanSnapshot;
use crate::subscription::{Subscription, SubscriptionSnapshot};
use crate::views::{AccountView, EntityView, InvoiceView, PaymentView, PlanView, SubscriptionView};

pub(super) fn entity_view(row: &EntitySnapshot) -> EntityView {
    let dunning = row.founded.dunning;
    let procedure = row.procedure.clone();
    EntityView {
        procedure: procedure.unwrap_or_else(|| NewProcedure::of_policy(dunning)),
        procedure_version: row.procedures,
        id: row.founded.id,
        name: row.founded.name.clone(),
        currency: row.founded.currency,
        zone: row.founded.zone,
        scale_digits: row.founded.scale_digits,
        terms_days: row.founded.terms_days,
        dunning,
        pricing: row.pricing.clone(),
    }
}

pub(super) fn plan_view(row: &PlanSnapshot) -> PlanView {
    PlanView {
        id: row.defined.id,
        name: row.defined.name.clone(),
        price: row.defined.price,
        interval: row.defined.interval,
        profile: row.defined.profile,
        sold_as: row.defined.sold_as,
        tax_category: row.tax_category.clone(),
        charging: row.defined.charging,
        status: row.status,
    }
}

pub(super) fn account_view(
    rows: &Rows,
    tenant: TenantId,
    row: &AccountSnapshot,
) -> Result<AccountView, StoreError> {
    let open: Vec<_> = rows
        .invoices
        .of_account(tenant, row.id)
        .filter(|it| it.allocated != it.total)
        .collect();
    let due = sum(row, open.iter().map(|it| due(it)))?;
    let payments = rows.payments.of_account(tenant, row.id);
    let credit = sum(row, payments.map(unallocated))?;
    Ok(AccountView {
        id: row.id,
        customer: row.customer,
        entity: row.entity,
        level: row.level,
        due,
        credit,
        oldest_due_on: open.iter().map(|it| it.due_on).min(),
        parked: row.parked.clone(),
        terms_days: row.terms_days,
        hold: row.hold.clone(),
        promise: row.promise,
        procedure: row.procedure.as_deref().map(|(it, _)| it.clone()),
    })
}

fn sum(
    row: &AccountSnapshot,
    mut amounts: impl Iterator<Item = Result<Money, MoneyError>>,
) -> Result<Money, StoreError> {
    amounts
        .try_fold(Money::zero(row.currency), |sum, it| sum.checked_add(it?))
        .map_err(StoreError::corrupt)
}

fn due(row: &InvoiceSnapshot) -> Result<Money, MoneyError> {
    row.total.checked_sub(row.allocated)
}

fn unallocated(row: &PaymentSnapshot) -> Result<Money, MoneyError> {
    Payment::restore(row.clone()).unallocated()
}

pub(super) fn subscription_view(
    rows: &Rows,
    tenant: TenantId,
    row: &SubscriptionSnapshot,
) -> Result<SubscriptionView, StoreError> {
    let account = rows.accounts.get(&(tenant, row.account));
    let account =
        account.ok_or_else(|| StoreError::corrupt("a subscription without its account"))?;
    let subscription = Subscription::restore(row.clone()).map_err(StoreError::corrupt)?;
    SubscriptionView::of(&subscription, account.customer).map_err(StoreError::corrupt)
}

pub(super) fn invoice_view(row: &InvoiceSnapshot) -> Result<InvoiceView, StoreError> {
    InvoiceView::of(row.clone()).map_err(StoreError::corrupt)
}

pub(super) const fn settlement(row: &InvoiceSnapshot) -> Settlement {
    Settlement::of(row.total.minor(), row.allocated.minor())
}

pub(super) fn payment_view(row: &PaymentSnapshot) -> Result<PaymentView, StoreError> {
    PaymentView::of(&Payment::restore(row.clone())).map_err(StoreError::corrupt)
}
