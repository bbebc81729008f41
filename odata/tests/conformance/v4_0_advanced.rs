//! OData 4.0, advanced: all that the intermediate level asks for, and this.

use super::{Level, May, Must, No, NotApplicable, Should, Yes};

pub(super) const ADVANCED: Level = Level {
    title: "4.0 Advanced",
    rows: &[
        (
            "1",
            Must,
            "4.0 Intermediate, as a whole",
            Yes(&[(
                "odata/tests/conformance/main.rs",
                "a_level_is_claimed_only_with_everything_it_asks_for",
            )]),
        ),
        (
            "2",
            Must,
            "`$metadata` in CSDL XML",
            Yes(&[("tests/it/metadata.rs", "metadata_is_valid_against_the_schemas_of_oasis")]),
        ),
        (
            "3",
            Must,
            "OData's JSON",
            Yes(&[("odata/src/write/page_tests.rs", "a_page_is_context_count_rows_and_link_in_this_order")]),
        ),
        (
            "4",
            Must,
            "`/$count`",
            Yes(&[("tests/it/options.rs", "both_forms_of_count_say_how_many_rows_the_chain_has")]),
        ),
        (
            "5",
            Must,
            "`any` and `all`",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "6",
            Must,
            "`$skip`",
            Yes(&[("tests/it/options.rs", "windows_of_skip_and_top_cover_the_table_without_overlap")]),
        ),
        (
            "7",
            Must,
            "`$count`",
            Yes(&[("tests/it/options.rs", "both_forms_of_count_say_how_many_rows_the_chain_has")]),
        ),
        (
            "8",
            Must,
            "`$orderby`",
            Yes(&[("tests/it/options.rs", "rows_come_in_the_asked_order_with_null_before_values")]),
        ),
        (
            "9",
            Must,
            "`$expand`",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "9.1",
            Must,
            "references (`$ref`) of expanded properties",
            Yes(&[("tests/it/paths.rs", "references_are_expanded")]),
        ),
        (
            "9.2",
            Must,
            "`$filter` on expanded collections",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        ("9.3", Must, "type casts in `$expand`", NotApplicable("the model has no derived types")),
        (
            "9.4",
            Should,
            "`$orderby` on expanded collections",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "9.5",
            Should,
            "`$count` on expanded collections",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "9.6",
            Should,
            "`$top` and `$skip` on expanded collections",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        ("9.7", Should, "`$search` on expanded collections", No("501")),
        (
            "9.8",
            Should,
            "`$levels`",
            Yes(&[
                ("odata/tests/url/expand.rs", "expansions_are_nested_and_levels_are_written_out"),
                ("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation"),
            ]),
        ),
        ("9.9", May, "`$compute` on expanded collections", No("501")),
        (
            "10",
            Must,
            "`$search`",
            No("`OR` and `NOT` are answered by 501, because HubSpot cannot tell (docs/adr/0007)"),
        ),
        (
            "11",
            Must,
            "batches in multipart form (JSON as well, if one likes)",
            Yes(&[
                ("tests/it/batch.rs", "every_request_of_a_batch_gets_the_answer_it_would_get_alone"),
                ("tests/it/batch.rs", "a_batch_ends_at_its_first_failure_unless_the_client_wishes_otherwise"),
            ]),
        ),
        (
            "12",
            Must,
            "the conventions for resource paths",
            Yes(&[
                ("tests/it/keys.rs", "a_record_is_found_by_its_key_in_both_forms"),
                ("tests/it/keys.rs", "a_single_value_comes_as_json_and_as_text"),
                ("tests/it/paths.rs", "navigation_leads_to_rows_references_counts_and_values"),
                ("tests/it/paths.rs", "properties_are_reached_over_single_valued_navigation"),
                ("tests/it/paths.rs", "an_entity_is_found_by_its_id"),
                ("tests/it/paths.rs", "forms_that_are_not_built_say_so"),
            ]),
        ),
        ("13", Should, "asynchronous requests", No("`Prefer: respond-async` is ignored")),
        ("14", Should, "delta links", No("`Prefer: track-changes` is ignored")),
        ("15", Should, "`$crossjoin`", No("501")),
        ("16", May, "`$compute`", No("501")),
    ],
};
