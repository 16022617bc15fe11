//! Reads what nextpnr says with `--report`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One way from register to register.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriticalPath {
    /// The register it leaves, in names of our hierarchy.
    pub from: String,
    /// The register it reaches.
    pub to: String,
    /// The blocks it passes, each once in a row.
    pub through: Vec<String>,
    /// Nanoseconds in cells: clock to output, logic, setup.
    pub logic_ns: f64,
    /// Nanoseconds between them.
    pub routing_ns: f64,
}

/// Cells of a kind, and how many the chip has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Usage {
    /// Taken.
    pub used: u64,
    /// There are.
    pub available: u64,
}

/// A placed and routed design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// Highest clock frequency, in MHz; absent where no path goes from register to register.
    pub fmax_mhz: Option<f64>,
    /// What limits it.
    pub critical: Option<CriticalPath>,
    /// Kinds of cells that are used, and that a chip may have too few of.
    pub utilization: BTreeMap<String, Usage>,
}

#[derive(Deserialize)]
struct Report {
    critical_paths: Vec<Path>,
    fmax: BTreeMap<String, Fmax>,
    utilization: BTreeMap<String, Usage>,
}

#[derive(Deserialize)]
struct Fmax {
    achieved: f64,
}

#[derive(Deserialize)]
struct Path {
    from: String,
    to: String,
    path: Vec<Hop>,
}

