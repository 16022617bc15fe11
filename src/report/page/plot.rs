//! Points and lines over two axes.

use super::axis::{Axis, Scale, prefixed};
use super::svg::{SIZE, WIDTH, drawing, group, shape, text, width};
use crate::report::network::COLOURS;
use crate::report::xml::{Element, element};

/// Of the drawing, and what of it is around the axes.
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Between a point or an axis and its text.
const GAP: f64 = 8.0;

/// A point with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Where it is.
    pub at: [f64; 2],
    /// What stands beside it, where there is room.
    pub label: String,
    /// What is shown where one points at it.
    pub title: String,
    /// Number of a colour.
    pub colour: usize,
    /// Larger than the others.
    pub highlighted: bool,
}

/// A line through places, from the left to the right.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The places.
    pub through: Vec<[f64; 2]>,
    /// What stands at its end; empty without.
    pub label: String,
}

/// Points, and lines in front of which they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot<'a> {
    /// The axis to the right, and that upwards.
    pub axes: [Axis<'a>; 2],
    /// The lines.
    pub lines: Vec<Line>,
    /// The points; what comes first has its label first.
    pub points: Vec<Point>,
}

/// A box: left, top, right, bottom.
type Box = [f64; 4];

impl Plot<'_> {
    /// As SVG in HTML; empty where nothing has a place.
    pub fn svg(&self) -> String {
        let scale = |axis: usize| {
            let lines = self.lines.iter().flat_map(|line| &line.through);
            let places = lines.chain(self.points.iter().map(|point| &point.at));
            Scale::new(self.axes[axis].logarithmic, places.map(|at| at[axis]))
        };
        let (Some(right), Some(up)) = (scale(0), scale(1)) else {
            return String::new();
        };
        let x = |of: f64| Some(LEFT + right.place(of)? * (WIDTH - LEFT - RIGHT));
        let y = |of: f64| Some(HEIGHT - BOTTOM - up.place(of)? * (HEIGHT - TOP - BOTTOM));
        let place = |at: [f64; 2]| Some([x(at[0])?, y(at[1])?]);
        let mut shapes = self.grid(&right, &up, &x, &y);

        let mut taken = Vec::new();
        for line in &self.lines {
            let through = Vec::from_iter(line.through.iter().filter_map(|at| place(*at)));
            let points = through.iter().map(|[x, y]| format!("{x:.2},{y:.2}"));
            let points = Vec::from_iter(points).join(" ");
            let polyline = element("polyline").attribute("class", "line");
            shapes.push(
                polyline
                    .attribute("points", &points)
                    .attribute("fill", "none"),
            );
            taken.extend(through.windows(2).flat_map(|ends| along(ends[0], ends[1])));
            if let [.., [_, before], [x, y]] = &through[..]
                && !line.label.is_empty()
            {
                // A line that falls has room below it.
                let base = match y > before {
                    true => (y + GAP + SIZE).min(HEIGHT - BOTTOM - GAP),
                    false => y - GAP,
                };
                shapes.push(text(*x, base, "end", &line.label));
                taken.push(around(*x - width(&line.label), base, &line.label));
            }
        }

        let points = self.points.iter();
        let points = points.filter_map(|point| Some((point, place(point.at)?)));
        let points = Vec::from_iter(points);
        taken.extend(points.iter().map(|(point, [x, y])| {
            let radius = point.radius();
            [x - radius, y - radius, x + radius, y + radius]
        }));
        for (point, [x, y]) in points {
            let radius = point.radius();
            let circle = shape("circle", [("cx", x), ("cy", y), ("r", radius)]);
            let colour = COLOURS[point.colour % COLOURS.len()];
            let circle = circle.attribute("class", "point").attribute("fill", colour);
            let (wide, gap) = (width(&point.label), radius + 3.0);
            let middle = y + SIZE / 3.0;
            let (above, below) = (y - gap, y + gap + 0.8 * SIZE);
            let bases = [
                (x + gap, middle),
                (x - gap - wide, middle),
                (x - wide / 2.0, above),
                (x - wide / 2.0, below),
                (x + radius, above + SIZE / 3.0),
                (x - radius - wide, below - SIZE / 3.0),
                (x - radius - wide, above + SIZE / 3.0),
                (x + radius, below - SIZE / 3.0),
            ];
            let mut bases = bases.into_iter().filter(|_| !point.label.is_empty());
            let free = bases.find(|(left, base)| {
                let of = around(*left, *base, &point.label);
                let inside =
                    of[0] > LEFT && of[2] < WIDTH && of[1] > TOP && of[3] < HEIGHT - BOTTOM;
                inside && !taken.iter().any(|other| overlap(&of, other))
            });
            let label = free.map(|(left, base)| {
                taken.push(around(left, base, &point.label));
                text(left, base, "start", &point.label)
            });
            shapes.push(group(&point.title, [circle].into_iter().chain(label)));
        }
        drawing(HEIGHT, shapes)
            .attribute("class", "plot")
            .to_string()
    }

    /// The axes with their ticks, and what they show.
    fn grid(
        &self,
        right: &Scale,
        up: &Scale,
        x: &impl Fn(f64) -> Option<f64>,
        y: &impl Fn(f64) -> Option<f64>,
    ) -> Vec<Element> {
        let bottom = HEIGHT - BOTTOM;
        let [across, upwards] = self.axes.map(|axis| match axis.unit {
            "" => axis.label.to_owned(),
            unit => format!("{} ({unit})", axis.label),
        });
        let mut shapes = vec![
            text(WIDTH - RIGHT, HEIGHT - GAP, "end", &across),
            text(GAP, SIZE + GAP, "start", &upwards),
        ];
        let grid = |from: [f64; 2], to: [f64; 2]| {
            let line = shape(
                "line",
                [
                    ("x1", from[0]),
                    ("y1", from[1]),
                    ("x2", to[0]),
                    ("y2", to[1]),
                ],
            );
            line.attribute("class", "grid")
        };
        for (x, tick) in right.told().filter_map(|tick| Some((x(tick)?, tick))) {
            shapes.push(grid([x, TOP], [x, bottom]));
            shapes.push(text(x, bottom + GAP + SIZE, "middle", &prefixed(tick)));
        }
        for (y, tick) in up.told().filter_map(|tick| Some((y(tick)?, tick))) {
            shapes.push(grid([LEFT, y], [WIDTH - RIGHT, y]));
            shapes.push(text(LEFT - GAP, y + SIZE / 3.0, "end", &prefixed(tick)));
        }
        shapes
    }
}

impl Point {
    fn radius(&self) -> f64 {
        match self.highlighted {
            true => 8.0,
            false => 5.0,
        }
    }
}

/// What a text takes that begins at a place.
fn around(left: f64, base: f64, text: &str) -> Box {
    [left, base - SIZE, left + width(text), base + SIZE / 3.0]
}

/// What a line takes, in small boxes.
fn along(from: [f64; 2], to: [f64; 2]) -> impl Iterator<Item = Box> {
    const STEP: f64 = 4.0;
    let [across, down] = [to[0] - from[0], to[1] - from[1]];
    let steps = (across.hypot(down) / STEP).ceil();
    (0..=steps as u32).map(move |step| {
        let part = f64::from(step) / steps.max(1.0);
        let [x, y] = [from[0] + part * across, from[1] + part * down];
        [
            x - STEP / 2.0,
            y - STEP / 2.0,
            x + STEP / 2.0,
            y + STEP / 2.0,
        ]
    })
}

fn overlap(one: &Box, other: &Box) -> bool {
    one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
}
