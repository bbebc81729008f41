//! The file of the store: created so that only its owner reads it, with a clear word when it cannot be.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The path to open, its file created when it did not exist.
pub(super) fn storable_path(path: &Path) -> Result<PathBuf, StoreError> {
    if path.is_dir() {
        return Err(problem(path, "is a directory: name a file in it"));
    }
    if !path.exists() {
        match create_private(path) {
            // Another process was faster: fine.
            Err(_) if path.exists() => {}
            outcome => outcome?,
        }
    }
    warn_when_others_read(path);
    Ok(path.to_owned())
}

/// Creates an empty file that only its owner may read; refuses when it exists.
pub(super) fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            problem(path, "cannot be created: its directory does not exist, create it first")
        }
        ErrorKind::AlreadyExists => problem(path, "exists already and is not overwritten: name a new file"),
        ErrorKind::PermissionDenied => {
            problem(path, "cannot be created: this user may not write to its directory")
        }
        _ => problem(path, &format!("cannot be created: {error}")),
    })
}

/// Makes a file and its name permanent.
pub(super) fn sync(path: &Path) -> Result<(), StoreError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let sync = |path: &Path| File::open(path)?.sync_all();
    sync(path).and_then(|()| sync(directory)).map_err(StoreError::unavailable)
}

fn problem(path: &Path, what: &str) -> StoreError {
    StoreError::misconfigured(format_args!("the file {} {what}", path.display()))
}

#[cfg(unix)]
fn warn_when_others_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "other users may read the store: chmod 600 it");
    }
}

#[cfg(not(unix))]
fn warn_when_others_read(_path: &Path) {}
