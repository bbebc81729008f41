//! Canonical functions: which exist, what they take, what they yield.

use super::Checker;
use crate::edm::{Primitive, Type};
use crate::error::Error;
use crate::expr::{Expr, Function, Node};
use crate::hint::hint;
use crate::url::ast::Argument;

/// Functions of the specification that are recognised only.
const UNBUILT: [&str; 2] = ["hassubset", "hassubsequence"];

impl<'a> Checker<'a> {
    pub(super) fn call(&mut self, name: &str, arguments: &'a [Argument]) -> Result<Expr, Error> {
        if let Some(special) = self.special(name, arguments) {
            return special;
        }
        let Some(function) = Function::named(name) else { return Err(no_function(name)) };
        if arguments.iter().any(|argument| argument.name.is_some()) {
            return Err(Error::syntax(format!("The arguments of `{name}` have no names.")));
        }
        let arguments =
            arguments.iter().map(|argument| self.expr(&argument.value)).collect::<Result<Vec<_>, _>>()?;
        let (least, most) = arity(function);
        if !(least..=most).contains(&arguments.len()) {
            return Err(Error::syntax(wrong_number(function, least, most)));
        }
        for (index, argument) in arguments.iter().enumerate() {
            self.takes(function, index, argument)?;
        }
        let ty = outcome(function, &arguments);
        Ok(Expr::new(Node::Call(function, arguments), ty))
    }

    /// Functions that take more than values.
    fn special(&mut self, name: &str, arguments: &'a [Argument]) -> Option<Result<Expr, Error>> {
        Some(match name.to_ascii_lowercase().as_str() {
            "cast" => self.cast(arguments),
            "isof" => self.isof(arguments),
            "matchespattern" => self.matches_pattern(arguments),
            _ => return None,
        })
    }

    fn takes(&self, function: Function, index: usize, argument: &Expr) -> Result<(), Error> {
        let fits = match (&argument.ty, argument.primitive()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(_), Some(ty)) => takes(function, index, ty),
        };
        if fits {
            return Ok(());
        }
        if matches!(argument.ty, Some(Type::Collection(_))) && of_collections(function) {
            return Err(Error::not_supported(format_args!("`{}` of collections is", function.name())));
        }
        let wanted: Vec<&str> =
            Primitive::ALL.iter().filter(|ty| takes(function, index, **ty)).map(|ty| ty.name()).collect();
        let (name, what) = (function.name(), self.described(argument));
        Err(Error::of_type(format!("`{name}` takes {}, and {what}.", wanted.join(" or "))))
    }
}

fn no_function(name: &str) -> Error {
    if UNBUILT.iter().any(|known| known.eq_ignore_ascii_case(name)) || name.contains('.') {
        return Error::not_supported(format_args!("The function `{name}` is"));
    }
    let hint = hint(name, Function::ALL.iter().map(|function| function.name()));
    Error::syntax(format!("There is no function `{name}`.{hint}"))
}

/// Functions that version 4.01 also defines for collections.
fn of_collections(function: Function) -> bool {
    use Function as F;
    matches!(
        function,
        F::Concat | F::Contains | F::EndsWith | F::IndexOf | F::Length | F::StartsWith | F::Substring
    )
}

fn wrong_number(function: Function, least: usize, most: usize) -> String {
    let name = function.name();
    match (least, most) {
        (0, _) => format!("`{name}` takes no arguments."),
        (1, _) => format!("`{name}` takes one argument."),
        (2, 3) => format!("`{name}` takes two or three arguments."),
        _ => format!("`{name}` takes two arguments."),
    }
}

fn arity(function: Function) -> (usize, usize) {
    use Function as F;
    match function {
        F::Now | F::MinDateTime | F::MaxDateTime => (0, 0),
        F::Contains | F::StartsWith | F::EndsWith | F::IndexOf | F::Concat => (2, 2),
        F::Substring => (2, 3),
        _ => (1, 1),
    }
}

fn takes(function: Function, index: usize, ty: Primitive) -> bool {
    use {Function as F, Primitive as P};
    match function {
        F::Substring if index > 0 => ty.is_integer(),
        F::Contains | F::StartsWith | F::EndsWith | F::IndexOf | F::Concat | F::Substring => ty == P::String,
        F::Length | F::ToLower | F::ToUpper | F::Trim => ty == P::String,
        F::Year | F::Month | F::Day => matches!(ty, P::Date | P::DateTimeOffset),
        F::Hour | F::Minute | F::Second | F::FractionalSeconds => {
            matches!(ty, P::DateTimeOffset | P::TimeOfDay)
        }
        F::Date | F::Time | F::TotalOffsetMinutes => ty == P::DateTimeOffset,
        F::TotalSeconds => ty == P::Duration,
        F::Round | F::Floor | F::Ceiling => ty.is_numeric(),
        F::Now | F::MinDateTime | F::MaxDateTime => false,
    }
}

fn outcome(function: Function, arguments: &[Expr]) -> Primitive {
    use {Function as F, Primitive as P};
    match function {
        F::Contains | F::StartsWith | F::EndsWith => P::Boolean,
        F::Substring | F::ToLower | F::ToUpper | F::Trim | F::Concat => P::String,
        F::Length | F::IndexOf | F::TotalOffsetMinutes => P::Int32,
        F::Year | F::Month | F::Day | F::Hour | F::Minute | F::Second => P::Int32,
        F::FractionalSeconds | F::TotalSeconds => P::Decimal,
        F::Date => P::Date,
        F::Time => P::TimeOfDay,
        F::Now | F::MinDateTime | F::MaxDateTime => P::DateTimeOffset,
        F::Round | F::Floor | F::Ceiling => {
            let floating = arguments.first().and_then(Expr::primitive).is_some_and(P::is_floating);
            if floating { P::Double } else { P::Decimal }
        }
    }
}
