//! Settings load with their defaults and refuse nonsense by name.

#![allow(clippy::unwrap_used)]

use std::io::Write;

use super::Settings;

fn with(toml: &str) -> anyhow::Result<Settings> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(toml.as_bytes())?;
    Settings::load(Some(file.path()))
}

#[test]
fn the_defaults_are_an_embedded_installation() {
    let settings = Settings::load(None).unwrap();
    assert!(settings.is_sqlite());
    assert!(settings.worker_is_embedded());
    assert_eq!(settings.server.bind.to_string(), "127.0.0.1:3000");
}

#[test]
fn the_files_of_both_environments_load() {
    for name in ["development", "production"] {
        let path = format!("{}/../../config/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace("[database]", "[database]\nurl = \"postgres://db/name\"");
        assert!(with(&text).is_ok(), "{name}");
    }
}

#[test]
fn an_unknown_setting_is_named() {
    let refused = with("[worker]\nconcurency = 3\n").unwrap_err();
    assert!(format!("{refused:#}").contains("concurency"), "{refused:#}");
}

#[test]
fn a_value_out_of_range_is_named() {
    for (toml, setting) in [
        ("[worker]\nconcurrency = 0\n", "worker.concurrency"),
        ("[database]\nurl = \"mysql://x\"\n", "database.url"),
        (
            "[security]\naccess_token_minutes = 0\n",
            "security.access_token_minutes",
        ),
        ("[worker]\nembedded = \"no\"\n", "worker.embedded"),
        ("[sweeps]\nexpire_vouchers_s = 0\n", "sweeps"),
    ] {
        let refused = with(toml).unwrap_err();
        assert!(format!("{refused:#}").contains(setting), "{refused:#}");
    }
}
