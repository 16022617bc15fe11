//! The text that `ferrogrid new` starts a user with.

use super::MatmulConfig;
use crate::config::template::{key, quoted};
use crate::config::{Dataflow, Kind, Target};
use std::fmt::Write;

/// See [`Config::template`](crate::config::Config::template).
pub(in crate::config) fn template(config: &MatmulConfig) -> String {
    let (common, array) = (&config.common, &config.array);
    let mut text = String::new();
    let out = &mut text;
    let mut line = |line: &str| writeln!(out, "{line}").expect("a String takes everything");

    line("# A matrix-multiply core: C = A x B, operands and results as AXI4-Streams.");
    line("# A key behind a `#` is left at its default; the value there shows the form.");
    line("");
    line("# Names the core, its files and its modules. Default: kind, size, dataflow, target.");
    line(&key(
        "name",
        common.name.as_ref().map(quoted),
        "\"matmul-8x8\"",
    ));
    line(&format!("kind = {}", quoted(Kind::Matmul)));
    line(
        "# portable: for every chip. ecp5, xilinx (7-series), ultrascale_plus, ice40: with multipliers",
    );
    line("# and memories of these chips; the same results.");
    line(&format!("target = {}", quoted(common.target)));
    line("");
    line("[array]");
    line("# Processing elements, 1 to 64 each way. One multiplier in each.");
    line(&format!("rows = {}", array.rows));
    line(&format!("columns = {}", array.columns));
    line("# weight_stationary: tiles of B stay in the array. The smaller one; the usual choice.");
    line("# output_stationary: sums stay in the array; each element has a full accumulator.");
    line(&format!("dataflow = {}", quoted(array.dataflow)));
    line("# Element types of A and B: int4 x int4, int8 x int8, uint8 x int8 or int16 x int16.");
    line("# Sums are exact: 32 bits, or 48 for int16 (sent as 64).");
    line(&format!("activation = {}", quoted(array.activation)));
    line("# Default: the type that goes with `activation`.");
    line(&key("weight", array.weight.map(quoted), "\"int8\""));
    line(
        "# A pipeline register behind each multiplier: higher clock, one more cycle from operands to",
    );
    line("# sums. Multipliers of chips that have this register inside use it.");
    line(&format!("product_register = {}", array.product_register));
    line("");
    line("# Bits per beat: 8, 16, 32, 64, 128, 256, 512 or 1024.");
    line("[streams]");
    line("# Default: one row (a) or column (b) of elements for each row and column of the array,");
    line("# and results (c) as fast as they arise from K = 4 x max(rows, columns) on, rounded up.");
    line(&key("a", config.streams.a, "64"));
    line(&key("b", config.streams.b, "64"));
    line(&key("c", config.streams.c, "64"));
    line("");
    line("# Sizes of all banks together, as \"16 KiB\" or a number of bytes. They set the largest");
    line("# matrices; M goes up to 65,535. A size is rounded down to whole rows of vectors.");
    line(
        "# Default: enough for K = N = 256; for ice40 2, 4 and 1 KiB, or as much as the array needs.",
    );
    line("[buffers]");
    let examples = match common.target {
        Target::Ice40 => ["2 KiB", "4 KiB", "1 KiB"],
        _ => ["4 KiB", "128 KiB", "16 KiB"],
    };
    let [a, b, accumulators] = examples.map(quoted);
    match array.dataflow {
        Dataflow::WeightStationary => {
            line("# Two banks of `rows` rows of A. K up to bank bytes / (rows x element bytes).");
        }
        Dataflow::OutputStationary => {
            line("# Two banks of `rows` rows of A, in words of one beat.");
            line("# K up to bank bytes / (rows x element bytes).");
        }
    }
    line(&key("a", config.buffers.a.map(quoted), &a));
    line(
        "# Two banks of all of B: K x N elements each, N rounded up to whole columns of the array.",
    );
    line(&key("b", config.buffers.b.map(quoted), &b));
    line("# Two banks of `rows` rows of C: N results each, 4 bytes a result (6 for int16).");
    line(&key(
        "accumulators",
        config.buffers.accumulators.map(quoted),
        &accumulators,
    ));
    line(
        "# A pipeline register behind the output of each memory, and a cycle more from buffers to sums",
    );
    line(
        "# and results: for a higher clock with tools that move it into block RAM, as those of Xilinx",
    );
    line("# and Intel do, or inside the block RAM with target ecp5.");
    line(&format!(
        "output_register = {}",
        config.buffers.output_register
    ));
    text
}
