//! The file that holds the keys: created whole or not at all, readable by its owner alone.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use kernel::Randomness;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub(crate) use self::key_bytes::KeyBytes;

mod key_bytes;

const FORMAT: u16 = 1;
const OWNER_ONLY: u32 = 0o600;
const LONGEST_FILE: u64 = 1024 * 1024;

/// Why the keys cannot be had, or not be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is no such file.
    #[error(
        "the key file {} does not exist; put it back from a backup: what was sealed with its keys opens with no others",
        .0.display()
    )]
    Missing(PathBuf),
    /// The operating system does not let us read it.
    #[error("the key file {} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others than its owner may read or change it.
    #[error(
        "the key file {0} is open to others than its owner (mode {mode:03o}); run: chmod 600 {0}",
        .path.display()
    )]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not a key file; its content is never repeated here.
    #[error("the key file {} is damaged: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system does not let us write it.
    #[error("the key file {} cannot be written", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another rotation is under way, or one was interrupted and left its draft.
    #[error(
        "the keys are being rotated by another process; if that is not so, delete {} and try again",
        .0.display()
    )]
    Rotating(PathBuf),
    /// Every key id was used.
    #[error("the key file {} has no key ids left", .0.display())]
    OutOfIds(PathBuf),
}

/// Every key, as the file holds them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    format: u16,
    /// Keys that seal and open, oldest first; the last one seals.
    pub(crate) sealing: Vec<SealingKey>,
    /// The key of digests. Never replaced: stored digests would find nothing any more.
    pub(crate) digest: KeyBytes,
    /// The key that signs access tokens.
    pub(crate) token: KeyBytes,
}

/// A key that seals, and the id that sealed bytes carry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SealingKey {
    pub(crate) id: u16,
    pub(crate) key: KeyBytes,
}

impl KeyFile {
    /// Fresh keys, not yet kept anywhere.
    pub(crate) fn generate(randomness: &dyn Randomness) -> Self {
        let key = KeyBytes::draw(randomness);
        Self {
            format: FORMAT,
            sealing: vec![SealingKey { id: 1, key }],
            digest: KeyBytes::draw(randomness),
            token: KeyBytes::draw(randomness),
        }
    }

    /// Reads and checks a file.
    pub(crate) fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = read_private(path)?;
        let keys = serde_json::from_str::<Self>(&text).map_err(|err| malformed(path, &err))?;
        let broken = keys.broken_rule();
        broken.map_or(Ok(keys), |rule| {
            Err(KeyFileError::Malformed {
                path: path.to_owned(),
                reason: rule.to_owned(),
            })
        })
    }

    /// Puts the keys where no file is yet. `false` if another process was faster: then its keys hold.
    pub(crate) fn create(
        &self,
        path: &Path,
        randomness: &dyn Randomness,
    ) -> Result<bool, KeyFileError> {
        create_folder(path).map_err(unwritable(path))?;
        let suffix = randomness.below(u32::MAX);
        let draft = beside(path, &format!("{suffix:08x}.new"));
        self.write_draft(&draft).map_err(unwritable(path))?;
        // A link fails if the name is taken, so two first starts at once cannot replace each other's keys.
        let linked = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft).map_err(unwritable(path))?;
        match linked {
            Ok(()) => sync_folder(path).map(|()| true).map_err(unwritable(path)),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(err) => Err(unwritable(path)(err)),
        }
    }

    /// Adds a sealing key to a file that exists. One rotation at a time: the draft's name is the lock.
    pub(crate) fn rotate(path: &Path, randomness: &dyn Randomness) -> Result<Self, KeyFileError> {
        let draft = beside(path, "rotation.new");
        let mut lock = match open_draft(&draft) {
            Ok(file) => file,
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                return Err(KeyFileError::Rotating(draft));
            }
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                return Err(KeyFileError::Missing(path.to_owned()));
            }
            Err(err) => return Err(unwritable(path)(err)),
        };
        let rotated = Self::read(path).and_then(|keys| keys.with_another(path, randomness));
        let kept = rotated.and_then(|keys| {
            keys.write_to(&mut lock)
                .and_then(|()| std::fs::rename(&draft, path))
                .and_then(|()| sync_folder(path))
                .map_err(unwritable(path))?;
            Ok(keys)
        });
        if kept.is_err() {
            // The first error is the one to tell; a draft that stays says so at the next rotation.
            drop(std::fs::remove_file(&draft));
        }
        kept
    }

    fn with_another(
        mut self,
        path: &Path,
        randomness: &dyn Randomness,
    ) -> Result<Self, KeyFileError> {
        let newest = self.sealing.last().map_or(0, |it| it.id);
        let Some(id) = newest.checked_add(1) else {
            return Err(KeyFileError::OutOfIds(path.to_owned()));
        };
        let key = KeyBytes::draw(randomness);
        self.sealing.push(SealingKey { id, key });
        Ok(self)
    }

    fn broken_rule(&self) -> Option<&'static str> {
        if self.format != FORMAT {
            return Some("its `format` is not 1: it belongs to another version of the product");
        }
        if self.sealing.is_empty() {
            return Some("it holds no `sealing` key");
        }
        let rises = self.sealing.is_sorted_by(|a, b| a.id < b.id);
        (!rises).then_some("the ids of its `sealing` keys do not rise")
    }

    fn write_draft(&self, draft: &Path) -> io::Result<()> {
        let mut file = open_draft(draft)?;
        let written = self.write_to(&mut file);
        if written.is_err() {
            // Half a draft is of no use; the first error is the one to tell.
            drop(std::fs::remove_file(draft));
        }
        written
    }

    fn write_to(&self, file: &mut File) -> io::Result<()> {
        let mut text = Zeroizing::new(serde_json::to_vec_pretty(self)?);
        text.push(b'\n');
        file.write_all(&text)?;
        file.sync_all()
    }
}

fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let unreadable = |source| KeyFileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(|err| match err.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
        _ => unreadable(err),
    })?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::TooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(LONGEST_FILE)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    Ok(text)
}

/// Says where, never what: the parser's own text repeats values, which are keys.
fn malformed(path: &Path, err: &serde_json::Error) -> KeyFileError {
    let (line, column) = (err.line(), err.column());
    KeyFileError::Malformed {
        path: path.to_owned(),
        reason: format!("it is no valid key file at line {line}, column {column}"),
    }
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> KeyFileError {
    |source| KeyFileError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

fn open_draft(draft: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(draft)?;
    // An unusual umask could have taken rights away that the owner needs.
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    Ok(file)
}

fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder(path))
}

/// A name is durable only once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
