//! Which points to look at next.

use super::front::{front_of, values};
use super::goal::Goal;
use super::point::Point;
use crate::config::Space;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::collections::BTreeSet;

/// Of a guided search, points by chance before the first that have parents: one in so many.
const BY_CHANCE: u64 = 5;
/// Parents at least, where there are so many cores.
const PARENTS: usize = 24;
/// Draws that may give a point that is known before the search looks for the next one that is not.
const DRAWS: u32 = 50;

/// How points are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One after the other.
    Grid,
    /// By chance.
    Random,
    /// Children of the best so far, after a fifth by chance: two parents, each the better of two, mix their values, and
    /// some of these change (Deb et al. 2002, NSGA-II, without generations).
    #[default]
    Guided,
}

/// Finds points that are not known yet.
pub(super) struct Finder<'a> {
    space: &'a Space,
    goals: &'a [Goal],
    method: Method,
    /// Points that are asked for in all.
    budget: u64,
    random: ChaCha8Rng,
    known: BTreeSet<u64>,
    /// No point below is unknown.
    lowest: u64,
}

impl<'a> Finder<'a> {
    pub fn new(
        space: &'a Space,
        goals: &'a [Goal],
        (method, budget, seed): (Method, u64, u64),
        points: &[Point],
    ) -> Finder<'a> {
        Finder {
            space,
            goals,
            method,
            budget,
            random: ChaCha8Rng::seed_from_u64(seed),
            known: points.iter().map(|point| point.number).collect(),
            lowest: 0,
        }
    }

    /// At most so many new points; none when all are known, or as many as were asked for.
    pub fn next(&mut self, points: &[Point], count: usize) -> Vec<u64> {
        let parents = match self.method {
            Method::Guided => parents(points, self.goals),
            _ => Vec::new(),
        };
        let mut found = Vec::new();
        while found.len() < count
            && (self.known.len() as u64) < self.budget.min(self.space.points())
        {
            let drawn = (0..DRAWS).find_map(|_| {
                let number = self.draw(points, &parents)?;
                (!self.known.contains(&number)).then_some(number)
            });
            let number = drawn.unwrap_or_else(|| self.next_unknown());
            self.known.insert(number);
            found.push(number);
        }
        found
    }

    fn draw(&mut self, points: &[Point], parents: &[usize]) -> Option<u64> {
        let is_early = (self.known.len() as u64) < self.budget / BY_CHANCE;
        match self.method {
            Method::Grid => None,
            Method::Guided if !is_early && !parents.is_empty() => Some(self.child(points, parents)),
            _ => Some(self.random.random_range(0..self.space.points())),
        }
    }

    fn next_unknown(&mut self) -> u64 {
        while self.known.contains(&self.lowest) {
            self.lowest += 1;
        }
        self.lowest
    }

    /// Mixes the values of two parents, and changes some.
    fn child(&mut self, points: &[Point], parents: &[usize]) -> u64 {
        let [mut place, other] = [(); 2].map(|()| {
            // The better of two: parents are in order.
            let [one, other] = [(); 2].map(|()| self.random.random_range(0..parents.len()));
            self.space.place(points[parents[one.min(other)]].number)
        });
        let choices = self.space.choices();
        for (value, other) in place.iter_mut().zip(other) {
            if self.random.random() {
                *value = other;
            }
        }
        for (value, choice) in place.iter_mut().zip(choices) {
            if self.random.random_range(0..choices.len()) == 0 {
                *value = neighbour(&mut self.random, *value, choice.count());
            }
        }
        self.space.point(&place)
    }
}

/// The value beside one, or any.
fn neighbour(random: &mut impl Rng, value: usize, count: usize) -> usize {
    match random.random_range(0..3) {
        0 => value.saturating_sub(1),
        1 => (value + 1).min(count - 1),
        _ => random.random_range(0..count),
    }
}

