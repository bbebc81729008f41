//! OData 4.0, up to intermediate, as the 4.01 standard words it (part 1, section 13.1): numbers are those of its lists.

use super::{Level, Must, NotApplicable, Should, Yes};

pub(super) const MINIMAL: Level = Level {
    title: "4.0 Minimal",
    rows: &[
        (
            "1",
            Must,
            "a service document at the root",
            Yes(&[("tests/it/refresh.rs", "the_service_document_names_every_table_and_nothing_undeclared")]),
        ),
        (
            "2",
            Must,
            "data in OData's JSON",
            Yes(&[
                ("odata/src/write/page_tests.rs", "a_page_is_context_count_rows_and_link_in_this_order"),
                ("odata/src/write/record_tests.rs", "every_sort_of_value_has_its_form"),
            ]),
        ),
        (
            "3",
            Must,
            "partial results by links to the next page, and in no other way",
            Yes(&[("tests/it/pages.rs", "a_next_link_is_absolute_repeats_the_options_and_hides_its_keys")]),
        ),
        (
            "4",
            Must,
            "the field OData-Version in every answer",
            Yes(&[
                (
                    "tests/it/pages.rs",
                    "a_good_answer_says_when_the_token_expires_and_what_is_left_of_the_rate",
                ),
                ("odata/src/service/tests.rs", "every_answer_has_one_version_and_its_length"),
            ]),
        ),
        (
            "5",
            Must,
            "Accept and OData-MaxVersion followed, or the request refused",
            Yes(&[
                ("odata/src/http/negotiate_tests.rs", "an_accept_header_that_admits_no_json_is_refused"),
                ("odata/src/http/version.rs", "versions_below_4_and_what_is_no_version_are_refused_by_name"),
                ("tests/it/keys.rs", "odd_clients_get_json_and_metadata_is_xml_whatever_they_accept"),
            ]),
        ),
        (
            "6",
            Must,
            "the rules of extensibility: custom options are ignored, unknown system options refused",
            Yes(&[
                ("odata/tests/url/request.rs", "the_dollar_and_the_case_of_an_option_do_not_matter"),
                ("odata/tests/url/request.rs", "a_wrong_option_is_refused_by_name"),
            ]),
        ),
        (
            "7",
            Must,
            "options parsed as the ABNF says; what is not supported is a 501",
            Yes(&[
                ("odata/tests/url/abnf.rs", "the_oasis_cases_get_their_verdict"),
                ("odata/tests/url/refusal.rs", "what_is_understood_but_not_built_is_named"),
            ]),
        ),
        (
            "8",
            Must,
            "no types but those of CSDL",
            Yes(&[
                (
                    "odata/src/csdl/xml_tests.rs",
                    "every_primitive_type_and_facet_is_valid_against_the_schemas_of_oasis",
                ),
                ("tests/it/refresh.rs", "every_declared_type_follows_hubspots_type"),
            ]),
        ),
        (
            "9",
            Must,
            "no annotation, field or content that a client would have to understand",
            Yes(&[(
                "tests/it/refresh.rs",
                "every_record_of_every_object_arrives_once_and_with_every_property",
            )]),
        ),
        (
            "10",
            Must,
            "no update against the rules: every writing method is refused",
            Yes(&[(
                "tests/it/refusals/protocol.rs",
                "methods_that_write_are_refused_and_told_which_are_allowed",
            )]),
        ),
        (
            "11",
            Must,
            "no other rule of OData violated",
            Yes(&[("server/tests/oracle/main.rs", "planned_execution_equals_plain_evaluation")]),
        ),
        (
            "12",
            Should,
            "`$expand`",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "13",
            Should,
            "`$metadata` in CSDL XML",
            Yes(&[("tests/it/metadata.rs", "metadata_is_valid_against_the_schemas_of_oasis")]),
        ),
        (
            "14",
            Must,
            "fields and preferences also with the prefix `odata.`",
            Yes(&[("odata/src/http/prefer.rs", "every_preference_that_clients_send_is_understood")]),
        ),
        (
            "15",
            Must,
            "literals of enumerations and durations with their prefix",
            Yes(&[("odata/tests/url/filter.rs", "values_compare_by_their_type")]),
        ),
        (
            "16–17",
            Must,
            "what asynchronous requests ask for",
            NotApplicable("none are accepted: `Prefer: respond-async` is ignored"),
        ),
    ],
};

