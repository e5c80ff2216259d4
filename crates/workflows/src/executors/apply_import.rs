//! Applies an import row by row: what is done stays done, and what has changed on the router is refused.
//!
//! For each login the grant is stored first, then the tag is written to the router, then the customer or voucher is
//! stored and the grant confirmed. A tag without a grant would be an orphan that a reconciliation removes, so that order
//! is the only safe one. The job runs in the router's lane: no synchronisation meets a row that is half-way.

use std::collections::BTreeMap;

use access::adoption::{ImportRow, Place, Proposal, RowState, Settled, digest_of, fingerprints};
use access::{Mark, Router, RouterStatus, Target, target_of};
use kernel::{Currency, ImportId, ImportRowId, Scope, StoreError, rerun_on_conflict};

use self::found::{Found, by_place};
use super::router_jobs::patience;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

mod batches;
mod fitness;
mod found;
mod logins;
mod profiles;
mod sales;

/// Rows per round: few enough for short transactions.
const PAGE: u16 = 100;

/// One run over an import.
pub(super) struct Run<'a> {
    bench: &'a Workbench,
    scope: &'a Scope,
    import: ImportId,
    router: Router,
    mark: Mark,
    target: Target,
    seen: BTreeMap<Place, [u8; 32]>,
    found: BTreeMap<Place, Found>,
    currency: Option<Currency>,
}

pub(super) async fn run(
    bench: &Workbench,
    scope: &Scope,
    import: ImportId,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let Some(run) = Run::begin(bench, scope, import).await? else {
        return Ok(());
    };
    let total = run.open_count().await?;
    let (mut after, mut done) = (None, 0);
    loop {
        let page = run.page(after).await?;
        let Some(last) = page.last() else {
            return run.finish().await;
        };
        after = Some(last.id);
        done += u64::try_from(page.len()).unwrap_or(u64::MAX);
        run.apply(page).await?;
        bench.probe.reached("apply_import.page_settled");
        if !progress.report(done, Some(total)).await? {
            return Ok(());
        }
    }
}

impl<'a> Run<'a> {
    /// `None` if there is nothing to do any more: the router was retired.
    async fn begin(
        bench: &'a Workbench,
        scope: &'a Scope,
        import: ImportId,
    ) -> Result<Option<Self>, Failure> {
        let mut tx = bench.access.begin(scope).await?;
        let found = tx.imports().find(import).await?;
        let found = found.ok_or_else(|| Failure::park(format!("there is no import {import}")))?;
        let router = tx.routers().find(found.router()).await?;
        drop(tx);
        let Some(router) = router.filter(|it| *it.status() != RouterStatus::Retired) else {
            return Ok(None);
        };
        let target =
            target_of(&router, &*bench.vault).map_err(|err| Failure::park_because(&err))?;
        let survey = bench.gateway.survey(&target).await;
        let survey = survey.map_err(|err| Failure::wait(&err, patience(&err)))?;
        let mut billing = bench.billing.begin(scope).await?;
        let currency = billing.entities().first().await?.map(|it| it.currency());
        drop(billing);
        let prints = fingerprints(&survey).into_iter();
        Ok(Some(Self {
            bench,
            scope,
            import,
            mark: router.mark(),
            router,
            target,
            seen: prints
                .map(|(place, it)| (place, digest_of(&*bench.vault, &it)))
                .collect(),
            found: by_place(survey),
            currency,
        }))
    }

    async fn page(&self, after: Option<ImportRowId>) -> Result<Vec<ImportRow>, StoreError> {
        let mut tx = self.bench.access.begin(self.scope).await?;
        tx.imports().open_rows(self.import, after, PAGE).await
    }

    async fn open_count(&self) -> Result<u64, StoreError> {
        let mut tx = self.bench.access.begin(self.scope).await?;
        let counts = tx.imports().count_rows(self.import).await?;
        let open = counts.iter().filter(|it| it.state.is_open());
        Ok(open.map(|it| it.count).sum())
    }

    /// In the order of their dependence, which is the order of their ids.
    async fn apply(&self, page: Vec<ImportRow>) -> Result<(), Failure> {
        let (mut batches, mut logins, mut sales) = (Vec::new(), Vec::new(), Vec::new());
        for row in page {
            match &row.proposal {
                Proposal::Profile(it) => self.import_profile(&row, it).await?,
                Proposal::Batch(_) => batches.push(row),
                Proposal::Sale(_) => sales.push(row),
                Proposal::Customer(_) | Proposal::Voucher(_) => logins.push(row),
                Proposal::StaticIp { .. } | Proposal::DhcpLease { .. } | Proposal::Nothing => {
                    logins.push(row);
                }
            }
        }
        self.import_batches(&batches).await?;
        self.import_logins(logins).await?;
        self.import_sales(&sales).await
    }

    /// Why a row must not be applied: it is not what the preview saw.
    fn changed(&self, row: &ImportRow) -> Option<&'static str> {
        match self.seen.get(&row.place) {
            Some(seen) if *seen == row.seen => None,
            Some(_) => Some("it has changed on the router since the preview"),
            None => Some("it is no longer on the router"),
        }
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        rerun_on_conflict(|| async {
            let mut tx = self.bench.access.begin(self.scope).await?;
            tx.imports().settle(self.import, &settled).await?;
            tx.commit().await
        })
        .await
    }

    async fn finish(&self) -> Result<(), Failure> {
        let work = || async {
            let mut tx = self.bench.access.begin(self.scope).await?;
            let counts = tx.imports().count_rows(self.import).await?;
            let of = |state: RowState| {
                let counts = counts.iter().filter(|it| it.state == state);
                counts.map(|it| it.count).sum::<u64>()
            };
            let Some(mut import) = tx.imports().find(self.import).await? else {
                return Ok(());
            };
            let (imported, refused) = (of(RowState::Imported), of(RowState::Refused));
            import.finish(imported, refused, self.bench.clock.now());
            tx.imports().save(&mut import).await?;
            tx.commit().await
        };
        rerun_on_conflict(work)
            .await
            .map_err(|err: StoreError| err.into())
    }
}

fn imported(row: &ImportRow) -> Settled {
    Settled {
        row: row.id,
        state: RowState::Imported,
        reason: None,
    }
}

fn refused(row: &ImportRow, why: impl Into<String>) -> Settled {
    Settled {
        row: row.id,
        state: RowState::Refused,
        reason: Some(why.into()),
    }
}
