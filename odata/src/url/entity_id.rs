//! `$entity?$id=…`: an entity by its id, which is its URL.

use super::decode::percent;
use super::options::Named;
use super::path::{self, Found};
use super::resource::Resource;
use crate::edm::Model;
use crate::error::{Error, ErrorKind};

pub(super) fn find(
    model: &Model,
    root: Option<&str>,
    below: &[String],
    named: &mut Named,
) -> Result<Found, Error> {
    let Some(id) = named.take_id() else {
        return Err(Error::syntax("`$entity` needs the option `$id`, the URL of an entity.").about("$id"));
    };
    let own = relative(root, &id).map_err(|error| error.about("$id"))?;
    let segments = own.split('/').map(|raw| percent(raw, false)).collect::<Result<Vec<_>, _>>()?;
    let (set, key) = path::entity(model, &segments, &named.aliases).map_err(|error| error.about("$id"))?;
    match below {
        [] => Ok(Resource::Entity { set, key }.into()),
        [cast] if model.unqualified(cast) == model.type_of_set(set).name => {
            Ok(Resource::Entity { set, key }.into())
        }
        [other, ..] => Err(Error::not_supported(format_args!("`{other}` below `$entity` is"))),
    }
}

/// The part of an id behind the root of the service.
fn relative<'i>(root: Option<&str>, id: &'i str) -> Result<&'i str, Error> {
    let absolute = id.find(':').is_some_and(|colon| !id[..colon].contains(['/', '(']));
    if !absolute {
        return Ok(id.trim_start_matches('/'));
    }
    let Some(root) = root else {
        return Err(Error::not_supported("An absolute id is"));
    };
    let below = id.strip_prefix(root.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    below
        .ok_or_else(|| Error::new(ErrorKind::EntityNotFound, format!("`{id}` is no entity of this service.")))
}
