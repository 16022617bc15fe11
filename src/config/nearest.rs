//! Which of several names was probably meant.

/// The choice that `found` was probably meant to be, if exactly one is near: a few letters differ,
/// `found` is a part of it, or begins with it as `ecp5-85k` with `ecp5`.
pub fn nearest<'c>(found: &str, choices: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', ' '], "_");
    let found = plain(found);
    let limit = (found.chars().count() / 3).max(1);
    let mut near: Vec<_> = choices
        .into_iter()
        .filter_map(|choice| {
            let meant = plain(choice);
            let part = found.len() >= 3 && meant.contains(&found)
                || found
                    .strip_prefix(&meant)
                    .is_some_and(|rest| rest.starts_with('_'));
            let distance = strsim::damerau_levenshtein(&found, &meant);
            let distance = if part { distance.min(1) } else { distance };
            (distance <= limit && distance < meant.len()).then_some((distance, choice))
        })
        .collect();
    near.sort_unstable();
    match near[..] {
        [(best, _), (second, _), ..] if best == second => None,
        [(_, choice), ..] => Some(choice),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_understood_and_guesses_are_not_made() {
        let types = ["int4", "int8", "int16", "uint8"];
        let rows = [
            ("unit8", Some("uint8")),
            ("INT16", Some("int16")),
            ("int 8", Some("int8")),
            ("in4", Some("int4")),
            ("int7", None), // int4 or int8
            ("i8", None),
            ("float", None),
            ("", None),
        ];
        for (found, meant) in rows {
            assert_eq!(nearest(found, types), meant, "{found}");
        }
        assert_eq!(nearest("x", ["a", "b"]), None);
        let chips = ["portable", "ecp5", "xilinx"];
        assert_eq!(nearest("ecp5-85k", chips), Some("ecp5"));
        assert_eq!(nearest("ecp585k", chips), None);
        assert_eq!(
            nearest("output", ["weight_stationary", "output_stationary"]),
            Some("output_stationary")
        );
        assert_eq!(
            nearest("stationary", ["weight_stationary", "output_stationary"]),
            None
        );
    }
}
