//! PEs that are the DSP slice of their chip, against the portable ones.

use crate::duel::format;
use crate::models::{models, module};
use crate::multipliers::in_icarus;
use crate::tool::tool;
use ferrogrid::arch::{Dataflow, ElementType, Target};
use ferrogrid::blocks::pe::{OutputStationaryPe, PeFormat, WeightStationaryPe};
use ferrogrid::hdl::{
    AnyBlock, Block, Module, Shape, Signal, bit, elaborate, signed, sim::Simulator, unsigned,
};
use ferrogrid::verilog::{self, VerilogFile};

/// The targets whose PE is a slice.
const CHIPS: [Target; 2] = [Target::Xilinx, Target::UltraScalePlus];

const CYCLES: u32 = 8_000;

/// PEs of a column, one below the other.
const ROWS: usize = 2;

/// A column of PEs, each with its own activation and all with the same tokens.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    format: PeFormat,
    dataflow: Dataflow,
}

impl Column {
    fn pe(&self) -> Box<dyn AnyBlock> {
        let name = format!("{}_pe", self.format.target);
        let format = self.format;
        match self.dataflow {
            Dataflow::WeightStationary => Box::new(WeightStationaryPe { name, format }),
            Dataflow::OutputStationary => Box::new(OutputStationaryPe { name, format }),
        }
    }

    /// Inputs of the column, which each PE has too.
    fn inputs(&self) -> Vec<(&'static str, Shape)> {
        let PeFormat { weight, sum, .. } = self.format;
        match self.dataflow {
            Dataflow::WeightStationary => {
                vec![("weight_in", weight), ("swap_in", bit()), ("sum_in", sum)]
            }
            Dataflow::OutputStationary => vec![
                ("weight_in", weight),
                ("start_in", bit()),
                ("shift_in", bit()),
                ("drain_in", sum),
            ],
        }
    }

    /// An input of a PE, and the output of the one above that drives it.
    fn downwards(&self) -> &'static [(&'static str, &'static str)] {
        match self.dataflow {
            Dataflow::WeightStationary => &[("sum_in", "sum_out")],
            Dataflow::OutputStationary => &[("weight_in", "weight_out"), ("drain_in", "drain_out")],
        }
    }

    /// Outputs of a PE.
    fn outputs(&self) -> &'static [&'static str] {
        match self.dataflow {
            Dataflow::WeightStationary => &["swap_out", "activation_out", "sum_out"],
            Dataflow::OutputStationary => &[
                "start_out",
                "shift_out",
                "activation_out",
                "weight_out",
                "drain_out",
            ],
        }
    }
}

impl Block for Column {
    fn module_name(&self) -> String {
        format!("{}_column", self.format.target)
    }

    ferrogrid::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let inputs = self.inputs().into_iter();
        let mut inputs: Vec<_> = inputs
            .map(|(port, shape)| (port, m.input(port, shape)))
            .collect();
        let pe = self.pe();
        for row in 0..ROWS {
            let activation = m.input(format!("activation_in_{row}"), self.format.activation);
            let mut pe = m
                .untyped_instance(format!("pe_{row}"), pe.as_ref())
                .input("activation_in", activation);
            for (port, value) in &inputs {
                pe = pe.input(port, *value);
            }
            for port in self.outputs() {
                m.output(format!("{port}_{row}"), pe.output(port));
            }
            for (below, above) in self.downwards() {
                let input = inputs.iter_mut().find(|(port, _)| port == below);
                input.expect("an input").1 = pe.output(above);
            }
        }
    }
}

/// Gives pseudo-random inputs to a column of the chip and a portable one, and counts the cycles in
/// which an output differs. Every fourth operand is the smallest or the largest.
#[derive(Debug, Clone, PartialEq)]
struct PeDuel {
    format: PeFormat,
    dataflow: Dataflow,
}

impl PeDuel {
    /// The column for these chips.
    fn column(&self, target: Target) -> Column {
        let format = PeFormat {
            target,
            ..self.format
        };
        Column {
            format,
            dataflow: self.dataflow,
        }
    }
}

/// A register of so many bits that looks random.
fn noise<'m>(m: &'m Module, name: &str, seed: u64) -> Signal<'m> {
    let shape = unsigned(63);
    let state = m.reg(shape).named(name).reset(seed);
    // x^63 + x^62 + 1, 21 steps a cycle.
    let mut next = *state;
    for _ in 0..21 {
        let feedback = next.bit(62) ^ next.bit(61);
        next = ferrogrid::hdl::concat(&[next.slice(0, 62), feedback]);
    }
    state.next(next);
    *state
}

impl Block for PeDuel {
    fn module_name(&self) -> String {
        "duel".into()
    }

