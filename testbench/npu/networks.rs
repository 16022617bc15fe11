//! Networks from files to the integers of the runtimes, on the generated hardware.

use super::models::Arrays;
use super::random::size;
use super::{Machine, models};
use ferrogrid::arch::{NpuArch, npu_from_preset};
use ferrogrid::compiler::{Network, Rounding, compile};
use ferrogrid::config::NpuConfig;
use ferrogrid::device::npu::ProgramRun;
use ferrogrid::graph::{Graph, TensorId, Values};
use ferrogrid::reference::graph::{Mode, run};
use ferrogrid::reference::run_program;

/// A network of the folder; none where there is no folder.
fn graph(file: &str) -> Option<Graph> {
    let path = models::path(file)?;
    let bytes = std::fs::read(path).unwrap();
    Some(ferrogrid::import::read(&bytes).unwrap())
}

/// Bytes as the machine's host has them.
fn bytes(values: &Values) -> Vec<u8> {
    values
        .integers()
        .unwrap()
        .into_iter()
        .map(|value| value as u8)
        .collect()
}

/// What the program leaves in the functional model, which finds it legal.
fn model_outputs(arch: &NpuArch, network: &Network, run: &ProgramRun) -> Vec<Vec<u8>> {
    let mut dram = run.dram.clone();
    run_program(&size(arch), &network.program, run.bases, &mut dram).unwrap();
    run.outputs(network, &dram)
}

/// Runs a network on inputs of its graph in the golden interpreter, the functional model and, for the first
/// `simulated` of them, the hardware: all outputs of the program are the golden ones. Gives the cycles
/// of the last simulated run.
pub fn check(
    graph: &Graph,
    arch: &NpuArch,
    rounding: Rounding,
    inputs: &[Values],
    simulated: usize,
) -> u64 {
    let network = compile(graph, arch, rounding).unwrap();
    let mode = match rounding {
        Rounding::Float => Mode::Float,
        Rounding::Fixed => Mode::FixedPoint,
    };
    let mut machine = (simulated > 0).then(|| Machine::new(arch));
    let mut cycles = 0;
    for (row, input) in inputs.iter().enumerate() {
        let golden = run(graph, std::slice::from_ref(input), mode).unwrap();
        let of = |tensor: TensorId| bytes(&golden[&tensor]);
        let given: Vec<_> = network
            .inputs
            .iter()
            .map(|binding| of(binding.tensor))
            .collect();
        let expected: Vec<_> = network
            .outputs
            .iter()
            .map(|binding| of(binding.tensor))
            .collect();
        let program = ProgramRun::of_network(&network, &given);
        assert_eq!(
            model_outputs(arch, &network, &program),
            expected,
            "row {row} in the model"
        );
        if let (Some(machine), true) = (&mut machine, row < simulated) {
            let outcome = machine.run(&program).expect("the program ends");
            assert_eq!(outcome.cause, 0);
            assert_eq!(
                program.outputs(&network, &outcome.dram),
                expected,
                "row {row}"
            );
            cycles = outcome.cycles;
            println!("{cycles} cycles {:?}", outcome.counters);
        }
    }
    cycles
}

/// The rows of an array of int8.
fn rows(arrays: &mut Arrays, name: &str, size: usize) -> Vec<Values> {
    let all = arrays.elements::<i8>(name);
    all.chunks(size)
        .map(|row| Values::Int8(row.to_vec()))
        .collect()
}

#[test]
fn the_autoencoder() {
    let Some(graph) = graph("ad_autoencoder_int8.tflite") else {
        return;
    };
    let mut golden = Arrays::open("ad_autoencoder_int8.golden.npz").unwrap();
    let inputs = rows(&mut golden, "x", 640);
    let arch = npu_from_preset("edge").unwrap();
    check(&graph, &arch, Rounding::Fixed, &inputs[..2], 1);
    check(&graph, &arch, Rounding::Float, &inputs[..2], 1);
}

#[test]
fn resnet_8() {
    let Some(graph) = graph("ic_resnet8_int8.tflite") else {
        return;
    };
    let mut golden = Arrays::open("ic_resnet8_int8.golden.npz").unwrap();
    let inputs = rows(&mut golden, "x", 3072);
    let arch = npu_from_preset("edge").unwrap();
    check(&graph, &arch, Rounding::Fixed, &inputs[..2], 1);
    check(&graph, &arch, Rounding::Float, &inputs[..2], 1);
}

#[test]
fn digits() {
    let Some(folder) = models::path("digits") else {
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut images = Arrays::open("digits/digits_test64_images_labels.npz").unwrap();
    let images: Vec<f32> = images.elements::<f32>("x");
    let inputs: Vec<_> = images
        .chunks(64)
        .map(|image| Values::Float32(image.to_vec()))
        .collect();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".onnx") || name.contains("float") {
            continue;
        }
        let graph = graph(&format!("digits/{name}")).unwrap();
        for side in [4, 8] {
            let arch = NpuArch::new(&NpuConfig::new(side, side)).unwrap();
            println!("{name} on {side}x{side}");
            check(&graph, &arch, Rounding::Float, &inputs[..8], 1);
        }
    }
}
