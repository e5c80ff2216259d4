//! The first start founds the provider and its first operator, whose password is shown once.

use std::io::Write;

use anyhow::Context;
use billing::{DunningPolicy, FoundEntityError, NewEntity, found_entity};
use kernel::{Currency, EntityId, Scope, Secret, Slug, StoreError, TenantId, rerun_on_conflict};
use operators::{FoundTenant, FoundTenantError, Password, found_tenant};

use crate::ports::Ports;
use crate::settings::FoundingSettings;

/// What the first start shows, once.
pub struct FirstOperator {
    /// Where to sign in.
    pub tenant: TenantId,
    /// The provider's name at sign-in.
    pub slug: Slug,
    /// The operator's login.
    pub login: String,
    /// The operator's password.
    pub password: Secret,
}

/// Founds the provider of the settings if the database has none yet, and gives every provider its legal entity. Returns
/// the first operator if one was hired just now. Of several processes that start at once, one founds.
///
/// # Errors
/// Names the setting under `founding` that is unusable, or if the database cannot be reached.
pub async fn first_start(
    ports: &Ports,
    founding: &FoundingSettings,
) -> anyhow::Result<Option<FirstOperator>> {
    let entity = entity_terms(founding)?;
    let tenants = ports
        .tenants
        .all()
        .await
        .context("the tenants cannot be read")?;
    let hired = if tenants.is_empty() {
        found(ports, founding).await?
    } else {
        None
    };
    for tenant in tenants {
        ensure_entity(ports, tenant, &entity).await?;
    }
    if let Some(operator) = &hired
        && let Err(err) = ensure_entity(ports, operator.tenant, &entity).await
    {
        // Failing here would lose a password that nobody has seen yet.
        tracing::error!(
            err = format!("{err:#}"),
            "the legal entity is missing; the next start founds it"
        );
    }
    Ok(hired)
}

/// Prints how to sign in, for people and for scripts that look for `login:` and `password:`.
///
/// # Errors
/// If standard output is closed: the password would be lost.
pub fn show_first_operator(operator: &FirstOperator) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\nThe first operator was created. This password is shown once; change it after signing in.\n"
    )?;
    writeln!(out, "  login:    {}/{}", operator.slug, operator.login)?;
    writeln!(out, "  password: {}\n", operator.password.expose())?;
    out.flush()
}

async fn found(
    ports: &Ports,
    founding: &FoundingSettings,
) -> anyhow::Result<Option<FirstOperator>> {
    let slug: Slug = founding
        .tenant
        .parse()
        .context("setting `founding.tenant` is unusable")?;
    let password = Password::generate(&*ports.randomness);
    let tenant: TenantId = ports.ids.next();
    let command = FoundTenant {
        slug: slug.clone(),
        name: founding
            .name
            .parse()
            .context("setting `founding.name` is unusable")?,
        admin: ports.ids.next(),
        login: founding
            .operator
            .parse()
            .context("setting `founding.operator` is unusable")?,
        admin_name: founding
            .operator
            .parse()
            .context("setting `founding.operator` is unusable")?,
        password: password.clone(),
    };
    let scope = Scope::system(tenant, "first start", ports.ids.fresh());
    let founded = found_tenant(
        &*ports.operators,
        &*ports.hasher,
        &*ports.clock,
        &scope,
        command,
    )
    .await;
    match founded {
        Ok(admin) => Ok(Some(FirstOperator {
            tenant,
            slug,
            login: admin.login,
            password: password.secret().clone(),
        })),
        // Another process was faster: it shows the password.
        Err(FoundTenantError::SlugTaken(_)) => Ok(None),
        Err(err) => Err(err).context("the provider cannot be founded"),
    }
}

fn entity_terms(founding: &FoundingSettings) -> anyhow::Result<NewEntity> {
    let currency: Currency = founding
        .currency
        .parse()
        .context("setting `founding.currency` is unusable")?;
    let digits = match founding.invoice_digits.as_str() {
        "" => currency.exponent(),
        digits => digits
            .parse()
            .context("setting `founding.invoice_digits` must be a number")?,
    };
    let terms = NewEntity {
        id: EntityId::from_uuid(uuid::Uuid::nil()),
        name: founding
            .name
            .parse()
            .context("setting `founding.name` is unusable")?,
        currency,
        zone: founding
            .zone
            .parse()
            .context("setting `founding.zone` is unusable")?,
        scale_digits: digits,
        series: founding.series.clone(),
        terms_days: founding.terms_days,
        dunning: DunningPolicy {
            grace_days: founding.grace_days,
            suspend_after_days: founding.suspend_after_days,
            tolerance_minor: 0,
        },
    };
    billing::LegalEntity::found(terms.clone())
        .context("the settings under `founding` contradict each other")?;
    Ok(terms)
}

/// The first entity shares its tenant's UUID, so that two processes cannot found two.
async fn ensure_entity(ports: &Ports, tenant: TenantId, terms: &NewEntity) -> anyhow::Result<()> {
    if !ports.billing_queries.entities(tenant).await?.is_empty() {
        return Ok(());
    }
    let scope = Scope::system(tenant, "first start", ports.ids.fresh());
    let entity = NewEntity {
        id: EntityId::from_uuid(tenant.uuid()),
        ..terms.clone()
    };
    let work = || found_entity(&*ports.billing, &scope, entity.clone());
    match rerun_on_conflict(work).await {
        Ok(()) | Err(FoundEntityError::Store(StoreError::Duplicate { .. })) => Ok(()),
        Err(err) => Err(err).context("the legal entity cannot be founded"),
    }
}

#[cfg(test)]
mod tests;
