//! Random networks.

use super::{Kind, Layer, NetworkCase, Window};
use crate::arch::{NpuArch, Requantization};
use crate::compiler::Rounding;
use crate::graph::{Family, Graph, TensorId};
use crate::verify::npu::{arch::unnamed, chance, random_arch, within};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Channels of a result at most.
const CHANNELS: u32 = 20;

/// The case of a seed on a random core.
pub fn random_network(seed: u64) -> NetworkCase {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let arch = random_arch(&mut rng);
    with_arch(&mut rng, arch)
}

/// The case of a seed on this core.
pub fn random_network_of(seed: u64, arch: &NpuArch) -> NetworkCase {
    let arch = unnamed(&arch.to_config()).expect("an architecture");
    with_arch(&mut ChaCha8Rng::seed_from_u64(seed), arch)
}

/// Networks that do not fit the core are passed over.
fn with_arch(rng: &mut ChaCha8Rng, arch: NpuArch) -> NetworkCase {
    loop {
        let case = any(rng, &arch);
        if case.check().is_ok() {
            return case;
        }
    }
}

fn any(rng: &mut impl Rng, arch: &NpuArch) -> NetworkCase {
    let family = if chance(rng, 2) {
        Family::TfLite
    } else {
        Family::Onnx
    };
    let mut case = NetworkCase {
        arch: arch.clone(),
        family,
        rounding: match arch.requantization {
            Requantization::Fixed => Rounding::Fixed,
            Requantization::Float => Rounding::Float,
            Requantization::Both if chance(rng, 2) => Rounding::Fixed,
            Requantization::Both => Rounding::Float,
        },
        shape: [9, 9, 12].map(|most| within(rng, 1, most) as usize),
        layers: Vec::new(),
        latency: match within(rng, 0, 3) {
            0 => 1,
            1 => 30,
            2 => 200,
            _ => within(rng, 2, 400) as u16,
        },
        stalls: [0, 40, 128][within(rng, 0, 2) as usize],
        seed: rng.random(),
    };
    for _ in 0..within(rng, 1, 5) {
        let layer = layer(rng, &case);
        case.layers.push(layer);
        if case.graph().is_err() {
            // An average pool that ONNX does not have, or a window beyond the image.
            case.layers.pop();
        }
    }
    case
}

/// A layer of the last value, mostly; it need not fit.
fn layer(rng: &mut impl Rng, case: &NetworkCase) -> Layer {
    let from = case.layers.len();
    let graph = case.graph().unwrap_or_else(|_| Graph::new(case.family));
    // The values of the graph: its input, and the result of each node.
    let results = graph.nodes.iter().map(|node| node.output);
    let values: Vec<TensorId> = graph.inputs.iter().copied().chain(results).collect();
    let shape = values
        .last()
        .map_or(&case.shape[..], |last| &graph[*last].shape);
    let same = |to: &usize| values.get(*to).is_some_and(|to| graph[*to].shape == shape);
    let others: Vec<usize> = (0..from).filter(same).collect();
    let pair = |rng: &mut _, most| [(); 2].map(|_| within(rng, 1, most) as usize);
    let kind = match within(rng, 0, 14) {
        0..=3 if !others.is_empty() => Kind::Add {
            to: others[within(rng, 0, others.len() as u32 - 1) as usize],
        },
        0 => Kind::GlobalAveragePool,
        1 => Kind::AveragePool {
            kernel: pair(rng, 3),
            strides: pair(rng, 2),
        },
        2 => Kind::MaxPool {
            kernel: pair(rng, 3),
            strides: pair(rng, 2),
        },
        3 => Kind::FullyConnected {
            outputs: within(rng, 1, CHANNELS) as usize,
        },
        // The shape stays, so that sums follow.
        4..=6 => {
            let around = within(rng, 0, 1) as usize;
            Kind::Convolution {
                outputs: shape.last().copied().unwrap_or(1),
                window: Window {
                    kernel: [1 + 2 * around; 2],
                    padding: [around; 4],
                    ..Window::PLAIN
                },
            }
        }
        7..=9 => Kind::Depthwise(window(rng)),
        10 => Kind::BatchNormalization,
        11 => Kind::AddConstant,
        _ => Kind::Convolution {
            outputs: within(rng, 1, CHANNELS) as usize,
            window: window(rng),
        },
    };
    Layer {
        from,
        kind,
        relu: chance(rng, 3),
        zeros: match chance(rng, 3) {
            true => within(rng, 1, 8),
            false => 0,
        },
        seed: rng.random(),
    }
}

/// A kernel of up to 3 x 3, its steps and what is around the image.
fn window(rng: &mut impl Rng) -> Window {
    let pair = |rng: &mut _, most| [(); 2].map(|_| within(rng, 1, most) as usize);
    let (kernel, dilations) = (pair(rng, 3), pair(rng, 2));
    let [top, left] = [(); 2].map(|_| within(rng, 0, 2) as usize);
    let [bottom, right] = [0, 1].map(|axis| (kernel[axis] - 1) * dilations[axis]);
    Window {
        kernel,
        strides: pair(rng, 2),
        dilations,
        padding: [top, left, bottom, right],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_networks_have_normalizations() {
        let kinds = |case: NetworkCase| case.layers.into_iter().map(|layer| layer.kind);
        let kinds = (0..60).map(random_network).flat_map(kinds);
        let count = kinds
            .filter(|kind| *kind == Kind::BatchNormalization)
            .count();
        assert!(count >= 10, "{count} in 60 networks");
    }

    #[test]
    fn many_networks_have_channels_that_are_left_out() {
        let folded = (0..60).map(random_network).filter(|case| {
            let network = case.build().network;
            network.layers.iter().any(|layer| layer.kept.is_some())
        });
        let folded = folded.count();
        assert!(folded >= 10, "{folded} of 60");
    }
}
