//! Points of a space one after the other, as many at a time as there are threads.

use super::evaluate::Exploration;
use super::goal::Goal;
use super::point::Point;
use super::search::{Finder, Method};
use rayon::prelude::*;

/// Points that are looked at before the next are chosen, and before anybody is told.
const BATCH: usize = 24;

/// Which points are looked at.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is to be small, for a guided search.
    pub goals: Vec<Goal>,
    /// How they are found.
    pub method: Method,
    /// How many at most, those that are known included.
    pub budget: u64,
    /// Chooses those that are found by chance.
    pub seed: u64,
}

impl Default for Search {
    fn default() -> Search {
        Search {
            goals: vec![Goal::Latency, Goal::Area],
            method: Method::Grid,
            budget: 1000,
            seed: 1,
        }
    }
}

/// Gets the points that were known before, and the new ones of each batch.
pub type Told<'a, E> = dyn FnMut(&[Point], &[Point]) -> Result<(), E> + 'a;

impl Exploration {
    /// Looks at points beside those that are known.
    ///
    /// # Errors
    /// What `told` says.
    pub fn explore<E>(
        &self,
        points: &mut Vec<Point>,
        search: &Search,
        told: &mut Told<'_, E>,
    ) -> Result<(), E> {
        let with = (search.method, search.budget, search.seed);
        let mut finder = Finder::new(&self.space, &search.goals, with, points);
        loop {
            let numbers = finder.next(points, BATCH);
            if numbers.is_empty() {
                return Ok(());
            }
            self.look_at(points, numbers, told)?;
        }
    }

    /// Looks at these points.
    ///
    /// # Errors
    /// What `told` says.
    pub fn look_at<E>(
        &self,
        points: &mut Vec<Point>,
        numbers: Vec<u64>,
        told: &mut Told<'_, E>,
    ) -> Result<(), E> {
        let new = numbers.into_par_iter().map(|number| self.evaluate(number));
        let new: Vec<Point> = new.collect();
        told(points, &new)?;
        points.extend(new);
        Ok(())
    }
}
