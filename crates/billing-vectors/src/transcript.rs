//! Reading folders of cases, and writing the project's own copy of them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::case::Case;
use crate::themes::Theme;

/// A shared file: cases, with words about what they have in common.
#[derive(Deserialize)]
struct Shared {
    vectors: Vec<Value>,
}

/// Every `*.json` of a folder, in the shape `{"vectors": [{id, adopt, description, source, input, expected}, …]}`. A file is
/// named after its theme, `billing-` before it or not.
///
/// # Errors
/// When the folder has no such file, one is malformed, a theme is unknown or an id stands twice; the file and the case are
/// named.
pub fn read_folder(folder: &Path) -> Result<Vec<(Theme, Case)>> {
    let mut cases = Vec::new();
    for file in files(folder, "json")? {
        let named = || format!("{}", file.display());
        let text = fs::read_to_string(&file).with_context(named)?;
        let shared: Shared = serde_json::from_str(&text).with_context(named)?;
        let theme = theme_of(&file)
            .with_context(|| format!("{}: no theme has this name", file.display()))?;
        for value in shared.vectors {
            let id = value.get("id").cloned().unwrap_or_default();
            let case = serde_json::from_value(value)
                .with_context(|| format!("{}: case {id}", file.display()))?;
            cases.push((theme, case));
        }
    }
    distinct(&cases)?;
    Ok(cases)
}

/// The project's own copy: one file a theme, one case a line.
///
/// # Errors
/// When a file is missing or malformed.
pub fn read_own(folder: &Path, theme: Theme) -> Result<Vec<(Theme, Case)>> {
    let file = folder.join(format!("{}.jsonl", theme.as_str()));
    let text = fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
    let cases = text.lines().enumerate().map(|(index, line)| {
        let place = || format!("{}:{}", file.display(), index + 1);
        Ok((theme, serde_json::from_str(line).with_context(place)?))
    });
    cases.collect()
}

/// Writes the project's own copy of a shared folder; returns how many cases each theme has.
///
/// # Errors
/// When the shared folder cannot be read or the copy not be written.
pub fn transcribe(shared: &Path, own: &Path) -> Result<Vec<(Theme, usize)>> {
    let cases = read_folder(shared)?;
    fs::create_dir_all(own)?;
    let mut counts = Vec::new();
    for theme in Theme::ALL {
        let mut text = String::new();
        let mut count = 0;
        for (_, case) in cases.iter().filter(|(it, _)| *it == theme) {
            text.push_str(&serde_json::to_string(case)?);
            text.push('\n');
            count += 1;
        }
        ensure!(count > 0, "no case of {} in the folder", theme.as_str());
        fs::write(own.join(format!("{}.jsonl", theme.as_str())), text)?;
        counts.push((theme, count));
    }
    Ok(counts)
}

fn theme_of(file: &Path) -> Option<Theme> {
    let name = file.file_stem()?.to_str()?;
    Theme::named(name.strip_prefix("billing-").unwrap_or(name))
}

fn files(folder: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>> {
    let named = || format!("cannot read {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(named)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == extension) {
            files.push(path);
        }
    }
    ensure!(
        !files.is_empty(),
        "{} has no *.{extension}",
        folder.display()
    );
    files.sort();
    Ok(files)
}

fn distinct(cases: &[(Theme, Case)]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for (theme, case) in cases {
        if !seen.insert((theme.as_str(), &case.id)) {
            bail!("{} stands twice in {}", case.id, theme.as_str());
        }
    }
    Ok(())
}
