//! A lost password: whoever runs the machine sets a new one, which is shown once.

use std::io::Write;

use anyhow::{Context, bail};
use kernel::{Scope, Secret, Slug, rerun_on_conflict};
use operators::{Login, Password, ResetPassword};

use crate::product::Product;
use crate::settings::Settings;

/// Gives the operator `who` (tenant, slash, login) a new password and returns it. A lockout ends, a disabled operator
/// may sign in again, and the reset is recorded.
///
/// # Errors
/// If `who` names nobody, or the database cannot be reached.
pub async fn reset_password(settings: &Settings, who: &str) -> anyhow::Result<Secret> {
    let (slug, login) = parse(who)?;
    let product = Product::open(settings).await?;
    let outcome = reset(&product, &slug, &login).await;
    product.close().await;
    outcome
}

/// Prints a new password, for people and for scripts that look for `login:` and `password:`.
///
/// # Errors
/// If standard output is closed: the password would be lost, and the reset can be repeated.
pub fn show_new_password(who: &str, password: &Secret) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "This password is shown once; change it after signing in.\n"
    )?;
    writeln!(out, "  login:    {who}")?;
    writeln!(out, "  password: {}", password.expose())?;
    out.flush()
}

fn parse(who: &str) -> anyhow::Result<(Slug, Login)> {
    let form = "an operator is named as at sign-in: tenant/login";
    let (slug, login) = who.split_once('/').context(form)?;
    Ok((slug.parse().context(form)?, login.parse().context(form)?))
}

async fn reset(product: &Product, slug: &Slug, login: &Login) -> anyhow::Result<Secret> {
    let ports = product.ports();
    let Some(tenant) = ports.tenants.by_slug(slug).await? else {
        bail!("there is no provider {slug}");
    };
    let next = Password::generate(&*ports.randomness);
    let scope = Scope::system(tenant, "reset-password", ports.ids.fresh());
    let work = || {
        let command = ResetPassword {
            login: login.clone(),
            next: next.clone(),
        };
        operators::reset_password(
            &*ports.operators,
            &*ports.hasher,
            &*ports.clock,
            &scope,
            command,
        )
    };
    rerun_on_conflict(work).await?;
    Ok(next.secret().clone())
}

#[cfg(test)]
mod tests;
