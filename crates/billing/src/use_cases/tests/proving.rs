//! A proof is no money; approving it records the transfer once, beside whatever else is told of the same transfer.

use kernel::{PageRequest, ProofId};

use super::{Desk, kes};
use crate::BillingQueries;
use crate::ledger::LedgerAccount;
use crate::overdue::Level;
use crate::payment::{BadPayment, PaymentMethod};
use crate::proof::{NewProof, ProofRefusal, ProofStatus};
use crate::use_cases::prove_payment::{
    ApproveProof, ProofError, approve_proof, hand_in_proof, refuse_proof,
};
use crate::use_cases::receive_unmatched::{ReceiveUnmatched, receive_unmatched};
use crate::use_cases::record_payment::RecordPaymentError;

impl Desk {
    fn proof(&self, account: kernel::AccountId, minor: i64, mark: u8) -> NewProof {
        NewProof {
            id: self.ids().next(),
            account,
            amount: kes(minor),
            note: None,
            sha256: [mark; 32],
            content: b"%PDF-1.7".to_vec(),
        }
    }

    async fn hand_in(&self, proof: &NewProof) -> Result<(), ProofError> {
        hand_in_proof(&self.store, &self.clock, &self.scope, proof.clone()).await
    }

    async fn approve(&self, proof: ProofId, reference: &str) -> Result<(), ProofError> {
        let command = ApproveProof {
            proof,
            payment: self.ids().next(),
            reference: reference.to_owned(),
            received_at: None,
        };
        let approved = approve_proof(&self.store, &self.clock, &self.scope, command).await;
        approved.map(|_| ())
    }

    async fn refuse_proof(&self, proof: ProofId) -> Result<(), ProofError> {
        let why = (proof, "the bank knows no such transfer");
        refuse_proof(&self.store, &self.clock, &self.scope, why).await
    }

    async fn proofs(&self, status: ProofStatus) -> usize {
        let page = PageRequest::default();
        let found = self.store.proofs(self.scope.tenant, Some(status), page);
        found.await.unwrap().items.len()
    }
}

#[tokio::test]
async fn an_approved_proof_is_one_payment_that_gives_access_back() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-25");
    desk.evaluate(sold.account).await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    let proof = desk.proof(sold.account, 300_000, 1);
    for _ in 0..2 {
        desk.hand_in(&proof).await.unwrap();
    }
    assert_eq!(desk.proofs(ProofStatus::Waiting).await, 1);
    assert_eq!(desk.in_books(LedgerAccount::Cash), 0, "it is no money");
    for _ in 0..2 {
        desk.approve(proof.id, "FT1").await.unwrap();
    }
    assert_eq!(desk.in_books(LedgerAccount::Cash), 300_000);
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    let refused = desk.refuse_proof(proof.id).await;
    assert!(matches!(
        refused,
        Err(ProofError::Refused(ProofRefusal::Decided(_)))
    ));
}

#[tokio::test]
async fn the_same_transfer_is_not_booked_twice_by_another_proof() {
    let desk = Desk::opened("2026-11-01").await;
    let account = desk.sell(300_000).await.account;
    let proof = desk.proof(account, 100, 1);
    desk.hand_in(&proof).await.unwrap();
    let same = desk.hand_in(&desk.proof(account, 100, 1)).await;
    assert!(matches!(same, Err(ProofError::SameFile)));
    let other = desk.proof(account, 100, 2);
    desk.hand_in(&other).await.unwrap();
    desk.approve(proof.id, "FT1").await.unwrap();
    let twice = desk.approve(other.id, "FT1").await;
    let duplicate = RecordPaymentError::DuplicateReference;
    assert!(
        matches!(twice, Err(ProofError::NotRecorded(err)) if err.to_string() == duplicate.to_string())
    );
    assert_eq!(desk.proofs(ProofStatus::Waiting).await, 1, "it still waits");
    let stray = ReceiveUnmatched {
        id: desk.ids().next(),
        amount: kes(100),
        method: PaymentMethod::BankTransfer,
        reference: Some("FT2".to_owned()),
        payer: None,
        note: None,
        received_at: None,
    };
    receive_unmatched(&desk.store, &desk.clock, &desk.scope, stray)
        .await
        .unwrap();
    let stray = desk.approve(other.id, "FT2").await;
    assert!(matches!(
        stray,
        Err(ProofError::NotRecorded(RecordPaymentError::Unmatched(_)))
    ));
    assert_eq!(desk.in_books(LedgerAccount::Cash), 200);
}

#[tokio::test]
async fn a_refused_proof_stays_refused_and_a_wrong_currency_is_none() {
    let desk = Desk::opened("2026-11-01").await;
    let account = desk.sell(300_000).await.account;
    let proof = desk.proof(account, 100, 1);
    desk.hand_in(&proof).await.unwrap();
    for _ in 0..2 {
        desk.refuse_proof(proof.id).await.unwrap();
    }
    let late = desk.approve(proof.id, "FT1").await;
    assert!(matches!(
        late,
        Err(ProofError::Refused(ProofRefusal::Decided(_)))
    ));
    assert_eq!(desk.in_books(LedgerAccount::Cash), 0);
    let mut dollars = desk.proof(account, 100, 2);
    dollars.amount = kernel::Money::from_minor(5, "USD".parse().unwrap());
    let refused = desk.hand_in(&dollars).await;
    let rule = ProofRefusal::Bad(BadPayment::Currency);
    assert!(matches!(refused, Err(ProofError::Refused(it)) if it == rule));
    let nobody = desk.proof(desk.ids().next(), 100, 3);
    let refused = desk.hand_in(&nobody).await;
    assert!(matches!(refused, Err(ProofError::NoAccount(_))));
}
