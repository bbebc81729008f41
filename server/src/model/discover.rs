//! Asks HubSpot what there is, and makes the stored model of it.

use hubspot::{Call, Client, Error, ListRequest};

use super::columns::{Manner, object_set, with_history};
use super::definition::{DefinitionError, ObjectChoice, hint};
use super::objects::{self, PortalObject};
use super::{Definition, LeftOut, OBJECT_ID, StoredModel, StoredSet, fixed, pairs};

/// The objects whose pipelines are shown whether they are chosen or not.
const PIPELINE_OBJECTS: [&str; 2] = ["deals", "tickets"];

/// Why a definition cannot become a model.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiscoverError {
    /// HubSpot did not answer.
    #[error(transparent)]
    Hubspot(#[from] Error),
    /// The definition itself is wrong.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// A property is listed that the object does not have.
    #[error("`{object}` has no property `{property}`{}", hint(nearest.as_deref()))]
    UnknownProperty {
        /// The object.
        object: String,
        /// As written.
        property: String,
        /// The internal name that was probably meant.
        nearest: Option<String>,
    },
    /// A standard object that the account does not have.
    #[error("this HubSpot account has no `{0}`: its subscription lacks them, or they are not switched on")]
    NotEnabled(String),
    /// Deleted rows were asked of an object of which HubSpot shows none.
    #[error("HubSpot does not show deleted `{0}`: choose them without deleted rows")]
    NoDeletedRows(String),
}

/// Asks HubSpot about every chosen object and decides what the data source shows. What the credential may not read is
/// left out, and remembered with the scope it takes.
///
/// # Errors
/// When HubSpot does not answer, when the definition names something that does not exist, or when nothing of it may be
/// read.
pub async fn discover(
    client: &Client,
    call: &Call,
    definition: &Definition,
) -> Result<StoredModel, DiscoverError> {
    discover_after(client, call, definition, None).await
}

/// The same, where names keep the meaning they had.
pub(super) async fn discover_after(
    client: &Client,
    call: &Call,
    definition: &Definition,
    before: Option<&StoredModel>,
) -> Result<StoredModel, DiscoverError> {
    let (definition, objects) = objects::settled(client, call, definition, before).await?;
    let portal = Portal { client, call, manner: Manner::from(&definition) };
    let (mut sets, mut left_out, mut refusal) = (Vec::new(), Vec::new(), None);
    for choice in &definition.objects {
        match portal.sets(choice, &objects).await {
            Ok(found) => sets.extend(found),
            Err(DiscoverError::Hubspot(Error::ScopeMissing { scopes, message })) => {
                left_out.push(LeftOut {
                    name: choice.object.clone(),
                    scopes: scopes.clone(),
                    sets: Vec::new(),
                });
                refusal = Some(Error::ScopeMissing { scopes, message });
            }
            Err(error) => return Err(error),
        }
    }
    if let (true, Some(refusal)) = (sets.is_empty(), refusal) {
        return Err(refusal.into());
    }
    let shown: Vec<&PortalObject> =
        objects.iter().filter(|object| sets.iter().any(|set| set.name == object.name)).collect();
    sets.extend(pairs::links(client, call, &shown, &sets).await?);
    Ok(StoredModel { left_out, ..StoredModel::new(sets) })
}

/// The portal that is asked.
struct Portal<'a> {
    client: &'a Client,
    call: &'a Call,
    manner: Manner,
}

impl Portal<'_> {
    async fn sets(
        &self,
        choice: &ObjectChoice,
        objects: &[PortalObject],
    ) -> Result<Vec<StoredSet>, DiscoverError> {
        match choice.object.as_str() {
            "owners" => {
                self.client.owners(self.call, false).await?;
                Ok(vec![fixed::owners()])
            }
            "pipelines" => Ok(fixed::pipelines(&self.pipeline_objects(objects).await?).into()),
            "lists" => {
                self.client.lists(self.call).await?;
                Ok(fixed::lists().into())
            }
            name => match objects.iter().find(|object| object.name == name) {
                Some(object) => self.records(choice, object).await,
                None => Err(DefinitionError::UnknownObject { object: name.to_owned(), nearest: None }.into()),
            },
        }
    }

    async fn records(
        &self,
        choice: &ObjectChoice,
        object: &PortalObject,
    ) -> Result<Vec<StoredSet>, DiscoverError> {
        let found = match self.client.properties(self.call, &object.path).await {
            // An account without the subscription for an object does not know its name.
            Err(Error::NotFound { .. } | Error::Rejected { status: 400, .. }) => {
                return Err(DiscoverError::NotEnabled(object.name.clone()));
            }
            answer => answer?,
        };
        // The definitions of properties need less than the records.
        self.try_listing(&object.path, false).await?;
        if choice.archived {
            match self.try_listing(&object.path, true).await {
                Err(Error::Rejected { .. }) => {
                    return Err(DiscoverError::NoDeletedRows(object.name.clone()));
                }
                answer => answer?,
            }
        }
        let mut sets = vec![object_set(choice, object, &found, self.manner)?];
        let history = with_history(choice, &found)?;
        if !history.is_empty() {
            sets.push(fixed::history(object, history));
        }
        Ok(sets)
    }

    async fn try_listing(&self, path: &str, archived: bool) -> Result<(), Error> {
        let properties = vec![OBJECT_ID.to_owned()];
        let one = ListRequest { limit: 1, properties, archived, ..ListRequest::default() };
        self.client.list(self.call, path, &one).await.map(|_| ())
    }

    /// The objects whose pipelines can be read: deals and tickets, and those chosen ones that have some. When the
    /// credential may read none, HubSpot's refusal is the answer.
    async fn pipeline_objects(&self, objects: &[PortalObject]) -> Result<Vec<String>, Error> {
        let (mut readable, mut refusal) = (Vec::new(), None);
        for object in PIPELINE_OBJECTS {
            match self.client.pipelines(self.call, object).await {
                Ok(_) => readable.push(object.to_owned()),
                Err(error @ Error::ScopeMissing { .. }) => refusal = Some(error),
                Err(error) => return Err(error),
            }
        }
        let others = objects.iter().filter(|object| object.pipelines);
        for object in others.filter(|object| !PIPELINE_OBJECTS.contains(&object.path.as_str())) {
            match self.client.pipelines(self.call, &object.path).await {
                Ok(pipelines) if pipelines.is_empty() => {}
                Ok(_) => readable.push(object.path.clone()),
                Err(Error::ScopeMissing { .. } | Error::NotFound { .. } | Error::Rejected { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        match refusal {
            Some(error) if readable.is_empty() => Err(error),
            _ => Ok(readable),
        }
    }
}
