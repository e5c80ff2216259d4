//! Reads the workspace out of `cargo metadata` and the members' manifests.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use super::model::{Dependency, Member, Place, Presence, Scope, Surface, Workspace};

/// The workspace whose root manifest lies in `root`.
///
/// # Errors
/// When cargo refuses a manifest or a file cannot be read.
pub(crate) fn read_workspace(root: &Path) -> Result<Workspace> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata failed")?;
    let members: Result<Vec<_>> = metadata
        .workspace_packages()
        .into_iter()
        .map(|it| read_member(root, it))
        .collect();
    Ok(Workspace { members: members? })
}

fn read_member(root: &Path, package: &Package) -> Result<Member> {
    let manifest = fs::read_to_string(&package.manifest_path)
        .with_context(|| format!("cannot read {}", package.manifest_path))?;
    Ok(Member {
        name: package.name.to_string(),
        folder: folder(root, package),
        dependencies: package.dependencies.iter().map(read_dependency).collect(),
        features: package.features.clone(),
        inherits_lints: inherits_lints(&manifest),
        surface: read_surface(package)?,
    })
}

fn folder(root: &Path, package: &Package) -> String {
    let folder = package
        .manifest_path
        .parent()
        .unwrap_or(&package.manifest_path);
    folder
        .as_std_path()
        .strip_prefix(root)
        .unwrap_or(root)
        .to_string_lossy()
        .into_owned()
}

fn read_dependency(declared: &cargo_metadata::Dependency) -> Dependency {
    let in_tests = declared.kind == DependencyKind::Development;
    Dependency {
        name: declared.name.clone(),
        scope: if in_tests {
            Scope::Tests
        } else {
            Scope::Product
        },
        place: if declared.path.is_some() {
            Place::Workspace
        } else {
            Place::Registry
        },
        presence: if declared.optional {
            Presence::Optional
        } else {
            Presence::Always
        },
        features: declared.features.clone(),
    }
}

fn read_surface(package: &Package) -> Result<Surface> {
    let Some(library) = package.targets.iter().find(|target| target.is_lib()) else {
        return Ok(Surface::Programs);
    };
    let source = fs::read_to_string(&library.src_path)
        .with_context(|| format!("cannot read {}", library.src_path))?;
    Ok(Surface::Library {
        public_items: public_items(&source),
    })
}

/// Items that a root file makes public; `pub(crate)` ones are nobody else's.
pub(crate) fn public_items(source: &str) -> usize {
    source
        .lines()
        .filter(|line| line.starts_with("pub "))
        .count()
}

/// Whether a manifest holds `workspace = true` in its `[lints]` table.
pub(crate) fn inherits_lints(manifest: &str) -> bool {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "workspace=true")
}
