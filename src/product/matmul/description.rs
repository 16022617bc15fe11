//! What people and programs read about a matmul core.

use crate::arch::{BANKS, MatmulArch};
use crate::product::{Cell, Description};
use serde_json::{Value, json};

/// All of it.
pub(super) fn description(arch: &MatmulArch) -> Description {
    Description {
        title: with_array(arch, "matrix-multiply core"),
        function: format!("C = A x B with {}", with_array(arch, "processing elements")),
        interfaces: "C = A x B: operands and results as AXI4-Streams, control by AXI4-Lite \
                     registers",
        figures: figures(arch),
        limits: limits(arch),
        row: row(arch),
        json: json(arch),
    }
}

/// `8 x 8 ..., weight-stationary, int8 x int8`, with what is between.
fn with_array(arch: &MatmulArch, what: &str) -> String {
    let dataflow = arch.dataflow.to_string().replace('_', "-");
    let MatmulArch { rows, columns, .. } = arch;
    format!("{rows} x {columns} {what}, {dataflow}, {}", arch.operands)
}

/// What a page about the core shows.
fn figures(arch: &MatmulArch) -> Vec<(&'static str, String)> {
    let (a, b, c) = (&arch.a_buffer, &arch.b_buffer, &arch.accumulators);
    let each = match a.memories {
        1 => String::new(),
        memories => format!("{memories} memories of "),
    };
    let banks = |depth: u32, bits: u32| format!("{BANKS} x {depth} x {bits} bits");
    let MatmulArch { rows, columns, .. } = arch;
    vec![
        (
            "array",
            format!("{rows} x {columns} multipliers, {}", arch.dataflow),
        ),
        (
            "types",
            format!(
                "{}, {}-bit accumulators, {} results",
                arch.operands, arch.accumulator.bits, arch.result
            ),
        ),
        (
            "streams",
            format!(
                "A {}, B {}, C {} bits",
                arch.a.width, arch.b.width, arch.c.width
            ),
        ),
        (
            "A buffer",
            format!("{}: {each}{}", a.size(), banks(a.bank_depth, a.word_bits)),
        ),
        (
            "B buffer",
            format!("{}: {}", b.size(), banks(b.bank_depth, b.word_bits)),
        ),
        (
            "accumulators",
            format!("{}: {}", c.size(), banks(c.bank_depth, c.word_bits)),
        ),
    ]
}

/// What jobs must keep to.
fn limits(arch: &MatmulArch) -> Vec<(String, u64)> {
    let limits = &arch.limits;
    vec![
        ("M".to_owned(), limits.max_m.into()),
        ("K".to_owned(), limits.max_k.into()),
        ("N".to_owned(), limits.max_n.into()),
        (
            format!("K x ceil(N / {})", arch.columns),
            limits.max_b_vectors.into(),
        ),
    ]
}

/// The core in a table of cores.
fn row(arch: &MatmulArch) -> Vec<(&'static str, Cell)> {
    let sizes = [
        arch.a_buffer.size(),
        arch.b_buffer.size(),
        arch.accumulators.size(),
    ];
    let limits = &arch.limits;
    let product = u64::from(limits.max_b_vectors) * u64::from(arch.columns);
    let (a, b, c) = (arch.a.width, arch.b.width, arch.c.width);
    let MatmulArch { rows, columns, .. } = arch;
    vec![
        ("array", Cell::Text(format!("{rows} x {columns}"))),
        ("dataflow", Cell::Text(arch.dataflow.to_string())),
        ("types", Cell::Text(arch.operands.to_string())),
        ("streams A/B/C", Cell::Text(format!("{a}/{b}/{c}"))),
        (
            "buffers A/B/C",
            Cell::Text(sizes.map(|size| size.to_string()).join(" / ")),
        ),
        ("K up to", Cell::Number(limits.max_k.into())),
        ("N up to", Cell::Number(limits.max_n.into())),
        ("K x N up to", Cell::Number(product)),
    ]
}

/// The core in a list for programs.
fn json(arch: &MatmulArch) -> Vec<(&'static str, Value)> {
    let limits = &arch.limits;
    let buffers = [
        arch.a_buffer.size().0,
        arch.b_buffer.size().0,
        arch.accumulators.size().0,
    ];
    vec![
        ("rows", arch.rows.into()),
        ("columns", arch.columns.into()),
        ("dataflow", arch.dataflow.name().into()),
        ("activation", arch.operands.activation.name().into()),
        ("weight", arch.operands.weight.name().into()),
        ("streams", json!([arch.a.width, arch.b.width, arch.c.width])),
        ("buffers", json!(buffers)),
        ("max_m", limits.max_m.into()),
        ("max_k", limits.max_k.into()),
        ("max_n", limits.max_n.into()),
        ("max_b_vectors", limits.max_b_vectors.into()),
    ]
}
