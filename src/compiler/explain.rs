//! What each pass did with each layer, in words.

use super::bands::Bands;
use super::lower::{Layer, Reduction};
use super::memory::Home;
use super::{CompileError, Instructions, Options, Passes, region, run};
use crate::arch::NpuArch;
use crate::graph::Graph;
use crate::isa::npu::Operation;

/// What the passes did with a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerPasses {
    /// Name of the node that it begins with.
    pub name: String,
    /// Its operator.
    pub operator: String,
    /// Each pass, and what it did.
    pub passes: Vec<(&'static str, String)>,
    /// Its instructions.
    pub instructions: Instructions,
}

/// What each pass of [`compile`](super::compile) does with each layer.
///
/// # Errors
/// Where there is no program.
pub fn explain(
    graph: &Graph,
    arch: &NpuArch,
    options: impl Into<Options>,
) -> Result<Vec<LayerPasses>, CompileError> {
    let passes = run(graph, arch, options.into())?;
    let layers = (0..passes.layers.len()).map(|index| {
        let layer = &passes.lowered.layers[index];
        let mut lines = vec![("lower", lowered(layer))];
        if let Some(kept) = &layer.kept {
            lines.push(("folding", kept.to_string()));
        }
        lines.extend([
            ("tiling", tiled(&passes, index, arch)),
            ("constants", constants(&passes, index)),
            ("memory", homes(&passes, layer)),
        ]);
        if let Some(bands) = &passes.plan.bands[index] {
            lines.push(("bands", in_bands(layer, bands)));
        }
        lines.push(("schedule", scheduled(&passes, index)));
        LayerPasses {
            name: layer.name.clone(),
            operator: layer.operator.into(),
            passes: lines,
            instructions: passes.layers[index].instructions.clone(),
        }
    });
    Ok(layers.collect())
}

/// `2 tiles`, `1 tile`.
fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn lowered(layer: &Layer) -> String {
    let [image, result] =
        [layer.image, layer.result_shape()].map(|of| of.map(|size| size.to_string()).join("x"));
    let [rows, columns] = layer.kernel;
    let between = layer.strides[1] / layer.pixels;
    let columns = columns - (layer.pixels - 1) * between;
    let what = match layer.pool {
        None => "weights",
        Some(Reduction::Sum) => "sums",
        Some(Reduction::Maximum) => "largest values",
    };
    let residual = layer
        .residual
        .as_ref()
        .map_or("", |_| ", with tables behind");
    let fused = match &layer.fused[..] {
        [] => String::new(),
        nodes => format!(", fused with {}", nodes.join(", ")),
    };
    format!("{image} to {result}, {what} of {rows}x{columns}{residual}{fused}")
}

fn tiled(passes: &Passes, index: usize, arch: &NpuArch) -> String {
    let (layer, tiling) = (&passes.lowered.layers[index], &passes.tilings[index]);
    let chunks = tiling.chunks(layer, &(0..layer.result[0])).len();
    let tiles = count(tiling.tiles(layer), "tile");
    let packed = layer.packed_pitch.map_or(String::new(), |pitch| {
        format!(", kernel rows packed, rows at {pitch} bytes")
    });
    let joined = match layer.pixels {
        1 => String::new(),
        pixels => format!(", {pixels} pixels side by side"),
    };
    format!(
        "{tiles} for each of {} of {}, {}{joined}{packed}",
        count(tiling.columns, "group"),
        count(arch.columns as usize, "channel"),
        count(chunks, "chunk")
    )
}

fn constants(passes: &Passes, index: usize) -> String {
    let constants = &passes.constants.layers[index];
    let weights = match passes.lowered.layers[index].pool {
        None => "weights",
        Some(_) => "an identity",
    };
    let factors = constants
        .factors
        .map_or("one factor", |_| "a factor for each channel");
    format!(
        "{weights} at {:#x}, biases at {:#x}, {factors}",
        constants.weights, constants.bias
    )
}

fn homes(passes: &Passes, layer: &Layer) -> String {
    let names = ["image", "addend", "result"];
    let tensors = names.into_iter().zip(layer.tensors());
    let homes = tensors.filter_map(|(name, tensor)| {
        Some(match passes.plan.homes[&tensor?] {
            Home::Scratchpad(address) => format!("{name} in the scratchpad at {address:#x}"),
            Home::Dram { region, offset } => {
                let region = match region {
                    region::CONSTANTS => "constants",
                    region::INPUTS => "inputs",
                    region::OUTPUTS => "outputs",
                    _ => "activations",
                };
                format!("{name} in DRAM, {region} at {offset:#x}")
            }
        })
    });
    homes.collect::<Vec<_>>().join("; ")
}

fn in_bands(layer: &Layer, bands: &Bands) -> String {
    let number = layer.result[0].div_ceil(bands.rows);
    let names = ["image", "addend", "result"];
    let buffers = names.into_iter().zip(bands.buffers);
    let buffers = buffers.filter_map(|(name, buffer)| Some(format!("{name} at {:#x}", buffer?)));
    let buffers = buffers.collect::<Vec<_>>().join(", ");
    format!(
        "{} of {}; {buffers}",
        count(number, "band"),
        count(bands.rows, "row")
    )
}

/// What of the program is the layer's.
fn scheduled(passes: &Passes, index: usize) -> String {
    let instructions = &passes.layers[index].instructions;
    let operations = || instructions.iter().map(|at| &passes.program[at].operation);
    let read = operations().map(|operation| match operation {
        Operation::Weights(weights) => weights.tiles as usize,
        _ => 0,
    });
    let fences = operations().filter(|operation| matches!(operation, Operation::Fence(_)));
    format!(
        "{}, {}, {} of weights read",
        count(instructions.len(), "instruction"),
        count(fences.count(), "fence"),
        count(read.sum(), "tile"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::Rounding;
    use crate::config::NpuConfig;
    use crate::graph::{Binary, Element, Family, Operator, Output, Quantization, Values};

    #[test]
    fn a_layer_names_the_nodes_that_it_does_too() {
        let mut graph = Graph::new(Family::TfLite);
        let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
        let x = graph.input("x", [2], int8(0.5));
        let weights = Values::Int8(vec![1, 2, 3, 4]);
        let of_weights = Some(Quantization::per_tensor(0.25, 0));
        let w = graph.constant("w", [2, 2], weights, of_weights);
        let mut node = |name: &str, operator, inputs: &[_]| {
            let output = Output::new(name, int8(1.0));
            graph.node(name, operator, inputs, output).expect("a node")
        };
        let made = node("first", Operator::FullyConnected, &[x, w]);
        let other = node("second", Operator::FullyConnected, &[made, w]);
        let sum = node("sum", Operator::Binary(Binary::Add), &[other, made]);
        let low = 0.0;
        let high = f32::INFINITY;
        let clipped = node("clip", Operator::Clip { low, high }, &[sum]);
        graph.outputs.push(clipped);
        let arch = NpuArch::new(&NpuConfig::new(4, 4)).expect("a core");
        let layers = explain(&graph, &arch, Rounding::Fixed).expect("a program");
        let lower = layers
            .iter()
            .map(|layer| (layer.name.as_str(), layer.passes[0].1.as_str()));
        let text = "1x1x2 to 1x1x2, weights of 1x1";
        let fused = format!("{text}, with tables behind, fused with sum (Add), clip (Clip)");
        assert_eq!(
            lower.collect::<Vec<_>>(),
            [("first", text), ("second", &fused)]
        );
    }
}
