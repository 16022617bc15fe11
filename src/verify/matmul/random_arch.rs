//! Random architectures, and simpler ones to shrink a failing one to.

use crate::arch::MatmulArch;
use crate::config::{
    ARRAY_SIZES, Bytes, Dataflow, ElementType, MatmulConfig, STREAM_WIDTHS, Target,
};
use rand::{Rng, RngExt};

/// A random core: mostly small arrays of odd sizes, rarely up to 64 each way; every dataflow,
/// operand pair and stream width; buffers that take a few tiles each way.
///
/// The same generator state gives the same core.
pub fn random_arch(rng: &mut impl Rng) -> MatmulArch {
    random_arch_within(rng, *ARRAY_SIZES.end())
}

/// As [`random_arch`], with at most `max_size` rows and columns.
pub fn random_arch_within(rng: &mut impl Rng, max_size: u32) -> MatmulArch {
    let mut config = MatmulConfig::new(array_size(rng, max_size), array_size(rng, max_size));
    config.array.dataflow = pick(rng, Dataflow::ALL);
    config.array.activation = pick(rng, ElementType::ALL);
    config.array.product_register = rng.random();
    config.buffers.output_register = rng.random();
    // Three fifths of all for every chip, the rest for one family each.
    if rng.random() {
        config.common.target = pick(rng, Target::ALL);
    }
    let natural = complete(&config);

    let widths = [
        (
            &mut config.streams.a,
            natural.a.width,
            natural.activation.bits,
        ),
        (&mut config.streams.b, natural.b.width, natural.weight.bits),
        (&mut config.streams.c, natural.c.width, natural.result.bits),
    ];
    for (width, natural, least) in widths {
        *width = Some(stream_width(rng, natural, least));
    }

    // The streams shape the words of the A buffer, so sizes are asked of a core that has them.
    let sized = complete(&config);
    let k_words = rng.random_range(1..=4);
    let max_k = k_words * sized.a_buffer.word_elements;
    let panels = rng.random_range(1..=4);
    let all_of_b = u64::from(panels * max_k);
    let least_b = u64::from(sized.rows.max(2));
    // Often everything that A and C take fits B too; else K x N is bounded on its own.
    let vectors = match rng.random_range(0..3) {
        0 => rng.random_range(least_b..=all_of_b.max(least_b)),
        _ => all_of_b.max(least_b),
    };
    config.buffers.a = Some(sized.a_buffer.size_for(max_k));
    config.buffers.b = Some(sized.b_buffer.size_for(vectors));
    config.buffers.accumulators = Some(sized.accumulators.size_for(panels.into()));
    complete(&config)
}

/// Simpler cores than this one, the greatest steps first. Repeated shrinking ends: each candidate
/// has a smaller [`cost`] than its origin.
pub fn shrink_arch(arch: &MatmulArch) -> Vec<MatmulArch> {
    let config = arch.to_config();
    let origin = cost(arch);
    let mut candidates: Vec<MatmulArch> = Vec::new();
    let mut propose = |change: &dyn Fn(&mut MatmulConfig)| {
        let mut simpler = config.clone();
        simpler.common.name = None;
        change(&mut simpler);
        // What a change makes impossible (a type too wide for its stream, say) is no candidate.
        if let Ok(candidate) = MatmulArch::new(&simpler)
            && cost(&candidate) < origin
            && !candidates.contains(&candidate)
        {
            candidates.push(candidate);
        }
    };
    for size in smaller_sizes(arch.rows) {
        propose(&|config| config.array.rows = size);
    }
    for size in smaller_sizes(arch.columns) {
        propose(&|config| config.array.columns = size);
    }
    propose(&|config| config.array.dataflow = Dataflow::WeightStationary);
    // Elements of int4 need twice the room as int8.
    for factor in [1, 2] {
        let larger = |size: Option<Bytes>| size.map(|Bytes(size)| Bytes(factor * size));
        propose(&|config| {
            config.array.activation = ElementType::Int8;
            config.array.weight = None;
            config.buffers.a = larger(config.buffers.a);
            config.buffers.b = larger(config.buffers.b);
        });
    }
    propose(&|config| config.array.product_register = false);
    propose(&|config| config.buffers.output_register = false);
    propose(&|config| config.common.target = Target::Portable);
    for width in STREAM_WIDTHS {
        propose(&|config| config.streams.a = Some(width));
        propose(&|config| config.streams.b = Some(width));
        propose(&|config| config.streams.c = Some(width));
    }
    for part in [2, 1] {
        let less =
            |size: Option<Bytes>| size.map(|Bytes(size)| Bytes(size - size.div_ceil(2 * part)));
        propose(&|config| config.buffers.a = less(config.buffers.a));
        propose(&|config| config.buffers.b = less(config.buffers.b));
        propose(&|config| config.buffers.accumulators = less(config.buffers.accumulators));
    }
    candidates
}

