//! Places of multipliers and block RAMs, as nextpnr knows them.

use crate::tools;
use ferrogrid::arch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::blocks::prim::{RamRead, RamWrite};
use ferrogrid::blocks::vendor::{Dp16kd, Mult18x18d, Operands};
use ferrogrid::hdl::{
    AnyBlock, Block, Module, Reset, Shapes, Signal, bit, bundle, elaborate, signed, unsigned,
};
use ferrogrid::synth::cache::Cache;
use ferrogrid::synth::tools::Tool;
use ferrogrid::synth::{Columns, Flow, Outcome, SynthError, Target, unwatched};

/// Multipliers one behind the other.
#[derive(Debug, Clone, PartialEq)]
struct Chain {
    multipliers: u32,
}

impl Chain {
    /// A column for each.
    fn columns(&self) -> Columns {
        Columns {
            multipliers: (0..self.multipliers).map(|i| vec![name(i)]).collect(),
            block_rams: Vec::new(),
        }
    }
}

fn name(i: u32) -> String {
    format!("multiplier_{i}")
}

/// The product of the `i`-th multiplier.
fn multiply<'m>(m: &'m Module, i: u32, a: Signal<'m>, b: Signal<'m>) -> Signal<'m> {
    let cell = Mult18x18d {
        product_register: true,
    };
    let b_enable = m.high();
    cell.insert(m, &name(i), Operands { a, b, b_enable })
        .truncate(18)
}

bundle! {
    struct ChainInputs() {
        factor: signed(18),
    }
}

bundle! {
    struct ChainOutputs() {
        product: signed(18),
    }
}

impl Block for Chain {
    type Inputs<'m> = ChainInputs<'m>;
    type Outputs<'m> = ChainOutputs<'m>;

    fn module_name(&self) -> String {
        "chain".into()
    }

    fn inputs(&self) -> Shapes<ChainInputs<'static>> {
        ChainInputs::of()
    }

    fn build<'m>(&self, m: &'m Module, io: ChainInputs<'m>) -> ChainOutputs<'m> {
        m.clock("clk", Reset::ActiveHigh("reset"));
        let next = |a, i| multiply(m, i, a, io.factor);
        ChainOutputs {
            product: (0..self.multipliers).fold(io.factor, next),
        }
    }
}

fn route(
    block: &dyn AnyBlock,
    columns: Columns,
    target: &str,
) -> Option<Result<Outcome, SynthError>> {
    if !tools::synthesizer() || !tools::present(&[Tool::NextpnrEcp5]) {
        return None;
    }
    let design = elaborate(block).expect("a legal design");
    let flow = Flow {
        columns,
        speed: 6,
        seeds: 1,
        ..Flow::to_count(&design, Target::named(target).expect("a target"))
    };
    let plan = flow.floorplan();
    assert_eq!(
        [plan.multipliers.len(), plan.block_rams.len()],
        [&flow.columns.multipliers, &flow.columns.block_rams].map(|cells| cells.concat().len())
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache::at(folder.path()).expect("a cache");
    Some(flow.run(&cache, &mut |_| (), &mut unwatched))
}

/// Block RAMs, and the multiplier that they stand by.
#[derive(Debug, Clone, PartialEq)]
struct Memories {
    count: u32,
}

impl Memories {
    fn columns(&self) -> Columns {
        let memories = (0..self.count).map(|i| format!("memory_{i}"));
        Columns {
            multipliers: vec![vec![name(0)]],
            block_rams: vec![memories.collect()],
        }
    }
}

bundle! {
    struct MemoriesInputs() {
        factor: signed(18),
        address: unsigned(10),
        enable: bit(),
    }
}

bundle! {
    struct MemoriesOutputs() {
        word: unsigned(18),
    }
}

impl Block for Memories {
    type Inputs<'m> = MemoriesInputs<'m>;
    type Outputs<'m> = MemoriesOutputs<'m>;

    fn module_name(&self) -> String {
        "memories".into()
    }

    fn inputs(&self) -> Shapes<MemoriesInputs<'static>> {
        MemoriesInputs::of()
    }

    fn build<'m>(&self, m: &'m Module, io: MemoriesInputs<'m>) -> MemoriesOutputs<'m> {
        m.clock("clk", Reset::ActiveHigh("reset"));
        let MemoriesInputs {
            factor,
            address,
            enable,
        } = io;
        let memory = Dp16kd { width: 18 };
        let product = multiply(m, 0, factor, factor).as_unsigned();
        let word = (0..self.count).fold(product, |data, i| {
            let write = RamWrite {
                enable,
                address,
                data,
            };
            let read = RamRead {
                enable: !enable,
                address,
            };
            memory.insert(m, &format!("memory_{i}"), write, read, m.high())
        });
        MemoriesOutputs { word }
    }
}

