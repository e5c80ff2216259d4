//! Promises about proofs of payment.

use kernel::{PageRequest, StoreError};

use super::{World, kes, must_conflict, noon};
use crate::ports::PROOF_FILE_UNIQUE;
use crate::proof::{NewProof, Proof, ProofStatus};

impl World<'_> {
    pub(super) async fn proof_promises(&self) {
        self.a_proof_reads_back_with_its_file().await;
        self.a_file_is_handed_in_once().await;
        self.a_stale_proof_is_a_conflict().await;
    }

    fn proof(&self, mark: u8) -> Proof {
        let new = NewProof {
            id: self.ids.next(),
            account: self.ids.next(),
            amount: kes(500),
            note: Some("paid at the bank".to_owned()),
            sha256: [mark; 32],
            content: vec![b'%', b'P', b'D', b'F', b'-', 0, 255, mark],
        };
        Proof::hand_in(new, noon()).unwrap()
    }

    async fn keep_proof(&self, proof: &mut Proof) -> Result<(), StoreError> {
        let mut tx = self.tx().await;
        tx.proofs().save(proof).await?;
        tx.commit().await
    }

    async fn a_proof_reads_back_with_its_file(&self) {
        let (mut waiting, mut approved, mut refused) =
            (self.proof(1), self.proof(2), self.proof(3));
        for proof in [&mut waiting, &mut approved, &mut refused] {
            self.keep_proof(proof).await.unwrap();
        }
        approved.approve(self.ids.next(), noon()).unwrap();
        refused.refuse("no such transfer", noon()).unwrap();
        for proof in [&mut approved, &mut refused] {
            self.keep_proof(proof).await.unwrap();
        }
        for proof in [&waiting, &approved, &refused] {
            let mut tx = self.tx().await;
            let stored = tx.proofs().find(proof.view().id).await.unwrap().unwrap();
            assert_eq!(stored.snapshot(), proof.snapshot());
        }
        let tenant = self.tenant();
        let listed = |status| self.queries.proofs(tenant, status, PageRequest::default());
        let all = listed(None).await.unwrap().items;
        let newest_first = [&refused, &approved, &waiting].map(|it| it.view().clone());
        assert_eq!(all, newest_first);
        let one = listed(Some(ProofStatus::Waiting)).await.unwrap().items;
        assert_eq!(one, [waiting.view().clone()]);
        let first = PageRequest::new(2, None);
        let first = self.queries.proofs(tenant, None, first).await.unwrap();
        let next = PageRequest::new(2, first.next.unwrap().parse().ok());
        let next = self.queries.proofs(tenant, None, next).await.unwrap();
        assert_eq!(next.items, [waiting.view().clone()]);
    }

    async fn a_file_is_handed_in_once(&self) {
        let mut first = self.proof(4);
        self.keep_proof(&mut first).await.unwrap();
        let mut again = self.proof(4);
        let refused = self.keep_proof(&mut again).await.unwrap_err();
        assert!(refused.is_duplicate_of(PROOF_FILE_UNIQUE), "{refused}");
    }

    async fn a_stale_proof_is_a_conflict(&self) {
        let mut proof = self.proof(5);
        self.keep_proof(&mut proof).await.unwrap();
        let mut stale = proof.clone();
        proof.refuse("no such transfer", noon()).unwrap();
        self.keep_proof(&mut proof).await.unwrap();
        stale.approve(self.ids.next(), noon()).unwrap();
        must_conflict(&self.keep_proof(&mut stale).await);
    }
}
