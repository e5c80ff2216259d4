//! `POST /subscriptions`: sells a plan together with its login.

use std::net::Ipv4Addr;

use access::{GrantFilter, GrantView, Login, Subject};
use axum::extract::State;
use billing::BillDay;
use kernel::{
    CustomerId, LocalDate, PageRequest, PlanId, Randomness, RouterId, Sealed, Secret,
    SubscriptionId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;
use workflows::SellSubscription;

use super::{SubscriptionBody, load};
use crate::answer::Created;
use crate::api::Api;
use crate::extract::{Granted, May, Once};
use crate::idempotency::once;
use crate::problem::Problem;
use crate::rights::Subscribe;
use crate::routes::KeyHeader;

mod adopted;

/// How many characters a made password has: some 59 bits.
const MADE_CHARS: usize = 12;
/// Characters that nobody misreads.
const LETTERS: &[u8; 31] = b"abcdefghijkmnpqrstuvwxyz2345679";

/// A sale.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscribeBody {
    #[schema(value_type = String, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$", example = "cus_agjpfimc4btqadrdlvfsmcaaai")]
    customer: CustomerId,
    /// A plan that is sold as a subscription.
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: PlanId,
    /// Where the login is valid.
    #[schema(value_type = String, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$", example = "rtr_agjpfimc4btqadrdlvfsmcaaai")]
    router: RouterId,
    /// Unique per router and service. For `pppoe` and `hotspot` 1 to 64 printable ASCII characters without spaces,
    /// quotes, commas or backslashes; for `static_ip` an address or prefix like `10.1.1.5` or `10.1.1.8/29`; for
    /// `dhcp_lease` and `mac_bypass` the device's hardware address.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "siti.42")]
    login: Login,
    /// The address the device is always to have; `dhcp_lease` and `mac_bypass` only. A device that passes has its speed
    /// limited only with one.
    #[schema(value_type = Option<String>, example = "10.20.0.9")]
    address: Option<Ipv4Addr>,
    /// 4 to 64 printable ASCII characters. Without one a password is made and shown once; addresses and devices need
    /// none.
    #[schema(value_type = Option<String>, format = Password, min_length = 4, max_length = 64)]
    password: Option<Secret>,
    /// How many units of the plan; one if absent.
    #[validate(range(min = 1))]
    #[schema(minimum = 1, example = 1)]
    quantity: Option<u32>,
    /// A fixed bill day, clamped in short months; without one, periods begin on the day of the start.
    #[validate(range(min = 1, max = 31))]
    #[schema(minimum = 1, maximum = 31, example = 1)]
    bill_day: Option<u8>,
    /// The first day, from 31 days back to 366 days ahead; today if absent.
    #[schema(value_type = Option<String>, format = Date, example = "2026-11-21")]
    starts_on: Option<LocalDate>,
    /// The subscription that an imported login waits for: it is taken over with its password, and moves to the plan's
    /// profile. Router and login must be its own; `password` must be absent.
    #[schema(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$", example = "sub_agjpfimc4btqadrdlvfsmcaaai")]
    adopted: Option<SubscriptionId>,
}

/// What was sold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscribed)]
pub(crate) struct SubscribedBody {
    subscription: SubscriptionBody,
    /// The login as the router has it.
    #[schema(example = "siti.42")]
    login: String,
    /// The password that was made, shown only here; null if one was chosen, or none is needed.
    password: Option<String>,
}

/// What a repetition needs to answer again; the made password stays sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sold {
    subscription: SubscriptionId,
    password: Option<Sealed>,
}

