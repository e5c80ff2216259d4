//! Which rows cannot be imported any more because of what the product has meanwhile, asked for a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use access::adoption::VoucherProposal;
use access::{LoginRef, Subject};
use kernel::{BatchId, ImportRowId, ProfileId, StoreError, VoucherId};
use vouchers::{VouchersTx, code_digest};

use super::Run;
use super::logins::{Entry, code_of, voucher_of};
use crate::failure::Failure;

impl Run<'_> {
    /// Rows that cannot be imported because of what the product has meanwhile.
    pub(super) async fn unfit(
        &self,
        entries: &[Entry<'_>],
    ) -> Result<BTreeMap<ImportRowId, &'static str>, Failure> {
        let mut unfit = BTreeMap::new();
        let logins: Vec<LoginRef> = entries.iter().map(Entry::login).collect();
        let (tenant, router) = (self.scope.tenant, self.router.id());
        let queries = &self.bench.access_queries;
        let taken = queries.subjects_of(tenant, router, &logins).await?;
        let taken: BTreeMap<LoginRef, Subject> = taken.into_iter().collect();
        let profiles = self.missing_profiles(entries).await?;
        for it in entries {
            if it.profile().is_none_or(|it| profiles.contains(&it)) {
                unfit.insert(it.row.id, "its profile was not imported");
            } else if taken.get(&it.login()).is_some_and(|has| *has != it.subject) {
                unfit.insert(
                    it.row.id,
                    "another login of the product has this name on the router",
                );
            }
        }
        self.unfit_vouchers(entries, &mut unfit).await?;
        Ok(unfit)
    }

    async fn missing_profiles(
        &self,
        entries: &[Entry<'_>],
    ) -> Result<BTreeSet<ProfileId>, StoreError> {
        let mut profiles: BTreeSet<ProfileId> = entries.iter().filter_map(Entry::profile).collect();
        let mut tx = self.bench.access.begin(self.scope).await?;
        for id in profiles.clone() {
            if tx.profiles().find(id).await?.is_some() {
                profiles.remove(&id);
            }
        }
        Ok(profiles)
    }

    async fn unfit_vouchers(
        &self,
        entries: &[Entry<'_>],
        unfit: &mut BTreeMap<ImportRowId, &'static str>,
    ) -> Result<(), Failure> {
        let proposed: Vec<(ImportRowId, &VoucherProposal)> = entries
            .iter()
            .filter_map(|it| Some((it.row.id, voucher_of(it.row)?)))
            .collect();
        if proposed.is_empty() {
            return Ok(());
        }
        let vouchers: Vec<&VoucherProposal> = proposed.iter().map(|it| it.1).collect();
        let mut tx = self.bench.vouchers.begin(self.scope).await?;
        let issued = self.issued(&mut *tx, &vouchers).await?;
        let batches = missing_batches(&mut *tx, &vouchers).await?;
        drop(tx);
        let mut codes = BTreeSet::new();
        for (row, it) in proposed {
            let digest = self.digest(it);
            let taken = issued.get(&digest).is_some_and(|id| *id != it.voucher);
            if taken || !codes.insert(digest) {
                unfit.insert(row, "a voucher with this code exists already");
            } else if batches.contains(&it.batch) {
                unfit.insert(row, "its batch was not imported");
            }
        }
        Ok(())
    }

    pub(super) fn digest(&self, it: &VoucherProposal) -> [u8; 32] {
        code_digest(&*self.bench.vault, &code_of(it))
    }

    /// Which of the codes have been issued, and to which voucher.
    pub(super) async fn issued(
        &self,
        tx: &mut dyn VouchersTx,
        proposed: &[&VoucherProposal],
    ) -> Result<BTreeMap<[u8; 32], VoucherId>, StoreError> {
        let digests: Vec<[u8; 32]> = proposed.iter().map(|it| self.digest(it)).collect();
        let found = tx.vouchers().find_many_by_digest(&digests).await?;
        let issued = found.iter().map(|it| (it.snapshot().digest, it.id()));
        Ok(issued.collect())
    }
}

async fn missing_batches(
    tx: &mut dyn VouchersTx,
    proposed: &[&VoucherProposal],
) -> Result<BTreeSet<BatchId>, StoreError> {
    let mut batches: BTreeSet<BatchId> = proposed.iter().map(|it| it.batch).collect();
    let ids: Vec<BatchId> = batches.iter().copied().collect();
    for it in tx.batches().find_many(&ids).await? {
        batches.remove(&it.ordered().id);
    }
    Ok(batches)
}
