//! Shapes and texts of drawings, in a font whose signs are all as wide.

use crate::report::xml::{Element, element, leaf};

/// Width of drawings.
pub(super) const WIDTH: f64 = 1200.0;
/// Height of texts.
pub(super) const SIZE: f64 = 12.0;

/// A drawing of a height.
pub(super) fn drawing(height: f64, shapes: impl IntoIterator<Item = Element>) -> Element {
    let view = format!("0 0 {WIDTH} {height}");
    element("svg").attribute("viewBox", &view).children(shapes)
}

/// An element with numbers as attributes.
pub(super) fn shape<const N: usize>(
    name: &'static str,
    places: [(&'static str, f64); N],
) -> Element {
    let shape = element(name);
    places.into_iter().fold(shape, |shape, (name, place)| {
        shape.attribute(name, &format!("{place:.2}"))
    })
}

/// A text; `anchor` says what of it is at `x`: `start`, `middle` or `end`. It stands on `y`.
pub(super) fn text(x: f64, y: f64, anchor: &str, text: &str) -> Element {
    let places = [("x", x), ("y", y)];
    let element = places
        .into_iter()
        .fold(leaf("text", text), |element, (name, place)| {
            element.attribute(name, &format!("{place:.2}"))
        });
    element.attribute("text-anchor", anchor)
}

/// Shapes for which a text is shown where one points at them.
pub(super) fn group(title: &str, shapes: impl IntoIterator<Item = Element>) -> Element {
    element("g").child(leaf("title", title)).children(shapes)
}

/// Width of a text; at most, as fonts differ a little.
pub(super) fn width(text: &str) -> f64 {
    let signs = text
        .chars()
        .map(|sign| if sign.is_ascii() { 0.61 } else { 1.0 });
    SIZE * signs.sum::<f64>()
}

/// A text of at most so many signs, shortened in the middle: names differ at their ends.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let (head, tail) = (most / 3, most - most / 3 - 1);
    let head = text.chars().take(head);
    head.chain(['…'])
        .chain(text.chars().skip(count - tail))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("conv2d_17", 9), "conv2d_17");
        assert_eq!(shortened("model/layer/conv2d_17", 12), "mode…nv2d_17");
    }
}
