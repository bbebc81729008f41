//! The header fields by which clients are known.

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Power BI and Excel: the same engine, the same fields, as captured.
    PowerQuery,
    /// A reader that wants plain JSON, says no version and takes no compression, as Data Factory and simple scripts.
    Plain,
    /// A connector that is strict about version 4.0 in both directions, as that of Databricks.
    Strict,
}

impl Dialect {
    /// Names and values, beside `Host` and `Authorization`. Power Query sends the same for everything; the others say
    /// that they read `$metadata` as XML.
    pub(crate) fn fields(self, metadata: bool) -> &'static [(&'static str, &'static str)] {
        match self {
            // The Accept list of the capture, which is also in Microsoft's page on query diagnostics.
            Self::PowerQuery => &[
                (
                    "Accept",
                    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,\
                     application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
                ),
                ("OData-MaxVersion", "4.0"),
                ("MaxDataServiceVersion", "3.0"),
                ("User-Agent", "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)"),
                ("Accept-Encoding", "gzip, deflate"),
            ],
            Self::Plain if metadata => &[("Accept", "application/xml")],
            Self::Plain => &[("Accept", "application/json")],
            Self::Strict if metadata => {
                &[("Accept", "application/xml"), ("OData-Version", "4.0"), ("OData-MaxVersion", "4.0")]
            }
            Self::Strict => &[
                ("Accept", "application/json"),
                ("OData-Version", "4.0"),
                ("OData-MaxVersion", "4.0"),
                ("Accept-Encoding", "gzip"),
            ],
        }
    }
}
