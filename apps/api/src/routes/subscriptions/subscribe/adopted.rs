//! Selling to a login that was imported: it must be the one that waits for this subscription.

use access::{Allowance, GrantFilter, GrantView, Subject};
use kernel::PageRequest;

use super::SubscribeBody;
use crate::api::Api;
use crate::extract::Granted;
use crate::problem::{Problem, catalog};

/// Refuses a sale to an imported login that does not fit.
pub(super) async fn check(
    api: &Api,
    caller: &Granted,
    body: &SubscribeBody,
) -> Result<(), Problem> {
    let Some(adopted) = body.adopted else {
        return Ok(());
    };
    if body.password.is_some() {
        let rule = "must be absent: an imported login keeps its own";
        return Err(Problem::invalid("password", "exclusive", rule));
    }
    let queries = &api.ports.access_queries;
    let filter = GrantFilter {
        router: Some(body.router),
        subject: Some(Subject::Subscription(adopted)),
    };
    let first = PageRequest::new(1, None);
    let found = queries.grants(caller.tenant(), filter, first).await?.items;
    let waits =
        |it: &GrantView| it.login == body.login.as_str() && it.allowance != Allowance::Ended;
    let waiting = found.into_iter().find(waits);
    let Some(grant) = waiting else {
        let rule = "is not what this login on this router waits for";
        return Err(Problem::of(&catalog::UNKNOWN_REFERENCE).field("adopted", "unknown", rule));
    };
    let Some(plan) = api
        .ports
        .billing_queries
        .plan(caller.tenant(), body.plan)
        .await?
    else {
        // The sale itself says so.
        return Ok(());
    };
    let profile = queries.profile(caller.tenant(), plan.profile).await?;
    if profile.is_some_and(|it| it.service != grant.service) {
        let rule = "is for another service than the login";
        return Err(Problem::invalid("plan", "service", rule));
    }
    Ok(())
}
