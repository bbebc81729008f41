//! Answers that are not about entities: the service document and errors.

use super::object::Object;
use super::{context, control};
use crate::edm::Model;
use crate::http::{Format, MetadataLevel};

/// The service document: every entity set and singleton, with URLs relative to the context.
pub fn service_document(model: &Model, root: &str, format: Format) -> Vec<u8> {
    let sets = model.entity_sets().iter().map(|set| (&set.name, "EntitySet"));
    let singletons = model.singletons().iter().map(|singleton| (&singleton.name, "Singleton"));
    Object::document(|document| {
        if format.metadata != MetadataLevel::None {
            let mut url = String::new();
            context::metadata(&mut url, root);
            document.text(&control::member_name(format, "", "context"), &url);
        }
        document.objects("value", sets.chain(singletons), |object, (name, kind)| {
            object.text("name", name);
            object.text("kind", kind);
            object.text("url", &context::segment(name));
        });
    })
}

/// One of several things that are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail<'a> {
    /// A word for programs.
    pub code: &'a str,
    /// A sentence for people.
    pub message: &'a str,
    /// The option or property it is about.
    pub target: Option<&'a str>,
}

/// The body of an error. `code` is a word for programs, `message` a sentence for people, `target` the option it is about.
pub fn error(code: &str, message: &str, target: Option<&str>, details: &[Detail<'_>]) -> Vec<u8> {
    Object::document(|document| {
        document.object("error", |error| {
            problem(error, &Detail { code, message, target });
            if !details.is_empty() {
                error.objects("details", details, problem);
            }
        });
    })
}

fn problem(object: &mut Object<'_>, problem: &Detail<'_>) {
    object.text("code", problem.code);
    object.text("message", problem.message);
    if let Some(target) = problem.target {
        object.text("target", target);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_service_document_lists_sets_by_relative_url() {
        let document = text(service_document(&sample::model(), "https://host/odata", Format::default()));
        insta::assert_snapshot!(document, @r#"{"@odata.context":"https://host/odata/$metadata","value":[{"name":"contacts","kind":"EntitySet","url":"contacts"},{"name":"companies","kind":"EntitySet","url":"companies"},{"name":"links","kind":"EntitySet","url":"links"}]}"#);
    }

    #[test]
    fn without_metadata_the_service_document_has_no_context() {
        let format = Format { metadata: MetadataLevel::None, ..Format::default() };
        let document = text(service_document(&sample::model(), "https://host/odata/", format));
        assert!(document.starts_with(r#"{"value":[{"name":"contacts","#), "{document}");
    }

    #[test]
    fn an_error_has_a_code_a_message_and_perhaps_a_target() {
        insta::assert_snapshot!(
            text(error("QuerySyntax", "Expected a \"value\".\nSee $filter.", Some("$filter"), &[])),
            @r#"{"error":{"code":"QuerySyntax","message":"Expected a \"value\".\nSee $filter.","target":"$filter"}}"#
        );
        insta::assert_snapshot!(text(error("NotSupported", "No.", None, &[])), @r#"{"error":{"code":"NotSupported","message":"No."}}"#);
    }

    #[test]
    fn details_come_last() {
        let details = [
            Detail { code: "A", message: "first", target: Some("x") },
            Detail { code: "B", message: "second", target: None },
        ];
        insta::assert_snapshot!(text(error("QueryType", "Two things.", None, &details)), @r#"{"error":{"code":"QueryType","message":"Two things.","details":[{"code":"A","message":"first","target":"x"},{"code":"B","message":"second"}]}}"#);
    }
}
