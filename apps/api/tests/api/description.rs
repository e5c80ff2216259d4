//! The description is complete and is served with a page that needs no internet.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::exchange::Ask;
use crate::house::House;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation as method, path and description.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    found
}

pub fn document() -> Value {
    serde_json::to_value(mikrotik_billing_api::openapi()).unwrap()
}

#[test]
fn it_is_openapi_3_1_with_a_bearer_scheme() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let scheme = &document["components"]["securitySchemes"]["bearer"];
    assert_eq!(scheme["scheme"], "bearer");
}

#[test]
fn every_operation_has_a_name_of_its_own_a_tag_and_a_summary() {
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document()) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name), "{method} {path}");
        assert!(operation["tags"][0].is_string(), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path}");
    }
    assert!(names.len() > 30);
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            document["components"]["schemas"].get(name).is_some(),
            "{name}"
        );
    }
}

#[test]
fn every_operation_names_its_problems() {
    for (method, path, operation) in operations(&document()) {
        let answers = operation["responses"].as_object().unwrap();
        assert!(
            answers.contains_key("500") && answers.contains_key("503"),
            "{method} {path}"
        );
        if operation.get("requestBody").is_some() {
            for status in ["400", "413", "415", "422"] {
                assert!(answers.contains_key(status), "{method} {path} {status}");
            }
        }
        let success = answers.iter().find(|(status, _)| status.starts_with('2'));
        assert!(success.is_some(), "{method} {path}");
    }
}

#[test]
fn every_id_in_a_path_says_its_form() {
    for (method, path, operation) in operations(&document()) {
        if !path.contains("{id}") {
            continue;
        }
        let parameters = operation["parameters"].as_array().unwrap();
        let id = parameters.iter().find(|it| it["name"] == "id").unwrap();
        assert!(id["schema"]["pattern"].is_string(), "{method} {path}");
    }
}

#[tokio::test]
async fn it_is_served_with_a_page_of_our_own() {
    let house = House::new();
    let json = Ask::get("/api/openapi.json")
        .send(&house.router)
        .await
        .is(200);
    assert_eq!(json.body, document());
    let page = Ask::get("/api/docs").send(&house.router).await.is(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    assert!(!page.text.contains("http://") && !page.text.contains("https://"));
    Ask::get("/api/docs/page.js")
        .send(&house.router)
        .await
        .is(200);
    Ask::get("/api/docs/page.css")
        .send(&house.router)
        .await
        .is(200);
}
