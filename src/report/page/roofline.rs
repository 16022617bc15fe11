//! The roofline: how fast a core can be for each byte that it moves, and how fast it was.

use super::axis::{Axis, prefixed};
use super::plot::{Line, Plot, Point};
use crate::report::Performance;

/// A chart of products a second over products for each byte, under the roofs of a run: SVG in HTML, empty where nothing
/// was multiplied.
pub fn roofline(of: &Performance, points: Vec<Point>) -> String {
    // Bytes a second, and where the roofs meet.
    let bytes = of.memory_roof / of.operations_per_byte;
    let ridge = of.multiplier_roof / bytes;
    let known = points.iter().map(|point| point.at[0]);
    let known = known.filter(|at| *at > 0.0).chain([ridge]);
    let (least, most) = known.fold((ridge, ridge), |(least, most), at| {
        (least.min(at), most.max(at))
    });
    let (left, right) = (least / 4.0, most * 2.0);
    let line = |from: [f64; 2], to: [f64; 2], label: String| Line {
        through: vec![from, to],
        label,
    };
    // The label of the memory's roof ends on its middle.
    let middle = (left * ridge).sqrt();
    let at = |x: f64| [x, bytes * x];
    let multipliers = format!("multipliers: {}/s", prefixed(of.multiplier_roof));
    let memory = format!("memory: {}B/s", prefixed(bytes));
    let plot = Plot {
        axes: [
            Axis {
                label: "products for each byte",
                unit: "",
                logarithmic: true,
            },
            Axis {
                label: "products a second",
                unit: "",
                logarithmic: true,
            },
        ],
        lines: vec![
            line(at(left), at(middle), memory),
            line(at(middle), at(ridge), String::new()),
            line(at(ridge), [right, of.multiplier_roof], multipliers),
        ],
        points,
    };
    match of.operations > 0 {
        true => plot.svg(),
        false => String::new(),
    }
}
