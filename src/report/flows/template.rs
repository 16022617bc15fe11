//! Texts with places to fill.

/// Puts the values where `@name@` stands in a template.
///
/// # Panics
/// When a name stands nowhere, or a place stays empty: the template is at fault.
#[track_caller]
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some((before, name, after)) = place(rest) {
        text.push_str(before);
        let found = values.iter().position(|(key, _)| *key == name);
        let found = found.unwrap_or_else(|| panic!("the template has no value for @{name}@"));
        used[found] = true;
        text.push_str(values[found].1);
        rest = after;
    }
    text.push_str(rest);
    if let Some(unused) = used.iter().position(|used| !used) {
        panic!("the template has no place for {}", values[unused].0);
    }
    text
}

/// What stands before the first place, its name, and what stands behind it. `@(` of Verilog and
/// `@decorator` of Python are no places.
fn place(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('@').find_map(|(start, _)| {
        let inside = &text[start + 1..];
        let length = inside.find(|c: char| !(c.is_ascii_lowercase() || c == '_'))?;
        let is_place = length > 0 && inside[length..].starts_with('@');
        is_place.then(|| (&text[..start], &inside[..length], &inside[length + 1..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_nothing_else() {
        let template = "always @(posedge @clock@) @static\n@@ @x_y@@x_y@@";
        let text = fill(template, &[("clock", "aclk"), ("x_y", "@clock@")]);
        assert_eq!(text, "always @(posedge aclk) @static\n@@ @clock@@clock@@");
    }

    #[test]
    #[should_panic(expected = "the template has no value for @b@")]
    fn an_empty_place_is_a_bug() {
        fill("@a@ @b@", &[("a", "1")]);
    }

    #[test]
    #[should_panic(expected = "the template has no place for b")]
    fn a_value_without_a_place_is_a_bug() {
        fill("@a@", &[("a", "1"), ("b", "2")]);
    }
}
