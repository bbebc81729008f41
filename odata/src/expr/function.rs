//! The canonical functions that can be evaluated.

/// A canonical function (OData-URL 4.01, sections 5.1.1.5 to 5.1.1.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named like the functions")]
pub enum Function {
    Contains,
    StartsWith,
    EndsWith,
    Length,
    IndexOf,
    Substring,
    ToLower,
    ToUpper,
    Trim,
    Concat,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    FractionalSeconds,
    TotalSeconds,
    TotalOffsetMinutes,
    Date,
    Time,
    Now,
    MinDateTime,
    MaxDateTime,
    Round,
    Floor,
    Ceiling,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Length,
        Self::IndexOf,
        Self::Substring,
        Self::ToLower,
        Self::ToUpper,
        Self::Trim,
        Self::Concat,
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::FractionalSeconds,
        Self::TotalSeconds,
        Self::TotalOffsetMinutes,
        Self::Date,
        Self::Time,
        Self::Now,
        Self::MinDateTime,
        Self::MaxDateTime,
        Self::Round,
        Self::Floor,
        Self::Ceiling,
    ];

    /// The name, in the lower case of version 4.0.
    pub fn name(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::StartsWith => "startswith",
            Self::EndsWith => "endswith",
            Self::Length => "length",
            Self::IndexOf => "indexof",
            Self::Substring => "substring",
            Self::ToLower => "tolower",
            Self::ToUpper => "toupper",
            Self::Trim => "trim",
            Self::Concat => "concat",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::FractionalSeconds => "fractionalseconds",
            Self::TotalSeconds => "totalseconds",
            Self::TotalOffsetMinutes => "totaloffsetminutes",
            Self::Date => "date",
            Self::Time => "time",
            Self::Now => "now",
            Self::MinDateTime => "mindatetime",
            Self::MaxDateTime => "maxdatetime",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceiling => "ceiling",
        }
    }

    /// The function of that name in any case: clients of SAP's and version 4.01 write `toLower`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name().eq_ignore_ascii_case(name))
    }
}
