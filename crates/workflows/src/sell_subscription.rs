//! Sells a subscription with its login: billing and access in one transaction (ADR 0001).

use std::net::Ipv4Addr;

use access::{AccessTx, Allowance, GrantAccess, GrantError, Limits, Login, Subject, grant_within};
use async_trait::async_trait;
use billing::{
    Access, BillDay, BillingTx, Subscribe, SubscribeError, Subscribed, subscribe_within,
};
use customers::CustomerQueries;
use kernel::{
    AccountId, Clock, CustomerId, GrantId, Ids, LocalDate, MayConflict, PlanId, RouterId, Scope,
    Secret, StoreError, SubscriptionId, Vault,
};

/// One transaction over what is sold and who may connect.
pub trait SubscriptionTx: BillingTx + AccessTx {}

/// Opens widened transactions.
#[async_trait]
pub trait SubscriptionStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError>;
}

/// Sells a plan to a customer, with a login on a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellSubscription {
    /// The id the subscription will have.
    pub subscription: SubscriptionId,
    /// The id the customer's account will have if there is none yet.
    pub new_account: AccountId,
    /// The id the grant will have.
    pub grant: GrantId,
    /// Who buys.
    pub customer: CustomerId,
    /// What is bought.
    pub plan: PlanId,
    /// Where the login is valid.
    pub router: RouterId,
    /// The login, unique per router and service: a name, an address or a device, as the plan's service wants it.
    pub login: Login,
    /// The address a device is always to have; `dhcp_lease` and `mac_bypass` only.
    pub address: Option<Ipv4Addr>,
    /// The password.
    pub password: Secret,
    /// How many units of it, at least one.
    pub quantity: u32,
    /// A fixed bill day; without one, periods begin on the day of the start.
    pub bill_day: Option<BillDay>,
    /// The first day; today if absent.
    pub starts_on: Option<LocalDate>,
}

/// Why nothing was sold.
#[derive(Debug, thiserror::Error)]
pub enum SellSubscriptionError {
    /// The tenant has no such customer.
    #[error("there is no customer {0}")]
    NoCustomer(CustomerId),
    /// Nothing may be sold to the customer now.
    #[error("nothing can be sold to a customer who is {0}")]
    MayNotBuy(&'static str),
    /// Billing refuses the sale.
    #[error("the plan cannot be sold")]
    Sale(#[from] SubscribeError),
    /// Access refuses the login.
    #[error("the login cannot be granted")]
    Login(#[from] GrantError),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for SellSubscriptionError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::Store(err) => err.is_conflict(),
            Self::Sale(err) => err.is_conflict(),
            Self::Login(err) => err.is_conflict(),
            Self::NoCustomer(_) | Self::MayNotBuy(_) => false,
        }
    }
}

/// Sells subscription and login together: a login that is taken refuses the whole sale.
///
/// # Errors
/// [`SellSubscriptionError`]; nothing is sold then.
pub async fn sell_subscription(
    store: &dyn SubscriptionStore,
    customers: &dyn CustomerQueries,
    vault: &dyn Vault,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: SellSubscription,
) -> Result<Subscribed, SellSubscriptionError> {
    let customer = customers.customer(scope.tenant, command.customer).await?;
    let customer = customer.ok_or(SellSubscriptionError::NoCustomer(command.customer))?;
    if !customer.status.may_buy() {
        return Err(SellSubscriptionError::MayNotBuy(customer.status.as_str()));
    }
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let sold = subscribe_within(&mut *tx, now, sale(&command)).await?;
    let login = GrantAccess {
        id: command.grant,
        router: command.router,
        subject: Subject::Subscription(command.subscription),
        login: command.login,
        address: command.address,
        secret: command.password,
        profile: sold.profile,
        allowance: allowance(sold.access),
        limits: Limits::NONE,
        access_version: sold.access_version,
    };
    grant_within(&mut *tx, vault, ids, now, login).await?;
    tx.commit().await?;
    Ok(sold)
}

const fn sale(command: &SellSubscription) -> Subscribe {
    Subscribe {
        id: command.subscription,
        customer: command.customer,
        new_account: command.new_account,
        plan: command.plan,
        quantity: command.quantity,
        bill_day: command.bill_day,
        starts_on: command.starts_on,
    }
}

/// What a login may do when billing has decided about access.
pub(crate) const fn allowance(access: Access) -> Allowance {
    match access {
        Access::Active => Allowance::Active { until: None },
        Access::Restricted => Allowance::Restricted,
        Access::Suspended => Allowance::Blocked,
        Access::Ended => Allowance::Ended,
    }
}
