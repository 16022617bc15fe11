//! PEs that are the DSP slice of their chip, against the portable ones.

use crate::duel::{Verdict, format};
use crate::models::{models, module};
use crate::multipliers::in_icarus;
use crate::tool::tool;
use ferrogrid::arch::{Dataflow, ElementType, Target};
use ferrogrid::blocks::pe::{
    OutputStationaryPe, OutputStationaryPeInputs, PeFormat, WeightStationaryPe,
    WeightStationaryPeInputs,
};
use ferrogrid::hdl::{
    Block, Module, Shape, Signal, bit, bundle, elaborate, hardware, join, signed, sim::Simulator,
    unsigned,
};
use ferrogrid::verilog::{self, VerilogFile};

/// The targets whose PE is a slice.
const CHIPS: [Target; 2] = [Target::Xilinx, Target::UltraScalePlus];

const CYCLES: u32 = 8_000;

bundle! {
    /// Operands and tokens of two PEs of a column.
    struct ColumnInputs(column: &Column) {
        activations: [column.format.activation; 2],
        weight: column.format.weight,
        token: bit(),
        shift: bit(),
        from_above: column.format.sum,
    }
}

bundle! {
    /// Everything that the PEs hand on.
    struct ColumnOutputs(bits: u32) {
        outputs: unsigned(bits),
    }
}

/// Two PEs of a column, one below the other, each with its own activation and both with the same
/// tokens.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    format: PeFormat,
    dataflow: Dataflow,
}

#[hardware]
impl Block for Column {
    fn module_name(&self) -> String {
        format!("{}_column", self.format.target)
    }

    fn build<'m>(&self, m: &'m Module, io: ColumnInputs<'m>) -> ColumnOutputs<'m> {
        let (name, format) = (format!("{}_pe", self.format.target), self.format);
        let mut outputs = Vec::new();
        match self.dataflow {
            Dataflow::WeightStationary => {
                m.unused(io.shift);
                let block = WeightStationaryPe { name, format };
                let mut sum_in = io.from_above;
                for activation_in in io.activations {
                    let inputs = WeightStationaryPeInputs {
                        swap_in: io.token,
                        activation_in,
                        weight_in: io.weight,
                        sum_in,
                    };
                    let pe = m.instance(&block, inputs);
                    outputs.extend([pe.swap_out, pe.activation_out, pe.sum_out]);
                    sum_in = pe.sum_out;
                }
            }
            Dataflow::OutputStationary => {
                let block = OutputStationaryPe { name, format };
                let (mut weight_in, mut drain_in) = (io.weight, io.from_above);
                for activation_in in io.activations {
                    let inputs = OutputStationaryPeInputs {
                        start_in: io.token,
                        shift_in: io.shift,
                        activation_in,
                        weight_in,
                        drain_in,
                    };
                    let pe = m.instance(&block, inputs);
                    outputs.extend([pe.start_out, pe.shift_out, pe.activation_out]);
                    outputs.extend([pe.weight_out, pe.drain_out]);
                    (weight_in, drain_in) = (pe.weight_out, pe.drain_out);
                }
            }
        }
        ColumnOutputs {
            outputs: join(&outputs),
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

/// A register that looks random.
fn noise(m: &Module, seed: u64) -> Signal<'_> {
    let state = m.reg(unsigned(63)).reset(seed);
    // x^63 + x^62 + 1, 21 steps a cycle.
    let mut next = *state;
    for _ in 0..21 {
        let feedback = next.bit(62) ^ next.bit(61);
        next = ferrogrid::hdl::concat(&[next.slice(0, 62), feedback]);
    }
    state.next(next)
}

#[hardware]
impl Block for PeDuel {
    fn module_name(&self) -> String {
        "duel".into()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> Verdict<'m> {
        let count = m.reg(unsigned(16)).reset(0);
        count.next(count + 1);
        let (small, large) = (noise(m, 1), noise(m, 7));
        let operand = |low: u32, shape: Shape| {
            let edge = small.slice(low + 17, 2).eq(0);
            let top = small.bit(low + 19);
            // 100.. and 011..: the extremes of both signs; 000.. and 111.. come by themselves.
            let extreme = ferrogrid::hdl::concat(&[top, (!top).repeat(shape.width - 1)]);
            let bits = edge.mux(extreme, small.slice(low, shape.width));
            if shape.signed { bits.as_signed() } else { bits }
        };
        let activation = self.format.activation;
        let inputs = ColumnInputs {
            activations: [operand(0, activation), operand(42, activation)],
            weight: operand(24, self.format.weight),
            token: large.slice(50, 2).eq(0),
            shift: large.bit(55),
            from_above: large.slice(0, self.format.sum.width).as_signed(),
        };
        let portable = m.instance(&self.column(Target::Portable), inputs);
        let of_chip = m.instance(&self.column(self.format.target), inputs);
        // Before, no weight has come through.
        let settled = count.ge(64);
        let differ = portable.outputs.ne(of_chip.outputs);
        let mismatches = m.reg(unsigned(32)).reset(0);
        // A sum, so that an unknown output makes the count unknown: a condition would hide it.
        mismatches.next(mismatches + (settled & differ).zero_extend(32));
        let done = m.flag(count.ge(CYCLES));
        Verdict {
            mismatches: *mismatches,
            done,
        }
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
