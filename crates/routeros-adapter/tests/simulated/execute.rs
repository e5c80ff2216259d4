//! Commands of an operator's own, and what is remembered of their answers.

use std::time::Duration;

use access::{
    Execution, ExecutionAnswer, Freshness, GatewayError, GatewayErrorKind as Kind, NewExecution,
    RouterGateway,
};
use routeros_sim::Fault;

use crate::site::{Site, router_id, users_plan};

fn execution(path: &str, arguments: &[(&str, &str)], freshness: Freshness) -> Execution {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Execution::new(NewExecution {
        path: path.to_owned(),
        arguments: arguments.iter().map(owned).collect(),
        queries: Vec::new(),
        timeout_s: 2,
        freshness,
    })
    .unwrap()
}

impl Site {
    async fn execute(&self, it: &Execution) -> Result<ExecutionAnswer, GatewayError> {
        self.gateway.execute(&self.at(), it).await
    }
}

fn value<'a>(answer: &'a ExecutionAnswer, row: usize, name: &str) -> Option<&'a str> {
    let found = answer.rows.get(row)?.iter().find(|(key, _)| key == name)?;
    Some(&found.1)
}

#[tokio::test]
async fn any_command_is_executed_and_secrets_stay_hidden() {
    let site = Site::new().await;
    let arguments = [("name", "ann"), ("password", "s3cret")];
    let add = execution("/ppp/secret/add", &arguments, Freshness::Fresh);
    let added = site.execute(&add).await.unwrap();
    assert!(added.ret.is_some_and(|it| it.starts_with('*')));
    let print = execution("/ppp/secret/print", &[], Freshness::Fresh);
    let printed = site.execute(&print).await.unwrap();
    assert_eq!(value(&printed, 0, "name"), Some("ann"));
    assert_eq!(value(&printed, 0, "password"), Some("***"));
    assert!(!printed.is_truncated);
    let refused = site.execute(&add).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict);
}

#[tokio::test]
async fn queries_choose_and_bad_ones_are_refused() {
    let site = Site::new().await;
    for name in ["ann", "bob"] {
        let add = execution("/ppp/secret/add", &[("name", name)], Freshness::Fresh);
        site.execute(&add).await.unwrap();
    }
    let with = |word: &str| {
        Execution::new(NewExecution {
            path: "/ppp/secret/print".to_owned(),
            arguments: Vec::new(),
            queries: vec![word.to_owned()],
            timeout_s: 2,
            freshness: Freshness::Fresh,
        })
        .unwrap()
    };
    let found = site.execute(&with("?name=bob")).await.unwrap();
    assert_eq!(
        (found.rows.len(), value(&found, 0, "name")),
        (1, Some("bob"))
    );
    let refused = site.execute(&with("?")).await.unwrap_err();
    assert!(
        matches!(refused.kind, Kind::InvalidArgument { .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_command_that_may_have_changed_something_is_never_repeated() {
    let site = Site::new().await;
    site.read().await.unwrap();
    site.router.set_fault(Fault::DropAfterApply(1));
    let add = execution("/ppp/secret/add", &[("name", "ann")], Freshness::Fresh);
    let lost = site.execute(&add).await.unwrap_err();
    assert_eq!(lost.kind, Kind::Ambiguous);
    assert_eq!(site.router.stats().by_command["/ppp/secret/add"], 1);
    assert!(site.router.row("/ppp/secret", "name", "ann").is_some());
}

#[tokio::test]
async fn a_command_may_take_as_long_as_it_was_given() {
    let site = Site::new().await;
    site.router
        .set_fault(Fault::StallCommand("/log/print".to_owned()));
    let print = execution("/log/print", &[], Freshness::Fresh);
    let slow = tokio::time::timeout(Duration::from_secs(4), site.execute(&print));
    assert_eq!(slow.await.unwrap().unwrap_err().kind, Kind::Timeout);
}

#[tokio::test]
async fn answers_are_remembered_until_something_is_changed() {
    let site = Site::new().await;
    let asked = || {
        let counted = site.router.stats().by_command;
        counted.get("/ip/hotspot/user/print").copied().unwrap_or(0)
    };
    let print = execution("/ip/hotspot/user/print", &[], Freshness::MayBeCached);
    let before = asked();
    for _ in 0..5 {
        site.execute(&print).await.unwrap();
    }
    assert_eq!(asked(), before + 1);
    let plan = users_plan(2, &site.read().await.unwrap());
    site.apply(&plan.changes).await;
    let before = asked();
    let printed = site.execute(&print).await.unwrap();
    let names: Vec<_> = (0..printed.rows.len())
        .filter_map(|row| value(&printed, row, "name"))
        .collect();
    assert!(names.contains(&"u00001"), "{names:?}");
    assert_eq!(asked(), before + 1, "own writes are seen at once");
    let cache = site.gateway.statistics(router_id()).unwrap().cache;
    assert_eq!((cache.hits, cache.misses, cache.corrupt), (4, 2, 0));
}

#[tokio::test]
async fn what_somebody_else_changed_is_seen_when_anybody_looks() {
    let site = Site::new().await;
    let print = |freshness| execution("/ppp/secret/print", &[], freshness);
    let cached = print(Freshness::MayBeCached);
    assert_eq!(site.execute(&cached).await.unwrap().rows.len(), 0);
    site.router
        .insert("/ppp/secret", &[("name", "by hand")])
        .unwrap();
    assert_eq!(site.execute(&cached).await.unwrap().rows.len(), 0);
    let fresh = print(Freshness::Fresh);
    assert_eq!(site.execute(&fresh).await.unwrap().rows.len(), 1);
    assert_eq!(site.execute(&cached).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn what_get_returns_is_hidden_if_it_may_be_a_secret() {
    let site = Site::new().await;
    let row = [("name", "ann"), ("password", "20261121")];
    let id = site.router.insert("/ppp/secret", &row).unwrap();
    for (property, seen) in [
        (Some("password"), "***"),
        (None, "***"),
        (Some("name"), "ann"),
    ] {
        let id = (".id", id.as_str());
        let arguments: Vec<_> = std::iter::once(id)
            .chain(property.map(|it| ("value-name", it)))
            .collect();
        let get = execution("/ppp/secret/get", &arguments, Freshness::Fresh);
        let answer = site.execute(&get).await.unwrap();
        assert_eq!(answer.ret.as_deref(), Some(seen), "{property:?}");
    }
    let count = [("count-only", "")];
    let print = execution("/ppp/secret/print", &count, Freshness::Fresh);
    let counted = site.execute(&print).await.unwrap();
    assert_eq!(counted.ret.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_change_in_which_the_router_gave_up_may_have_happened() {
    let site = Site::new().await;
    for message in ["failure: action timed out (13)", "interrupted"] {
        site.router.set_fault(Fault::TrapOn {
            command: "/ppp/secret/add".to_owned(),
            message: message.to_owned(),
            category: None,
        });
        let add = execution("/ppp/secret/add", &[("name", "ann")], Freshness::Fresh);
        let refused = site.execute(&add).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Ambiguous, "{message}");
        site.router.clear_faults();
    }
}
