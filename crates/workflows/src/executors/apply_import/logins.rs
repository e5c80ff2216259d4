//! Imports logins: a grant, the tag on the router, then the customer or the voucher.

use std::collections::{BTreeMap, BTreeSet};

use access::adoption::{
    CustomerProposal, ImportRow, Proposal, RowState, Settled, VoucherProposal, VoucherStanding,
    replacement_password,
};
use access::{
    Action, Allowance, Change, Confirmation, Edit, Grant, Limits, LoginRef, NewGrant, Service,
    Subject, Tag, TagId, request_sync, secret_owner,
};
use customers::{Customer, CustomerKind, NewCustomer};
use kernel::{
    BatchId, CustomerId, GrantId, Priority, ProfileId, Secret, StoreError, rerun_on_conflict,
};
use vouchers::{VoucherSnapshot, VoucherState, code_digest, voucher_owner};

use super::super::router_jobs::patience;
use super::found::Found;
use super::{Run, imported, refused};
use crate::failure::Failure;

/// What a voucher's activation counts as: it has happened, so no later one is followed.
const ACTIVATION: u64 = 1;

/// A login on its way in.
pub(super) struct Entry<'r> {
    pub(super) row: &'r ImportRow,
    found: &'r Found,
    grant: GrantId,
    pub(super) subject: Subject,
    login: LoginRef,
    /// Whether it gets a grant: one that has ended gets none.
    is_live: bool,
}

