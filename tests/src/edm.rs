//! `$metadata` as a client reads it: entity sets with their typed properties.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What a service declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The version of the Edmx wrapper.
    pub version: String,
    /// Entity sets by name.
    pub sets: BTreeMap<String, EntityType>,
}

/// The type of an entity set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityType {
    /// Names of the key properties.
    pub key: Vec<String>,
    /// Properties in their order.
    pub properties: Vec<Property>,
}

/// One property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// `Edm.String` and the like.
    pub ty: String,
    /// Whether it may be null.
    pub nullable: bool,
}

impl EntityType {
    /// A property by name.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// All names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.properties.iter().map(|property| property.name.clone()).collect()
    }
}

impl Metadata {
    /// Reads an Edmx document.
    ///
    /// # Errors
    /// A sentence, when it is no XML, or when a set has no type, a type no key, or a key no property.
    pub fn parse(xml: &str) -> Result<Metadata, String> {
        let mut draft = Draft::default();
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event().map_err(|error| format!("$metadata is no XML: {error}"))? {
                Event::Start(tag) => draft.open(&tag)?,
                Event::Empty(tag) => {
                    draft.open(&tag)?;
                    draft.close(tag.local_name().as_ref());
                }
                Event::End(tag) => draft.close(tag.local_name().as_ref()),
                Event::Eof => return draft.finish(),
                _ => {}
            }
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Draft {
    version: String,
    namespace: String,
    types: BTreeMap<String, EntityType>,
    sets: Vec<(String, String)>,
    current: Option<(String, EntityType)>,
}

impl Draft {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let attribute = |name: &str| attribute(tag, name);
        let named = || attribute("Name").ok_or_else(|| format!("{tag:?} has no Name"));
        match (tag.local_name().as_ref(), &mut self.current) {
            ("Edmx", _) => self.version = attribute("Version").unwrap_or_default(),
            ("Schema", _) => self.namespace = attribute("Namespace").ok_or("a Schema without Namespace")?,
            ("EntityType", _) => self.current = Some((named()?, EntityType::default())),
            ("EntitySet", _) => {
                let ty = attribute("EntityType").ok_or("an EntitySet without EntityType")?;
                self.sets.push((named()?, ty));
            }
            ("PropertyRef", Some((_, ty))) => ty.key.push(named()?),
            ("Property", Some((_, entity))) => {
                let ty = attribute("Type").ok_or("a Property without Type")?;
                let nullable = attribute("Nullable").as_deref() != Some("false");
                entity.properties.push(Property { name: named()?, ty, nullable });
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        if name == "EntityType"
            && let Some((name, ty)) = self.current.take()
        {
            self.types.insert(format!("{}.{name}", self.namespace), ty);
        }
    }

    fn finish(self) -> Result<Metadata, String> {
        let mut sets = BTreeMap::new();
        for (set, name) in self.sets {
            let ty = self.types.get(&name).ok_or_else(|| format!("{set} is of an unknown type {name}"))?;
            if ty.key.is_empty() || ty.key.iter().any(|key| ty.property(key).is_none_or(|key| key.nullable)) {
                return Err(format!("{name} has no usable key"));
            }
            if sets.insert(set.clone(), ty.clone()).is_some() {
                return Err(format!("{set} is declared twice"));
            }
        }
        Ok(Metadata { version: self.version, sets })
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes().filter_map(Result::ok);
    let found = attributes.find(|attribute| attribute.key.as_ref() == name)?;
    Some(found.value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"<edmx:Edmx xmlns:edmx="x" Version="4.0"><edmx:DataServices><Schema Namespace="N">
        <EntityType Name="Contact"><Key><PropertyRef Name="id"/></Key>
          <Property Name="id" Type="Edm.Int64" Nullable="false"/>
          <Property Name="email" Type="Edm.String"><Annotation Term="a" String="b"/></Property></EntityType>
        <EntityContainer Name="C"><EntitySet Name="contacts" EntityType="N.Contact"/></EntityContainer>
        </Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn a_set_has_the_properties_of_its_type() {
        let metadata = Metadata::parse(SAMPLE).unwrap();
        let contacts = &metadata.sets["contacts"];
        assert_eq!((metadata.version.as_str(), &contacts.key), ("4.0", &vec!["id".to_owned()]));
        assert_eq!(contacts.names(), ["id", "email"]);
        assert!(contacts.property("email").unwrap().nullable);
    }

    #[test]
    fn a_set_of_an_unknown_type_and_a_type_without_a_key_are_refused() {
        assert!(Metadata::parse(&SAMPLE.replace("N.Contact", "N.Other")).is_err());
        assert!(Metadata::parse(&SAMPLE.replace("PropertyRef", "Other")).is_err());
    }
}
