//! OData 4.01 (part 1, section 13.2): numbers are those of its lists.

use super::{Level, May, Must, No, NotApplicable, Should, Yes};

pub(super) const MINIMAL: Level = Level {
    title: "4.01 Minimal",
    rows: &[
        (
            "1",
            Must,
            "4.0 Minimal, as a whole",
            Yes(&[(
                "odata/tests/conformance/main.rs",
                "a_level_is_claimed_only_with_everything_it_asks_for",
            )]),
        ),
        (
            "2",
            Must,
            "JSON of version 4.01 for who asks for it",
            Yes(&[
                (
                    "tests/it/versions.rs",
                    "version_4_01_is_written_for_who_asks_for_it_and_its_pages_are_linked",
                ),
                ("tests/it/versions.rs", "types_of_version_4_01_have_no_hash"),
                ("tests/it/versions.rs", "nobody_else_gets_4_01"),
            ]),
        ),
        ("3", Must, "what asynchronous requests ask for", NotApplicable("none are accepted")),
        (
            "4",
            Must,
            "fields and preferences with and without the prefix `odata.`",
            Yes(&[("odata/src/http/prefer.rs", "every_preference_that_clients_send_is_understood")]),
        ),
        (
            "5",
            Must,
            "a `$schemaversion` that does not fit is refused",
            NotApplicable("the metadata has no schema version"),
        ),
        (
            "6",
            Must,
            "system options with and without `$`",
            Yes(&[("odata/tests/url/request.rs", "the_dollar_and_the_case_of_an_option_do_not_matter")]),
        ),
        (
            "7",
            Must,
            "options, operators and functions in any case",
            Yes(&[
                (
                    "odata/tests/url/filter.rs",
                    "operators_and_functions_are_found_in_any_case_and_names_may_look_like_them",
                ),
                ("odata/tests/url/request.rs", "the_dollar_and_the_case_of_an_option_do_not_matter"),
            ]),
        ),
        (
            "8",
            Must,
            "names in answers in the case of the metadata",
            Yes(&[("odata/src/write/record_tests.rs", "an_entity_has_its_context_and_every_property")]),
        ),
        (
            "9a",
            Must,
            "texts cast to values of other primitive types (`cast('5',Edm.Int64)`)",
            Yes(&[("odata/tests/url/navigation.rs", "values_are_cast_or_null")]),
        ),
        (
            "9b",
            Must,
            "literals of enumerations and durations with and without their prefix",
            Yes(&[("odata/tests/url/filter.rs", "values_compare_by_their_type")]),
        ),
        (
            "9c",
            Must,
            "function imports with and without parentheses",
            NotApplicable("there are no functions"),
        ),
        ("9d", Must, "actions by name", NotApplicable("there are no actions")),
        (
            "9e",
            Must,
            "functions of the default namespace with and without it",
            NotApplicable("there are no functions"),
        ),
        (
            "9f",
            Must,
            "parameter aliases for keys",
            Yes(&[("odata/tests/url/request.rs", "a_key_may_be_an_alias")]),
        ),
        ("9g", Should, "implicit parameter aliases", NotApplicable("there are no functions")),
        (
            "9h",
            Should,
            "`eq null` and `ne null` on navigation properties",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        ("9i", Should, "`in`", Yes(&[("tests/it/filters.rs", "enumerations_in_lists_chains_and_negations")])),
        ("9j", Should, "`divby`", Yes(&[("odata/tests/url/filter.rs", "calculations_are_exact")])),
        (
            "9k",
            Should,
            "negative indexes of `substring`",
            Yes(&[("odata/tests/url/filter.rs", "text_functions_count_characters")]),
        ),
        ("9l", May, "keys as segments", No("501")),
        (
            "9m",
            May,
            "`$count` of a filtered collection in an expression",
            Yes(&[(
                "tests/it/paths.rs",
                "filters_stand_in_paths_and_counts_of_filtered_collections_in_filters",
            )]),
        ),
        ("9n", May, "comparison of structured values", No("501")),
        (
            "10",
            Should,
            "`$metadata` in XML and in JSON",
            Yes(&[
                ("odata/src/csdl/json_tests.rs", "everything_a_model_says_is_described"),
                ("odata/src/http/negotiate_tests.rs", "metadata_is_xml_unless_json_is_all_there_is"),
            ]),
        ),
        (
            "11",
            Should,
            "no names that differ only by case",
            No("names are HubSpot's; nothing refuses such a pair"),
        ),
        (
            "12",
            Should,
            "`Core.ODataVersions`",
            Yes(&[("odata/src/csdl/xml_tests.rs", "everything_a_model_says_is_described")]),
        ),
        (
            "13",
            Should,
            "capabilities in the metadata",
            Yes(&[("odata/src/csdl/xml_tests.rs", "everything_a_model_says_is_described")]),
        ),
        ("14–16", May, "filters on annotations, `$compute`, `$search` everywhere", No("501")),
        ("17", May, "behaviour of 4.01 towards clients that do not ask for 4.0", No("they get 4.0")),
    ],
};

pub(super) const INTERMEDIATE: Level = Level {
    title: "4.01 Intermediate",
    rows: &[
        (
            "1",
            Must,
            "4.01 Minimal, as a whole",
            Yes(&[(
                "odata/tests/conformance/main.rs",
                "a_level_is_claimed_only_with_everything_it_asks_for",
            )]),
        ),
        (
            "2",
            Must,
            "4.0 Intermediate, as a whole",
            Yes(&[(
                "odata/tests/conformance/main.rs",
                "a_level_is_claimed_only_with_everything_it_asks_for",
            )]),
        ),
        (
            "3",
            Must,
            "`eq null` and `ne null` on navigation properties",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        ("4", Must, "`in`", Yes(&[("tests/it/filters.rs", "enumerations_in_lists_chains_and_negations")])),
        ("5", Must, "`$select` inside of `$select`", NotApplicable("the model has no complex properties")),
        (
            "6",
            Should,
            "the count of a filtered collection in an expression",
            Yes(&[(
                "tests/it/paths.rs",
                "filters_stand_in_paths_and_counts_of_filtered_collections_in_filters",
            )]),
        ),
        (
            "7",
            Should,
            "comparison of structured values",
            NotApplicable("the model has no complex properties"),
        ),
        ("8", Should, "`$compute`", No("501")),
        (
            "9",
            Should,
            "options inside of `$select`",
            NotApplicable("the model has no complex or collection properties"),
        ),
        ("10", May, "aliases assigned inside of nested options", No("501")),
        (
            "11",
            May,
            "the segment `/$filter`",
            Yes(&[("odata/tests/url/expand.rs", "filters_in_a_path_are_joined_with_the_option")]),
        ),
    ],
};

pub(super) const ADVANCED: Level = Level {
    title: "4.01 Advanced",
    rows: &[
        (
            "1",
            Must,
            "4.01 Intermediate, as a whole",
            Yes(&[(
                "odata/tests/conformance/main.rs",
                "a_level_is_claimed_only_with_everything_it_asks_for",
            )]),
        ),
        ("2", Must, "4.0 Advanced, as a whole", No("see there")),
        (
            "3",
            Must,
            "the count of a filtered or searched collection",
            Yes(&[
                ("tests/it/paths.rs", "filters_stand_in_paths_and_counts_of_filtered_collections_in_filters"),
                ("tests/it/paths.rs", "navigation_leads_to_rows_references_counts_and_values"),
            ]),
        ),
        ("4", Must, "`$compute`", No("501")),
        (
            "5",
            Must,
            "options inside of `$select`",
            NotApplicable("the model has no complex or collection properties"),
        ),
        (
            "6",
            Must,
            "`$metadata` in CSDL JSON",
            Yes(&[("odata/src/csdl/json_tests.rs", "everything_a_model_says_is_described")]),
        ),
        (
            "7",
            Must,
            "batches in multipart form and in JSON",
            Yes(&[
                ("tests/it/batch.rs", "every_request_of_a_batch_gets_the_answer_it_would_get_alone"),
                (
                    "tests/it/batch.rs",
                    "what_depends_on_a_failure_fails_and_references_to_answers_are_not_built",
                ),
            ]),
        ),
        (
            "8",
            Should,
            "the segment `/$filter`",
            Yes(&[("odata/tests/url/expand.rs", "filters_in_a_path_are_joined_with_the_option")]),
        ),
        ("9", Should, "aliases assigned inside of nested options", No("501")),
        ("10", May, "names in any case", No("names are case-sensitive; the nearest one is named")),
    ],
};
