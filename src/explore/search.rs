//! Which points to look at next.

use super::front::{dominates, values};
use super::goal::Goal;
use super::point::Point;
use crate::config::Space;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::collections::BTreeSet;

/// Of a guided search, points by chance before the first that have parents: one in so many.
const BY_CHANCE: u64 = 5;
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
            Method::Guided => ranked(points, self.goals),
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

/// Places of the cores, those first than which fewest others are better; of equal ones those that are far from others.
fn ranked(points: &[Point], goals: &[Goal]) -> Vec<usize> {
    let values = values(points, goals);
    let better = |of: &[f64]| {
        values
            .iter()
            .filter(|(_, other)| dominates(other, of))
            .count()
    };
    let mut ranked = Vec::from_iter(values.iter().map(|(place, of)| (better(of), *place, of)));
    let ranges = (0..goals.len()).map(|goal| {
        let of_goal = values.iter().map(|(_, of)| of[goal]);
        of_goal.fold((f64::MAX, f64::MIN), |(least, most), of| {
            (least.min(of), most.max(of))
        })
    });
    let ranges = Vec::from_iter(ranges);
    let distance = |one: &[f64], other: &[f64]| {
        let shares = one.iter().zip(other).zip(&ranges);
        let shares = shares
            .map(|((one, other), (least, most))| (one - other).abs() / (most - least).max(1e-30));
        shares.sum::<f64>()
    };
    let alone = |of: &[f64], place: usize| {
        let others = values.iter().filter(|(other, _)| *other != place);
        others
            .map(|(_, other)| distance(of, other))
            .fold(f64::MAX, f64::min)
    };
    ranked.sort_by(|one, other| {
        let by_distance = || alone(other.2, other.1).total_cmp(&alone(one.2, one.1));
        one.0.cmp(&other.0).then_with(by_distance)
    });
    ranked.into_iter().map(|(_, place, _)| place).collect()
}
