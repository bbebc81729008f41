//! Tests of the XML document: as text, and by the schemas of OASIS where they are at hand.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::sample;
use super::*;
use crate::edm::Primitive;

/// Line breaks between elements, for reading.
fn lines(xml: &str) -> String {
    xml.replace("><", ">\n<")
}

#[test]
fn everything_a_model_says_is_described() {
    insta::assert_snapshot!(lines(&xml(&sample::model())), @r#"
    <?xml version="1.0" encoding="utf-8"?>
    <edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
    <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml">
    <edmx:Include Namespace="Org.OData.Core.V1"/>
    </edmx:Reference>
    <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml">
    <edmx:Include Namespace="Org.OData.Capabilities.V1"/>
    </edmx:Reference>
    <edmx:DataServices>
    <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Acme.Crm">
    <EnumType Name="stage" UnderlyingType="Edm.Int16" IsFlags="true">
    <Member Name="open" Value="1"/>
    <Member Name="won" Value="2"/>
    </EnumType>
    <ComplexType Name="address">
    <Property Name="city" Type="Edm.String"/>
    </ComplexType>
    <EntityType Name="company">
    <Key>
    <PropertyRef Name="id"/>
    </Key>
    <Property Name="id" Type="Edm.Int64" Nullable="false"/>
    <Property Name="revenue" Type="Edm.Decimal" Scale="variable"/>
    <Property Name="budget" Type="Edm.Decimal" Precision="20" Scale="2"/>
    <Property Name="address" Type="Acme.Crm.address"/>
    <NavigationProperty Name="employees" Type="Collection(Acme.Crm.contact)" Partner="company"/>
    </EntityType>
    <EntityType Name="contact">
    <Key>
    <PropertyRef Name="id"/>
    </Key>
    <Property Name="id" Type="Edm.Int64" Nullable="false"/>
    <Property Name="company_id" Type="Edm.Int64" Nullable="false"/>
    <Property Name="email" Type="Edm.String" MaxLength="254">
    <Annotation Term="Org.OData.Core.V1.Description" String="E-Mail &lt;&quot;work&quot; &amp; 'home'&gt;&#9;ofé😀"/>
    <Annotation Term="Org.OData.Core.V1.LongDescription" String="Line 1&#13;&#10;Line 2"/>
    </Property>
    <Property Name="created" Type="Edm.DateTimeOffset" Precision="3"/>
    <Property Name="stage" Type="Acme.Crm.stage"/>
    <Property Name="tags" Type="Collection(Edm.String)" Nullable="false"/>
    <NavigationProperty Name="company" Type="Acme.Crm.company" Nullable="false" Partner="employees">
    <ReferentialConstraint Property="company_id" ReferencedProperty="id"/>
    <Annotation Term="Org.OData.Core.V1.Description" String="Works for"/>
    </NavigationProperty>
    </EntityType>
    <EntityContainer Name="Feed">
    <EntitySet Name="companies" EntityType="Acme.Crm.company">
    <NavigationPropertyBinding Path="employees" Target="contacts"/>
    <Annotation Term="Org.OData.Capabilities.V1.FilterRestrictions">
    <Record>
    <PropertyValue Property="Filterable" Bool="true"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.SortRestrictions">
    <Record>
    <PropertyValue Property="Sortable" Bool="true"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.CountRestrictions">
    <Record>
    <PropertyValue Property="Countable" Bool="true"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.TopSupported" Bool="true"/>
    <Annotation Term="Org.OData.Capabilities.V1.SkipSupported" Bool="true"/>
    <Annotation Term="Org.OData.Capabilities.V1.SearchRestrictions">
    <Record>
    <PropertyValue Property="Searchable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.ExpandRestrictions">
    <Record>
    <PropertyValue Property="Expandable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.SelectSupport">
    <Record>
    <PropertyValue Property="Supported" Bool="true"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.IndexableByKey" Bool="true"/>
    <Annotation Term="Org.OData.Capabilities.V1.InsertRestrictions">
    <Record>
    <PropertyValue Property="Insertable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.UpdateRestrictions">
    <Record>
    <PropertyValue Property="Updatable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions">
    <Record>
    <PropertyValue Property="Deletable" Bool="false"/>
    </Record>
    </Annotation>
    </EntitySet>
    <EntitySet Name="contacts" EntityType="Acme.Crm.contact">
    <NavigationPropertyBinding Path="company" Target="companies"/>
    <Annotation Term="Org.OData.Core.V1.Description" String="People"/>
    <Annotation Term="Org.OData.Capabilities.V1.FilterRestrictions">
    <Record>
    <PropertyValue Property="Filterable" Bool="true"/>
    <PropertyValue Property="NonFilterableProperties">
    <Collection>
    <PropertyPath>email</PropertyPath>
    </Collection>
    </PropertyValue>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.SortRestrictions">
    <Record>
    <PropertyValue Property="Sortable" Bool="true"/>
    <PropertyValue Property="NonSortableProperties">
    <Collection>
    <PropertyPath>email</PropertyPath>
    </Collection>
    </PropertyValue>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.CountRestrictions">
    <Record>
    <PropertyValue Property="Countable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.TopSupported" Bool="true"/>
    <Annotation Term="Org.OData.Capabilities.V1.SkipSupported" Bool="false"/>
    <Annotation Term="Org.OData.Capabilities.V1.SearchRestrictions">
    <Record>
    <PropertyValue Property="Searchable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.ExpandRestrictions">
    <Record>
    <PropertyValue Property="Expandable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.SelectSupport">
    <Record>
    <PropertyValue Property="Supported" Bool="true"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.IndexableByKey" Bool="true"/>
    <Annotation Term="Org.OData.Capabilities.V1.InsertRestrictions">
    <Record>
    <PropertyValue Property="Insertable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.UpdateRestrictions">
    <Record>
    <PropertyValue Property="Updatable" Bool="false"/>
    </Record>
    </Annotation>
    <Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions">
    <Record>
    <PropertyValue Property="Deletable" Bool="false"/>
    </Record>
    </Annotation>
    </EntitySet>
    <Singleton Name="me" Type="Acme.Crm.contact">
    <Annotation Term="Org.OData.Core.V1.Description" String="Ourselves"/>
    </Singleton>
    <Annotation Term="Org.OData.Capabilities.V1.ConformanceLevel">
    <EnumMember>Org.OData.Capabilities.V1.ConformanceLevelType/Intermediate</EnumMember>
    </Annotation>
    <Annotation Term="Org.OData.Core.V1.ODataVersions" String="4.0 4.01"/>
    <Annotation Term="Org.OData.Capabilities.V1.BatchSupported" Bool="false"/>
    <Annotation Term="Org.OData.Capabilities.V1.AsynchronousRequestsSupported" Bool="false"/>
    <Annotation Term="Org.OData.Capabilities.V1.FilterFunctions">
    <Collection>
    <String>contains</String>
    <String>startswith</String>
    <String>endswith</String>
    <String>length</String>
    <String>indexof</String>
    <String>substring</String>
    <String>tolower</String>
    <String>toupper</String>
    <String>trim</String>
    <String>concat</String>
    <String>year</String>
    <String>month</String>
    <String>day</String>
    <String>hour</String>
    <String>minute</String>
    <String>second</String>
    <String>fractionalseconds</String>
    <String>totalseconds</String>
    <String>totaloffsetminutes</String>
    <String>date</String>
    <String>time</String>
    <String>now</String>
    <String>mindatetime</String>
    <String>maxdatetime</String>
    <String>round</String>
    <String>floor</String>
    <String>ceiling</String>
    <String>eq</String>
    <String>ne</String>
    <String>gt</String>
    <String>ge</String>
    <String>lt</String>
    <String>le</String>
    <String>and</String>
    <String>or</String>
    <String>not</String>
    <String>in</String>
    <String>add</String>
    <String>sub</String>
    <String>mul</String>
    <String>div</String>
    <String>mod</String>
    </Collection>
    </Annotation>
    </EntityContainer>
    </Schema>
    </edmx:DataServices>
    </edmx:Edmx>
    "#);
}

#[test]
fn every_primitive_type_and_facet_is_valid_against_the_schemas_of_oasis() {
    let properties = Primitive::ALL.map(|primitive| Property::new(format!("a{primitive:?}"), primitive));
    let mut all = EntityType::new("all").property(Property::new("id", Primitive::Guid).required());
    all.properties.extend(properties);
    let mut builder = Model::builder("A", "B");
    let id = builder.entity_type(all.keyed_by(&["id"]));
    builder.entity_set(EntitySet::new("all", id));
    for model in [sample::model(), builder.build().unwrap()] {
        validate(&xml(&model));
    }
}

/// Needs xmllint and a copy of the schemas beside the repository; says so when one is missing.
fn validate(document: &str) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/odata/edmx.xsd");
    let xmllint = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(&schema)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let (true, Ok(mut child)) = (schema.exists(), xmllint) else {
        println!("skipped: no xmllint, or no schemas at {}", schema.display());
        return;
    };
    child.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
    let outcome = child.wait_with_output().unwrap();
    assert!(outcome.status.success(), "{}\n{document}", String::from_utf8_lossy(&outcome.stderr));
}
