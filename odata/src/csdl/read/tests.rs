//! Tests of the reader: what the writer wrote comes back, what others write is understood or refused by line.

use proptest::prelude::*;

use super::super::{sample, xml};
use super::{random, read};
use crate::edm::{Facets, Primitive, Scale, Type};

proptest! {
    #[test]
    fn every_model_that_was_written_is_read_again(model in random::model()) {
        let text = xml(&model);
        let document = read(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&document.model, &model, "{}", text);
        prop_assert_eq!(document.left_out, vec![]);
    }

    #[test]
    fn no_text_whatever_makes_the_reader_fail_otherwise_than_by_an_error(text in "(<|>|/|[a-z]|\"|=| |&|;|!|\\[|#|\\?|-){0,60}") {
        prop_assert!(read(&text).is_err());
    }
}

#[test]
fn the_sample_of_the_writers_is_read_again() {
    let model = sample::model();
    let found = read(&xml(&model)).unwrap().model;
    assert_eq!(found.entity_sets(), model.entity_sets());
    assert_eq!(found.singletons(), model.singletons());
    assert_eq!(found.enum_types(), model.enum_types());
    // One label of the sample has characters that XML cannot carry; the second time around, nothing is lost.
    assert_ne!(found, model);
    assert_eq!(read(&xml(&found)).unwrap().model, found);
}

/// A document around the content of one schema.
fn document(schema: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
<edmx:DataServices><Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Shop" Alias="Self">
{schema}
</Schema></edmx:DataServices></edmx:Edmx>"#
    )
}

/// An entity type `Thing` with the key `ID`, and what comes before it and within.
fn thing(before: &str, within: &str) -> String {
    document(&format!(
        r#"{before}<EntityType Name="Thing"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Int32" Nullable="false"/>
{within}</EntityType>
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="Self.Thing"/></EntityContainer>"#
    ))
}

