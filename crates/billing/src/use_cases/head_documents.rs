//! Says what stands at the head of an entity's documents from today on.

use kernel::{Clock, EntityId, MayConflict, Scope, StoreError};

use crate::letterhead::{BadLetterhead, DatedLetterhead, Letterhead};
use crate::ports::BillingStore;

/// Why documents are headed as before.
#[derive(Debug, thiserror::Error)]
pub enum HeadDocumentsError {
    /// The tenant has no such entity.
    #[error("there is no legal entity {0}")]
    NotFound(EntityId),
    /// It breaks a rule.
    #[error("the letterhead breaks a rule")]
    Refused(#[from] BadLetterhead),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for HeadDocumentsError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Heads the documents that the entity issues from today on; what was issued before keeps its own head.
///
/// # Errors
/// [`HeadDocumentsError`]; nothing is changed then.
pub async fn head_documents(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: EntityId,
    letterhead: Letterhead,
) -> Result<(), HeadDocumentsError> {
    letterhead.check()?;
    let mut tx = store.begin(scope).await?;
    let entity = tx.entities().find(id).await?;
    let mut entity = entity.ok_or(HeadDocumentsError::NotFound(id))?;
    let dated = DatedLetterhead {
        from: entity.today(clock.now()),
        letterhead,
    };
    entity.headed(dated.from);
    tx.entities().save(&mut entity).await?;
    tx.letterheads().keep(id, &dated).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts a logo on the documents that the entity issues from today on, or none; what was issued before keeps its own. What the
/// file is was found out by whoever calls.
///
/// # Errors
/// [`HeadDocumentsError`]; nothing is changed then.
pub async fn change_logo(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: EntityId,
    file: Option<Vec<u8>>,
) -> Result<(), HeadDocumentsError> {
    let mut tx = store.begin(scope).await?;
    let entity = tx.entities().find(id).await?;
    let mut entity = entity.ok_or(HeadDocumentsError::NotFound(id))?;
    entity.logo_changed(file.as_ref().map(Vec::len));
    tx.entities().save(&mut entity).await?;
    let from = entity.today(clock.now());
    tx.letterheads().keep_logo(id, from, file).await?;
    tx.commit().await?;
    Ok(())
}
