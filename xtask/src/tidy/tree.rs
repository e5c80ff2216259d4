//! The tracked files of a checkout, in memory, and what can be found in them.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Text files by their path from the root. Files that are not UTF-8 are no text and are left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    files: Vec<TextFile>,
}

/// One text file.
#[derive(Debug, Clone)]
pub(crate) struct TextFile {
    /// From the root, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    /// What git tracks below `root`, and what it would track once added.
    ///
    /// # Errors
    /// When git cannot list the files or one of them cannot be read.
    pub(crate) fn tracked(root: &Path) -> Result<Self> {
        let listing = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root)
            .output()
            .context("git is needed to list the tracked files")?;
        ensure!(
            listing.status.success(),
            "git ls-files failed; tidy needs a git checkout"
        );
        let listing = String::from_utf8(listing.stdout).context("a path is not UTF-8")?;
        Self::read(root, listing.split('\0').filter(|path| !path.is_empty()))
    }

    /// The named files below `root`. A file that is tracked but deleted is not there any more.
    ///
    /// # Errors
    /// When a file that exists cannot be read.
    pub(crate) fn read<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut tree = Self::default();
        for path in paths {
            let on_disk = root.join(path);
            if !on_disk.is_file() {
                continue;
            }
            let bytes = fs::read(&on_disk).with_context(|| format!("cannot read {path}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                tree.put(path, text);
            }
        }
        Ok(tree)
    }

    /// All files, by path.
    pub(crate) fn files(&self) -> &[TextFile] {
        &self.files
    }

    /// The text of a file, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }

    /// Adds a file or replaces its text.
    pub(crate) fn put(&mut self, path: &str, text: String) {
        match self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
        {
            Ok(at) => self.files[at].text = text,
            Err(at) => self.files.insert(
                at,
                TextFile {
                    path: path.to_owned(),
                    text,
                },
            ),
        }
    }
}

impl TextFile {
    /// Whether this is Rust source.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether this is source that tests are made of: below a `tests/` folder, or a `tests.rs`.
    ///
    /// Programs and measurements of the tests package are not tests.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.rsplit('/');
        let name = parts.next().unwrap_or_default();
        let folders: Vec<_> = parts.collect();
        let measured = folders
            .iter()
            .any(|it| matches!(*it, "bin" | "bench" | "benches"));
        (name == "tests.rs" || folders.contains(&"tests")) && !measured
    }

    /// The lines with their numbers, from 1.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// A finding about this file at a line, from 1.
    pub(crate) fn finding(&self, line: usize, rule: Rule, advice: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            rule,
            advice: advice.into(),
        }
    }
}

/// A bad habit at a place, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) rule: Rule,
    pub(crate) advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.path, self.line, self.rule, self.advice
        )
    }
}

/// The rules by name, as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    FileHeader,
    FileSize,
    FileName,
    Unfinished,
    IgnoredTest,
    SleepInTest,
    MachinePath,
    ArchitecturePage,
    Migration,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FileHeader => "file header",
            Self::FileSize => "file size",
            Self::FileName => "file name",
            Self::Unfinished => "unfinished mark",
            Self::IgnoredTest => "ignored test",
            Self::SleepInTest => "sleep in a test",
            Self::MachinePath => "machine path",
            Self::ArchitecturePage => "architecture page",
            Self::Migration => "migration",
        })
    }
}