    ferrogrid::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let PeFormat {
            activation,
            weight,
            sum,
            ..
        } = self.format;
        let count = m.reg(unsigned(16)).named("count").reset(0);
        count.next(count + 1);
        let done = count.ge(CYCLES).named("is_done");
        let (small, large) = (noise(m, "small", 1), noise(m, "large", 7));
        let operand = |low: u32, shape: Shape| {
            let bits = small.slice(low, shape.width);
            let edge = small.slice(low + 17, 2).eq(0);
            let top = small.bit(low + 19);
            // 100.. and 011..: the extremes of both signs; 000.. and 111.. come by themselves.
            let extreme = ferrogrid::hdl::concat(&[top, (!top).repeat(shape.width - 1)]);
            let bits = edge.mux(extreme, bits);
            if shape.signed { bits.as_signed() } else { bits }
        };
        let activations = [operand(0, activation), operand(42, activation)];
        let w = operand(24, weight);
        let sum_in = large.slice(0, sum.width).as_signed();
        let token = large.slice(50, 2).eq(0);
        let outputs = [Target::Portable, self.format.target].map(|target| {
            let column = self.column(target);
            let mut instance = m.untyped_instance(column.module_name(), &column);
            for (row, activation) in activations.into_iter().enumerate() {
                instance = instance.input(&format!("activation_in_{row}"), activation);
            }
            for (port, _) in column.inputs() {
                let value = match port {
                    "weight_in" => w,
                    "swap_in" | "start_in" => token,
                    "shift_in" => large.bit(55),
                    _ => sum_in,
                };
                instance = instance.input(port, value);
            }
            let ports =
                (0..ROWS).flat_map(|row| column.outputs().iter().map(move |port| (row, port)));
            let outputs = ports.map(|(row, port)| instance.output(&format!("{port}_{row}")));
            outputs.collect::<Vec<_>>()
        });
        // Before, no weight has come through.
        let settled = count.ge(64).named("settled");
        let differ = (outputs[0].iter().zip(&outputs[1]))
            .map(|(one, other)| one.ne(*other))
            .reduce(|any, one| any | one)
            .expect("outputs");
        let mismatches = m.reg(unsigned(32)).named("mismatches").reset(0);
        // A sum, so that an unknown output makes the count unknown: a condition would hide it.
        mismatches.next(*mismatches + (settled & differ).zero_extend(32));
        m.output("mismatches", mismatches);
        m.output("done", m.reg(bit()).named("done").reset(0).next(done));
    }
}

/// Every format of the PEs of a target.
fn duels(target: Target) -> impl Iterator<Item = PeDuel> {
    let elements = ElementType::ALL.iter();
    elements.flat_map(move |&element| {
        let both = [false, true].into_iter();
        both.flat_map(move |register| {
            Dataflow::ALL.iter().map(move |&dataflow| {
                let mut format = format(element, register, target);
                if element == ElementType::Int16 {
                    // All bits of P.
                    format.sum = signed(48);
                }
                PeDuel { format, dataflow }
            })
        })
    })
}

/// The model of the slice stands first.
fn files(duel: &PeDuel) -> Vec<VerilogFile> {
    verilog::emit_for_simulation(&elaborate(duel).expect("a legal design"))
}

#[test]
fn slices_are_pes_in_the_native_simulator() {
    for duel in CHIPS.into_iter().flat_map(duels) {
        let mut sim = Simulator::new(&elaborate(&duel).expect("a legal design"));
        sim.reset(1);
        for _ in 0..CYCLES + 4 {
            sim.step();
        }
        let ended = (sim.peek("done"), sim.peek("mismatches"));
        assert_eq!(ended, (1.into(), 0.into()), "{duel:?}");
    }
}

#[test]
fn slices_are_pes_in_icarus() {
    if tool("iverilog", "PEs of Xilinx in Icarus Verilog").is_none() {
        return;
    }
    for duel in CHIPS.into_iter().flat_map(duels) {
        assert_eq!(in_icarus(&files(&duel)), "0 mismatches", "{duel:?}");
    }
}

/// Each of these makes a model that is wrong.
#[test]
fn a_wrong_slice_is_found() {
    if tool("iverilog", "wrong PEs of Xilinx in Icarus Verilog").is_none() {
        return;
    }
    use Dataflow::{OutputStationary, WeightStationary};
    for (target, (dataflow, right, wrong)) in CHIPS.into_iter().flat_map(|target| {
        [
            (WeightStationary, "if (CEB2)", "if (CEA2)"),
            (WeightStationary, "if (CEA2)", "if (CEB2)"),
            (WeightStationary, "a * b", "a * $signed({11'd0, b[6:0]})"),
            (WeightStationary, "'d53", "'d52"),
            (OutputStationary, "'d37", "'d36"),
            (OutputStationary, "'d5 ? 48'sd0", "'d5 ? sum"),
        ]
        .map(|bug| (target, bug))
    }) {
        let duel = PeDuel {
            format: format(ElementType::Int8, true, target),
            dataflow,
        };
        let mut files = files(&duel);
        let changed = files[0].text.replacen(right, wrong, 1);
        assert!(changed != files[0].text, "the model has no `{right}`");
        files[0].text = changed;
        let said = in_icarus(&files);
        assert!(
            said.ends_with(" mismatches") && said != "0 mismatches",
            "{target}, `{wrong}`: {said}"
        );
    }
}