pub(super) const INTERMEDIATE: Level = Level {
    title: "4.0 Intermediate",
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
            "every option parsed as the ABNF says, and followed or answered by 501",
            Yes(&[("odata/tests/url/abnf.rs", "the_oasis_cases_get_their_verdict")]),
        ),
        ("3", Must, "`$select`", Yes(&[("tests/it/options.rs", "a_selection_has_its_columns_and_all_rows")])),
        ("4", Must, "type casts to derived types", NotApplicable("the model has no derived types")),
        (
            "5",
            Must,
            "`$top`",
            Yes(&[("tests/it/options.rs", "top_ends_the_chain_at_its_number_also_behind_several_pages")]),
        ),
        (
            "6",
            Must,
            "`/$value` of properties (and of media entities, which there are none)",
            Yes(&[("tests/it/keys.rs", "a_single_value_comes_as_json_and_as_text")]),
        ),
        (
            "7.1",
            Must,
            "`$filter` with `eq` and `ne`",
            Yes(&[
                ("tests/it/filters.rs", "comparisons_of_ids_and_numbers_are_exact"),
                ("tests/it/filters.rs", "equality_of_texts_is_that_of_odata_and_not_of_hubspot"),
            ]),
        ),
        (
            "7.2",
            Must,
            "parameter aliases in `$filter`",
            Yes(&[("odata/tests/url/filter.rs", "an_alias_stands_for_its_expression")]),
        ),
        (
            "7.3",
            Should,
            "further operators in `$filter`, and 501 for the others",
            Yes(&[
                ("odata/tests/url/filter.rs", "operators_bind_as_the_specification_says"),
                ("odata/tests/url/filter.rs", "calculations_are_exact"),
            ]),
        ),
        (
            "7.4",
            Should,
            "canonical functions, and 501 for the others",
            Yes(&[
                ("odata/tests/url/filter.rs", "text_functions_count_characters"),
                ("odata/tests/url/filter.rs", "points_in_time_have_parts"),
            ]),
        ),
        (
            "7.5",
            Should,
            "`$filter` on expanded entities",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "8",
            Should,
            "`$metadata` in CSDL XML",
            Yes(&[("tests/it/metadata.rs", "metadata_is_valid_against_the_schemas_of_oasis")]),
        ),
        (
            "9",
            Should,
            "OData's JSON",
            Yes(&[("odata/src/write/page_tests.rs", "a_page_is_context_count_rows_and_link_in_this_order")]),
        ),
        (
            "10",
            Should,
            "Basic authentication over HTTPS considered",
            Yes(&[(
                "tests/it/refusals/credentials.rs",
                "no_credentials_and_other_schemes_are_asked_for_basic",
            )]),
        ),
        (
            "11",
            Should,
            "`$search`",
            Yes(&[(
                "server/tests/navigation.rs",
                "a_search_finds_what_hubspots_full_text_finds_and_goes_with_a_filter",
            )]),
        ),
        (
            "12",
            Should,
            "`$skip`",
            Yes(&[("tests/it/options.rs", "windows_of_skip_and_top_cover_the_table_without_overlap")]),
        ),
        (
            "13",
            Should,
            "`$count`",
            Yes(&[("tests/it/options.rs", "both_forms_of_count_say_how_many_rows_the_chain_has")]),
        ),
        (
            "14",
            Should,
            "`$expand`",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "15",
            Should,
            "`any` and `all` on navigation and collection properties",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "16",
            Should,
            "`/$count` of navigation and collection properties",
            Yes(&[("server/tests/oracle/related.rs", "related_rows_are_those_of_a_plain_evaluation")]),
        ),
        (
            "17",
            Should,
            "`$orderby` by properties, `asc` and `desc`",
            Yes(&[("tests/it/options.rs", "rows_come_in_the_asked_order_with_null_before_values")]),
        ),
    ],
};