/// Places of the cores that children are made of: the front, then the front of what is left, until there are enough.
fn parents(points: &[Point], goals: &[Goal]) -> Vec<usize> {
    let mut left = values(points, goals);
    let mut parents = Vec::new();
    while parents.len() < PARENTS && !left.is_empty() {
        let front = front_of(points, left.clone());
        left.retain(|(place, _)| !front.contains(place));
        parents.extend(front);
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::super::front::front;
    use super::super::point::{Figures, Outcome};
    use super::*;

    /// 4,096 configurations; what they are does not matter here.
    fn space() -> Space {
        let list = |unit: &str| {
            let values = (1..=16).map(|step| match unit {
                "" => step.to_string(),
                unit => format!("'{step} {unit}'"),
            });
            Vec::from_iter(values).join(", ")
        };
        let text = format!(
            "kind = 'matmul'\n[array]\nrows = [{0}]\ncolumns = [{0}]\n[buffers]\na = [{1}]\n",
            list(""),
            list("KiB")
        );
        Space::parse("space.toml", &text).unwrap()
    }

    /// Two goals that pull apart, and a third of the configurations refused.
    fn judged(space: &Space, number: u64) -> Point {
        let [x, y, z] = space.place(number)[..] else {
            panic!("three lists")
        };
        let (x, y, z) = (x as f64, y as f64, z as f64);
        let outcome = match number % 3 {
            0 => Outcome::Refused("one in three".into()),
            _ => Outcome::Figures(Figures {
                cycles: vec![1],
                latency_s: (15.0 - x).powi(2) + (y - 7.0).abs() + z,
                energy_j: 0.0,
                luts: 1,
                registers: 1,
                multipliers: 1,
                block_rams: 1,
                area: x.powi(2) + (y - 7.0).abs() + z,
            }),
        };
        Point { number, outcome }
    }

    const GOALS: [Goal; 2] = [Goal::Latency, Goal::Area];

    fn found(space: &Space, method: Method, budget: u64, seed: u64) -> Vec<Point> {
        let mut points = Vec::new();
        let mut finder = Finder::new(space, &GOALS, (method, budget, seed), &points);
        loop {
            let numbers = finder.next(&points, 24);
            if numbers.is_empty() {
                return points;
            }
            points.extend(numbers.into_iter().map(|number| judged(space, number)));
        }
    }

    #[test]
    fn every_method_looks_at_each_point_once_and_no_more_than_asked() {
        let space = space();
        for method in [Method::Grid, Method::Random, Method::Guided] {
            for (budget, count) in [(100, 100), (5000, 4096)] {
                let points = found(&space, method, budget, 1);
                let numbers = BTreeSet::from_iter(points.iter().map(|point| point.number));
                assert_eq!((points.len(), numbers.len()), (count, count), "{method:?}");
            }
        }
    }

    #[test]
    fn what_is_known_is_not_looked_at_again() {
        let space = space();
        let known = Vec::from_iter((0..50).map(|number| judged(&space, number)));
        for method in [Method::Grid, Method::Random, Method::Guided] {
            let mut finder = Finder::new(&space, &GOALS, (method, 60, 1), &known);
            let new = finder.next(&known, 24);
            assert_eq!(new.len(), 10, "{method:?}");
            assert!(
                new.iter().all(|number| *number >= 50),
                "{method:?}: {new:?}"
            );
        }
    }

    /// The true front is what the whole grid gives.
    #[test]
    fn a_guided_search_finds_what_chance_does_not() {
        let space = space();
        let front_of = |points: &[Point]| {
            let places = front(points, &GOALS);
            BTreeSet::from_iter(places.into_iter().map(|place| points[place].number))
        };
        let all = front_of(&found(&space, Method::Grid, 4096, 0));
        for seed in 1..=5 {
            let of = |method| {
                let front = front_of(&found(&space, method, 400, seed));
                front.intersection(&all).count()
            };
            let (guided, random) = (of(Method::Guided), of(Method::Random));
            assert!(
                2 * guided > all.len(),
                "seed {seed}: {guided} of {}",
                all.len()
            );
            assert!(
                guided > 2 * random,
                "seed {seed}: {guided}, by chance {random}"
            );
        }
    }

    #[test]
    fn the_same_seed_finds_the_same_points() {
        let space = space();
        for method in [Method::Random, Method::Guided] {
            let [one, other] = [(); 2].map(|()| found(&space, method, 200, 7));
            assert_eq!(one, other);
            assert_ne!(one, found(&space, method, 200, 8));
        }
    }
}
