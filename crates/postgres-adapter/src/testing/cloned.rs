//! Clones PostgreSQL databases from a migrated template, which is made once for each build of the test program.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::db::{Db, PoolSettings};

/// Who makes a template holds this advisory lock of the maintenance database; the number only has to be ours.
const LOCK: i64 = 0x6d62_7465_6d70_6c61;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// What a database is cloned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Original {
    /// The migrated template.
    Migrated,
    /// The server's own empty template.
    Empty,
}

/// Clones a database and returns its name.
pub(super) async fn create(maintenance: &str, original: Original) -> String {
    let mut server = PgConnection::connect(maintenance)
        .await
        .expect("the server that TEST_DATABASE_URL names answers");
    let template = match original {
        Original::Migrated => template(&mut server, maintenance).await,
        Original::Empty => "template1".to_owned(),
    };
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    let name = format!("mbt_{}_{count}", std::process::id());
    run(
        &mut server,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await;
    run(
        &mut server,
        &format!("CREATE DATABASE {name} TEMPLATE {template}"),
    )
    .await;
    server.close().await.expect("the connection closes");
    name
}

/// The migrated template, made by whoever comes first while the others wait.
async fn template(server: &mut PgConnection, maintenance: &str) -> String {
    let template = template_name();
    run(server, &format!("SELECT pg_advisory_lock({LOCK})")).await;
    if !exists(server, &template).await {
        make_template(server, maintenance, &template).await;
    }
    run(server, &format!("SELECT pg_advisory_unlock({LOCK})")).await;
    template
}

/// Drops it from a thread of its own, because a destructor cannot wait on the test's runtime.
pub(super) fn drop_database(maintenance: &str, name: &str) {
    let (maintenance, name) = (maintenance.to_owned(), name.to_owned());
    let work = async move {
        let mut server = PgConnection::connect(&maintenance).await?;
        let text = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut server)
            .await
    };
    let dropped = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.map(|it| it.block_on(work))
    });
    if !matches!(dropped.join(), Ok(Ok(Ok(_)))) {
        tracing::warn!("a test database was left behind");
    }
}

/// The same server with another database.
pub(super) fn url_of(maintenance: &str, name: &str) -> String {
    let (place, options) = maintenance
        .split_once('?')
        .map_or((maintenance, String::new()), |(place, it)| {
            (place, format!("?{it}"))
        });
    let server = place.rsplit_once('/').map_or(place, |(server, _)| server);
    format!("{server}/{name}{options}")
}

/// Another build may have another schema, so the template is named after this program and when it was built.
fn template_name() -> String {
    let program = std::env::current_exe().expect("this program has a path");
    let built = std::fs::metadata(&program).and_then(|it| it.modified());
    let mut hasher = DefaultHasher::new();
    program.hash(&mut hasher);
    built.expect("this program has a date").hash(&mut hasher);
    format!("mb_template_{:016x}", hasher.finish())
}

async fn make_template(server: &mut PgConnection, maintenance: &str, template: &str) {
    let draft = format!("{template}_draft");
    run(
        server,
        &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"),
    )
    .await;
    run(server, &format!("CREATE DATABASE {draft}")).await;
    let settings = PoolSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(20),
        ping_if_idle_for: Duration::from_secs(30),
    };
    let db = Db::connect(&url_of(maintenance, &draft), settings).await;
    let db = db.expect("the draft of the template answers");
    db.migrate().await.expect("the schema migrates");
    db.close().await;
    run(
        server,
        &format!("ALTER DATABASE {draft} RENAME TO {template}"),
    )
    .await;
}

async fn exists(server: &mut PgConnection, name: &str) -> bool {
    let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(name);
    found
        .fetch_optional(server)
        .await
        .expect("the catalogue answers")
        .is_some()
}

async fn run(server: &mut PgConnection, text: &str) {
    let text = AssertSqlSafe(text.to_owned());
    sqlx::raw_sql(text)
        .execute(server)
        .await
        .expect("the server obeys");
}
