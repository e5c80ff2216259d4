//! Codes of both databases end in the words of the store.

use super::{Verdict, postgres_verdict, sqlite_constraint, sqlite_verdict};

#[test]
fn sqlite_constraints_get_the_name_they_have_on_postgres() {
    let name = |columns: &str| sqlite_constraint(&format!("UNIQUE constraint failed: {columns}"));
    assert_eq!(name("jobs.tenant_id, jobs.lane"), "jobs_lane_key");
    assert_eq!(name("jobs.tenant_id, jobs.id"), "jobs_pkey");
    assert_eq!(name("tenants.tenant_id"), "tenants_pkey");
    assert_eq!(
        name("grants.tenant_id, grants.router_id, grants.service, grants.login"),
        "grants_router_id_service_login_key"
    );
}

#[test]
fn deadlocks_and_busy_files_are_conflicts() {
    for code in ["40001", "40P01", "55P03"] {
        assert_eq!(postgres_verdict(code), Verdict::Conflict, "{code}");
    }
    for code in [5, 6, 261, 517] {
        assert_eq!(sqlite_verdict(code), Verdict::Conflict, "{code}");
    }
}

#[test]
fn a_database_that_stops_is_unavailable() {
    for code in ["57P01", "57P02", "57P03", "08006", "53300", "58030"] {
        assert_eq!(postgres_verdict(code), Verdict::Unavailable, "{code}");
    }
    for code in [10, 13, 14, 266] {
        assert_eq!(sqlite_verdict(code), Verdict::Unavailable, "{code}");
    }
}

#[test]
fn broken_rules_and_statements_are_corrupt() {
    for code in ["23503", "23514", "42P01", "22P05"] {
        assert_eq!(postgres_verdict(code), Verdict::Corrupt, "{code}");
    }
    assert_eq!(sqlite_verdict(787), Verdict::Corrupt);
}