/// The whole row of each chip that block RAMs are put in.
#[test]
fn every_place_of_a_memory_is_one_of_the_chip() {
    for (target, count) in [("ecp5-25k", 28), ("ecp5-45k", 36), ("ecp5-85k", 52)] {
        let memories = Memories { count };
        let Some(outcome) = route(&memories, memories.columns(), target) else {
            return;
        };
        let outcome = outcome.unwrap_or_else(|error| panic!("{target}: {error}"));
        let usage = outcome.routed[0].timing.utilization["DP16KD"];
        assert_eq!(usage.used, u64::from(count), "{target}");
    }
}

/// Paths of the accumulators' block RAMs are those of the netlist, where a column's sums lie in
/// several too; one that is not there is an error.
#[test]
fn block_rams_are_where_their_paths_say() {
    for accumulators in ["", "accumulators = \"32 KiB\"\n"] {
        let text = format!(
            "name = \"core\"\ntarget = \"ecp5\"\n[array]\nrows = 2\ncolumns = 3\n\
             [buffers]\noutput_register = true\n{accumulators}"
        );
        let arch = arch::from_toml("core.toml", &text).expect("a legal core");
        let core = MatmulCore::new(&arch);
        let columns = Columns {
            multipliers: MatmulCore::multipliers(&arch),
            block_rams: MatmulCore::accumulator_rams(&arch),
        };
        assert!(columns.block_rams.iter().all(|cells| cells.len() >= 2));
        let Some(outcome) = route(&core, columns.clone(), "ecp5-85k") else {
            return;
        };
        outcome.unwrap_or_else(|error| panic!("{error}"));
        let mut wrong = columns;
        wrong.block_rams[1][0].push('x');
        leads_nowhere(&core, wrong, "ecp5-85k");
    }
}

/// Yosys finds that a place is one of nothing.
#[track_caller]
fn leads_nowhere(block: &dyn AnyBlock, columns: Columns, target: &str) {
    let outcome = route(block, columns, target).expect("the tools");
    let error = outcome.expect_err("a path that leads nowhere").to_string();
    assert!(error.contains("select"), "{error}");
}

/// The router refuses a place that it does not have.
#[track_caller]
fn every_place_is_one_of_the_chip(target: &str, multipliers: u32) {
    let chain = Chain { multipliers };
    let Some(outcome) = route(&chain, chain.columns(), target) else {
        return;
    };
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}"));
    let usage = outcome.routed[0].timing.utilization["MULT18X18D"];
    assert_eq!(
        (usage.used, usage.available),
        (multipliers.into(), multipliers.into())
    );
}

#[test]
fn every_place_is_one_of_the_lfe5u_25f() {
    every_place_is_one_of_the_chip("ecp5-25k", 28);
}

#[test]
fn every_place_is_one_of_the_lfe5u_45f() {
    every_place_is_one_of_the_chip("ecp5-45k", 72);
}

#[test]
fn every_place_is_one_of_the_lfe5u_85f() {
    every_place_is_one_of_the_chip("ecp5-85k", 156);
}

/// Paths are those of the netlist, in both dataflows; one that is not there is an error.
#[test]
fn multipliers_are_where_their_paths_say() {
    for dataflow in ["weight_stationary", "output_stationary"] {
        let text = format!(
            "name = \"core\"\ntarget = \"ecp5\"\n[array]\nrows = 2\ncolumns = 3\ndataflow = \"{dataflow}\"\n"
        );
        let arch = arch::from_toml("core.toml", &text).expect("a legal core");
        let array = MatmulCore::array(&arch);
        let columns = Columns {
            multipliers: MatmulCore::array_params(&arch).multipliers(),
            block_rams: Vec::new(),
        };
        let Some(outcome) = route(&*array, columns.clone(), "ecp5-25k") else {
            return;
        };
        outcome.unwrap_or_else(|error| panic!("{error}"));
        let mut wrong = columns;
        wrong.multipliers[1][0].push('x');
        leads_nowhere(&*array, wrong, "ecp5-25k");
    }
}

#[test]
fn other_multipliers_have_no_places() {
    let arch = arch::from_preset("matmul-4x4").expect("a preset");
    assert!(MatmulCore::multipliers(&arch).is_empty());
}
