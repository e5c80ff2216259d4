//! Proofs of bank transfers: handed in, and approved once somebody has found the money, or refused.

use kernel::{AccountId, Clock, MayConflict, PaymentId, ProofId, Scope, StoreError, Timestamp};

use super::record_payment::{RecordPayment, RecordPaymentError, record_in};
use crate::payment::{BadPayment, PaymentMethod};
use crate::ports::{BillingStore, PAYMENT_REFERENCE_UNIQUE, PROOF_FILE_UNIQUE};
use crate::proof::{NewProof, Proof, ProofRefusal, ProofState};

/// Says that the money of a proof is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApproveProof {
    /// The proof.
    pub proof: ProofId,
    /// The id that the payment will have.
    pub payment: PaymentId,
    /// What the bank calls the transfer, 1 to 80 characters; unique among bank transfers.
    pub reference: String,
    /// When it came in; now if absent.
    pub received_at: Option<Timestamp>,
}

/// Why nothing became of a proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The tenant has no such proof.
    #[error("there is no proof {0}")]
    NotFound(ProofId),
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// It breaks a rule.
    #[error(transparent)]
    Refused(#[from] ProofRefusal),
    /// The same file was handed in before.
    #[error("the same file was handed in before")]
    SameFile,
    /// The payment was not recorded.
    #[error(transparent)]
    NotRecorded(RecordPaymentError),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for ProofError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(PROOF_FILE_UNIQUE) {
            Self::SameFile
        } else if err.is_duplicate_of(PAYMENT_REFERENCE_UNIQUE) {
            Self::NotRecorded(RecordPaymentError::DuplicateReference)
        } else {
            Self::Store(err)
        }
    }
}

impl From<RecordPaymentError> for ProofError {
    fn from(err: RecordPaymentError) -> Self {
        match err {
            RecordPaymentError::Store(err) => err.into(),
            other => Self::NotRecorded(other),
        }
    }
}

impl MayConflict for ProofError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Takes a proof in: it waits until somebody decides. The same id again changes nothing.
///
/// # Errors
/// [`ProofError`]; nothing is stored then.
pub async fn hand_in_proof(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    new: NewProof,
) -> Result<(), ProofError> {
    let mut tx = store.begin(scope).await?;
    if tx.proofs().find(new.id).await?.is_some() {
        return Ok(());
    }
    let account = tx.accounts().lock(new.account).await?;
    let account = account.ok_or(ProofError::NoAccount(new.account))?;
    if account.currency() != new.amount.currency() {
        return Err(ProofRefusal::from(BadPayment::Currency).into());
    }
    let mut proof = Proof::hand_in(new, clock.now())?;
    tx.proofs().save(&mut proof).await?;
    tx.commit().await?;
    Ok(())
}

/// The money of a proof is there: the payment is recorded in the same transaction, once. Returns the payment: a second time
/// that of the first.
///
/// # Errors
/// [`ProofError`]; nothing is changed then.
pub async fn approve_proof(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: ApproveProof,
) -> Result<PaymentId, ProofError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let known = tx.proofs().find(command.proof).await?;
    let known = known.ok_or(ProofError::NotFound(command.proof))?;
    let account = tx.accounts().lock(known.view().account).await?;
    let mut account = account.ok_or_else(|| StoreError::corrupt("a proof without its account"))?;
    // Read again under the lock: somebody else may have decided meanwhile.
    let proof = tx.proofs().find(command.proof).await?;
    let mut proof = proof.ok_or(ProofError::NotFound(command.proof))?;
    if let ProofState::Approved { payment } = proof.view().state {
        return Ok(payment);
    }
    proof.approve(command.payment, now)?;
    let payment = RecordPayment {
        id: command.payment,
        account: account.id(),
        amount: proof.view().amount,
        method: PaymentMethod::BankTransfer,
        reference: Some(command.reference),
        received_at: command.received_at,
    };
    record_in(&mut *tx, scope, &mut account, payment, now).await?;
    tx.proofs().save(&mut proof).await?;
    tx.commit().await?;
    Ok(command.payment)
}

/// The money of a proof is not there, or the proof is none, for 1 to 300 characters of reason. A second time changes
/// nothing.
///
/// # Errors
/// [`ProofError`]; nothing is changed then.
pub async fn refuse_proof(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    (id, reason): (ProofId, &str),
) -> Result<(), ProofError> {
    let mut tx = store.begin(scope).await?;
    let known = tx.proofs().find(id).await?;
    let known = known.ok_or(ProofError::NotFound(id))?;
    tx.accounts().lock(known.view().account).await?;
    let proof = tx.proofs().find(id).await?;
    let mut proof = proof.ok_or(ProofError::NotFound(id))?;
    if !proof.refuse(reason, clock.now())? {
        return Ok(());
    }
    tx.proofs().save(&mut proof).await?;
    tx.commit().await?;
    Ok(())
}