/// Sells a plan to a customer, with a login that is put on the router in the background.
#[utoipa::path(
    post, path = "/subscriptions", operation_id = "subscribe", tag = "subscriptions",
    params(KeyHeader),
    request_body = SubscribeBody,
    responses((status = 201, description = "Sold", body = SubscribedBody))
)]
pub(crate) async fn subscribe(
    State(api): State<Api>,
    caller: May<Subscribe>,
    request: Once<SubscribeBody>,
) -> Result<Created<SubscribedBody>, Problem> {
    adopted::check(&api, &caller, &request.body).await?;
    let (command, answer) = command(&api, request.body)?;
    let (sold, turn) = once(&api, &caller, &request.attempt, answer, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            workflows::sell_subscription(
                &*it.subscription_store,
                &*it.customer_queries,
                &*it.vault,
                &*it.ids,
                &*it.clock,
                &scope,
                command,
            )
            .await
        }
    })
    .await?;
    let grant = grant_of(&api, &caller, sold.subscription).await?;
    let password = if grant.service.has_password() {
        shown(&api, &sold)?
    } else {
        None
    };
    Ok(Created {
        location: format!("/api/v1/subscriptions/{}", sold.subscription),
        turn,
        body: SubscribedBody {
            subscription: load(&api, &caller, sold.subscription).await?,
            login: grant.login,
            password,
        },
    })
}

/// What the sale has put, or will put, on the router.
async fn grant_of(
    api: &Api,
    caller: &Granted,
    subscription: SubscriptionId,
) -> Result<GrantView, Problem> {
    let filter = GrantFilter {
        router: None,
        subject: Some(Subject::Subscription(subscription)),
    };
    let queries = &api.ports.access_queries;
    let page = PageRequest::new(1, None);
    let found = queries.grants(caller.tenant(), filter, page).await?;
    let grant = found.items.into_iter().next();
    grant.ok_or_else(|| Problem::not_found("grant of subscription", subscription))
}

fn command(api: &Api, body: SubscribeBody) -> Result<(SellSubscription, Sold), Problem> {
    let ids = &api.ports.ids;
    let subscription = body.adopted.unwrap_or_else(|| ids.next());
    let (password, made) = match body.adopted {
        Some(_) => (Secret::new(""), None),
        None => password(api, subscription, body.password)?,
    };
    let bill_day = body.bill_day.map(BillDay::new).transpose();
    let command = SellSubscription {
        subscription,
        new_account: ids.next(),
        grant: ids.next(),
        customer: body.customer,
        plan: body.plan,
        router: body.router,
        login: body.login,
        address: body.address,
        password,
        quantity: body.quantity.unwrap_or(1),
        bill_day: bill_day.map_err(|err| Problem::invalid("bill_day", "range", err.to_string()))?,
        starts_on: body.starts_on,
    };
    let sold = Sold {
        subscription,
        password: made,
    };
    Ok((command, sold))
}

/// The chosen password, or one that is made, with a sealed copy for repetitions.
fn password(
    api: &Api,
    subscription: SubscriptionId,
    chosen: Option<Secret>,
) -> Result<(Secret, Option<Sealed>), Problem> {
    if let Some(text) = chosen {
        return usable(text).map(|it| (it, None));
    }
    let made = make(&*api.ports.randomness);
    let sealed = api.ports.vault.seal(&owner(subscription), &made);
    Ok((made, Some(sealed)))
}

/// Routers and the devices of customers agree on plain ASCII only.
fn usable(text: Secret) -> Result<Secret, Problem> {
    let plain = text.expose().bytes().all(|it| it.is_ascii_graphic());
    if !plain || !(4..=64).contains(&text.expose().len()) {
        let rule = "must be 4 to 64 printable ASCII characters without spaces";
        return Err(Problem::invalid("password", "format", rule));
    }
    Ok(text)
}

fn make(randomness: &dyn Randomness) -> Secret {
    let bound = u32::try_from(LETTERS.len()).unwrap_or(u32::MAX);
    let letter = |_| {
        let place = usize::try_from(randomness.below(bound)).unwrap_or(0);
        char::from(LETTERS[place])
    };
    Secret::new((0..MADE_CHARS).map(letter).collect::<String>())
}

fn shown(api: &Api, sold: &Sold) -> Result<Option<String>, Problem> {
    let Some(sealed) = &sold.password else {
        return Ok(None);
    };
    let opened = api.ports.vault.open(&owner(sold.subscription), sealed);
    let secret = opened.map_err(|err| Problem::internal(&err))?;
    Ok(Some(secret.expose().to_owned()))
}

fn owner(subscription: SubscriptionId) -> String {
    format!("receipts/{subscription}")
}
