//! A router that Mikhmon ran is taken over: everything that can be, once, and nothing else on it changes.

mod afterwards;
mod again;
mod taking_over;

use access::adoption::{
    ImportQueries, ImportRow, ImportRowFilter, PreviewImport, PreviewPorts, RowKind, RowState,
    UnreadablePasswords, preview_import,
};
use access::testing::mikhmon_survey;
use access::{
    AccessStore, Actual, ActualRow, Grant, Menu, ReconcileMode, ReconcileRouter, reconcile_router,
};
use jobs::JobsStore;
use kernel::testing::OpenVault;
use kernel::{ImportId, JobId, PageRequest};
use vouchers::VoucherQueries;
use workflows::{BeginImport, BeginImportPorts, Failure, PlansOfBilling, begin_import, job_kinds};

use crate::world::World;

fn first() -> PageRequest {
    PageRequest::new(PageRequest::MAX_LIMIT, None)
}

impl World {
    /// Noon UTC of 21 November 2026, as the survey expects it.
    async fn with_mikhmon() -> Self {
        let world = Self::open().await;
        world.days_pass(20);
        let survey = mikhmon_survey();
        world.gateway.router.set_survey(world.router, survey);
        world
    }

    async fn look(&self) -> ImportId {
        self.look_and(UnreadablePasswords::Refuse).await
    }

    async fn look_and(&self, unreadable: UnreadablePasswords) -> ImportId {
        let id = self.ids().next();
        let ports = PreviewPorts {
            store: &self.access,
            queries: &self.access,
            plans: &PlansOfBilling(&self.billing),
            gateway: &*self.gateway,
            vault: &OpenVault,
            ids: self.ids(),
            clock: &*self.clock,
        };
        let command = PreviewImport {
            id,
            router: self.router,
            zone: None,
            unreadable,
        };
        preview_import(ports, &self.scope, command).await.unwrap();
        id
    }

    async fn request(&self, import: ImportId) -> JobId {
        let command = BeginImport {
            import,
            router: self.router,
            job: self.ids().next(),
        };
        let ports = BeginImportPorts {
            access: &self.access,
            imports: &self.access,
            jobs: &self.jobs,
            clock: &*self.clock,
        };
        begin_import(ports, &self.scope, command).await.unwrap()
    }

    /// What the store does at commit: the fakes of the contexts keep their own lists.
    async fn queue_what_access_asked_for(&self) {
        let mut tx = self.jobs.begin(&self.scope).await.unwrap();
        for job in self.access.jobs(self.tenant()) {
            tx.enqueue(job).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn take_over(&self, import: ImportId) -> Result<(), Failure> {
        self.request(import).await;
        let payload = serde_json::json!({ "import": import });
        self.run(job_kinds::APPLY_IMPORT, payload).await
    }

    async fn rows(&self, import: ImportId, filter: ImportRowFilter) -> Vec<ImportRow> {
        let page = self
            .access
            .import_rows(self.tenant(), import, filter, first());
        page.await.unwrap().items
    }

    async fn count(&self, import: ImportId, kind: RowKind, state: RowState) -> usize {
        let filter = ImportRowFilter {
            kind: Some(kind),
            state: Some(state),
        };
        self.rows(import, filter).await.len()
    }

    async fn reason(&self, import: ImportId, name: &str) -> String {
        let rows = self.rows(import, ImportRowFilter::default()).await;
        let row = rows.into_iter().find(|it| it.name.lossy() == name);
        row.and_then(|it| it.reason).unwrap_or_default()
    }

    async fn grants(&self) -> Vec<Grant> {
        let mut tx = self.access.begin(&self.scope).await.unwrap();
        tx.grants().page_of(self.router, None, 100).await.unwrap()
    }

    async fn reconcile_commands(&self) -> Vec<String> {
        let command = ReconcileRouter {
            router: self.router,
            mode: ReconcileMode::DryRun,
        };
        let (store, clock) = (&self.access, &*self.clock);
        let report = reconcile_router(
            store,
            &*self.gateway,
            &OpenVault,
            clock,
            &self.scope,
            command,
        );
        report.await.unwrap().commands
    }
}

/// A row without the tag in its comment: what must not change.
fn bare(row: &ActualRow) -> ActualRow {
    let comment = match row.tag() {
        Some(tag) => row.comment.replace(&tag.to_string(), "").trim().to_owned(),
        None => row.comment.clone(),
    };
    ActualRow {
        comment,
        ..row.clone()
    }
}

fn all_bare(actual: &Actual) -> Vec<ActualRow> {
    let menus = Menu::ALL.into_iter().flat_map(|it| actual.rows(it));
    menus.map(bare).collect()
}

impl World {
    async fn voucher_batches(&self) -> Vec<vouchers::BatchView> {
        let filter = vouchers::BatchFilter::default();
        let page = self.vouchers.batches(self.tenant(), filter, first()).await;
        page.unwrap().items
    }
}

impl World {
    async fn sales(&self) -> usize {
        let page = self
            .access
            .historical_sales(self.tenant(), self.router, first());
        page.await.unwrap().items.len()
    }
}
