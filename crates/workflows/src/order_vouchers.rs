//! Orders a batch of vouchers for a plan on a router.

use access::{AccessQueries, ProfileStatus, RouterStatus, Service};
use billing::{BillingQueries, PlanStatus, PlanView, SoldAs};
use kernel::{BatchId, Clock, JobId, MayConflict, Name, PlanId, RouterId, Scope, StoreError};
use vouchers::{Alphabet, OrderBatch, OrderBatchError, Validity, VouchersStore, order_batch};

/// Orders vouchers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderVouchers {
    /// The id the batch will have.
    pub id: BatchId,
    /// The id of the job that makes them.
    pub job: JobId,
    /// What people call the batch.
    pub name: Name,
    /// What is sold: a plan for vouchers, whose price and interval apply.
    pub plan: PlanId,
    /// Where they are valid.
    pub router: RouterId,
    /// How many, 1 to 50,000.
    pub count: u32,
    /// What codes are drawn from.
    pub alphabet: Alphabet,
    /// Random characters in a code, 4 to 16 and at least the floor for `count`.
    pub length: u8,
    /// What stands before them, at most 8 characters.
    pub prefix: String,
    /// Days a voucher may lie unused, 1 to 3,650.
    pub shelf_days: Option<u16>,
    /// Seconds online that each contains.
    pub online_s: Option<u64>,
    /// Bytes that each contains.
    pub data_bytes: Option<u64>,
}

/// Why nothing was ordered.
#[derive(Debug, thiserror::Error)]
pub enum OrderVouchersError {
    /// The tenant has no such plan.
    #[error("there is no plan {0}")]
    NoPlan(PlanId),
    /// The plan or its profile is retired, or the plan is sold as a subscription.
    #[error("the plan is not offered for vouchers")]
    PlanNotOffered,
    /// The plan's profile is not for the hotspot.
    #[error("the plan's service profile is not for the hotspot")]
    NotHotspot,
    /// The tenant has no such router in service.
    #[error("there is no router {0} in service")]
    NoRouter(RouterId),
    /// The batch breaks a rule.
    #[error("the order is refused")]
    Order(#[from] OrderBatchError),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for OrderVouchersError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::Store(err) => err.is_conflict(),
            Self::Order(err) => err.is_conflict(),
            Self::NoPlan(_) | Self::PlanNotOffered | Self::NotHotspot | Self::NoRouter(_) => false,
        }
    }
}

/// The ports an order needs.
#[derive(Clone, Copy)]
pub struct OrderVouchersPorts<'a> {
    /// Where the order is stored.
    pub vouchers: &'a dyn VouchersStore,
    /// What the plan costs.
    pub billing: &'a dyn BillingQueries,
    /// Whether profile and router fit.
    pub access: &'a dyn AccessQueries,
    /// The present.
    pub clock: &'a dyn Clock,
}

/// Takes the order: price, validity and profile are the plan's at this moment.
///
/// # Errors
/// [`OrderVouchersError`]; nothing is ordered then.
pub async fn order_vouchers(
    ports: OrderVouchersPorts<'_>,
    scope: &Scope,
    command: OrderVouchers,
) -> Result<(), OrderVouchersError> {
    let tenant = scope.tenant;
    let plan = ports.billing.plan(tenant, command.plan).await?;
    let plan = plan.ok_or(OrderVouchersError::NoPlan(command.plan))?;
    if plan.status != PlanStatus::Offered || plan.sold_as != SoldAs::Voucher {
        return Err(OrderVouchersError::PlanNotOffered);
    }
    let profile = ports.access.profile(tenant, plan.profile).await?;
    let profile = profile.filter(|it| it.service == Service::Hotspot);
    if profile.ok_or(OrderVouchersError::NotHotspot)?.status == ProfileStatus::Retired {
        return Err(OrderVouchersError::PlanNotOffered);
    }
    let router = ports.access.router(tenant, command.router).await?;
    if router.is_none_or(|it| matches!(it.status, RouterStatus::Retired)) {
        return Err(OrderVouchersError::NoRouter(command.router));
    }
    order_batch(ports.vouchers, ports.clock, scope, order(command, &plan)).await?;
    Ok(())
}

fn order(command: OrderVouchers, plan: &PlanView) -> OrderBatch {
    OrderBatch {
        id: command.id,
        job: command.job,
        name: command.name,
        plan: plan.id,
        profile: plan.profile,
        router: command.router,
        count: command.count,
        alphabet: command.alphabet,
        length: command.length,
        prefix: command.prefix,
        validity: Validity {
            shelf_days: command.shelf_days,
            from_first_login_minutes: Some(plan.interval.as_minutes()),
            online_s: command.online_s,
            data_bytes: command.data_bytes,
        },
        price: plan.price,
    }
}
