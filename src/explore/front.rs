//! Which of many cores no other is better than.

use super::goal::Goal;
use super::point::Point;

/// One is nowhere worse than another, and somewhere better.
fn dominates(one: &[f64], other: &[f64]) -> bool {
    let mut pairs = one.iter().zip(other);
    pairs.clone().all(|(one, other)| one <= other) && pairs.any(|(one, other)| one < other)
}

/// What each core has of the goals, with its place among the points; none of what is no core.
pub(super) fn values(points: &[Point], goals: &[Goal]) -> Vec<(usize, Vec<f64>)> {
    let of = |(place, point): (usize, &Point)| {
        let figures = point.figures()?;
        Some((place, goals.iter().map(|goal| goal.of(figures)).collect()))
    };
    points.iter().enumerate().filter_map(of).collect()
}

/// The cores than which no other is better in all goals (the Pareto front): their places among the points, those first
/// that have least of the first goal. Of several that are equal in all goals, the one of the lowest number.
///
/// ```
/// use ferrogrid::explore::{Goal, Point, front};
///
/// let point = |text: &str| serde_json::from_str::<Point>(text);
/// let of = |number: u64, latency: f64, area: f64| point(&format!(
///     r#"{{"number":{number},"figures":{{"cycles":[1],"latency_s":{latency},"energy_j":0.0,"luts":1,"registers":1,
///     "multipliers":1,"block_rams":1,"area":{area}}}}}"#
/// ));
/// let points = [of(0, 2.0, 0.5)?, of(1, 1.0, 0.9)?, of(2, 2.0, 0.6)?];
/// assert_eq!(front(&points, &[Goal::Latency, Goal::Area]), [1, 0]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn front(points: &[Point], goals: &[Goal]) -> Vec<usize> {
    front_of(points, values(points, goals))
}

/// The front of some of the points.
pub(super) fn front_of(points: &[Point], mut values: Vec<(usize, Vec<f64>)>) -> Vec<usize> {
    // What is better than a core, or equal to it and of a lower number, stands in front of it in this order.
    values.sort_by(|(one, of_one), (other, of_other)| {
        let by_goal = of_one
            .iter()
            .zip(of_other)
            .map(|(one, other)| one.total_cmp(other));
        let by_goal = by_goal.fold(std::cmp::Ordering::Equal, |first, next| first.then(next));
        by_goal.then(points[*one].number.cmp(&points[*other].number))
    });
    let mut front: Vec<(usize, Vec<f64>)> = Vec::new();
    for (place, of) in values {
        if !front
            .iter()
            .any(|(_, other)| dominates(other, &of) || *other == of)
        {
            front.push((place, of));
        }
    }
    front.into_iter().map(|(place, _)| place).collect()
}

/// The cores of the front nearest to having the least of every goal, as shares of the range that the front has of it:
/// so many at most, the nearest first, as places among the points.
pub fn best(points: &[Point], goals: &[Goal], count: usize) -> Vec<usize> {
    let front = front(points, goals);
    let of =
        |place: &usize, goal: &Goal| points[*place].figures().map_or(f64::MAX, |of| goal.of(of));
    let distance = |place: &usize| {
        let shares = goals.iter().map(|goal| {
            let all = front.iter().map(|place| of(place, goal));
            let (least, most) = all.fold((f64::MAX, f64::MIN), |(least, most), value| {
                (least.min(value), most.max(value))
            });
            match most > least {
                true => (of(place, goal) - least) / (most - least),
                false => 0.0,
            }
        });
        shares.map(|share| share * share).sum::<f64>()
    };
    let mut by_distance = Vec::from_iter(front.iter().map(|place| (distance(place), *place)));
    by_distance.sort_by(|one, other| one.0.total_cmp(&other.0));
    by_distance
        .into_iter()
        .take(count)
        .map(|(_, place)| place)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::point::{Figures, Outcome};
    use super::*;
    use proptest::prelude::*;

    fn point(number: usize, values: [u8; 3]) -> Point {
        let [latency, energy, area] = values.map(f64::from);
        let outcome = match values {
            [0, ..] => Outcome::Refused("no core".into()),
            _ => Outcome::Figures(Figures {
                cycles: Vec::new(),
                latency_s: latency,
                energy_j: energy,
                luts: 0,
                registers: 0,
                multipliers: 0,
                block_rams: 0,
                area,
            }),
        };
        Point {
            number: number as u64,
            outcome,
        }
    }

    proptest! {
        #[test]
        fn the_front_is_what_nothing_is_better_than(all in prop::collection::vec(any::<[u8; 3]>(), 0..40)) {
            // Few values, so that some are equal.
            let points = all.iter().enumerate().map(|(number, values)| point(number, values.map(|of| of % 5)));
            let points = Vec::from_iter(points);
            let front = front(&points, &Goal::ALL);
            let values = values(&points, &Goal::ALL);
            let of = |place: usize| values.iter().find(|(other, _)| *other == place).map(|(_, of)| of);
            for (place, one) in &values {
                let is_beaten = values.iter().any(|(_, other)| dominates(other, one));
                let equal = front.iter().filter(|other| of(**other) == Some(one)).count();
                prop_assert_eq!(equal, usize::from(!is_beaten), "{} of {:?}", place, values);
            }
            prop_assert!(front.iter().all(|place| of(*place).is_some()));
            let best = best(&points, &Goal::ALL, 3);
            prop_assert_eq!(best.len(), front.len().min(3));
            prop_assert!(best.iter().all(|place| front.contains(place)));
        }
    }

    #[test]
    fn the_best_is_in_the_middle_of_the_front() {
        let points = [[1, 1, 9], [2, 1, 2], [9, 1, 1], [5, 1, 5]];
        let points = Vec::from_iter(
            points
                .into_iter()
                .enumerate()
                .map(|(number, of)| point(number, of)),
        );
        assert_eq!(best(&points, &[Goal::Latency, Goal::Area], 1), [1]);
        assert_eq!(front(&points, &[Goal::Latency, Goal::Area]), [0, 1, 2]);
    }
}
