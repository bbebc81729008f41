//! "Did you mean …?"

/// The name that differs least from `wrong`, when it differs by no more than half of its length.
pub(super) fn nearest<'a>(wrong: &str, names: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let (distance, name) = names.map(|name| (distance(&wrong, &name.to_lowercase()), name)).min()?;
    (distance * 2 <= name.len()).then_some(name)
}

/// Levenshtein's distance, row by row.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let mut names = ["email", "firstname", "lastname"].into_iter();
        assert_eq!(nearest("emial", &mut names.clone()), Some("email"));
        assert_eq!(nearest("Emai", &mut names.clone()), Some("email"));
        assert_eq!(nearest("first_name", &mut names.clone()), Some("firstname"));
        assert_eq!(nearest("zebra", &mut names), None);
    }
}
