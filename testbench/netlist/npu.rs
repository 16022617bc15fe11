//! The smallest core that runs networks: its netlists run a network from DRAM to DRAM.

use super::{Subject, XILINX};
use ferrogrid::arch::Target;
use ferrogrid::blocks::npu::NpuCore;
use ferrogrid::synth::Family;
use ferrogrid::verify::npu::NetworkCase;

/// Every unit has something to do in the network.
fn case(target: Target) -> NetworkCase {
    let text = format!(
        "network rows=4 columns=4 bus=32 lanes=1 scratchpad=4096 weights=64 accumulators=16 parameters=64 \
         taps=1 groups=16 requantization=fixed outstanding=1 queue=4 target={target} \
         family=tflite rounding=fixed latency=1; input 3x3x5; \
         depthwise from=0 kernel=2x2 seed=1; convolution from=1 outputs=5 kernel=1x1 seed=2; add from=2 to=1"
    );
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The netlist of a core is made of these cells, and runs the network as the core does; nothing without the tools.
fn runs_a_network(target: Target, family: Family, cells: &[&str]) {
    let case = case(target);
    let Some(subject) = Subject::new(&NpuCore::new(&case.arch), family) else {
        return;
    };
    subject.has(cells);
    let report = subject.check(&subject.netlist, &case);
    let report = report.unwrap_or_else(|mismatch| panic!("{family:?}: {mismatch}"));
    assert_eq!(report.elements, 20, "{report:?}");
}

#[test]
fn a_network_in_cells_of_ecp5() {
    let cells = [
        "LUT4",
        "CCU2C",
        "TRELLIS_FF",
        "TRELLIS_DPR16X4",
        "MULT18X18D",
        "DP16KD",
    ];
    runs_a_network(Target::Ecp5, Family::Ecp5, &cells);
}

#[test]
fn a_network_in_cells_of_xilinx() {
    runs_a_network(Target::Xilinx, Family::Xilinx7, &XILINX[..5]);
}
