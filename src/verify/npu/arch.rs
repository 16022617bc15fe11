//! Random architectures, simpler ones to shrink a failing one to, and their text.

use super::{chance, within};
use crate::arch::{NpuArch, Target};
use crate::config::{Bytes, ControlOrder, NpuConfig, Requantization};
use rand::Rng;
use std::fmt;
use std::str::FromStr;

/// A random core that simulates fast: arrays of 4 to 16 rows and columns, the smallest more often than not,
/// and memories that programs fill.
pub fn random_arch(rng: &mut impl Rng) -> NpuArch {
    let most = if chance(rng, 2) { 0 } else { 2 };
    let [rows, columns] = [(); 2].map(|_| 4 << within(rng, 0, most));
    let side = rows.min(columns);
    let mut config = NpuConfig::new(rows, columns);
    let bus = 32 << within(rng, 0, (side / 4).ilog2());
    config.bus.width = Some(bus);
    config.post.lanes = Some((bus / 32) << within(rng, 0, (32 * side / bus).ilog2()));
    config.post.requantization = match within(rng, 0, 5) {
        0 => Requantization::Fixed,
        1 => Requantization::Float,
        _ => Requantization::Both,
    };
    config.memory.scratchpad = Some(Bytes::kib(4 << within(rng, 0, 1)));
    let tiles = 8 << within(rng, 0, 3);
    config.memory.weights = Some(Bytes(u64::from(rows * columns * tiles)));
    config.memory.accumulators = Some(32 << within(rng, 0, 2));
    config.memory.parameters = Some(512);
    config.vector.taps = Some([0, 1, 3, 3][within(rng, 0, 3) as usize]);
    config.vector.weights = Some(32 << within(rng, 0, 2));
    config.control.outstanding = within(rng, 1, 8);
    config.control.queue_depth = within(rng, 1, 4);
    if chance(rng, 4) {
        config.control.order = ControlOrder::Central;
    }
    config.array.product_register = chance(rng, 2);
    NpuArch::new(&config).expect("random configurations keep to the rules")
}

/// Simpler cores than this one, the greatest steps first; repeated, that comes to an end.
pub(super) fn simpler_archs(arch: &NpuArch) -> Vec<NpuArch> {
    let config = arch.to_config();
    let mut candidates: Vec<NpuArch> = Vec::new();
    let mut propose = |change: &dyn Fn(&mut NpuConfig)| {
        let mut simpler = config.clone();
        change(&mut simpler);
        // What a change makes impossible is no candidate.
        if let Ok(candidate) = unnamed(&simpler)
            && candidate != *arch
            && !candidates.contains(&candidate)
        {
            candidates.push(candidate);
        }
    };
    let smallest = |config: &mut NpuConfig| {
        config.bus.width = Some(32);
        config.post.lanes = Some(1);
    };
    let halved = |size: u32| (size / 2).max(4);
    propose(&|config| {
        smallest(config);
        config.array.rows = 4;
        config.array.columns = 4;
    });
    propose(&|config| {
        smallest(config);
        config.array.rows = halved(arch.rows);
    });
    propose(&|config| {
        smallest(config);
        config.array.columns = halved(arch.columns);
    });
    propose(&|config| smallest(config));
    propose(&|config| config.bus.width = Some(32));
    propose(&|config| config.post.lanes = Some(arch.lanes.div_ceil(2)));
    propose(&|config| config.control.order = ControlOrder::Distributed);
    propose(&|config| config.control.queue_depth = 1);
    propose(&|config| config.control.outstanding = 1);
    propose(&|config| config.array.product_register = false);
    propose(&|config| config.common.target = Target::Portable);
    propose(&|config| config.memory.scratchpad = Some(Bytes::kib(4)));
    let ring = arch.ring_size().0;
    let of_ring = |size: u64| Some(Bytes(size.max(4 * u64::from(arch.tile_bytes()))));
    propose(&|config| config.memory.weights = of_ring(0));
    propose(&|config| config.memory.weights = of_ring(ring / 2));
    propose(&|config| config.memory.accumulators = Some((arch.accumulator_vectors / 2).max(16)));
    propose(&|config| config.vector.weights = Some((arch.vector_weights / 2).max(16)));
    propose(&|config| config.memory.parameters = Some((arch.parameter_channels / 2).max(64)));
    candidates
}

/// The architecture of a configuration, with the name that follows from its sizes.
pub(super) fn unnamed(config: &NpuConfig) -> Result<NpuArch, String> {
    let mut config = config.clone();
    config.common.name = None;
    NpuArch::new(&config).map_err(|error| error.to_string())
}

/// An architecture as `key=value` separated by blanks.
pub(super) struct ArchText<'a>(pub &'a NpuArch);

impl fmt::Display for ArchText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arch = self.0;
        write!(
            f,
            "rows={} columns={} bus={} lanes={} scratchpad={} weights={} accumulators={} parameters={} taps={} \
             groups={} requantization={} order={} outstanding={} queue={} product_register={}",
            arch.rows,
            arch.columns,
            arch.bus_bits,
            arch.lanes,
            arch.scratchpad_bytes,
            arch.ring_size().0,
            arch.accumulator_vectors,
            arch.parameter_channels,
            arch.vector_taps,
            arch.vector_weights,
            arch.requantization,
            arch.order,
            arch.outstanding,
            arch.queue_depth,
            arch.product_register,
        )?;
        match arch.target {
            Target::Portable => Ok(()),
            target => write!(f, " target={target}"),
        }
    }
}

/// Takes a word of [`ArchText`]; false where it is none.
pub(super) fn take_word(config: &mut NpuConfig, key: &str, value: &str) -> Result<bool, String> {
    let bytes = || number(value).map(|size: u32| Some(Bytes(size.into())));
    match key {
        "rows" => config.array.rows = number(value)?,
        "columns" => config.array.columns = number(value)?,
        "bus" => config.bus.width = Some(number(value)?),
        "lanes" => config.post.lanes = Some(number(value)?),
        "scratchpad" => config.memory.scratchpad = bytes()?,
        "weights" => config.memory.weights = bytes()?,
        "accumulators" => config.memory.accumulators = Some(number(value)?),
        "taps" => config.vector.taps = Some(number(value)?),
        "groups" => config.vector.weights = Some(number(value)?),
        "parameters" => config.memory.parameters = Some(number(value)?),
        "outstanding" => config.control.outstanding = number(value)?,
        "queue" => config.control.queue_depth = number(value)?,
        "requantization" => config.post.requantization = parsed(value)?,
        "order" => config.control.order = parsed(value)?,
        "target" => config.common.target = parsed(value)?,
        "product_register" => config.array.product_register = parsed(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// A value of any type that says itself what is wrong with its text.
pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A number of any type.
pub(super) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number in range"))
}

/// Numbers around a separator.
pub(super) fn numbers<const COUNT: usize, T: FromStr>(
    text: &str,
    separator: char,
) -> Result<[T; COUNT], String> {
    let values: Vec<T> = (text.split(separator))
        .map(number)
        .collect::<Result<_, _>>()?;
    values
        .try_into()
        .map_err(|_| format!("needs {COUNT} numbers separated by `{separator}`"))
}
