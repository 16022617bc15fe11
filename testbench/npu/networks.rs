//! Networks from files to the integers of the runtimes, on the generated hardware.

use super::models::Arrays;
use super::{Machine, models};
use ferrogrid::arch::{NpuArch, npu_from_preset};
use ferrogrid::compiler::{Options, Rounding};
use ferrogrid::config::{Kind, NpuConfig, presets_of};
use ferrogrid::device::npu::ProgramRun;
use ferrogrid::device::{Executable, ExecutableError};
use ferrogrid::graph::{Graph, Values};
use ferrogrid::reference::graph::{Mode, run};
use ferrogrid::reference::run_program;
use ferrogrid::verify::npu::{machine_size, predict_random, predicted};

/// A network of the folder; none where there is no folder.
fn graph(file: &str) -> Option<Graph> {
    let path = models::path(file)?;
    let bytes = std::fs::read(path).unwrap();
    Some(ferrogrid::import::read(&bytes).unwrap())
}

/// Runs a network on inputs of its graph in the golden interpreter, the functional model, which finds it legal, and, for
/// the first `simulated` of them, the hardware: what every step makes is golden. Gives the cycles of the last simulated
/// run.
pub fn check(
    graph: &Graph,
    arch: &NpuArch,
    options: impl Into<Options>,
    inputs: &[Values],
    simulated: usize,
) -> u64 {
    let options = options.into();
    let network = Executable::compile(graph, arch, options).unwrap();
    let mode = match options.rounding {
        Rounding::Float => Mode::Float,
        Rounding::Fixed => Mode::FixedPoint,
    };
    let mut machine = (simulated > 0).then(|| Machine::new(arch));
    let mut cycles = 0;
    for (row, input) in inputs.iter().enumerate() {
        let golden = run(graph, std::slice::from_ref(input), mode).unwrap();
        let mut of_row = 0;
        let found = network.run(
            &mut network.initial(),
            std::slice::from_ref(input),
            |program, given| -> Result<_, ExecutableError> {
                let run = ProgramRun::of_network(program, given);
                let mut dram = run.dram.clone();
                run_program(&machine_size(arch), &program.program, run.bases, &mut dram).unwrap();
                let outputs = run.outputs(program, &dram);
                if let (Some(machine), true) = (&mut machine, row < simulated) {
                    let outcome = machine.run(&run).expect("the program ends");
                    assert_eq!(outcome.cause, 0);
                    let found = run.outputs(program, &outcome.dram);
                    assert_eq!(found, outputs, "row {row}, the core beside its model");
                    of_row += outcome.cycles;
                    let predicted = predicted(arch, &program.program, &run, &outcome);
                    println!("{predicted}; {:?}", outcome.counters);
                    let is_preset = npu_from_preset(&arch.name).is_ok_and(|of| of == *arch);
                    let close = predicted.error().abs() < 3.0;
                    assert!(close || !is_preset, "{predicted}");
                }
                Ok(outputs)
            },
        );
        for (tensor, found) in found.unwrap() {
            let name = &graph[tensor].name;
            assert_eq!(found, golden[&tensor], "row {row}, `{name}`");
        }
        cycles = if of_row > 0 { of_row } else { cycles };
    }
    cycles
}

/// The model has as many cycles as the hardware, but for 3 in a hundred, of the programs of random networks.
#[test]
fn random_networks_take_as_many_cycles_as_the_model_says() {
    for seed in 0..100 {
        let (case, predicted) = predict_random(seed).unwrap();
        assert!(
            predicted.error().abs() < 3.0,
            "seed {seed}: {predicted}\n{case}"
        );
    }
}

/// The rows of an array of int8.
fn rows(arrays: &mut Arrays, name: &str, size: usize) -> Vec<Values> {
    let all = arrays.elements::<i8>(name);
    all.chunks(size)
        .map(|row| Values::Int8(row.to_vec()))
        .collect()
}

/// The networks of TFLite files.
const NETWORKS: [&str; 4] = ["ad_autoencoder", "ic_resnet8", "kws_dscnn", "vww_mbv1_025"];