/// Yosys' model in the place of ours, which it shares nothing with.
#[test]
fn the_slice_of_the_7_series_is_used_as_the_model_of_yosys_works() {
    let test = "DSP48E1 against Yosys' model";
    let Some(models) = models("xilinx", test) else {
        return;
    };
    let model = module(&models, "DSP48E1");
    for duel in duels(Target::Xilinx) {
        let mut files = files(&duel);
        files[0].text.clone_from(&model);
        assert_eq!(in_icarus(&files), "0 mismatches", "{duel:?}");
    }
}

/// The slice of the 7-series in the place of that of UltraScale+: what a PE uses of it, these have
/// in common, but for the width of A and the two bits more in OPMODE.
const ADAPTER: &str = r#"
module DSP48E2 #(
    parameter AREG = 1,
    parameter ACASCREG = 1,
    parameter BREG = 1,
    parameter BCASCREG = 1,
    parameter CREG = 1,
    parameter MREG = 1,
    parameter PREG = 1,
    parameter ALUMODEREG = 1,
    parameter INMODEREG = 1,
    parameter OPMODEREG = 1,
    parameter CARRYINREG = 1,
    parameter CARRYINSELREG = 1
) (
    input [29:0] A, input [17:0] B, input [47:0] C, input [26:0] D, output [47:0] P,
    input [29:0] ACIN, input [17:0] BCIN, input [47:0] PCIN, input CARRYCASCIN, input MULTSIGNIN,
    input [8:0] OPMODE, input [3:0] ALUMODE, input [4:0] INMODE,
    input [2:0] CARRYINSEL, input CARRYIN, input CLK,
    input CEA1, input CEA2, input CEB1, input CEB2, input CEC, input CED, input CEAD, input CEM,
    input CEP, input CEINMODE, input CECTRL, input CEALUMODE, input CECARRYIN,
    input RSTA, input RSTB, input RSTC, input RSTD, input RSTM, input RSTP, input RSTINMODE,
    input RSTCTRL, input RSTALUMODE, input RSTALLCARRYIN
);
    wire [47:0] sum;
    // Neither of what W adds nor of the bits of A above 25 is anything used.
    assign P = OPMODE[8:7] == 2'b00 && A[29:24] == {6{A[24]}} ? sum : 48'bx;

    DSP48E1 #(
        .AREG(AREG), .ACASCREG(ACASCREG), .BREG(BREG), .BCASCREG(BCASCREG), .CREG(CREG),
        .MREG(MREG), .PREG(PREG), .ALUMODEREG(ALUMODEREG), .INMODEREG(INMODEREG),
        .OPMODEREG(OPMODEREG), .CARRYINREG(CARRYINREG), .CARRYINSELREG(CARRYINSELREG),
        .ADREG(0), .DREG(0)
    ) slice (
        .A(A), .B(B), .C(C), .D(D[24:0]), .P(sum), .ACIN(ACIN), .BCIN(BCIN), .PCIN(PCIN),
        .CARRYCASCIN(CARRYCASCIN), .MULTSIGNIN(MULTSIGNIN), .OPMODE(OPMODE[6:0]),
        .ALUMODE(ALUMODE), .INMODE(INMODE), .CARRYINSEL(CARRYINSEL), .CARRYIN(CARRYIN), .CLK(CLK),
        .CEA1(CEA1), .CEA2(CEA2), .CEB1(CEB1), .CEB2(CEB2), .CEC(CEC), .CED(CED), .CEAD(CEAD),
        .CEM(CEM), .CEP(CEP), .CEINMODE(CEINMODE), .CECTRL(CECTRL), .CEALUMODE(CEALUMODE),
        .CECARRYIN(CECARRYIN), .RSTA(RSTA), .RSTB(RSTB), .RSTC(RSTC), .RSTD(RSTD), .RSTM(RSTM),
        .RSTP(RSTP), .RSTINMODE(RSTINMODE), .RSTCTRL(RSTCTRL), .RSTALUMODE(RSTALUMODE),
        .RSTALLCARRYIN(RSTALLCARRYIN)
    );
endmodule
"#;

/// Yosys has no model of DSP48E2; of DSP48E1 it has one.
#[test]
fn the_slice_of_ultrascale_is_used_as_that_of_the_7_series_works() {
    let test = "DSP48E2 against Yosys' model of DSP48E1";
    let Some(models) = models("xilinx", test) else {
        return;
    };
    let model = module(&models, "DSP48E1");
    for duel in duels(Target::UltraScalePlus) {
        let mut files = files(&duel);
        files[0].text = format!("{model}{ADAPTER}");
        assert_eq!(in_icarus(&files), "0 mismatches", "{duel:?}");
    }
}
