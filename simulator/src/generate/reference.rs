//! Owners and pipelines of the generated portal.

use super::words::{FIRST_NAMES, LAST_NAMES};
use super::{COMPANIES, CONTACTS, DEALS};
use crate::catalogue::choice_list;
use crate::dice::Dice;
use crate::instant::{DAY_MS, iso};
use crate::portal::lists::{List, Rule};
use crate::portal::reference::{Owner, Pipeline, Stage, StageMetadata, Team};

/// Twenty-four owners, of which three are archived and one is a queue.
pub(super) fn owners(seed: u64, now: i64) -> Vec<Owner> {
    (0..24).map(|number| owner(seed, now, number)).collect()
}

fn owner(seed: u64, now: i64, number: u32) -> Owner {
    let mut dice = Dice::new(seed, 50, u64::from(number));
    let (first, last) = (FIRST_NAMES[dice.below(50)], LAST_NAMES[dice.below(40)]);
    let archived = number % 9 == 8 || number == 23;
    let queue = number == 22;
    let created = now - 1_200 * DAY_MS + i64::from(number) * 11 * DAY_MS + dice.between(0, DAY_MS);
    let user_id = 9_586_504 + number * 3_117;
    let team = [("178423", "Sales DACH"), ("178424", "Sales Americas"), ("180011", "Customer Success")];
    let teams = if number.is_multiple_of(5) {
        Vec::new()
    } else {
        let (id, name) = team[dice.below(team.len())];
        vec![Team { id: id.to_owned(), name: name.to_owned(), primary: true }]
    };
    Owner {
        id: (41_629_779 + u64::from(number) * 218_671).to_string(),
        email: format!("owner{:02}@feedgate-demo.example", number + 1),
        r#type: if queue { "QUEUE" } else { "PERSON" },
        first_name: if queue { "Inbound".to_owned() } else { first.to_owned() },
        last_name: if queue { "queue".to_owned() } else { last.to_owned() },
        user_id: (!archived).then_some(user_id),
        user_id_including_inactive: user_id,
        created_at: iso(created),
        updated_at: iso(created + dice.between(0, 100 * DAY_MS)),
        archived,
        teams,
    }
}

/// Lists by rule; what is kept by hand is for tests to add.
pub(super) fn lists(now: i64) -> Vec<List> {
    let rules = [
        ("Customers", CONTACTS, Rule::Holds("lifecyclestage", "customer")),
        ("Newsletter: product news", CONTACTS, Rule::Holds("newsletter_topics", "product_news")),
        ("Key accounts", COMPANIES, Rule::Holds("segment", "tier_1")),
        ("Won deals", DEALS, Rule::Holds("dealstage", "closedwon")),
    ];
    let list = |((name, object, rule), id): ((&str, usize, Rule), u64)| List {
        id,
        name: name.to_owned(),
        object,
        rule,
        created: now - 400 * DAY_MS,
    };
    rules.into_iter().zip(1..).map(list).collect()
}

const BORN: &str = "2023-02-14T10:21:07.402Z";

/// A sales pipeline and one for renewals.
pub(super) fn deal_pipelines() -> Vec<Pipeline> {
    let stages = choice_list("dealstage");
    let chance = ["0.2", "0.4", "0.6", "0.8", "0.9", "1.0", "0.0", "0.5", "0.7", "1.0", "0.0"];
    let all: Vec<Stage> = stages
        .iter()
        .zip(chance)
        .map(|((id, label), probability)| {
            let closed = if matches!(probability, "1.0" | "0.0") { "true" } else { "false" };
            let metadata = StageMetadata {
                is_closed: Some(closed),
                probability: Some(probability),
                ..StageMetadata::default()
            };
            stage(id, label, metadata)
        })
        .collect();
    let (sales, renewals) = all.split_at(7);
    vec![pipeline("default", "Sales pipeline", 0, sales), pipeline("88120430", "Renewals", 1, renewals)]
}

/// The one support pipeline.
pub(super) fn ticket_pipelines() -> Vec<Pipeline> {
    let stages: Vec<Stage> = choice_list("ticketstage")
        .iter()
        .map(|(id, label)| {
            let closed = *id == "4";
            let metadata = StageMetadata {
                ticket_state: Some(if closed { "CLOSED" } else { "OPEN" }),
                is_closed: Some(if closed { "true" } else { "false" }),
                probability: None,
            };
            stage(id, label, metadata)
        })
        .collect();
    vec![pipeline("0", "Support pipeline", 0, &stages)]
}

/// The one pipeline of leads.
pub(super) fn lead_pipelines() -> Vec<Pipeline> {
    let stages: Vec<Stage> = choice_list("leadstage")
        .iter()
        .map(|(id, label)| stage(id, label, StageMetadata::default()))
        .collect();
    vec![pipeline("lead-pipeline-id", "Lead pipeline", 0, &stages)]
}

fn stage(id: &str, label: &str, metadata: StageMetadata) -> Stage {
    Stage {
        label: label.to_owned(),
        display_order: 0,
        metadata,
        id: id.to_owned(),
        created_at: BORN.to_owned(),
        updated_at: BORN.to_owned(),
        archived: false,
        write_permissions: "CRM_PERMISSIONS_ENFORCEMENT",
    }
}

fn pipeline(id: &str, label: &str, display_order: u32, stages: &[Stage]) -> Pipeline {
    let stages =
        stages.iter().zip(0..).map(|(s, order)| Stage { display_order: order, ..s.clone() }).collect();
    Pipeline {
        label: label.to_owned(),
        display_order,
        id: id.to_owned(),
        stages,
        created_at: BORN.to_owned(),
        updated_at: BORN.to_owned(),
        archived: false,
    }
}
