//! `source edit`.

use feedgate::model::{Definition, ObjectChoice};

use super::found;
use super::save::{Wanted, save};
use crate::args::EditSource;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

pub(super) async fn run(session: &Session, request: EditSource) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, &request.id).await?;
    let then = Definition::from_json(&source.definition.to_string())?;
    let definition = wanted(then, &request)?;
    let (name, dry_run) = (request.name, request.dry_run);
    save(session, &ctx, &source, Wanted { name, definition, shared_with: None, dry_run }).await
}

/// The choice with what was typed.
fn wanted(mut definition: Definition, request: &EditSource) -> Result<Definition, Failure> {
    for object in &request.remove_objects {
        chosen(&mut definition, object)?;
        definition.objects.retain(|choice| choice.object != *object);
    }
    for wish in &request.objects {
        match chosen(&mut definition, &wish.object) {
            Ok(choice) => choice.properties.clone_from(&wish.properties),
            Err(_) => {
                let (object, properties) = (wish.object.clone(), wish.properties.clone());
                definition.objects.push(ObjectChoice { properties, ..ObjectChoice::all_of(object) });
            }
        }
    }
    for object in &request.remove_filters {
        chosen(&mut definition, object)?.filter = None;
    }
    for wish in &request.filters {
        chosen(&mut definition, &wish.object)?.filter = Some(wish.filter.clone());
    }
    for object in &request.remove_histories {
        chosen(&mut definition, object)?.history.clear();
    }
    for wish in &request.histories {
        chosen(&mut definition, &wish.object)?.history.clone_from(&wish.properties);
    }
    for object in &request.remove_archived {
        chosen(&mut definition, object)?.archived = false;
    }
    for object in &request.archived {
        chosen(&mut definition, object)?.archived = true;
    }
    if let Some(dates) = request.dates {
        definition.dates = dates.into();
    }
    if let Some(labels) = request.labels {
        definition.labels = labels.into();
    }
    definition.check()?;
    Ok(definition)
}

fn chosen<'a>(definition: &'a mut Definition, object: &str) -> Result<&'a mut ObjectChoice, Failure> {
    let names: Vec<String> = definition.objects.iter().map(|choice| choice.object.clone()).collect();
    definition.objects.iter_mut().find(|choice| choice.object == object).ok_or_else(|| {
        let message = format!("the data source does not show {object}: it shows {}", names.join(", "));
        Failure::usage("Definition", message)
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command, SourceCommand};

    fn after(words: &[&str]) -> Result<String, String> {
        let line = ["feedgate-admin", "source", "edit", "k7m2q9x4tb"].iter().chain(words);
        let Command::Source(SourceCommand::Edit(request)) = Cli::try_parse_from(line).unwrap().command else {
            panic!("another command");
        };
        let before = r#"{"objects":[{"object":"contacts","properties":["email"],"filter":"id gt 5"},{"object":"owners"}]}"#;
        let definition = wanted(Definition::from_json(before).unwrap(), &request);
        definition.map(|definition| definition.to_json()).map_err(|failure| failure.message)
    }

    #[test]
    fn what_is_not_named_stays() {
        insta::assert_snapshot!(after(&["--object", "contacts:email,phone", "--object", "deals"]).unwrap(), @r#"{"objects":[{"object":"contacts","properties":["email","phone"],"filter":"id gt 5"},{"object":"owners","properties":null,"filter":null},{"object":"deals","properties":null,"filter":null}],"labels":"values"}"#);
        insta::assert_snapshot!(after(&["--remove-object", "owners", "--remove-filter", "contacts"]).unwrap(), @r#"{"objects":[{"object":"contacts","properties":["email"],"filter":null}],"labels":"values"}"#);
        insta::assert_snapshot!(after(&["--filter", "contacts=id lt 9", "--labels", "both"]).unwrap(), @r#"{"objects":[{"object":"contacts","properties":["email"],"filter":"id lt 9"},{"object":"owners","properties":null,"filter":null}],"labels":"both"}"#);
    }

    #[test]
    fn histories_deleted_rows_and_days_are_chosen_and_taken_back() {
        let wishes = ["--history", "contacts:email,phone", "--archived", "contacts", "--dates", "datetime"];
        insta::assert_snapshot!(after(&wishes).unwrap(), @r#"{"objects":[{"object":"contacts","properties":["email"],"filter":"id gt 5","history":["email","phone"],"archived":true},{"object":"owners","properties":null,"filter":null}],"labels":"values","dates":"date_time"}"#);
        insta::assert_snapshot!(after(&["--archived", "owners"]).unwrap_err(), @"`owners` has neither a history nor deleted rows to show");
        let taken = ["--remove-history", "contacts", "--remove-archived", "contacts"];
        assert!(!after(&taken).unwrap().contains("history"));
    }

    #[test]
    fn what_is_not_shown_cannot_be_changed() {
        insta::assert_snapshot!(after(&["--filter", "deals=id lt 9"]).unwrap_err(), @"the data source does not show deals: it shows contacts, owners");
        insta::assert_snapshot!(after(&["--remove-object", "contacts", "--remove-object", "owners"]).unwrap_err(), @"a data source needs at least one object, for example `contacts`");
    }
}
