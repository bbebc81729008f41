//! Tests of the JSON document; serde_json reads it as an independent reader.

use super::super::sample;
use super::*;

#[test]
fn everything_a_model_says_is_described() {
    let document: serde_json::Value = serde_json::from_slice(&json(&sample::model())).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap(), @r#"
    {
      "$EntityContainer": "Acme.Crm.Feed",
      "$Reference": {
        "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml": {
          "$Include": [
            {
              "$Namespace": "Org.OData.Capabilities.V1"
            }
          ]
        },
        "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml": {
          "$Include": [
            {
              "$Namespace": "Org.OData.Core.V1"
            }
          ]
        }
      },
      "$Version": "4.0",
      "Acme.Crm": {
        "Feed": {
          "$Kind": "EntityContainer",
          "@Org.OData.Capabilities.V1.AsynchronousRequestsSupported": false,
          "@Org.OData.Capabilities.V1.BatchSupported": false,
          "@Org.OData.Capabilities.V1.ConformanceLevel": "Intermediate",
          "@Org.OData.Capabilities.V1.FilterFunctions": [
            "contains",
            "startswith",
            "endswith",
            "length",
            "indexof",
            "substring",
            "tolower",
            "toupper",
            "trim",
            "concat",
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "fractionalseconds",
            "totalseconds",
            "totaloffsetminutes",
            "date",
            "time",
            "now",
            "mindatetime",
            "maxdatetime",
            "round",
            "floor",
            "ceiling",
            "eq",
            "ne",
            "gt",
            "ge",
            "lt",
            "le",
            "and",
            "or",
            "not",
            "in",
            "add",
            "sub",
            "mul",
            "div",
            "mod"
          ],
          "@Org.OData.Core.V1.ODataVersions": "4.0 4.01",
          "companies": {
            "$Collection": true,
            "$NavigationPropertyBinding": {
              "employees": "contacts"
            },
            "$Type": "Acme.Crm.company",
            "@Org.OData.Capabilities.V1.CountRestrictions": {
              "Countable": true
            },
            "@Org.OData.Capabilities.V1.DeleteRestrictions": {
              "Deletable": false
            },
            "@Org.OData.Capabilities.V1.ExpandRestrictions": {
              "Expandable": false
            },
            "@Org.OData.Capabilities.V1.FilterRestrictions": {
              "Filterable": true
            },
            "@Org.OData.Capabilities.V1.IndexableByKey": true,
            "@Org.OData.Capabilities.V1.InsertRestrictions": {
              "Insertable": false
            },
            "@Org.OData.Capabilities.V1.SearchRestrictions": {
              "Searchable": false
            },
            "@Org.OData.Capabilities.V1.SelectSupport": {
              "Supported": true
            },
            "@Org.OData.Capabilities.V1.SkipSupported": true,
            "@Org.OData.Capabilities.V1.SortRestrictions": {
              "Sortable": true
            },
            "@Org.OData.Capabilities.V1.TopSupported": true,
            "@Org.OData.Capabilities.V1.UpdateRestrictions": {
              "Updatable": false
            }
          },
          "contacts": {
            "$Collection": true,
            "$NavigationPropertyBinding": {
              "company": "companies"
            },
            "$Type": "Acme.Crm.contact",
            "@Org.OData.Capabilities.V1.CountRestrictions": {
              "Countable": false
            },
            "@Org.OData.Capabilities.V1.DeleteRestrictions": {
              "Deletable": false
            },
            "@Org.OData.Capabilities.V1.ExpandRestrictions": {
              "Expandable": false
            },
            "@Org.OData.Capabilities.V1.FilterRestrictions": {
              "Filterable": true,
              "NonFilterableProperties": [
                "email"
              ]
            },
            "@Org.OData.Capabilities.V1.IndexableByKey": true,
            "@Org.OData.Capabilities.V1.InsertRestrictions": {
              "Insertable": false
            },
            "@Org.OData.Capabilities.V1.SearchRestrictions": {
              "Searchable": false
            },
            "@Org.OData.Capabilities.V1.SelectSupport": {
              "Supported": true
            },
            "@Org.OData.Capabilities.V1.SkipSupported": false,
            "@Org.OData.Capabilities.V1.SortRestrictions": {
              "NonSortableProperties": [
                "email"
              ],
              "Sortable": true
            },
            "@Org.OData.Capabilities.V1.TopSupported": true,
            "@Org.OData.Capabilities.V1.UpdateRestrictions": {
              "Updatable": false
            },
            "@Org.OData.Core.V1.Description": "People"
          },
          "me": {
            "$Type": "Acme.Crm.contact",
            "@Org.OData.Core.V1.Description": "Ourselves"
          }
        },
        "address": {
          "$Kind": "ComplexType",
          "city": {
            "$Nullable": true
          }
        },
        "company": {
          "$Key": [
            "id"
          ],
          "$Kind": "EntityType",
          "address": {
            "$Nullable": true,
            "$Type": "Acme.Crm.address"
          },
          "budget": {
            "$Nullable": true,
            "$Precision": 20,
            "$Scale": 2,
            "$Type": "Edm.Decimal"
          },
          "employees": {
            "$Collection": true,
            "$Kind": "NavigationProperty",
            "$Partner": "company",
            "$Type": "Acme.Crm.contact"
          },
          "id": {
            "$Type": "Edm.Int64"
          },
          "revenue": {
            "$Nullable": true,
            "$Scale": "variable",
            "$Type": "Edm.Decimal"
          }
        },
        "contact": {
          "$Key": [
            "id"
          ],
          "$Kind": "EntityType",
          "company": {
            "$Kind": "NavigationProperty",
            "$Partner": "employees",
            "$ReferentialConstraint": {
              "company_id": "id"
            },
            "$Type": "Acme.Crm.company",
            "@Org.OData.Core.V1.Description": "Works for"
          },
          "company_id": {
            "$Type": "Edm.Int64"
          },
          "created": {
            "$Nullable": true,
            "$Precision": 3,
            "$Type": "Edm.DateTimeOffset"
          },
          "email": {
            "$MaxLength": 254,
            "$Nullable": true,
            "@Org.OData.Core.V1.Description": "E-Mail <\"work\" & 'home'>\u0001￾\tofé😀",
            "@Org.OData.Core.V1.LongDescription": "Line 1\r\nLine 2"
          },
          "id": {
            "$Type": "Edm.Int64"
          },
          "stage": {
            "$Nullable": true,
            "$Type": "Acme.Crm.stage"
          },
          "tags": {
            "$Collection": true
          }
        },
        "stage": {
          "$IsFlags": true,
          "$Kind": "EnumType",
          "$UnderlyingType": "Edm.Int16",
          "open": 1,
          "won": 2
        }
      }
    }
    "#);
}

#[test]
fn members_come_in_the_order_of_the_model() {
    let document = String::from_utf8(json(&sample::model())).unwrap();
    assert!(
        document.starts_with(r#"{"$Version":"4.0","$EntityContainer":"Acme.Crm.Feed","$Reference":{"#),
        "{document}"
    );
    let at = |text: &str| document.find(text).unwrap();
    assert!(at(r#""company_id":{"#) < at(r#""created":{"#) && at(r#""created":{"#) < at(r#""tags":{"#));
}
