//! `source apply` and the file it takes: a data source as people keep it in version control. What `source show --output
//! toml` writes can be applied as it is, and changes nothing.

use std::path::Path;

use feedgate::model::{Dates, Definition, Labels, ObjectChoice};
use schema::operations::source_edit::{self, Basis};
use schema::operations::source_list::{self, Scope};
use schema::operations::source_share::Grantee;
use schema::operations::source_show::SourceView;
use schema::operations::{group_list, source_create};
use schema::{Context, lookup, name};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::create::prepare;
use super::save::{Wanted, save};
use super::{described, found};
use crate::failure::{Exit, Failure};
use crate::output::{Answer, quoted};
use crate::session::Session;

/// The file. Connection and owner say where it belongs and are not changed by it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFile {
    /// Without it, it is the owner's data source of this name, or a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
    owner: String,
    connection: String,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    dates: Dates,
    /// With these and nobody else; left out, shares stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared_with: Option<Vec<String>>,
    objects: Vec<ObjectChoice>,
}

/// A data source as such a file.
pub(super) fn file(source: &SourceView) -> Result<String, Failure> {
    let Definition { objects, labels, dates } = Definition::from_json(&source.definition.to_string())?;
    let file = SourceFile {
        id: Some(source.id.to_string()),
        name: source.name.clone(),
        owner: source.owner.clone(),
        connection: source.connection.clone(),
        labels,
        dates,
        shared_with: Some(source.shared_with.clone()),
        objects,
    };
    let text = toml::to_string(&file).map_err(|error| Failure::failed("Output", error.to_string()))?;
    Ok(text.trim_end().to_owned())
}

pub(super) async fn run(session: &Session, path: &Path, dry_run: bool) -> Result<Answer, Failure> {
    let unreadable = |error| Failure::usage("File", format!("{} cannot be read: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let file =
        read(&text).map_err(|problem| Failure::usage("File", format!("{}, {problem}", path.display())))?;
    let definition = Definition { objects: file.objects.clone(), labels: file.labels, dates: file.dates };
    definition.check()?;
    let ctx = session.context().await?;
    let shared_with = file.shared_with.as_deref().map(grantees);
    match existing(&ctx, &file).await? {
        Some(source) => {
            same_place(&source, &file)?;
            let name = Some(file.name);
            save(session, &ctx, &source, Wanted { name, definition, shared_with, dry_run }).await
        }
        None => create(session, &ctx, file, definition, dry_run).await,
    }
}

/// Reads the file; what is wrong begins with its line.
fn read(text: &str) -> Result<SourceFile, String> {
    toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line}: {}", error.message().lines().collect::<Vec<_>>().join(", "))
    })
}

fn grantees(names: &[String]) -> Vec<Grantee> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// The data source that the file is about.
async fn existing(ctx: &Context, file: &SourceFile) -> Result<Option<SourceView>, Failure> {
    if let Some(id) = &file.id {
        return Ok(Some(found(ctx, id).await?));
    }
    let all = source_list::run(ctx, source_list::Request { search: None, scope: Scope::All }).await?;
    let alike =
        |source: &SourceView| source.name == file.name && name::key(&source.owner) == name::key(&file.owner);
    let mut found: Vec<SourceView> = all.into_iter().filter(alike).collect();
    if found.len() > 1 {
        let ids: Vec<&str> = found.iter().map(|source| source.id.as_str()).collect();
        let message = format!(
            "{} has several data sources called {}: add the id of the one it is about, one of {}",
            file.owner,
            file.name,
            ids.join(", ")
        );
        return Err(Failure::new(Exit::Refused, "SourceAmbiguous", message));
    }
    Ok(found.pop())
}

/// A file does not move a data source: that has consequences of its own, and its own commands.
fn same_place(source: &SourceView, file: &SourceFile) -> Result<(), Failure> {
    let refused = |message: String| Err(Failure::new(Exit::Refused, "SourceDiffers", message));
    let (id, owner) = (&source.id, &source.owner);
    if name::key(owner) != name::key(&file.owner) {
        return refused(format!(
            "{id} belongs to {owner}, the file says {}: `feedgate-admin source transfer {id} --to {}` gives it away",
            file.owner,
            quoted(&file.owner)
        ));
    }
    if name::key(&source.connection) != name::key(&file.connection) {
        return refused(format!(
            "{id} reads through the connection {}, the file says {}: a data source keeps its connection, \
             create another one for another portal",
            source.connection, file.connection
        ));
    }
    Ok(())
}