impl Entry<'_> {
    pub(super) fn login(&self) -> LoginRef {
        self.login.clone()
    }

    pub(super) fn profile(&self) -> Option<ProfileId> {
        let voucher = voucher_of(self.row).map(|it| it.profile);
        voucher.or_else(|| Some(self.row.proposal.customer()?.profile))
    }

    /// Whether the router has everything once the tag is there. A static address also needs its place on a list, and a
    /// device that is kept out the list of those who are.
    fn is_complete(&self) -> bool {
        let customer = self.row.proposal.customer();
        customer.is_none_or(|it| match it.service {
            Service::StaticIp | Service::MacBypass => false,
            Service::DhcpLease => !it.is_blocked,
            Service::Pppoe | Service::Hotspot => true,
        })
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
                Err(why) => gone.push((row, why.to_owned())),
            }
        }
        self.give_up(gone).await?;
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
        let (grant, subject, login, is_live) = match (voucher_of(row), row.proposal.customer()) {
            (Some(it), _) => {
                let login = LoginRef::new(Service::Hotspot, it.login.as_str());
                let is_live = !it.standing.has_ended();
                (it.grant, Subject::Voucher(it.voucher), login, is_live)
            }
            (None, Some(it)) => {
                let login = LoginRef::new(it.service, it.login.as_str());
                (
                    it.grant,
                    Subject::Subscription(it.subscription),
                    login,
                    true,
                )
            }
            (None, None) => return Err("nothing can be made of it: look at the router again"),
        };
        let gone = "it is no longer on the router";
        let found = self.found.get(&row.place).ok_or(gone)?;
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
            login,
            is_live,
        })
    }

    /// Refuses rows; a grant from an earlier try ends with its row.
    async fn give_up(&self, rows: Vec<(&ImportRow, String)>) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let subjects: Vec<Subject> = rows.iter().filter_map(|it| subject_of(it.0)).collect();
        let refusals = rows.into_iter().map(|(row, why)| refused(row, why));
        let refusals: Vec<Settled> = refusals.collect();
        let work = || async {
            let mut tx = self.bench.access.begin(self.scope).await?;
            let now = self.bench.clock.now();
            tx.grants().end_many(&subjects, now).await?;
            tx.imports().settle(self.import, &refusals).await?;
            tx.commit().await
        };
        rerun_on_conflict(work).await.map_err(Failure::from)
    }

    async fn store_grants(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let (mut grants, mut recorded) = (Vec::new(), Vec::new());
        for it in entries.iter().filter(|it| it.is_live) {
            grants.push(self.grant(it)?);
            recorded.push(Settled {
                row: it.row.id,
                state: RowState::Recorded,
                reason: None,
            });
        }
        if grants.is_empty() {
            return Ok(());
        }
        let mut tx = self.bench.access.begin(self.scope).await?;
        tx.grants().insert_many(grants).await?;
        tx.imports().settle(self.import, &recorded).await?;
        tx.commit().await
    }

    fn grant(&self, it: &Entry<'_>) -> Result<Grant, StoreError> {
        let known = self.new_password(it).or_else(|| it.found.secret.clone());
        let secret = known.unwrap_or_else(|| Secret::new(""));
        let sealed = self.bench.vault.seal(&secret_owner(it.grant), &secret);
        let common = NewGrant {
            id: it.grant,
            router: self.router.id(),
            subject: it.subject,
            service: it.login.service,
            login: it.login.name.parse().map_err(StoreError::corrupt)?,
            address: None,
            secret: sealed,
            profile: it
                .profile()
                .ok_or_else(|| StoreError::corrupt("a login that is none"))?,
            allowance: Allowance::Blocked,
            limits: Limits::NONE,
            access_version: 0,
            at: self.bench.clock.now(),
        };
        let new = match (voucher_of(it.row), it.row.proposal.customer()) {
            (Some(voucher), _) => {
                let (allowance, access_version) = voucher_allowance(voucher);
                NewGrant {
                    allowance,
                    access_version,
                    limits: voucher.limits,
                    ..common
                }
            }
            (None, Some(customer)) => NewGrant {
                allowance: customer_allowance(customer),
                address: customer.address,
                limits: customer.limits,
                ..common
            },
            (None, None) => common,
        };
        let grant = Grant::make(new).map_err(StoreError::corrupt)?;
        let server = match (voucher_of(it.row), it.row.proposal.customer()) {
            (Some(voucher), _) => voucher.server.clone(),
            (None, customer) => customer.and_then(|it| it.server.clone()),
        };
        Ok(grant.bound_to(server))
    }

    /// The password that replaces one which cannot be read.
    fn new_password(&self, it: &Entry<'_>) -> Option<Secret> {
        match (voucher_of(it.row), it.row.proposal.customer()) {
            (Some(voucher), _) => voucher.resets_password.then(|| code_of(voucher)),
            (None, customer) => customer
                .is_some_and(|it| it.resets_password)
                .then(|| replacement_password(&*self.bench.vault, it.grant)),
        }
    }

    /// Puts the tag into the comments, and changes nothing else but passwords that are to be reset.
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
        let mut refusals = Vec::new();
        for (it, result) in untagged.into_iter().zip(results) {
            match result {
                Ok(()) => tagged.entries.push(it),
                Err(err) if err.is_transient() || err.concerns_router() => {
                    let failure = Failure::wait(&err, patience(&err));
                    tagged.failure.get_or_insert(failure);
                }
                Err(err) => {
                    refusals.push((it.row, format!("the router refused its tag: {err}")));
                }
            }
        }
        self.give_up(refusals).await?;
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
        let mut edits = vec![Edit::Comment(written)];
        edits.extend(self.new_password(it).map(Edit::Password));
        it.is_live.then(|| Change {
            menu: it.found.menu,
            name: it.found.name.clone(),
            action: Action::Update {
                id: it.found.row.clone(),
                edits,
            },
            grant: Some(it.grant),
            cuts: false,
        })
    }

    async fn store_customers(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let proposed = entries.iter().filter_map(|it| it.row.proposal.customer());
        let proposed: Vec<&CustomerProposal> = proposed.collect();
        if proposed.is_empty() {
            return Ok(());
        }
        let ids: Vec<CustomerId> = proposed.iter().map(|it| it.customer).collect();
        let mut tx = self.bench.customers.begin(self.scope).await?;
        let known = tx.customers().known_among(&ids).await?;
        let known: BTreeSet<CustomerId> = known.into_iter().collect();
        let mut new = Vec::new();
        for it in proposed {
            if !known.contains(&it.customer) {
                new.push(Customer::register(
                    new_customer(it)?,
                    self.bench.clock.now(),
                ));
            }
        }
        tx.customers().insert_many(new).await?;
        tx.commit().await
    }

    async fn store_vouchers(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let proposed = entries.iter().filter_map(|it| voucher_of(it.row));
        let proposed: Vec<&VoucherProposal> = proposed.collect();
        if proposed.is_empty() {
            return Ok(());
        }
        let mut tx = self.bench.vouchers.begin(self.scope).await?;
        let issued = self.issued(&mut *tx, &proposed).await?;
        let (mut new, mut added) = (Vec::new(), BTreeMap::<BatchId, u32>::new());
        for it in proposed {
            if !issued.contains_key(&self.digest(it)) {
                new.push(self.voucher(it));
                *added.entry(it.batch).or_default() += 1;
            }
        }
        let ids: Vec<BatchId> = added.keys().copied().collect();
        for mut batch in tx.batches().find_many(&ids).await? {
            let count = added.get(&batch.ordered().id).copied().unwrap_or(0);
            batch.add_imported(count);
            tx.batches().save(&mut batch).await?;
        }
        tx.vouchers().insert_imported(new).await?;
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
        let (complete, rest): (Vec<_>, Vec<_>) = live.partition(|it| it.is_complete());
        let confirmations: Vec<Confirmation> = complete
            .into_iter()
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
        if !rest.is_empty() {
            let (ids, router) = (&*self.bench.ids, self.router.id());
            request_sync(&mut *tx, ids, router, Priority::Normal, now).await?;
        }
        let settled: Vec<Settled> = entries.iter().map(|it| imported(it.row)).collect();
        tx.imports().settle(self.import, &settled).await?;
        tx.commit().await
    }
}

pub(super) const fn voucher_of(row: &ImportRow) -> Option<&VoucherProposal> {
    match &row.proposal {
        Proposal::Voucher(it) => Some(it),
        _ => None,
    }
}

fn subject_of(row: &ImportRow) -> Option<Subject> {
    let voucher = voucher_of(row).map(|it| Subject::Voucher(it.voucher));
    voucher.or_else(|| Some(Subject::Subscription(row.proposal.customer()?.subscription)))
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

pub(super) fn code_of(it: &VoucherProposal) -> Secret {
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
