//! `$metadata` against the schemas that OASIS publishes.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use feedgate_tests::binaries::workspace;

use crate::shared::demo;

#[test]
fn metadata_is_valid_against_the_schemas_of_oasis() {
    assert_valid(&demo().get("$metadata").body);
}

/// Passes when the schemas or the program that knows them are not there.
#[expect(clippy::print_stdout, reason = "what is left out is said")]
pub(crate) fn assert_valid(metadata: &[u8]) {
    let schema: PathBuf = workspace().join("../shared/odata/edmx.xsd");
    if !schema.is_file() {
        println!("skipped: the OASIS schemas are not at ../shared/odata");
        return;
    }
    if Command::new("xmllint").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
    {
        println!("skipped: there is no xmllint on this machine (Debian: libxml2-utils)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metadata.xml");
    std::fs::write(&file, metadata).unwrap();
    let xmllint =
        Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(&schema).arg(&file).output();
    let output = xmllint.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn metadata_is_the_same_at_every_request() {
    let (first, second) = (demo().get("$metadata"), demo().get("$metadata"));
    assert_eq!(first.body, second.body);
    assert_eq!(first.field("Content-Type"), second.field("Content-Type"));
}

#[test]
fn every_join_has_one_type_at_both_ends() {
    let metadata = demo().client().metadata().unwrap();
    let ty =
        |set: &str, property: &str| metadata.sets[set].property(property).map(|property| property.ty.clone());
    for (set, property, other) in [
        ("contacts_companies", "contact_id", "contacts"),
        ("contacts_companies", "company_id", "companies"),
        ("contacts_deals", "deal_id", "deals"),
        ("contacts", "hubspot_owner_id", "owners"),
        ("deals", "pipeline", "pipelines"),
        ("deals", "dealstage", "pipeline_stages"),
        ("pipeline_stages", "pipeline_id", "pipelines"),
    ] {
        assert!(ty(set, property).is_some(), "{set} has no {property}");
        assert_eq!(ty(set, property), ty(other, "id"), "{set}/{property} and {other}/id");
    }
}

#[test]
fn the_service_claims_what_it_answers_in_both_forms_of_its_metadata() {
    let xml = String::from_utf8(demo().get("$metadata").body).unwrap();
    for claim in [
        r#"<Annotation Term="Org.OData.Capabilities.V1.BatchSupported" Bool="true"/>"#,
        r#"<Annotation Term="Org.OData.Capabilities.V1.AsynchronousRequestsSupported" Bool="false"/>"#,
        r#"<Annotation Term="Org.OData.Core.V1.ODataVersions" String="4.0 4.01"/>"#,
        "<EnumMember>Org.OData.Capabilities.V1.ConformanceLevelType/Intermediate</EnumMember>",
        "<String>multipart/mixed</String>",
    ] {
        assert!(xml.contains(claim), "{claim}");
    }
    let json = demo().get("$metadata?$format=json").json();
    let feed = &json["HubSpot"]["Feed"];
    assert_eq!(feed["@Org.OData.Capabilities.V1.BatchSupported"], true, "{feed}");
    let batch = &feed["@Org.OData.Capabilities.V1.BatchSupport"];
    assert_eq!(
        (&batch["Supported"], &batch["ContinueOnErrorSupported"]),
        (&true.into(), &true.into()),
        "{batch}"
    );
    assert_eq!(batch["SupportedFormats"], serde_json::json!(["multipart/mixed", "application/json"]));
    assert_eq!(batch["RequestDependencyConditionsSupported"], false);
}