/// A network and its first input; none where there is no folder.
fn network(name: &str) -> Option<(Graph, Values)> {
    let graph = graph(&format!("{name}_int8.tflite"))?;
    let mut golden = Arrays::open(&format!("{name}_int8.golden.npz"))?;
    let input = rows(&mut golden, "x", graph[graph.inputs[0]].len()).swap_remove(0);
    Some((graph, input))
}

/// The networks of the digits, by their names, with some images.
fn digit_networks() -> Vec<(String, Graph, Vec<Values>)> {
    let Some(folder) = models::path("digits") else {
        return Vec::new();
    };
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names =
        Vec::from_iter(names.filter(|name| name.ends_with(".onnx") && !name.contains("float")));
    names.sort();
    let mut images = Arrays::open("digits/digits_test64_images_labels.npz").unwrap();
    let images: Vec<f32> = images.elements::<f32>("x");
    let images = images.chunks(64).take(8);
    let images = Vec::from_iter(images.map(|image| Values::Float32(image.to_vec())));
    let networks = names.into_iter().map(|name| {
        let graph = graph(&format!("digits/{name}")).unwrap();
        (name, graph, images.clone())
    });
    networks.collect()
}

#[test]
fn the_autoencoder() {
    let Some((graph, input)) = network("ad_autoencoder") else {
        return;
    };
    let arch = npu_from_preset("edge").unwrap();
    let cycles = check(
        &graph,
        &arch,
        Rounding::Fixed,
        std::slice::from_ref(&input),
        1,
    );
    assert!(cycles <= 17_500, "{cycles}");
    check(&graph, &arch, Rounding::Float, &[input], 1);
}

#[test]
fn resnet_8() {
    let Some((graph, input)) = network("ic_resnet8") else {
        return;
    };
    let arch = npu_from_preset("edge").unwrap();
    let cycles = check(
        &graph,
        &arch,
        Rounding::Fixed,
        std::slice::from_ref(&input),
        1,
    );
    assert!(cycles <= 52_000, "{cycles}");
    check(&graph, &arch, Rounding::Float, &[input], 1);
}

/// Channels that are the same for every input are left out of most layers; the outputs stay as they are.
#[test]
fn mobilenet() {
    let Some((graph, input)) = network("vww_mbv1_025") else {
        return;
    };
    let arch = npu_from_preset("edge").unwrap();
    let inputs = [input];
    for rounding in [Rounding::Fixed, Rounding::Float] {
        let network = Executable::compile(&graph, &arch, rounding).unwrap();
        let kept = network.layers().filter_map(|layer| layer.kept.as_ref());
        let kept = Vec::from_iter(kept.map(|kept| (kept.channels.len(), kept.of)));
        println!("{rounding:?} {kept:?}");
        // An eighth of the channels of some layer.
        assert!(kept.len() >= 12 && kept.iter().any(|(some, all)| 8 * some <= *all));
        let folded = check(&graph, &arch, rounding, &inputs, 1);
        println!("{folded} cycles");
        assert!(folded <= 30_000, "{folded}");
        let options = Options {
            rounding,
            folding: false,
            ..Options::from(rounding)
        };
        check(&graph, &arch, options, &inputs, 0);
    }
}

/// The program of each network for each preset is legal and gives the golden integers.
#[test]
fn every_preset_runs_every_network() {
    for preset in presets_of(Kind::Npu).map(|preset| preset.name) {
        let arch = npu_from_preset(preset).unwrap();
        for name in NETWORKS {
            let Some((graph, input)) = network(name) else {
                return;
            };
            println!("{name} on {preset}");
            let rounding = match preset == "small" {
                true => Rounding::Float,
                false => Rounding::Fixed,
            };
            check(&graph, &arch, rounding, &[input], 0);
        }
        for (name, graph, images) in digit_networks() {
            println!("{name} on {preset}");
            check(&graph, &arch, Rounding::Float, &images[..1], 0);
        }
    }
}

#[test]
fn digits() {
    for (name, graph, images) in digit_networks() {
        for side in [4, 8] {
            let arch = NpuArch::new(&NpuConfig::new(side, side)).unwrap();
            println!("{name} on {side}x{side}");
            check(&graph, &arch, Rounding::Float, &images, 1);
        }
    }
}