/// How much there is to understand in a core; shrinking makes it less. Compared in order: the
/// kinds of things in it, its size, its widths, its bytes.
pub fn cost(arch: &MatmulArch) -> (u32, u32, u32, u64) {
    let type_cost = match arch.operands.activation {
        ElementType::Int8 => 0,
        ElementType::Int4 | ElementType::Uint8 | ElementType::Int16 => 1,
    };
    let dataflow_cost = u32::from(arch.dataflow != Dataflow::WeightStationary);
    let target_cost = u32::from(arch.target != Target::Portable);
    let registers = u32::from(arch.product_register) + u32::from(arch.output_register);
    let kinds = type_cost + dataflow_cost + target_cost + registers;
    let widths = arch.a.width + arch.b.width + arch.c.width;
    let bytes = arch.a_buffer.size().0 + arch.b_buffer.size().0 + arch.accumulators.size().0;
    (kinds, arch.rows + arch.columns, widths, bytes)
}

fn complete(config: &MatmulConfig) -> MatmulArch {
    MatmulArch::new(config).expect("random configurations keep to the rules")
}

fn pick<T: Copy>(rng: &mut impl Rng, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len())]
}

fn array_size(rng: &mut impl Rng, max: u32) -> u32 {
    let max = max.clamp(*ARRAY_SIZES.start(), *ARRAY_SIZES.end());
    match rng.random_range(0..100) {
        0..70 => rng.random_range(1..=max.min(8)),
        70..97 => rng.random_range(1..=max.min(20)),
        _ => rng.random_range(max.min(21)..=max),
    }
}

/// Any width that holds an element, mostly near the natural one: far wider beats are mostly padding.
fn stream_width(rng: &mut impl Rng, natural: u32, least: u32) -> u32 {
    let legal: Vec<u32> = STREAM_WIDTHS
        .into_iter()
        .filter(|width| *width >= least)
        .collect();
    let near: Vec<u32> = legal
        .iter()
        .copied()
        .filter(|width| *width <= 2 * natural && 8 * *width >= natural)
        .collect();
    if rng.random_range(0..10) < 9 {
        pick(rng, &near)
    } else {
        pick(rng, &legal)
    }
}

/// 1, the half and the one before, without repetition.
fn smaller_sizes(size: u32) -> Vec<u32> {
    let mut sizes = vec![1, size / 2, size - 1];
    sizes.retain(|smaller| (1..size).contains(smaller));
    sizes.dedup();
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeSet;

    #[test]
    fn the_seed_decides() {
        let arch = |seed| random_arch(&mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(arch(7), arch(7));
        assert_ne!(arch(7), arch(8));
    }

    #[test]
    fn everything_turns_up() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let cores: Vec<_> = (0..2000).map(|_| random_arch(&mut rng)).collect();
        let seen = |key: fn(&MatmulArch) -> u32| cores.iter().map(key).collect::<BTreeSet<_>>();
        assert!(seen(|arch| arch.rows).is_superset(&(1..=20).collect()));
        assert!(seen(|arch| arch.columns).is_superset(&(1..=20).collect()));
        assert!(seen(|arch| arch.rows).last() > Some(&48));
        assert_eq!(seen(|arch| arch.a.width), STREAM_WIDTHS.into());
        assert_eq!(seen(|arch| arch.b.width), STREAM_WIDTHS.into());
        assert_eq!(
            seen(|arch| arch.c.width),
            STREAM_WIDTHS[2..].iter().copied().collect()
        );
        assert_eq!(seen(|arch| u32::from(arch.product_register)).len(), 2);
        assert_eq!(seen(|arch| arch.target as u32).len(), Target::ALL.len());
        assert_eq!(seen(|arch| arch.dataflow as u32).len(), Dataflow::ALL.len());
        assert_eq!(
            seen(|arch| arch.operands.activation as u32).len(),
            ElementType::ALL.len()
        );
        // Padding in the midst of a row, groups of one beat and of many.
        assert!(
            cores
                .iter()
                .any(|arch| arch.a.group_padding() > 0 && arch.a.beats_per_group > 1)
        );
        assert!(
            cores
                .iter()
                .any(|arch| arch.a.elements_per_beat > arch.rows)
        );
        // Jobs bounded by each buffer.
        let bounded_by_b = |arch: &MatmulArch| {
            u64::from(arch.limits.max_panels) * u64::from(arch.limits.max_k)
                > u64::from(arch.limits.max_b_vectors)
        };
        assert!(cores.iter().any(bounded_by_b) && !cores.iter().all(bounded_by_b));
    }

    /// Shrinking a core as far as it goes takes few steps and ends at the simplest one.
    #[test]
    fn shrinking_ends_at_the_simplest_core() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..50 {
            let mut arch = random_arch(&mut rng);
            let mut steps = 0;
            while let Some(simpler) = shrink_arch(&arch).into_iter().next() {
                assert!(cost(&simpler) < cost(&arch));
                arch = simpler;
                steps += 1;
                assert!(steps < 100, "{arch:?}");
            }
            assert_eq!((arch.rows, arch.columns), (1, 1));
            assert_eq!((arch.a.width, arch.b.width, arch.c.width), (8, 8, 32));
            assert_eq!(cost(&arch).0, 0, "{arch:?}");
        }
    }
}
