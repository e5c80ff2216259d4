//! Gives the demonstration its routers, plans, customers, invoices, vouchers and an account at a payment provider.

use std::sync::Arc;

use access::{EnrolRouter, LoginMethod, Transport, enrol_router};
use anyhow::Context;
use billing::{
    At, CancelSubscription, Ending, PaymentMethod, RecordPayment, SuspendSubscription,
    bill_account, cancel_subscription, evaluate_account, record_payment, suspend_subscription,
};
use customers::{
    BlockCustomer, CustomerFilter, CustomerKind, NewCustomer, RegisterCustomer, block_customer,
    leave_customer, register_customer,
};
use kernel::{
    AccountId, CustomerId, PageRequest, PlanId, RouterId, Scope, Secret, SubscriptionId, TenantId,
};
use vouchers::Alphabet;
use workflows::{
    OrderVouchers, OrderVouchersPorts, SellSubscription, order_vouchers, sell_subscription,
};

use super::calendar::DaysAgo;
use super::catalogue::offer;
use super::payments::open_account;
use super::people::{Fate, Person, everybody};
use super::routers::{API_USER, ROUTERS};
use super::{DemoRouters, ROUTER_PASSWORD};
use crate::ports::Ports;

/// Vouchers in the batch that is for sale.
const VOUCHERS: u32 = 200;

/// Seeds a tenant that has no customers yet; returns whether it did.
///
/// # Errors
/// If a use case refuses what the demonstration offers it, or the database cannot be reached.
pub async fn seed(ports: &Ports, tenant: TenantId, routers: &DemoRouters) -> anyhow::Result<bool> {
    let one = PageRequest::new(1, None);
    let known = ports
        .customer_queries
        .customers(tenant, CustomerFilter::default(), one)
        .await?;
    if !known.items.is_empty() {
        return Ok(false);
    }
    let scope = Scope::system(tenant, "demonstration", ports.ids.fresh());
    let routers = enrol(ports, &scope, routers).await?;
    let plans = offer(ports, &scope).await?;
    order(ports, &scope, &plans, &routers).await?;
    open_account(ports, &scope).await?;
    for person in everybody() {
        let name = person.name.clone();
        settle(ports, &scope, &plans, &routers, person)
            .await
            .with_context(|| name)?;
    }
    Ok(true)
}

async fn enrol(
    ports: &Ports,
    scope: &Scope,
    routers: &DemoRouters,
) -> anyhow::Result<Vec<RouterId>> {
    let mut enrolled = Vec::new();
    for (router, simulator) in ROUTERS.iter().zip(&routers.routers) {
        let command = EnrolRouter {
            id: ports.ids.next(),
            name: router.name.parse()?,
            host: ports.host_rules.parse(&simulator.addr().ip().to_string())?,
            port: simulator.addr().port(),
            transport: Transport::Plain,
            method: LoginMethod::Plain,
            username: API_USER.parse()?,
            password: Secret::new(ROUTER_PASSWORD),
        };
        enrolled.push(command.id);
        enrol_router(
            &*ports.access,
            &*ports.gateway,
            &*ports.vault,
            scope,
            command,
        )
        .await
        .with_context(|| format!("enrolling {}", router.name))?;
    }
    Ok(enrolled)
}

async fn order(
    ports: &Ports,
    scope: &Scope,
    plans: &[PlanId],
    routers: &[RouterId],
) -> anyhow::Result<()> {
    let command = OrderVouchers {
        id: ports.ids.next(),
        job: ports.ids.next(),
        name: "Kiosk at the harbour".parse()?,
        plan: *plans.get(4).context("the day pass")?,
        router: *routers.get(1).context("the second router")?,
        count: VOUCHERS,
        alphabet: Alphabet::Mix,
        length: 8,
        prefix: String::new(),
        shelf_days: Some(180),
        online_s: None,
        data_bytes: None,
    };
    let shop = OrderVouchersPorts {
        vouchers: &*ports.vouchers,
        billing: &*ports.billing_queries,
        access: &*ports.access_queries,
        clock: &*ports.clock,
    };
    order_vouchers(shop, scope, command).await?;
    Ok(())
}

