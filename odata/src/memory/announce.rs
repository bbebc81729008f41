//! What can be asked of rows in memory, said by the model.

use super::Data;
use crate::edm::{Builder, Model, ModelError, ServiceCapabilities, SetCapabilities, SetId, Type, TypeId};

impl Data {
    /// The model with the capabilities that rows in memory have, instead of those it was described with: what another
    /// service could do says nothing about this one.
    ///
    /// # Errors
    /// None for a model that has been built.
    pub fn announce(model: Model) -> Result<Model, ModelError> {
        let kinds: Vec<TypeId> = model.entity_sets().iter().map(|set| set.entity_type).collect();
        let mut builder = Builder::from(model);
        builder.capabilities(ServiceCapabilities { batch: true, ..ServiceCapabilities::default() });
        for (index, kind) in kinds.into_iter().enumerate() {
            if let Some(set) = builder.entity_set_mut(SetId(index)) {
                let whole =
                    SetCapabilities { searchable: true, expandable: true, ..SetCapabilities::default() };
                set.capabilities = whole;
            }
            for property in builder.entity_type_mut(kind).into_iter().flat_map(|ty| &mut ty.properties) {
                // Complex values and collections are filtered by their members, and have no order.
                property.filterable = true;
                property.sortable = matches!(property.ty, Type::Primitive(_) | Type::Enum(_));
            }
        }
        builder.build()
    }
}
