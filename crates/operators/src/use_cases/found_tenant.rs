//! A provider begins: the tenant and its first admin, together.

use kernel::{Clock, MayConflict, Name, OperatorId, Scope, Slug, StoreError, TenantId};

use crate::login::Login;
use crate::operator::{NewOperator, Operator};
use crate::password::Password;
use crate::ports::credentials::{CannotHash, PasswordHasher};
use crate::ports::reads::OperatorView;
use crate::ports::store::OperatorsStore;
use crate::role::Role;
use crate::tenant::Tenant;

/// Found the tenant of the scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTenant {
    /// The name in addresses and at sign-in; unique over all tenants.
    pub slug: Slug,
    /// The name people read.
    pub name: Name,
    /// The id the first admin will have.
    pub admin: OperatorId,
    /// What the first admin signs in with.
    pub login: Login,
    /// What the first admin is called.
    pub admin_name: Name,
    /// The first admin's password.
    pub password: Password,
}

/// Why there is no new tenant.
#[derive(Debug, thiserror::Error)]
pub enum FoundTenantError {
    /// The scope's tenant was founded before.
    #[error("tenant {0} exists already")]
    Exists(TenantId),
    /// Another tenant has the slug.
    #[error("the slug {0} is taken")]
    SlugTaken(Slug),
    /// Passwords cannot be hashed now.
    #[error("the password cannot be hashed now")]
    Hasher(#[from] CannotHash),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for FoundTenantError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Founds the tenant of the scope and hires its first admin.
///
/// # Errors
/// [`FoundTenantError`] says what the caller can do.
pub async fn found_tenant(
    store: &dyn OperatorsStore,
    hasher: &dyn PasswordHasher,
    clock: &dyn Clock,
    scope: &Scope,
    command: FoundTenant,
) -> Result<OperatorView, FoundTenantError> {
    let password = hasher.hash(&command.password).await?;
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    if tx.tenants().find().await?.is_some() {
        return Err(FoundTenantError::Exists(scope.tenant));
    }
    let slug = command.slug;
    let mut tenant = Tenant::found(scope.tenant, slug.clone(), command.name, now);
    let saved = tx.tenants().save(&mut tenant).await;
    saved.map_err(|err| taken_or_failed(err, slug))?;
    let first = NewOperator {
        id: command.admin,
        login: command.login,
        name: command.admin_name,
        role: Role::Admin,
        password,
    };
    let mut admin = Operator::hire(first, now);
    tx.operators().save(&mut admin).await?;
    tx.commit().await?;
    Ok(admin.view())
}

fn taken_or_failed(err: StoreError, slug: Slug) -> FoundTenantError {
    if err.is_duplicate_of("tenants_slug_key") {
        return FoundTenantError::SlugTaken(slug);
    }
    FoundTenantError::Store(err)
}