async fn settle(
    ports: &Ports,
    scope: &Scope,
    plans: &[PlanId],
    routers: &[RouterId],
    person: Person,
) -> anyhow::Result<()> {
    let customer = register(ports, scope, &person).await?;
    if person.fate == Fate::Blocked {
        let reason = "sold the modem".parse()?;
        let command = BlockCustomer { customer, reason };
        block_customer(&*ports.customers, &*ports.clock, scope, command).await?;
        return Ok(());
    }
    let Some(days) = person.fate.began_days_ago() else {
        return Ok(());
    };
    let (subscription, account) =
        subscribe(ports, scope, (plans, routers), &person, customer, days).await?;
    pass_the_time(
        ports,
        scope,
        &person,
        (customer, subscription, account),
        days,
    )
    .await
}

async fn register(ports: &Ports, scope: &Scope, person: &Person) -> anyhow::Result<CustomerId> {
    let customer = NewCustomer {
        id: ports.ids.next(),
        kind: CustomerKind::Personal,
        name: person.name.parse()?,
        phone: Some(person.phone.parse()?),
        email: None,
        address: None,
        note: None,
    };
    let id = customer.id;
    let command = RegisterCustomer { customer };
    register_customer(&*ports.customers, &*ports.clock, scope, command).await?;
    Ok(id)
}

async fn subscribe(
    ports: &Ports,
    scope: &Scope,
    (plans, routers): (&[PlanId], &[RouterId]),
    person: &Person,
    customer: CustomerId,
    days: i64,
) -> anyhow::Result<(SubscriptionId, AccountId)> {
    let command = SellSubscription {
        subscription: ports.ids.next(),
        new_account: ports.ids.next(),
        grant: ports.ids.next(),
        customer,
        plan: *plans.get(person.number % 3).context("a plan")?,
        router: *routers.get(person.number % 2).context("a router")?,
        login: person.login.parse()?,
        address: None,
        password: Secret::new(format!("pw-{}", person.number)),
        quantity: 1,
        bill_day: None,
        starts_on: None,
    };
    let subscription = command.subscription;
    let then = DaysAgo {
        clock: Arc::clone(&ports.clock),
        days,
    };
    let sold = sell_subscription(
        &*ports.subscription_store,
        &*ports.customer_queries,
        &*ports.vault,
        &*ports.ids,
        &then,
        scope,
        command,
    )
    .await?;
    Ok((subscription, sold.account))
}

/// The first invoice was raised on the day of the start; what happened since depends on the person.
async fn pass_the_time(
    ports: &Ports,
    scope: &Scope,
    person: &Person,
    (customer, subscription, account): (CustomerId, SubscriptionId, AccountId),
    days: i64,
) -> anyhow::Result<()> {
    let then = DaysAgo {
        clock: Arc::clone(&ports.clock),
        days,
    };
    let invoice = bill_account(&*ports.billing, &*ports.ids, &then, scope, account).await?;
    if person.fate.has_paid() {
        let invoice = invoice.context("the first invoice")?;
        let invoice = ports.billing_queries.invoice(scope.tenant, invoice).await?;
        let command = RecordPayment {
            id: ports.ids.next(),
            account,
            amount: invoice.context("the first invoice")?.due,
            method: PaymentMethod::Cash,
            reference: None,
            received_at: None,
        };
        record_payment(&*ports.billing, &then, scope, command).await?;
    }
    let now = &*ports.clock;
    match person.fate {
        Fate::OnHoliday => {
            let reason = "away until next month".to_owned();
            let command = SuspendSubscription {
                subscription,
                reason,
            };
            suspend_subscription(&*ports.billing, now, scope, command).await?;
        }
        Fate::Leaving => {
            let command = CancelSubscription {
                subscription,
                ending: Ending::at(At::PeriodEnd),
            };
            cancel_subscription(&*ports.billing, &*ports.ids, now, scope, command).await?;
        }
        Fate::Gone => {
            let command = CancelSubscription {
                subscription,
                ending: Ending::at(At::Now),
            };
            cancel_subscription(&*ports.billing, &*ports.ids, now, scope, command).await?;
            leave_customer(&*ports.customers, now, scope, customer).await?;
        }
        Fate::Prospect
        | Fate::Pays
        | Fate::Due
        | Fate::Late
        | Fate::Restricted
        | Fate::CutOff
        | Fate::Blocked => {}
    }
    evaluate_account(&*ports.billing, now, scope, account).await?;
    Ok(())
}
