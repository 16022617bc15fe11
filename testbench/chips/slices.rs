//! PEs that are the DSP slice of their chip, against the portable one.

use crate::duel::format;
use crate::models::{models, module};
use crate::multipliers::in_icarus;
use crate::tool::tool;
use ferrogrid::arch::{Dataflow, ElementType, Target};
use ferrogrid::blocks::pe::{OutputStationaryPe, PeFormat, WeightStationaryPe};
use ferrogrid::hdl::{Block, Module, Signal, bit, elaborate, sim::Simulator, unsigned};
use ferrogrid::verilog::{self, VerilogFile};

const CYCLES: u32 = 20_000;

/// Gives pseudo-random inputs to both PEs and counts the cycles in which an output differs. Every
/// fourth operand is the smallest or the largest.
#[derive(Debug, Clone)]
struct PeDuel {
    format: PeFormat,
    dataflow: Dataflow,
}

impl PeDuel {
    /// The PE for these chips.
    fn pe(&self, target: Target) -> Box<dyn Block> {
        let name = format!("{target}_pe");
        let format = PeFormat {
            target,
            ..self.format
        };
        match self.dataflow {
            Dataflow::WeightStationary => Box::new(WeightStationaryPe { name, format }),
            Dataflow::OutputStationary => Box::new(OutputStationaryPe { name, format }),
        }
    }

    /// Its outputs.
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

/// A register of so many bits that looks random.
fn noise<'m>(m: &'m Module, name: &str, seed: u64) -> Signal<'m> {
    let shape = unsigned(63);
    let state = m.reg(name, shape).reset(seed);
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

    fn build(&self, m: &Module) {
        let PeFormat {
            activation,
            weight,
            sum,
            ..
        } = self.format;
        let count = m.reg("count", unsigned(16)).reset(0);
        count.next(count + 1);
        let done = count.ge(CYCLES).named("is_done");
        let (small, large) = (noise(m, "small", 1), noise(m, "large", 7));
        let operand = |low: u32, shape: ferrogrid::hdl::Shape| {
            let bits = small.slice(low, shape.width);
            let edge = small.slice(low + 17, 2).eq(0);
            let top = small.bit(low + 19);
            // 100.. and 011..: the extremes of both signs; 000.. and 111.. come by themselves.
            let extreme = ferrogrid::hdl::concat(&[top, (!top).repeat(shape.width - 1)]);
            let bits = edge.mux(extreme, bits);
            if shape.signed { bits.as_signed() } else { bits }
        };
        let a = operand(0, activation);
        let w = operand(24, weight);
        let sum_in = large.slice(0, sum.width).as_signed();
        let token = large.slice(50, 2).eq(0);
        let inputs = match self.dataflow {
            Dataflow::WeightStationary => vec![("swap_in", token), ("sum_in", sum_in)],
            Dataflow::OutputStationary => vec![
                ("start_in", token),
                ("shift_in", large.bit(55)),
                ("drain_in", sum_in),
            ],
        };
        let outputs = [Target::Portable, self.format.target].map(|target| {
            let pe = self.pe(target);
            let mut pe = m
                .instance(format!("{target}_pe"), pe.as_ref())
                .input("activation_in", a)
                .input("weight_in", w);
            for (port, value) in &inputs {
                pe = pe.input(port, *value);
            }
            let outputs = self.outputs().iter().map(|port| pe.output(port));
            outputs.collect::<Vec<_>>()
        });
        // Before, no weight has come through.
        let settled = count.ge(64).named("settled");
        let differ = (outputs[0].iter().zip(&outputs[1]))
            .map(|(one, other)| one.ne(*other))
            .reduce(|any, one| any | one)
            .expect("outputs");
        let mismatches = m.reg("mismatches", unsigned(32)).reset(0);
        // A sum, so that an unknown output makes the count unknown: a condition would hide it.
        mismatches.next(*mismatches + (settled & differ).zero_extend(32));
        m.output("mismatches", mismatches);
        m.output("done", m.reg("done", bit()).reset(0).next(done));
    }
}

/// Every format of the PEs of UltraScale+.
fn duels() -> impl Iterator<Item = PeDuel> {
    let elements = ElementType::ALL.iter();
    elements.flat_map(|&element| {
        let both = [false, true].into_iter();
        both.flat_map(move |register| {
            Dataflow::ALL.iter().map(move |&dataflow| PeDuel {
                format: format(element, register, Target::UltraScalePlus),
                dataflow,
            })
        })
    })
}

fn files(duel: &PeDuel) -> Vec<VerilogFile> {
    verilog::emit_for_simulation(&elaborate(duel).expect("a legal design"))
}

#[test]
fn slices_of_ultrascale_are_pes_in_the_native_simulator() {
    for duel in duels() {
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
fn slices_of_ultrascale_are_pes_in_icarus() {
    if tool("iverilog", "a PE of UltraScale+ in Icarus Verilog").is_none() {
        return;
    }
    for duel in duels() {
        assert_eq!(in_icarus(&files(&duel)), "0 mismatches", "{duel:?}");
    }
}

/// Each of these makes a model that is wrong.
#[test]
fn a_wrong_slice_is_found() {
    if tool("iverilog", "wrong PEs of UltraScale+ in Icarus Verilog").is_none() {
        return;
    }
    use Dataflow::{OutputStationary, WeightStationary};
    for (dataflow, right, wrong) in [
        (WeightStationary, "if (CEB2)", "if (CEA2)"),
        (WeightStationary, "if (CEA2)", "if (CEB2)"),
        (WeightStationary, "a * b", "a * $signed({11'd0, b[6:0]})"),
        (WeightStationary, "9'd53", "9'd52"),
        (OutputStationary, "9'd37", "9'd36"),
        (OutputStationary, "9'd5 ? 48'sd0", "9'd5 ? sum"),
    ] {
        let duel = PeDuel {
            format: format(ElementType::Int8, true, Target::UltraScalePlus),
            dataflow,
        };
        let mut files = files(&duel);
        let changed = files[0].text.replacen(right, wrong, 1);
        assert!(changed != files[0].text, "the model has no `{right}`");
        files[0].text = changed;
        let said = in_icarus(&files);
        assert!(
            said.ends_with(" mismatches") && said != "0 mismatches",
            "`{wrong}`: {said}"
        );
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
    for duel in duels() {
        let mut files = files(&duel);
        files[0].text = format!("{model}{ADAPTER}");
        assert_eq!(in_icarus(&files), "0 mismatches", "{duel:?}");
    }
}
