//! The models of data sources, kept while they are in use.
//!
//! A version of a model never changes, so that keeping the current one needs no expiry; which one that is is read from
//! the store at each request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use schema::{DataSourceId, Store};

use crate::error::{Failure, HubspotFailure};
use crate::model::{self, StoredModel};

/// Models held at once: a wide one (six objects of 300 properties) takes about 1 MiB.
const KEPT: usize = 100;

/// A version of a data source's model, in the two forms that requests need.
#[derive(Debug)]
pub struct LoadedModel {
    /// Which version.
    pub version: i64,
    /// Names and types at HubSpot.
    pub stored: StoredModel,
    /// The same as OData shows it.
    pub edm: odata::edm::Model,
}

impl LoadedModel {
    /// What it is that a path cannot be understood: it may name an entity set that was chosen and is not shown, because
    /// the credential may not read it.
    pub(crate) fn unless_left_out(&self, path: &str, error: odata::Error) -> Failure {
        let name = path.split(['/', '(']).next().unwrap_or_default();
        match self.stored.missing_scopes(name) {
            Some(scopes) if error.kind == odata::ErrorKind::EntitySetNotFound => {
                Failure::Hubspot(HubspotFailure::ScopeMissing(scopes.to_vec()))
            }
            _ => error.into(),
        }
    }
}

/// The models of this process.
#[derive(Default)]
pub struct Models(Mutex<HashMap<(DataSourceId, i64), Arc<LoadedModel>>>);

impl Models {
    /// Version `version` of the model of `id`, of which `current` is the latest; none when it is no longer stored. An
    /// older one is read again each time: an edit that takes columns away withdraws it, on every replica.
    ///
    /// # Errors
    /// The store is away, or what it holds cannot be read.
    pub(crate) async fn get(
        &self,
        store: &Store,
        id: &DataSourceId,
        version: i64,
        current: i64,
    ) -> Result<Option<Arc<LoadedModel>>, Failure> {
        let key = (id.clone(), version);
        let kept = self.kept().get(&key).filter(|_| version == current).cloned();
        if kept.is_some() {
            return Ok(kept);
        }
        let Some(text) = schema::data_source_model(store, id, version).await? else { return Ok(None) };
        let model = Arc::new(load(version, &text)?);
        if version != current {
            return Ok(Some(model));
        }
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, model.clone());
        Ok(Some(model))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<(DataSourceId, i64), Arc<LoadedModel>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a stored model.
///
/// # Errors
/// A fault of ours: the store holds what this program did not write.
pub fn load(version: i64, text: &str) -> Result<LoadedModel, Failure> {
    let broken =
        |error: String| Failure::Internal(format!("version {version} of a model cannot be read: {error}"));
    let stored = StoredModel::from_json(text).map_err(|error| broken(error.to_string()))?;
    let edm = model::edm(&stored).map_err(|error| broken(error.to_string()))?;
    Ok(LoadedModel { version, stored, edm })
}
