//! Imports logins: a grant, the tag on the router, then the customer or the voucher.

use std::collections::{BTreeMap, BTreeSet};

use access::adoption::{
    CustomerProposal, ImportRow, Proposal, RowState, Settled, SurveyedLogin, VoucherProposal,
    VoucherStanding,
};
use access::{
    Action, Allowance, Change, Confirmation, Edit, Grant, LoginRef, NewGrant, Service, Subject,
    Tag, TagId, secret_owner,
};
use customers::{Customer, CustomerKind, NewCustomer};
use kernel::{BatchId, GrantId, ImportRowId, ProfileId, Secret, StoreError, rerun_on_conflict};
use vouchers::{VoucherSnapshot, VoucherState, code_digest, voucher_owner};

use super::super::router_jobs::patience;
use super::{Run, imported, refused};
use crate::failure::Failure;

/// What a voucher's activation counts as: it has happened, so no later one is followed.
const ACTIVATION: u64 = 1;

/// A login on its way in.
struct Entry<'r> {
    row: &'r ImportRow,
    found: &'r SurveyedLogin,
    grant: GrantId,
    subject: Subject,
    service: Service,
    /// Whether it gets a grant: one that has ended gets none.
    is_live: bool,
}

impl Entry<'_> {
    fn login(&self) -> LoginRef {
        LoginRef::new(self.service, self.row.name.lossy())
    }

    fn profile(&self) -> Option<ProfileId> {
        match &self.row.proposal {
            Proposal::Customer(it) => Some(it.profile),
            Proposal::Voucher(it) => Some(it.profile),
            _ => None,
        }
    }
}

