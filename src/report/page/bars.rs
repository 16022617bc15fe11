//! Bars below each other: what each thing took.

use super::svg::{SIZE, WIDTH, drawing, group, shape, shortened, text, width};
use crate::report::network::COLOURS;
use crate::report::xml::Element;

/// Height of a bar with what is around it.
const ROW: f64 = 22.0;
/// Between names, bars and notes.
const GAP: f64 = 10.0;
/// Signs of names and of notes.
const SIGNS: usize = 44;
/// Bars of a drawing: a higher one would be cut when it is printed.
const ROWS: usize = 28;

/// A thing and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it is called.
    pub name: String,
    /// What it took, in the unit of the others: none without a bar.
    pub length: Option<f64>,
    /// The part of the bar that is solid, 0 to 1.
    pub solid: f64,
    /// Number of a colour.
    pub colour: usize,
    /// What stands behind the bar.
    pub note: String,
    /// What is shown where one points at it.
    pub title: String,
}

/// Bars as long, beside the longest, as their lengths are: SVG in HTML.
pub fn bars(bars: &[Bar]) -> String {
    let texts = |of: fn(&Bar) -> &String| {
        let texts = bars.iter().map(|bar| shortened(of(bar), SIGNS));
        let texts = Vec::from_iter(texts);
        let widths = texts.iter().map(|text| width(text));
        let widest = widths.fold(0.0, f64::max);
        (texts, widest)
    };
    let (names, left) = texts(|bar| &bar.name);
    let (notes, right) = texts(|bar| &bar.note);
    let left = left + GAP;
    let lengths = bars.iter().filter_map(|bar| bar.length);
    let longest = lengths.fold(0.0, f64::max);
    let scale = match longest > 0.0 {
        true => (WIDTH - left - GAP - right) / longest,
        false => 0.0,
    };
    let rows = bars.iter().zip(names.iter().zip(&notes));
    let rows = Vec::from_iter(rows.map(|(bar, (name, note))| {
        move |top: f64| {
            let rect = |width: f64, opacity: &str| {
                let places = [("x", left), ("y", top + 3.0), ("width", width)];
                let rect = shape("rect", places).attribute("height", &(ROW - 6.0).to_string());
                let rect = rect.attribute("fill", COLOURS[bar.colour % COLOURS.len()]);
                rect.attribute("fill-opacity", opacity)
            };
            let length = bar.length.map(|length| length.max(0.0) * scale);
            let parts = length.map(|length| {
                let solid = length * bar.solid.clamp(0.0, 1.0);
                [
                    rect(length, "0.35").attribute("class", "bar"),
                    rect(solid, "1"),
                ]
            });
            let base = top + (ROW + SIZE) / 2.0 - 2.0;
            let texts = [
                text(left - GAP, base, "end", name),
                text(left + length.unwrap_or(0.0) + GAP, base, "start", note),
            ];
            group(&bar.title, parts.into_iter().flatten().chain(texts))
        }
    }));
    let drawings = rows.chunks(ROWS).map(|rows| {
        let height = ROW * rows.len() as f64;
        let rows = rows.iter().enumerate();
        let rows = rows.map(|(number, row)| row(ROW * number as f64));
        drawing(height, Vec::<Element>::from_iter(rows)).to_string()
    });
    drawings.collect()
}
