//! HubSpot's names as OData identifiers.
//!
//! A CSDL identifier is a letter or underscore followed by letters, digits and underscores, at most 128 characters. Nearly
//! all of HubSpot's names are that already and stay as they are. Each other character becomes `_xHHHH_` (its code point), so
//! that no two names become one and the HubSpot name can be read back.

use sha2::{Digest as _, Sha256};

/// The longest identifier CSDL allows, in characters.
const LONGEST: usize = 128;

/// The identifier for a HubSpot name; `taken` says which identifiers cannot be used (the key's).
pub(crate) fn identifier(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut encoded = String::with_capacity(name.len());
    for (index, c) in name.char_indices() {
        if is_plain(c, index == 0) && !starts_escape(&name[index..]) {
            encoded.push(c);
        } else {
            escape(c, &mut encoded);
        }
    }
    if taken(&encoded) {
        encoded = escape_first(name);
    }
    shortened(encoded, name)
}

fn is_plain(c: char, first: bool) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!first && c.is_ascii_digit())
}

/// A name that itself looks escaped would be read back as something else: its underscore is escaped. The end of what
/// looks like an escape may also be the beginning of one, of a character that needs it.
fn starts_escape(rest: &str) -> bool {
    let Some(code) = rest.strip_prefix("_x") else { return false };
    match code.find(|c: char| !c.is_ascii_alphanumeric()) {
        Some(end) => (4..=6).contains(&end) && code.as_bytes()[..end].iter().all(u8::is_ascii_hexdigit),
        None => false,
    }
}

fn escape(c: char, into: &mut String) {
    into.push_str(&format!("_x{:04X}_", u32::from(c)));
}

fn escape_first(name: &str) -> String {
    let mut chars = name.chars();
    let mut encoded = String::new();
    if let Some(first) = chars.next() {
        escape(first, &mut encoded);
    }
    encoded + &identifier(chars.as_str(), |_| false)
}

/// Escapes can make a name too long. Its end then becomes a digest of the whole: still one name for one property.
fn shortened(encoded: String, name: &str) -> String {
    if encoded.len() <= LONGEST {
        return encoded;
    }
    let digest: String =
        Sha256::digest(name.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = encoded.chars().take(LONGEST - digest.len() - 1).collect();
    format!("{kept}_{digest}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// The HubSpot name of an identifier that was not shortened.
    fn name(identifier: &str) -> String {
        let mut name = String::new();
        let mut rest = identifier;
        while let Some(c) = rest.chars().next() {
            let code = rest.strip_prefix("_x").and_then(|code| code.split_once('_')).map(|(code, _)| code);
            let code = code.filter(|code| (4..=6).contains(&code.len()));
            let escaped = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
            match (escaped, code) {
                (Some(escaped), Some(code)) => {
                    name.push(escaped);
                    rest = &rest["_x".len() + code.len() + "_".len()..];
                }
                _ => {
                    name.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        name
    }

    /// Names of every sort, many of them close to what escapes look like.
    fn names() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            "[a-z_]{1,6}",
            Just("id".to_owned()),
            Just("_x".to_owned()),
            "[0-9A-Fa-f]{1,7}",
            "[-_ .ä😀x]{1,3}",
            "\\PC{0,2}",
        ];
        let names = prop::collection::vec(pieces, 1..6).prop_map(|pieces| pieces.concat());
        names.prop_filter("every property has a name", |name| !name.is_empty())
    }

    proptest! {
        #[test]
        fn every_name_can_be_read_back_and_is_an_identifier(hubspot in names()) {
            let identifier = identifier(&hubspot, |taken| taken == "id");
            prop_assert!(identifier.len() <= LONGEST && identifier != "id");
            prop_assert!(identifier.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()), "{}", identifier);
            prop_assert!(identifier.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()), "{}", identifier);
            if identifier.len() < LONGEST {
                prop_assert_eq!(name(&identifier), hubspot, "{}", identifier);
            }
        }

        #[test]
        fn no_two_names_become_one(all in prop::collection::hash_set(names(), 2..40)) {
            let mut taken: HashMap<String, &String> = HashMap::new();
            for hubspot in &all {
                let before = taken.insert(identifier(hubspot, |taken| taken == "id"), hubspot);
                prop_assert_eq!(before, None, "beside {}", hubspot);
            }
        }
    }

    fn check(name: &str, expected: &str) {
        assert_eq!(identifier(name, |taken| taken == "id"), expected);
    }

    #[test]
    fn valid_names_stay_and_others_are_escaped() {
        check("email", "email");
        check("VIN", "VIN");
        check("_private", "_private");
        check("p20858235_grouparoo_object", "p20858235_grouparoo_object");
        check("close-date", "close_x002D_date");
        check("1st_visit", "_x0031_st_visit");
        check("größe", "gr_x00F6__x00DF_e");
        check("😀", "_x1F600_");
    }

    #[test]
    fn a_name_that_looks_escaped_and_the_keys_name_do_not_collide() {
        check("a_x002D_b", "a_x005F_x002D_b");
        check("id", "_x0069_d");
        check("_x0069_d", "_x005F_x0069_d");
    }

    #[test]
    fn long_names_are_cut_to_the_limit_and_stay_different() {
        let long = |end: &str| identifier(&format!("{}{end}", "ä".repeat(30)), |_| false);
        assert_eq!(long("a").len(), 128);
        assert_ne!(long("a"), long("b"));
    }
}
