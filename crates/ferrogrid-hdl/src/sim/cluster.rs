//! A pass: units that run in the same cycles form clusters, each of which runs as a whole.
//!
//! To run some instructions of machine code too often costs less than to wake each of them.

use super::hash::FastMap;
use super::schedule::Schedule;

/// The cycles of a counting.
pub(super) const WINDOW: usize = 256;

/// The cycles of a counting in which a unit has run, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pattern([u64; WINDOW / 64]);

impl Pattern {
    /// Adds a cycle.
    #[inline(always)]
    pub(super) fn add(&mut self, cycle: usize) {
        self.0[cycle / 64 % self.0.len()] |= 1 << (cycle % 64);
    }

    /// The number of cycles.
    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|cycles| cycles.count_ones()).sum()
    }

    fn or(&self, other: &Pattern) -> Pattern {
        Pattern(std::array::from_fn(|index| self.0[index] | other.0[index]))
    }
}

/// To wake and call a cluster takes as long as so many instructions of machine code.
const CALL: i64 = 12;

struct Cluster {
    pattern: Pattern,
    instructions: usize,
    units: Vec<u32>,
}

impl Cluster {
    fn cost(pattern: &Pattern, instructions: usize) -> i64 {
        i64::from(pattern.count()) * (CALL + instructions as i64)
    }

    /// What two clusters save that become one.
    fn gain(&self, other: &Cluster) -> i64 {
        let of = |cluster: &Cluster| Self::cost(&cluster.pattern, cluster.instructions);
        let instructions = self.instructions + other.instructions;
        of(self) + of(other) - Self::cost(&self.pattern.or(&other.pattern), instructions)
    }
}

/// Forms clusters of units, each within a section and a domain.
pub(super) fn cluster(schedule: &Schedule, units: &[u32], patterns: &[Pattern]) -> Vec<Vec<u32>> {
    let mut equal: FastMap<(usize, u32, Pattern), usize> = FastMap::default();
    let mut clusters: Vec<(usize, u32, Cluster)> = Vec::new();
    for &unit in units {
        let of = &schedule.units[unit as usize];
        let mut sections = schedule.sections.iter();
        let section = sections.position(|section| section.contains(&(unit as usize)));
        let section = section.expect("each unit stands in a section");
        let pattern = patterns[unit as usize];
        let number = *equal
            .entry((section, of.domain, pattern))
            .or_insert(clusters.len());
        if number == clusters.len() {
            let cluster = Cluster {
                pattern,
                instructions: 0,
                units: Vec::new(),
            };
            clusters.push((section, of.domain, cluster));
        }
        let cluster = &mut clusters[number].2;
        cluster.instructions += of.code.len();
        cluster.units.push(unit);
    }
    // The dearest ones first.
    clusters.sort_by_key(|(.., of)| -Cluster::cost(&of.pattern, of.instructions));
    let mut merged: Vec<(usize, u32, Cluster)> = Vec::new();
    for (section, domain, cluster) in clusters {
        let like = merged
            .iter_mut()
            .filter(|(of, clock, _)| (*of, *clock) == (section, domain));
        let best = like
            .map(|(.., of)| (of.gain(&cluster), of))
            .max_by_key(|(gain, _)| *gain);
        match best {
            Some((1.., of)) => {
                of.pattern = of.pattern.or(&cluster.pattern);
                of.instructions += cluster.instructions;
                of.units.extend(cluster.units);
            }
            _ => merged.push((section, domain, cluster)),
        }
    }
    merged.into_iter().map(|(.., of)| of.units).collect()
}
