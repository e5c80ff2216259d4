//! The key file is private, whole and never replaced behind anybody's back.

use std::collections::HashSet;

use kernel::{Secret, Vault};
use tempfile::TempDir;

use super::*;
use crate::key_ring::KeyRing;
use crate::os_randomness::OsRandomness;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("keys.json");
    (folder, path)
}

fn created() -> (TempDir, PathBuf) {
    let (folder, path) = folder();
    KeyRing::load_or_create(&path).unwrap();
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn rewrite(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

#[test]
fn a_new_key_file_is_for_its_owner_alone_and_leaves_no_draft() {
    let (_folder, path) = created();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(names_in(path.parent().unwrap()), ["keys.json"]);
    KeyRing::rotate(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names_in(path.parent().unwrap()), ["keys.json"]);
}

#[test]
fn a_second_start_takes_the_same_keys() {
    let (_folder, path) = folder();
    let first = KeyRing::load_or_create(&path).unwrap();
    let second = KeyRing::load_or_create(&path).unwrap();
    let secret = Secret::new("x");
    assert_eq!(second.open("a/1", &first.seal("a/1", &secret)), Ok(secret));
}

#[test]
fn eight_first_starts_at_once_agree_on_one_file() {
    let (_folder, path) = folder();
    let digests: HashSet<[u8; 32]> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| KeyRing::load_or_create(&path).unwrap()))
            .collect();
        let rings = starts.into_iter().map(|it| it.join().unwrap());
        rings.map(|it| it.digest("d", &Secret::new("s"))).collect()
    });
    assert_eq!(digests.len(), 1);
    assert_eq!(names_in(path.parent().unwrap()), ["keys.json"]);
}

#[test]
fn a_missing_file_is_named_and_not_made_up() {
    let (_folder, path) = folder();
    let missing = KeyRing::load(&path).unwrap_err();
    assert!(matches!(&missing, KeyFileError::Missing(it) if *it == path));
    assert!(missing.to_string().contains("backup"), "{missing}");
    let missing = KeyRing::rotate(&path).unwrap_err();
    assert!(matches!(missing, KeyFileError::Missing(_)), "{missing}");
    assert!(!path.exists());
}

#[test]
fn a_file_that_others_may_read_is_refused_with_advice() {
    let (_folder, path) = created();
    for open in [0o644, 0o640, 0o604, 0o620, 0o601] {
        std::fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
        let refused = KeyRing::load_or_create(&path).unwrap_err();
        let text = refused.to_string();
        assert!(
            matches!(refused, KeyFileError::TooOpen { mode, .. } if mode == open),
            "{text}"
        );
        assert!(
            text.contains(&format!("chmod 600 {}", path.display())),
            "{text}"
        );
        assert!(text.contains(&format!("{open:o}")), "{text}");
    }
    std::fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    assert!(KeyRing::load(&path).is_ok());
}

#[test]
fn a_damaged_file_is_refused_without_repeating_its_content() {
    let (_folder, path) = created();
    let whole = std::fs::read_to_string(&path).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let token = stored["token"].as_str().unwrap();
    for broken in [
        String::new(),
        "not json".to_owned(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"format\": 1", "\"format\": 2"),
        whole.replace("\"token\"", "\"tokens\""),
        whole.replace(token, "c2hvcnQ="),
        whole.replace(token, &format!("{token}{token}")),
        whole.replace("\"id\": 1", &format!("\"id\": \"{token}\"")),
        whole.replace("\"id\": 1", "\"id\": 65536"),
    ] {
        assert_ne!(broken, whole);
        rewrite(&path, |_| broken.clone());
        let refused = KeyRing::load_or_create(&path).unwrap_err();
        assert!(
            matches!(refused, KeyFileError::Malformed { .. }),
            "{refused}"
        );
        let told = format!("{refused} {refused:?}");
        assert!(!told.contains(token), "{told}");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            broken,
            "the file was touched"
        );
    }
}

#[test]
fn a_file_without_keys_or_with_disordered_ids_is_refused() {
    let (_folder, path) = created();
    KeyRing::rotate(&path).unwrap();
    rewrite(&path, |text| text.replace("\"id\": 2", "\"id\": 1"));
    let twice = KeyRing::load(&path).unwrap_err().to_string();
    assert!(twice.contains("do not rise"), "{twice}");

    let text = std::fs::read_to_string(&path).unwrap();
    let mut empty: serde_json::Value = serde_json::from_str(&text).unwrap();
    empty["sealing"] = serde_json::json!([]);
    rewrite(&path, |_| empty.to_string());
    let none = KeyRing::load(&path).unwrap_err().to_string();
    assert!(none.contains("no `sealing` key"), "{none}");
}

#[test]
fn a_rotation_waits_for_nobody_and_says_which_draft_is_in_the_way() {
    let (_folder, path) = created();
    let draft = beside(&path, "rotation.new");
    std::fs::write(&draft, "").unwrap();
    let busy = KeyRing::rotate(&path).unwrap_err();
    assert!(matches!(&busy, KeyFileError::Rotating(it) if *it == draft));
    assert_eq!(KeyRing::load(&path).unwrap().key_ids().count(), 1);
    std::fs::remove_file(&draft).unwrap();
    assert_eq!(KeyRing::rotate(&path).unwrap().key_ids().count(), 2);
}

#[test]
fn a_refused_rotation_leaves_file_and_folder_as_they_were() {
    let (_folder, path) = created();
    rewrite(&path, |text| text.replace("\"id\": 1", "\"id\": 65535"));
    let before = std::fs::read_to_string(&path).unwrap();
    let refused = KeyRing::rotate(&path).unwrap_err();
    assert!(matches!(refused, KeyFileError::OutOfIds(_)), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert_eq!(names_in(path.parent().unwrap()), ["keys.json"]);
}

#[test]
fn a_folder_in_the_way_is_an_error_with_its_path() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(&path).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
    let refused = KeyRing::load_or_create(&path).unwrap_err();
    assert!(
        matches!(refused, KeyFileError::Unreadable { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("keys.json"), "{refused}");
}

#[test]
fn debug_shows_no_key() {
    let file = KeyFile::generate(&OsRandomness);
    let shown = format!("{file:?}");
    assert!(shown.contains("KeyBytes(…)"), "{shown}");
    let stored = serde_json::to_value(&file).unwrap();
    assert!(
        !shown.contains(stored["digest"].as_str().unwrap()),
        "{shown}"
    );
}