#[derive(Deserialize)]
struct Hop {
    delay: f64,
    from: End,
    to: End,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct End {
    cell: String,
}

/// Reads a report. Designs have one clock here: the slowest of the clocks is it.
///
/// # Errors
/// When the text is no report.
pub fn parse(text: &str) -> Result<Timing, serde_json::Error> {
    let report: Report = serde_json::from_str(text)?;
    let slowest = report
        .fmax
        .values()
        .map(|fmax| fmax.achieved)
        .min_by(f64::total_cmp);
    let clocked = |path: &&Path| path.from == path.to && path.from != "<async>";
    let total = |path: &Path| path.path.iter().map(|hop| hop.delay).sum::<f64>();
    let critical = report
        .critical_paths
        .iter()
        .filter(clocked)
        .max_by(|a, b| total(a).total_cmp(&total(b)));
    Ok(Timing {
        fmax_mhz: slowest,
        critical: critical.and_then(read_path),
        utilization: report
            .utilization
            .into_iter()
            .filter(|(kind, usage)| is_resource(kind, *usage))
            .collect(),
    })
}

/// Whether a kind of cells is used and can run out. Constants, the global reset and cells that
/// nextpnr adds for itself cannot.
fn is_resource(kind: &str, usage: Usage) -> bool {
    let always_there = ["GND", "VCC", "VCC_DRV", "GSR"];
    usage.used > 0 && usage.available > 0 && !always_there.contains(&kind)
}

fn read_path(path: &Path) -> Option<CriticalPath> {
    let delay = |routing: bool| -> f64 {
        let hops = path
            .path
            .iter()
            .filter(|hop| (hop.kind == "routing") == routing);
        hops.map(|hop| hop.delay).sum()
    };
    let mut through: Vec<String> = Vec::new();
    for hop in &path.path {
        let block = block_of(&hop.to.cell);
        if !block.is_empty() && through.last().map(String::as_str) != Some(block) {
            through.push(block.to_owned());
        }
    }
    Some(CriticalPath {
        from: our_name(&path.path.first()?.from.cell).to_owned(),
        to: our_name(&path.path.last()?.to.cell).to_owned(),
        through,
        logic_ns: delay(false),
        routing_ns: delay(true),
    })
}

/// The register or net that a cell is named after. What Yosys and nextpnr add to it begins with `$`,
/// `/`, or an underscore before a capital, and names of ours have no capitals.
fn our_name(cell: &str) -> &str {
    let is_added = |&(at, c): &(usize, char)| match c {
        '$' | '/' => true,
        '_' => cell[at + 1..].starts_with(|next: char| next.is_ascii_uppercase()),
        _ => false,
    };
    let end = cell.char_indices().find(is_added).map(|(at, _)| at);
    match end {
        // A name that is nothing but an addition stays as it is.
        Some(end) if end > 0 => &cell[..end],
        _ => cell,
    }
}

/// The instance that a cell is in, nothing for those at the top and for the tools' own.
fn block_of(cell: &str) -> &str {
    let name = our_name(cell);
    if name.starts_with('$') {
        return "";
    }
    // Bits of memories end with numbers: `bank_0_words.0.6`.
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_ascii_digit());
    name.rsplit_once('.').map_or("", |(block, _)| block)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As nextpnr 0.11 writes it, with fewer hops and kinds of cells.
    const REPORT: &str = r#"{
        "critical_paths": [
            {"from": "<async>", "to": "posedge clk", "path": [
                {"delay": 9.0, "from": {"cell": "a", "port": "O"}, "to": {"cell": "b", "port": "D"}, "type": "routing"}]},
            {"from": "posedge clk", "to": "posedge clk", "path": [
                {"delay": 0.5, "type": "clk-to-q",
                 "from": {"cell": "load_b.left_TRELLIS_FF_Q_3", "loc": [70, 11], "port": "Q"},
                 "to": {"cell": "load_b.left_TRELLIS_FF_Q_3", "loc": [70, 11], "port": "Q"}},
                {"delay": 1.25, "type": "routing", "net": "load_b.left[3]", "sources": ["core.v:21.24-21.50"],
                 "from": {"cell": "load_b.left_TRELLIS_FF_Q_3", "port": "Q"},
                 "to": {"cell": "$nextpnr_CCU2C_151$CCU2_COMB0", "port": "A"}},
                {"delay": 0.25, "type": "logic",
                 "from": {"cell": "$nextpnr_CCU2C_151$CCU2_COMB0", "port": "A"},
                 "to": {"cell": "$nextpnr_CCU2C_151$CCU2_COMB0", "port": "F"}},
                {"delay": 1.5, "type": "routing", "net": "abandon",
                 "from": {"cell": "$nextpnr_CCU2C_151$CCU2_COMB0", "port": "F"},
                 "to": {"cell": "datapath.array.row_3.pe_1.sum_TRELLIS_FF_Q_DI_LUT4_Z", "port": "D"}},
                {"delay": 0.5, "type": "setup",
                 "from": {"cell": "accumulators.bank_0_words.0.6", "port": "CEB"},
                 "to": {"cell": "accumulators.bank_0_words.0.6", "port": "CEB"}}]}
        ],
        "fmax": {"clk": {"achieved": 250.0, "constraint": 100.0}},
        "utilization": {
            "TRELLIS_FF": {"available": 83640, "used": 232}, "DCCA": {"available": 56, "used": 0},
            "GND": {"available": 1, "used": 1}, "DUMMY_CELL": {"available": 0, "used": 4}
        }
    }"#;

    #[test]
    fn a_path_is_told_in_names_of_the_hierarchy() {
        let timing = parse(REPORT).unwrap();
        assert_eq!(timing.fmax_mhz, Some(250.0));
        let path = timing.critical.unwrap();
        assert_eq!(path.from, "load_b.left");
        assert_eq!(path.to, "accumulators.bank_0_words.0.6");
        assert_eq!(
            path.through,
            ["load_b", "datapath.array.row_3.pe_1", "accumulators"]
        );
        assert_eq!((path.logic_ns, path.routing_ns), (1.25, 2.75));
        let kinds: Vec<_> = timing.utilization.keys().collect();
        assert_eq!(kinds, ["TRELLIS_FF"]);
    }

    #[test]
    fn additions_of_every_family_are_taken_off() {
        for (cell, name) in [
            ("row_0.pe_1.sum_TRELLIS_FF_Q_3", "row_0.pe_1.sum"),
            (
                "dut.row_0.pe_0.product_FD1P3IX_Q_D_MULT18X18_Z/PREADD9_CORE_x0_z0",
                "dut.row_0.pe_0.product",
            ),
            (
                "dut.row_1.pe_1.sum_DFF_Q_11_D_ALU_SUM",
                "dut.row_1.pe_1.sum",
            ),
            ("dut.job.left_SB_DFFESR_Q", "dut.job.left"),
            ("bank_0_words.0.6", "bank_0_words.0.6"),
            (
                "$nextpnr_CCU2C_151$CCU2_COMB0",
                "$nextpnr_CCU2C_151$CCU2_COMB0",
            ),
        ] {
            assert_eq!(our_name(cell), name);
        }
    }

    #[test]
    fn a_design_without_registers_has_no_clock() {
        let text = r#"{"critical_paths": [], "fmax": {}, "utilization": {}}"#;
        let timing = parse(text).unwrap();
        assert_eq!((timing.fmax_mhz, timing.critical), (None, None));
        assert!(parse("{}").is_err());
    }
}