/// The type and facets of the property `P` of `Thing`.
fn property(before: &str, attributes: &str) -> (String, Facets) {
    let text = thing(before, &format!(r#"<Property Name="P" {attributes}/>"#));
    let model = read(&text).unwrap().model;
    let property = &model.entity_types()[0].properties[1];
    (model.type_name(&property.ty), property.facets)
}

fn left_out(text: &str) -> Vec<String> {
    read(text).unwrap().left_out.iter().map(ToString::to_string).collect()
}

fn refused(text: &str) -> String {
    read(text).expect_err("it should be refused").to_string()
}

#[test]
fn facets_and_type_definitions_are_understood() {
    let scale = |scale| Facets { scale: Some(scale), ..Facets::default() };
    for (before, attributes, ty, facets) in [
        ("", r#"Type="Edm.Decimal""#, "Edm.Decimal", scale(Scale::Fixed(0))),
        ("", r#"Type="Edm.Decimal" Scale="variable""#, "Edm.Decimal", Facets::default()),
        ("", r#"Type="Edm.Decimal" Scale="floating""#, "Edm.Decimal", Facets::default()),
        (
            "",
            r#"Type="Collection(Edm.Decimal)" Scale="2""#,
            "Collection(Edm.Decimal)",
            scale(Scale::Fixed(2)),
        ),
        ("", r#"Type="Edm.String" MaxLength="max" Unicode="false""#, "Edm.String", Facets::default()),
        (
            "",
            r#"Type="Edm.DateTimeOffset" Precision="3""#,
            "Edm.DateTimeOffset",
            Facets { precision: Some(3), ..Facets::default() },
        ),
        (
            r#"<TypeDefinition Name="Name" UnderlyingType="Edm.String" MaxLength="40"/>"#,
            r#"Type="Self.Name""#,
            "Edm.String",
            Facets { max_length: Some(40), ..Facets::default() },
        ),
        (
            r#"<TypeDefinition Name="Name" UnderlyingType="Edm.String" MaxLength="40"/>"#,
            r#"Type="Collection(Shop.Name)" MaxLength="20""#,
            "Collection(Edm.String)",
            Facets { max_length: Some(20), ..Facets::default() },
        ),
        (
            r#"<EnumType Name="Colour"><Member Name="Red"/></EnumType>"#,
            r#"Type="Self.Colour""#,
            "Shop.Colour",
            Facets::default(),
        ),
    ] {
        assert_eq!(property(before, attributes), (ty.to_owned(), facets), "{before} {attributes}");
    }
}

#[test]
fn members_without_a_value_count_on() {
    let text = thing(
        r#"<EnumType Name="E" IsFlags="1"><Member Name="A"/><Member Name="B" Value="7"/><Member Name="C"/></EnumType>"#,
        "",
    );
    let model = read(&text).unwrap().model;
    let found = &model.enum_types()[0];
    assert_eq!(found.members.iter().map(|member| member.value).collect::<Vec<_>>(), [0, 7, 8]);
    assert_eq!((found.underlying, found.is_flags), (Primitive::Int32, true));
}

#[test]
fn a_derived_type_has_what_its_bases_have() {
    let text = document(
        r#"<EntityType Name="Base" Abstract="true"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Int32" Nullable="false"/><NavigationProperty Name="Next" Type="Self.Leaf"/></EntityType>
<EntityType Name="Middle" BaseType="Self.Base"><Property Name="M" Type="Self.Wide"/></EntityType>
<EntityType Name="Leaf" BaseType="Shop.Middle"><Property Name="L" Type="Edm.String"/></EntityType>
<ComplexType Name="Narrow"><Property Name="N" Type="Edm.String"/></ComplexType>
<ComplexType Name="Wide" BaseType="Self.Narrow"><Property Name="W" Type="Edm.String"/></ComplexType>
<EntityContainer Name="C"><EntitySet Name="Leaves" EntityType="Self.Leaf"><NavigationPropertyBinding Path="Next" Target="Leaves"/></EntitySet></EntityContainer>"#,
    );
    let found = read(&text).unwrap();
    let leaf = found.model.type_of_set(found.model.set_id("Leaves").unwrap());
    let names: Vec<&str> = leaf.properties.iter().map(|property| property.name.as_str()).collect();
    assert_eq!(
        (names, leaf.key.as_slice(), leaf.navigation[0].name.as_str()),
        (vec!["ID", "M", "L"], &[0][..], "Next")
    );
    let wide: Vec<&str> =
        found.model.complex_types()[1].properties.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(wide, ["N", "W"]);
    assert_eq!(found.model.entity_set("Leaves").unwrap().bindings.len(), 1);
    assert_eq!(
        found.left_out[1].to_string(),
        "line 6: EntityType `Leaf` is served as a type of its own; no set of `Shop.Middle` holds it."
    );
}

#[test]
fn several_schemas_aliases_references_and_annotations_from_outside_come_together() {
    let text = r#"<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.01">
<edmx:Reference Uri="https://example.org/Core.xml"><edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/></edmx:Reference>
<edmx:Reference Uri="https://example.org/Capabilities.xml"><edmx:Include Namespace="Org.OData.Capabilities.V1" Alias="Cap"/></edmx:Reference>
<edmx:DataServices>
<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Acme.Types" Alias="T">
<EntityType Name="Thing"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Guid" Nullable="false"/><Property Name="Place" Type="P.Place"/></EntityType>
</Schema>
<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Acme.Places" Alias="P">
<ComplexType Name="Place"><Property Name="City" Type="Edm.String"><Annotation Term="Core.Description"><String>Where</String></Annotation></Property></ComplexType>
</Schema>
<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Acme.Service" Alias="S">
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="T.Thing"><Annotation Term="Cap.TopSupported"/><Annotation Term="Cap.SkipSupported" Bool="false"/></EntitySet></EntityContainer>
<Annotations Target="T.Thing/Place"><Annotation Term="Core.Description" String="Place"/><Annotation Term="Core.Description" Qualifier="Phone" String="short"/></Annotations>
<Annotations Target="S.C/Things"><Annotation Term="Core.Description" String="All"/><Annotation Term="Cap.FilterRestrictions"><Record><PropertyValue Property="NonFilterableProperties"><Collection><PropertyPath>Place</PropertyPath></Collection></PropertyValue></Record></Annotation></Annotations>
<Annotations Target="S.C"><Annotation Term="Cap.ConformanceLevel"><EnumMember>Cap.ConformanceLevelType/Minimal</EnumMember></Annotation></Annotations>
</Schema>
</edmx:DataServices></edmx:Edmx>"#;
    let found = read(text).unwrap();
    let model = &found.model;
    assert_eq!((model.namespace(), model.container()), ("Acme.Types", "C"));
    let place = &model.entity_types()[0].properties[1];
    assert_eq!((place.label.as_deref(), place.filterable, place.sortable), (Some("Place"), false, true));
    assert!(matches!(place.ty, Type::Complex(_)));
    assert_eq!(model.complex_types()[0].properties[0].label.as_deref(), Some("Where"));
    let things = model.entity_set("Things").unwrap();
    assert_eq!(
        (things.description.as_deref(), things.capabilities.top, things.capabilities.skip),
        (Some("All"), true, false)
    );
    assert_eq!(model.capabilities().conformance, Some(crate::edm::Conformance::Minimal));
    assert_eq!(left_out(text), ["line 8: Schema `Acme.Places` has its types served in `Acme.Types`."]);
}

#[test]
fn what_a_model_cannot_hold_is_left_out_and_reported() {
    let text = document(
        r#"<ComplexType Name="Address"><NavigationProperty Name="Country" Type="Self.Thing"/></ComplexType>
<EntityType Name="Thing" HasStream="true" OpenType="true"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Int32"/>
<Property Name="Where" Type="Edm.GeographyPoint"/>
<NavigationProperty Name="Parts" Type="Collection(Self.Thing)" ContainsTarget="true"/>
<NavigationProperty Name="Other" Type="Self.Thing" Partner="Parts"/>
</EntityType>
<EntityType Name="Keyless"/>
<EntityType Name="Deep"><Key><PropertyRef Name="Address/ID" Alias="ID"/></Key><Property Name="Address" Type="Self.Address"/></EntityType>
<EntityType Name="Next"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Int32" Nullable="false"/><NavigationProperty Name="Deep" Type="Self.Deep"/></EntityType>
<Action Name="Do"/><Function Name="Get"><ReturnType Type="Edm.String"/></Function>
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="Self.Thing">
<NavigationPropertyBinding Path="Other" Target="Me"/>
<NavigationPropertyBinding Path="Parts" Target="Things"/>
<NavigationPropertyBinding Path="Other" Target="Shop.C/Things"/>
</EntitySet>
<Singleton Name="Me" Type="Self.Thing"/>
<FunctionImport Name="Get" Function="Self.Get"/><ActionImport Name="Do" Action="Self.Do"/></EntityContainer>"#,
    );
    insta::assert_snapshot!(left_out(&text).join("\n"), @r"
    line 4: NavigationProperty `Country` is not served: only entity types have navigation properties here.
    line 5: PropertyRef `ID` is never null, although the property does not say so: it is the key.
    line 5: EntityType `Thing` is served as a closed type.
    line 5: EntityType `Thing` is served without its media stream.
    line 6: Property `Where` is not served: values of Edm.GeographyPoint are not supported.
    line 7: NavigationProperty `Parts` is not served: contained entities are not supported.
    line 8: NavigationProperty `Other` is served without its partner `Parts`, which is not.
    line 10: EntityType `Keyless` is not served: it has no key.
    line 11: EntityType `Deep` is not served: its key lies inside of a complex property.
    line 12: NavigationProperty `Deep` is not served: `Self.Deep` is not.
    line 13: Action `Do` is not served: nothing here can be called.
    line 13: Function `Get` is not served: nothing here can be called.
    line 15: NavigationPropertyBinding `Other` is not kept: it leads to no entity set.
    line 16: NavigationPropertyBinding `Parts` is not kept: that navigation property is not served.
    line 20: FunctionImport `Get` is not served: nothing here can be called.
    line 20: ActionImport `Do` is not served: nothing here can be called.
    ");
    let model = read(&text).unwrap().model;
    assert_eq!(model.entity_set("Things").unwrap().bindings.len(), 1);
}

#[test]
fn what_would_make_answers_wrong_is_refused_by_element_and_line() {
    let container = r#"<EntityContainer Name="C"/>"#;
    let cases = [
        String::new(),
        "plain text".to_owned(),
        "<a/>".to_owned(),
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>".to_owned(),
        r#"<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0"/>"#.to_owned(),
        r#"<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="5.0"/>"#.to_owned(),
        r#"<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"/>"#.to_owned(),
        document(""),
        document("<EntityType>"),
        document(&format!("{container}\n{container}")),
        document(&format!("{container}\n<EntityType/>")),
        document(&format!("{container}\n&unknown;")),
        document(r#"<EntityContainer Name="C" Extends="Self.D"/>"#),
        document(
            "<EntityContainer Name=\"C\">\n<EntitySet Name=\"S\" EntityType=\"Self.Nothing\"/></EntityContainer>",
        ),
        document(
            "<EntityType Name=\"K\"/><EntityContainer Name=\"C\">\n<EntitySet Name=\"S\" EntityType=\"Self.K\"/></EntityContainer>",
        ),
        thing("", r#"<Property Name="P" Type="Edm.Dooble"/>"#),
        thing("", r#"<Property Name="P" Type="Shop.Thin"/>"#),
        thing("", r#"<Property Name="P" Type="Shop.Thing"/>"#),
        thing("", r#"<Property Name="P" Type="Edm.String" Nullable="maybe"/>"#),
        thing("", r#"<Property Name="P" Type="Edm.String" MaxLength="-1"/>"#),
        thing("", r#"<Property Name="ID" Type="Edm.String"/>"#),
        thing("", r#"<Property Name="a b" Type="Edm.String"/>"#),
        thing(
            "",
            r#"<NavigationProperty Name="N" Type="Self.Thing"><ReferentialConstraint Property="ID" ReferencedProperty="Nothing"/></NavigationProperty>"#,
        ),
        thing("<EnumType Name=\"E\" UnderlyingType=\"Edm.String\"/>\n", ""),
        thing(
            "<ComplexType Name=\"A\" BaseType=\"Self.B\"/>\n<ComplexType Name=\"B\" BaseType=\"Self.A\"/>",
            "",
        ),
        thing("<ComplexType Name=\"Thing\"/>\n", ""),
        thing("<EntityType Name=\"E\"><Key><PropertyRef Name=\"Nothing\"/></Key></EntityType>\n", ""),
    ];
    let messages: Vec<String> = cases.iter().map(|text| refused(text)).collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    line 1: The document ends before its root element does.
    line 1: The document ends before its root element does.
    line 1: The root element is not in the namespace of CSDL 4.0, `http://docs.oasis-open.org/odata/ns/edmx`; its namespace is none.
    line 1: A document type declaration is not read; remove it.
    line 1: The root element is not in the namespace of CSDL 4.0, `http://docs.oasis-open.org/odata/ns/edmx`; its namespace is `http://schemas.microsoft.com/ado/2007/06/edmx`.
    line 1, Edmx: Version 5.0 of CSDL is not read; 4.0 and 4.01 are.
    line 1, Edmx: It has no edmx:DataServices element.
    line 3: There is no EntityContainer.
    line 5, EntityType: This is no well-formed XML: ill-formed document: expected `</EntityType>`, but `</Schema>` was found.
    line 5, EntityContainer `C`: It is the second EntityContainer; a service has one.
    line 5, EntityType: The attribute Name is missing.
    line 5, Schema `Shop`: The entity `unknown` is not declared.
    line 4, EntityContainer `C`: A container that extends another is not supported.
    line 5, EntitySet `S`: `Self.Nothing` is not declared in this document; references to others are not followed.
    line 5, EntitySet `S`: `Self.K` has no key of its own properties and cannot be served.
    line 5, Property `P`: There is no built-in type `Edm.Dooble`. Did you mean `Double`?
    line 5, Property `P`: `Shop.Thin` is not declared in this document; references to others are not followed. Did you mean `Shop.Thing`?
    line 5, Property `P`: `Shop.Thing` is an entity type; entities are reached by navigation properties.
    line 5, Property `P`: Nullable="maybe" is neither true nor false.
    line 5, Property `P`: MaxLength="-1" is no number that fits there.
    line 5, Property `ID`: The model cannot be served: the name `ID` is used twice in Thing.
    line 5, Property `a b`: The model cannot be served: `a b` is not a valid name: a letter or underscore, then letters, digits and underscores, at most 128.
    line 5, ReferentialConstraint `ID`: `ID` and `Nothing` are not both properties that are served.
    line 4, EnumType `E`: An enumeration cannot be made of `Edm.String`.
    line 4, ComplexType `A`: It derives from itself, or has more than 32 base types.
    line 5, EntityType `Thing`: A type of this name was declared before.
    line 4, PropertyRef `Nothing`: The key `Nothing` is no property that is served.
    "#);
}

#[test]
fn elements_of_other_namespaces_are_passed_over() {
    let other = r#"<x:Note xmlns:x="urn:x"><Key><x:Deeper/></Key></x:Note><!-- a comment --><?x y?>"#;
    let found = read(&thing(other, other)).unwrap();
    assert_eq!(found.model.entity_types()[0].properties.len(), 1);
    assert_eq!(found.left_out, []);
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = document(&"<Annotation><Collection>".repeat(10_000));
    assert_eq!(refused(&deep), "line 4, Annotation: Elements are nested more than 64 deep.");
    let other = document(&"<x>".repeat(10_000).replace("<x>", "<x:x xmlns:x='urn:x'>"));
    assert!(refused(&other).ends_with("nested more than 64 deep."));
    let large = " ".repeat(super::MAX_BYTES + 1);
    assert_eq!(refused(&large), "line 1: The document is larger than 32 MiB.");
}