async fn create(
    session: &Session,
    ctx: &Context,
    file: SourceFile,
    definition: Definition,
    dry_run: bool,
) -> Result<Answer, Failure> {
    let shared_with = file.shared_with.as_deref().map(grantees).unwrap_or_default();
    check_grantees(ctx, &shared_with).await?;
    let tenant = ctx.tenant_id()?;
    lookup::user(&ctx.store, tenant, &file.owner).await?;
    let request = prepare(session, ctx, (file.name, file.owner, file.connection), &definition).await?;
    if dry_run {
        let text = format!("This would create the data source {}. Nothing was changed.", request.name);
        let value = json!({"created": true, "dry_run": true, "name": request.name, "owner": request.owner,
            "connection": request.connection, "objects": definition.objects, "labels": definition.labels,
            "shared_with": file.shared_with});
        return Answer::new(&value, text);
    }
    let source = source_create::run(ctx, request).await?;
    if !shared_with.is_empty() {
        share(ctx, &source, shared_with).await?;
    }
    described(ctx, source.id.as_str()).await
}

/// Who is not there is told before the data source is created.
async fn check_grantees(ctx: &Context, grantees: &[Grantee]) -> Result<(), Failure> {
    let groups = group_list::run(ctx, group_list::Request::default()).await?;
    for grantee in grantees {
        match grantee {
            Grantee::User(user) => {
                lookup::user(&ctx.store, ctx.tenant_id()?, user).await?;
            }
            Grantee::Group(wanted) => {
                let known = groups.iter().any(|group| name::key(&group.name) == name::key(wanted));
                known.then_some(()).ok_or_else(|| {
                    let message = format!(
                        "there is no group \"{wanted}\": `feedgate-admin user group list` shows them"
                    );
                    Failure::not_found("GroupNotFound", message)
                })?;
            }
        }
    }
    Ok(())
}

async fn share(ctx: &Context, source: &SourceView, with: Vec<Grantee>) -> Result<(), Failure> {
    let request = source_edit::Request {
        id: source.id.clone(),
        based_on: Basis::of(source),
        name: None,
        definition: None,
        model: None,
        withdraws: false,
        drift: Vec::new(),
        shared_with: Some(with),
        dry_run: false,
    };
    source_edit::run(ctx, request).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"name = "Sales"
owner = "anna"
connection = "hub"

[[objects]]
object = "contacts"
properties = ["email"]
filter = "email ne 'a''b'"
"#;

    #[test]
    fn a_file_is_read_as_it_is_written() {
        let file = read(FILE).unwrap();
        assert_eq!(
            (file.id.as_deref(), file.labels, file.shared_with.as_deref()),
            (None, Labels::Values, None)
        );
        let written = toml::to_string(&file).unwrap();
        insta::assert_snapshot!(written, @r#"
        name = "Sales"
        owner = "anna"
        connection = "hub"
        labels = "values"
        dates = "date"

        [[objects]]
        object = "contacts"
        properties = ["email"]
        filter = "email ne 'a''b'"
        "#);
        assert_eq!(toml::to_string(&read(&written).unwrap()).unwrap(), written);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |from: &str, to: &str| read(&FILE.replace(from, to)).unwrap_err();
        insta::assert_snapshot!(wrong("properties", "propertys"), @"line 7: unknown field `propertys`, expected one of `object`, `properties`, `filter`, `history`, `archived`");
        insta::assert_snapshot!(wrong("owner = \"anna\"\n", ""), @"line 1: missing field `owner`");
        insta::assert_snapshot!(wrong("owner =", "ownr ="), @"line 2: unknown field `ownr`, expected one of `id`, `name`, `owner`, `connection`, `labels`, `dates`, `shared_with`, `objects`");
        insta::assert_snapshot!(wrong("[\"email\"]", "\"email\""), @r#"line 7: invalid type: string "email", expected a sequence"#);
        insta::assert_snapshot!(wrong("[[objects]]", "[[objects]"), @"line 5: unclosed array table, expected `]`");
    }
}