impl Run<'_> {
    pub(super) async fn import_logins(&self, rows: Vec<ImportRow>) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut entries = Vec::new();
        let mut gone = Vec::new();
        for row in &rows {
            match self.entry(row) {
                Ok(entry) => entries.push(entry),
                Err(why) => gone.push((row, why)),
            }
        }
        for (row, why) in gone {
            self.give_up(row, why).await?;
        }
        let unfit = self.unfit(&entries).await?;
        let refusals = entries
            .iter()
            .filter_map(|it| Some(refused(it.row, *unfit.get(&it.row.id)?)));
        let refusals: Vec<Settled> = refusals.collect();
        self.settle(refusals).await?;
        entries.retain(|it| !unfit.contains_key(&it.row.id));
        rerun_on_conflict(|| self.store_grants(&entries)).await?;
        self.bench.probe.reached("apply_import.grants_stored");
        let tagged = self.tag(entries).await?;
        self.bench.probe.reached("apply_import.rows_tagged");
        rerun_on_conflict(|| self.store_customers(&tagged.entries)).await?;
        rerun_on_conflict(|| self.store_vouchers(&tagged.entries)).await?;
        rerun_on_conflict(|| self.confirm(&tagged.entries)).await?;
        match tagged.failure {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn entry<'r>(&'r self, row: &'r ImportRow) -> Result<Entry<'r>, &'static str> {
        let (grant, subject, service, is_live) = match &row.proposal {
            Proposal::Customer(it) => {
                let subject = Subject::Subscription(it.subscription);
                (it.grant, subject, it.service, true)
            }
            Proposal::Voucher(it) => {
                let subject = Subject::Voucher(it.voucher);
                let is_live = !it.standing.has_ended();
                (it.grant, subject, Service::Hotspot, is_live)
            }
            _ => return Err("it is no login"),
        };
        let gone = "it is no longer on the router";
        let found = self.logins.get(&row.place).ok_or(gone)?;
        let carries_our_tag = Tag::find(&found.comment.lossy())
            .is_some_and(|it| it.mark == self.mark && it.id == TagId::grant(grant));
        if !(row.state == RowState::Recorded && carries_our_tag)
            && let Some(why) = self.changed(row)
        {
            return Err(why);
        }
        Ok(Entry {
            row,
            found,
            grant,
            subject,
            service,
            is_live,
        })
    }

    /// Refuses a row; a grant from an earlier try ends with it.
    async fn give_up(&self, row: &ImportRow, why: &str) -> Result<(), Failure> {
        let grant = match &row.proposal {
            Proposal::Customer(it) => it.grant,
            Proposal::Voucher(it) => it.grant,
            _ => return Ok(self.settle(vec![refused(row, why)]).await?),
        };
        let work = || async {
            let mut tx = self.bench.access.begin(self.scope).await?;
            if let Some(mut grant) = tx.grants().find(grant).await?
                && grant.end(self.bench.clock.now())
            {
                tx.grants().save(&mut grant).await?;
            }
            tx.imports()
                .settle(self.import, &[refused(row, why)])
                .await?;
            tx.commit().await
        };
        rerun_on_conflict(work).await.map_err(Failure::from)
    }

    /// Rows that cannot be imported because of what the product has meanwhile.
    async fn unfit(
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
        let mut tx = self.bench.vouchers.begin(self.scope).await?;
        let mut codes = BTreeSet::new();
        for it in entries {
            let Proposal::Voucher(proposed) = &it.row.proposal else {
                continue;
            };
            let digest = code_digest(&*self.bench.vault, &code_of(proposed));
            let issued = tx.vouchers().find_by_digest(digest).await?;
            let taken = issued.is_some_and(|it| it.id() != proposed.voucher);
            if taken || !codes.insert(digest) {
                unfit.insert(it.row.id, "a voucher with this code exists already");
            } else if tx.batches().find(proposed.batch).await?.is_none() {
                unfit.insert(it.row.id, "its batch was not imported");
            }
        }
        Ok(())
    }

    async fn store_grants(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let mut tx = self.bench.access.begin(self.scope).await?;
        let mut recorded = Vec::new();
        for it in entries.iter().filter(|it| it.is_live) {
            if tx.grants().find(it.grant).await?.is_none() {
                let mut grant = self.grant(it)?;
                tx.grants().save(&mut grant).await?;
            }
            recorded.push(Settled {
                row: it.row.id,
                state: RowState::Recorded,
                reason: None,
            });
        }
        tx.imports().settle(self.import, &recorded).await?;
        tx.commit().await
    }

    fn grant(&self, it: &Entry<'_>) -> Result<Grant, StoreError> {
        let secret = it.found.secret().unwrap_or(Secret::new(""));
        let (login, profile, limits, allowance, version) = match &it.row.proposal {
            Proposal::Customer(it) => (&it.login, it.profile, it.limits, customer_allowance(it), 0),
            Proposal::Voucher(it) => {
                let (allowance, version) = voucher_allowance(it);
                (&it.login, it.profile, it.limits, allowance, version)
            }
            _ => return Err(StoreError::corrupt("a login that is none")),
        };
        Grant::make(NewGrant {
            id: it.grant,
            router: self.router.id(),
            subject: it.subject,
            service: it.service,
            login: login.clone(),
            address: None,
            secret: self.bench.vault.seal(&secret_owner(it.grant), &secret),
            profile,
            allowance,
            limits,
            access_version: version,
            at: self.bench.clock.now(),
        })
        .map_err(StoreError::corrupt)
    }

    /// Puts the tag into the comments, and changes nothing else.
    async fn tag<'r>(&self, entries: Vec<Entry<'r>>) -> Result<Tagged<'r>, Failure> {
        let (mut untagged, mut changes) = (Vec::new(), Vec::new());
        let mut tagged = Tagged {
            entries: Vec::new(),
            failure: None,
        };
        for it in entries {
            match self.tagging(&it) {
                Some(change) => {
                    changes.push(change);
                    untagged.push(it);
                }
                None => tagged.entries.push(it),
            }
        }
        if changes.is_empty() {
            return Ok(tagged);
        }
        let results = self.bench.gateway.apply(&self.target, &changes).await;
        for (it, result) in untagged.into_iter().zip(results) {
            match result {
                Ok(()) => tagged.entries.push(it),
                Err(err) if err.is_transient() || err.concerns_router() => {
                    let failure = Failure::wait(&err, patience(&err));
                    tagged.failure.get_or_insert(failure);
                }
                Err(err) => {
                    let why = format!("the router refused its tag: {err}");
                    self.give_up(it.row, &why).await?;
                }
            }
        }
        Ok(tagged)
    }

    /// `None` if nothing is to be written: there is no grant, or the tag is there.
    fn tagging(&self, it: &Entry<'_>) -> Option<Change> {
        let tag = Tag {
            mark: self.mark.clone(),
            id: TagId::grant(it.grant),
            revision: 1,
        };
        let comment = it.found.comment.text()?;
        let written = tag.adopting(comment).filter(|it| it != comment)?;
        it.is_live.then(|| Change {
            menu: it.found.menu(),
            name: it.found.name.lossy(),
            action: Action::Update {
                id: it.found.row.clone(),
                edits: vec![Edit::Comment(written)],
            },
            grant: Some(it.grant),
            cuts: false,
        })
    }

    async fn store_customers(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let mut tx = self.bench.customers.begin(self.scope).await?;
        let mut new = false;
        for it in entries {
            let Proposal::Customer(it) = &it.row.proposal else {
                continue;
            };
            if tx.customers().find(it.customer).await?.is_none() {
                let mut customer = Customer::register(new_customer(it)?, self.bench.clock.now());
                tx.customers().save(&mut customer).await?;
                new = true;
            }
        }
        if new { tx.commit().await } else { Ok(()) }
    }

    async fn store_vouchers(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let mut tx = self.bench.vouchers.begin(self.scope).await?;
        let mut new = BTreeMap::<BatchId, Vec<VoucherSnapshot>>::new();
        for it in entries {
            let Proposal::Voucher(it) = &it.row.proposal else {
                continue;
            };
            if tx.vouchers().find(it.voucher).await?.is_none() {
                new.entry(it.batch).or_default().push(self.voucher(it));
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        for (batch, vouchers) in new {
            if let Some(mut batch) = tx.batches().find(batch).await? {
                batch.add_imported(u32::try_from(vouchers.len()).unwrap_or(u32::MAX));
                tx.batches().save(&mut batch).await?;
            }
            tx.vouchers().insert_imported(vouchers).await?;
        }
        tx.commit().await
    }

    fn voucher(&self, it: &VoucherProposal) -> VoucherSnapshot {
        let (vault, code) = (&*self.bench.vault, code_of(it));
        let (state, expires_at) = match it.standing {
            VoucherStanding::Unused => (VoucherState::Generated, None),
            VoucherStanding::Active { since, until } => (VoucherState::Active { since }, until),
            VoucherStanding::Expired { at } => (VoucherState::Expired { at }, None),
            VoucherStanding::UsedUp => {
                let at = self.bench.clock.now();
                (VoucherState::Expired { at }, None)
            }
        };
        VoucherSnapshot {
            id: it.voucher,
            batch: it.batch,
            code: vault.seal(&voucher_owner(it.batch, it.voucher), &code),
            digest: code_digest(vault, &code),
            state,
            expires_at,
            version: 1,
        }
    }

    async fn confirm(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let mut tx = self.bench.access.begin(self.scope).await?;
        let live = entries.iter().filter(|it| it.is_live);
        let confirmations: Vec<Confirmation> = live
            .map(|it| Confirmation {
                grant: it.grant,
                subject: it.subject,
                revision: 1,
            })
            .collect();
        let now = self.bench.clock.now();
        tx.grants()
            .confirm_many(self.router.id(), &confirmations, now)
            .await?;
        let settled: Vec<Settled> = entries.iter().map(|it| imported(it.row)).collect();
        tx.imports().settle(self.import, &settled).await?;
        tx.commit().await
    }
}

/// Who carries the tag, or needs none; and what kept the others from it.
struct Tagged<'r> {
    entries: Vec<Entry<'r>>,
    failure: Option<Failure>,
}

const fn customer_allowance(it: &CustomerProposal) -> Allowance {
    if it.is_blocked {
        return Allowance::Blocked;
    }
    Allowance::Active { until: None }
}

const fn voucher_allowance(it: &VoucherProposal) -> (Allowance, u64) {
    let (until, version) = match it.standing {
        VoucherStanding::Active { until, .. } => (until, ACTIVATION),
        _ => (None, 0),
    };
    if it.is_blocked {
        return (Allowance::Blocked, version);
    }
    (Allowance::Active { until }, version)
}

fn code_of(it: &VoucherProposal) -> Secret {
    Secret::new(it.login.as_str())
}

fn new_customer(it: &CustomerProposal) -> Result<NewCustomer, StoreError> {
    let name = it.name.parse().or_else(|_| it.login.as_str().parse());
    Ok(NewCustomer {
        id: it.customer,
        kind: CustomerKind::Personal,
        name: name.map_err(StoreError::corrupt)?,
        phone: None,
        email: None,
        address: None,
        note: None,
    })
}
