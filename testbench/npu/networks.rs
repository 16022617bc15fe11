//! Networks from files to the integers of the runtimes, on the generated hardware.

use super::models::Arrays;
use super::random::size;
use super::{Machine, models};
use ferrogrid::arch::NpuArch;
use ferrogrid::compiler::{Network, Rounding, compile};
use ferrogrid::device::npu::ProgramRun;
use ferrogrid::graph::Graph;
use ferrogrid::reference::run_program;

/// A network of the folder; none where there is no folder.
fn graph(file: &str) -> Option<Graph> {
    let path = models::path(file)?;
    let bytes = std::fs::read(path).unwrap();
    Some(ferrogrid::import::read(&bytes).unwrap())
}

/// The program is legal, and leaves these outputs in the functional model.
fn model_outputs(arch: &NpuArch, network: &Network, run: &ProgramRun) -> Vec<Vec<u8>> {
    let mut dram = run.dram.clone();
    run_program(&size(arch), &network.program, run.bases, &mut dram).unwrap();
    run.outputs(network, &dram)
}

#[test]
fn the_autoencoder_on_the_machine_is_that_of_tflite_micro() {
    let Some(graph) = graph("ad_autoencoder_int8.tflite") else {
        return;
    };
    let mut golden = Arrays::open("ad_autoencoder_int8.golden.npz").unwrap();
    let (x, y) = (golden.elements::<i8>("x"), golden.elements::<i8>("y_tflm"));
    let arch = ferrogrid::arch::npu_from_preset("edge").unwrap();
    let network = compile(&graph, &arch, Rounding::Fixed).unwrap();
    let mut machine = Machine::new(&arch);
    for (row, (x, y)) in x.chunks(640).zip(y.chunks(640)).enumerate() {
        let input = x.iter().map(|value| *value as u8).collect();
        let run = ProgramRun::of_network(&network, &[input]);
        let expected: Vec<u8> = y.iter().map(|value| *value as u8).collect();
        if row == 0 {
            assert_eq!(model_outputs(&arch, &network, &run)[0], expected);
        }
        if row < 2 {
            let outcome = machine.run(&run).expect("the program ends");
            assert_eq!(outcome.cause, 0);
            assert_eq!(
                run.outputs(&network, &outcome.dram)[0],
                expected,
                "row {row}"
            );
            println!("{} cycles {:?}", outcome.cycles, outcome.counters);
        }
    }
}
