//! The values of enumerations as text: one name, or several of a flags type.

use super::EnumMember;

/// The names that a text names by name or number, in the order of the type and each once; numbers that are no member's
/// stay numbers. `None` if there is a name that is no member's.
pub(crate) fn canonical(members: &[EnumMember], text: &str) -> Option<String> {
    let mut named = vec![false; members.len()];
    let mut numbers = Vec::new();
    for part in text.split(',').map(str::trim) {
        let number = part.strip_prefix('+').unwrap_or(part).parse::<i64>().ok();
        match (members.iter().position(|m| m.name == part || Some(m.value) == number), number) {
            (Some(index), _) => named[index] = true,
            (None, Some(number)) => numbers.push(number),
            (None, None) => return None,
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    let names =
        members.iter().zip(&named).filter(|(_, named)| **named).map(|(member, _)| member.name.clone());
    Some(names.chain(numbers.iter().map(i64::to_string)).collect::<Vec<_>>().join(","))
}

/// The number that a text of [`canonical`] form means: that of the member, or all of them together.
pub(crate) fn number(members: &[EnumMember], text: &str) -> Option<i64> {
    text.split(',').map(str::trim).try_fold(0, |sum, part| {
        let member = members.iter().find(|member| member.name == part).map(|member| member.value);
        Some(sum | member.or_else(|| part.parse().ok())?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_in_one_order_and_counted_together() {
        let member = |name: &str, value| EnumMember { name: name.into(), value };
        let members = [member("Red", 1), member("Blue", 2)];
        assert_eq!(canonical(&members, "2, Red,+1").as_deref(), Some("Red,Blue"));
        assert_eq!(canonical(&members, "32,Blue").as_deref(), Some("Blue,32"));
        assert_eq!(canonical(&members, "Green"), None);
        assert_eq!(number(&members, "Red,Blue,32"), Some(35));
    }
}
