//! Whole cores through `ferrogrid synth`, from TOML to bitstream, and what the reports say of them:
//! against the netlist, counted anew, and against arithmetic.

use crate::hierarchy::Hierarchy;
use crate::program::Place;
use crate::synth::{place, report};
use ferrogrid::synth::tools::Tool;
use serde_json::Value;

/// Every memory of a weight-stationary core: its module, its name there.
const MEMORIES: [(&str, &str); 4] = [
    ("core_datapath", "a_buffer"),
    ("core_datapath", "b_buffer"),
    ("core_accumulators", "bank_0_words"),
    ("core_accumulators", "bank_1_words"),
];

/// A core of 2 x 2 whose buffers are small, and large enough for block RAM.
fn core(target: &str) -> String {
    format!(
        "name = \"core\"\ntarget = \"{target}\"\n[array]\nrows = 2\ncolumns = 2\n\
         [buffers]\na = \"1 KiB\"\nb = \"1 KiB\"\naccumulators = \"2 KiB\"\n"
    )
}

/// What is counted, by the name in the report, and how the types of its cells begin.
const ECP5: [(&str, &str); 6] = [
    ("luts", "LUT4"),
    ("carries", "CCU2C"),
    ("registers", "TRELLIS_FF"),
    ("multipliers", "MULT18X18D"),
    ("block_rams", "DP16KD"),
    ("ram_luts", "TRELLIS_DPR16X4"),
];
const ICE40: [(&str, &str); 5] = [
    ("luts", "SB_LUT4"),
    ("carries", "SB_CARRY"),
    ("registers", "SB_DFF"),
    ("multipliers", "SB_MAC16"),
    ("block_rams", "SB_RAM40_4K"),
];

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

fn blocks(report: &Value) -> &[Value] {
    report["blocks"].as_array().expect("blocks")
}

/// The block of a module that stands at one place only.
#[track_caller]
fn block<'a>(report: &'a Value, module: &str) -> &'a Value {
    let mut found = blocks(report)
        .iter()
        .filter(|block| block["module"] == module);
    let block = found.next().unwrap_or_else(|| panic!("no {module}"));
    assert!(found.next().is_none(), "{module} stands at several places");
    block
}

/// What is said of every block is what the netlist has in it.
#[track_caller]
fn blocks_add_up(report: &Value, netlist: &Hierarchy, kinds: &[(&str, &str)]) {
    assert_eq!(blocks(report)[0]["module"], "core");
    for block in blocks(report) {
        let module = block["module"].as_str().expect("a name");
        for (name, begin) in kinds {
            let counted = netlist.count(module, &|kind| kind.starts_with(begin));
            assert_eq!(number(&block["each"][name]), counted, "{name} of {module}");
        }
        let instances: u64 = blocks(report)
            .iter()
            .filter(|other| other["module"] == module)
            .map(|other| number(&other["instances"]))
            .sum();
        let counted = netlist.count("core", &|kind| kind == module);
        assert_eq!(instances, counted.max(1), "instances of {module}");
    }
    let pe = block(report, "core_pe");
    assert_eq!(
        (number(&pe["instances"]), number(&pe["each"]["multipliers"])),
        (4, 1)
    );
}

/// Every memory of the core is there by its name, and made of block RAM alone.
#[track_caller]
fn memories_are_block_ram(report: &Value, names: &[(&str, &str)]) {
    let memories = report["memories"].as_array().expect("memories");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut found: Vec<_> = memories
        .iter()
        .map(|memory| (text(&memory["module"]), text(&memory["memory"])))
        .collect();
    found.sort();
    let mut names: Vec<_> = names
        .iter()
        .map(|(module, memory)| (module.to_string(), memory.to_string()))
        .collect();
    names.sort();
    assert_eq!(found, names);
    for memory in memories {
        assert_eq!(memory["in_block_ram"], true, "{memory:#}");
    }
}

/// The share of the chip is that of the placed cells, and the text says the same.
#[track_caller]
fn shares_are_right(report: &Value, text: &str, placed: &[(&str, u64, u64)]) {
    let grouped = |number: u64| match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    };
    for (kind, used, available) in placed {
        let usage = &report["seeds"][0]["utilization"][kind];
        let said = (number(&usage["used"]), number(&usage["available"]));
        assert_eq!(said, (*used, *available), "{kind}");
        let share = format!("{:.1}", 100.0 * *used as f64 / *available as f64);
        let line = format!(
            "{kind} {} {} {share} %",
            grouped(*used),
            grouped(*available)
        );
        let found = text.lines().any(|found| words(found) == line);
        assert!(found, "no line {line} in\n{text}");
    }
}

/// The words of a line, with a space between them.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every seed has its clock and the path that limits it, in names of the core; median and
/// operations a second follow from them.
#[track_caller]
fn clocks_are_right(report: &Value, text: &str, netlist: &Hierarchy, seeds: usize) {
    let runs = report["seeds"].as_array().expect("seeds");
    assert_eq!(runs.len(), seeds);
    let mut clocks = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        assert_eq!(number(&run["seed"]), index as u64 + 1);
        let fmax = run["fmax_mhz"].as_f64().expect("a frequency");
        let path = &run["critical"];
        let ns = |key: &str| path[key].as_f64().expect("nanoseconds");
        let period = ns("logic_ns") + ns("routing_ns");
        // nextpnr rounds delays to picoseconds, and the frequency to hundredths.
        assert!((1000.0 / fmax - period).abs() < 0.01, "{run:#}");
        for end in ["from", "to"] {
            let name = path[end].as_str().expect("a register");
            let ours = match name.strip_prefix("dut.") {
                Some(path) => netlist.has_register(path),
                None => ["inputs", "results"].contains(&name),
            };
            assert!(ours, "{end} {name}");
        }
        let through = path["through"].as_array().expect("blocks");
        assert!(!through.is_empty(), "{run:#}");
        for block in through {
            let block = block.as_str().expect("a name");
            let path = block.strip_prefix("dut").expect("a block of the core");
            let (_, rest) = netlist.follow(path.trim_start_matches('.'));
            assert_eq!(rest, "", "{block} is no block");
        }
        let line = format!("{} {fmax:.1} MHz", index + 1);
        let found = text.lines().any(|found| words(found).starts_with(&line));
        assert!(found, "no line {line} in\n{text}");
        clocks.push(fmax);
    }
    clocks.sort_by(f64::total_cmp);
    let median = clocks[(seeds - 1) / 2];
    assert_eq!(report["fmax_mhz"].as_f64(), Some(median));
    let asked = number(&report["clock_mhz"]);
    assert!(median > asked as f64, "{median} of {asked} MHz");
    // Four multipliers, two operations each.
    let gops = report["gops"].as_f64().expect("operations");
    assert!((gops - 8.0 * median / 1000.0).abs() < 1e-9, "{gops}");
    let line = format!(
        "median {median:.1} MHz, {gops:.1} GOPS with every multiplier busy; the {asked} MHz asked \
         for are reached"
    );
    assert!(text.contains(&line), "no `{line}` in\n{text}");
}

#[track_caller]
fn per_mac_is_right(report: &Value) {
    for name in ["logic", "registers", "multipliers"] {
        let all = number(&blocks(report)[0]["each"][name]) as f64;
        assert_eq!(report["per_mac"][name].as_f64(), Some(all / 4.0), "{name}");
    }
}

/// The bitstreams are there, for this chip, and differ.
#[track_caller]
fn bitstreams(place: &Place, seeds: usize, marks: &[&[u8]]) {
    let mut all = Vec::new();
    for seed in 1..=seeds {
        let name = format!("out/seed{seed}-harness.bit");
        let bits = std::fs::read(place.path(&name)).expect("a bitstream");
        assert!(bits.len() > 50_000, "{name}: {} bytes", bits.len());
        for mark in marks {
            let found = bits[..100].windows(mark.len()).any(|part| part == *mark);
            assert!(found, "{name}: {:x?}", &bits[..100]);
        }
        // Not the same byte again and again behind its head.
        let set = bits.iter().filter(|byte| ![0, 0xff].contains(*byte));
        assert!(set.count() > 5_000, "{name} is empty");
        assert!(!all.contains(&bits), "{name} is that of another seed");
        all.push(bits);
    }
}

#[test]
fn a_core_for_ecp5_is_routed_with_the_pins_of_a_board() {
    let Some(place) = place(&[Tool::NextpnrEcp5, Tool::Ecppack]) else {
        return;
    };
    // The output registers of its memories are those of the block RAMs.
    let text = core("ecp5") + "output_register = true\n";
    place.write("core.toml", text);
    let report = report(
        &place,
        "synth core.toml --board ulx3s --seeds 2 --json -o out",
    );
    let (netlist, text) = (Hierarchy::of(&place), place.read("out/report.txt"));
    assert_eq!(
        (&report["board"], number(&report["speed"])),
        (&"ulx3s".into(), 6)
    );
    blocks_add_up(&report, &netlist, &ECP5);
    for block in blocks(&report) {
        let each = |name: &str| number(&block["each"][name]);
        let logic = each("luts") + 2 * each("carries") + each("ram_luts");
        assert_eq!(each("logic"), logic, "{block:#}");
    }
    memories_are_block_ram(&report, &MEMORIES);
    let whole = |name: &str| number(&report["whole"][name]);
    let placed = [
        ("MULT18X18D", 4, 156),
        (
            "DP16KD",
            number(&blocks(&report)[0]["each"]["block_rams"]),
            208,
        ),
        ("TRELLIS_FF", whole("registers"), 83_640),
        ("TRELLIS_IO", 3, 365),
    ];
    shares_are_right(&report, &text, &placed);
    clocks_are_right(&report, &text, &netlist, 2);
    per_mac_is_right(&report);
    let pins = place.read("out/seed1-pins.lpf");
    assert!(pins.contains("LOCATE COMP \"clk\" SITE \"G2\""), "{pins}");
    bitstreams(
        &place,
        2,
        &[b"Part: LFE5U-85F-6CABGA381", b"\xff\xff\xbd\xb3"],
    );
}

/// The LFE5U-45F is on no board here: nextpnr chooses the pins.
#[test]
fn a_core_gets_a_bitstream_for_a_chip_without_a_board() {
    let Some(place) = place(&[Tool::NextpnrEcp5, Tool::Ecppack]) else {
        return;
    };
    place.write("core.toml", core("ecp5"));
    let report = report(&place, "synth core.toml --target ecp5-45k --json -o out");
    assert_eq!(report["board"], Value::Null);
    let notes = report["notes"].to_string();
    assert!(notes.contains("not those of a board"), "{notes}");
    assert_eq!(report["seeds"][0]["utilization"]["TRELLIS_IO"]["used"], 3);
    assert!(!place.path("out/seed1-pins.lpf").exists());
    bitstreams(
        &place,
        1,
        &[b"Part: LFE5U-45F-6CABGA381", b"\xff\xff\xbd\xb3"],
    );
}

#[test]
fn a_core_for_ice40_is_routed_with_the_pins_of_a_board() {
    let Some(place) = place(&[Tool::NextpnrIce40, Tool::Icepack]) else {
        return;
    };
    place.write("core.toml", core("ice40"));
    let report = report(&place, "synth core.toml --board icebreaker --json -o out");
    let (netlist, text) = (Hierarchy::of(&place), place.read("out/report.txt"));
    blocks_add_up(&report, &netlist, &ICE40);
    // The A buffer is two memories of one port.
    let large = [("core_a_buffer", "bank_0"), ("core_a_buffer", "bank_1")];
    memories_are_block_ram(&report, &[&large, &MEMORIES[1..]].concat());
    for memory in report["memories"].as_array().expect("memories") {
        let kinds: Vec<_> = memory["cells"].as_object().expect("cells").keys().collect();
        let large = memory["module"] == "core_a_buffer";
        let kind = if large {
            "SB_SPRAM256KA"
        } else {
            "SB_RAM40_4K"
        };
        assert_eq!(kinds, [kind], "{memory:#}");
    }
    let block_rams = number(&report["whole"]["block_rams"]);
    let placed = [
        ("ICESTORM_DSP", 4, 8),
        ("ICESTORM_RAM", block_rams, 30),
        ("ICESTORM_SPRAM", 2, 4),
        ("SB_IO", 3, 39),
    ];
    shares_are_right(&report, &text, &placed);
    clocks_are_right(&report, &text, &netlist, 1);
    per_mac_is_right(&report);
    bitstreams(&place, 1, &[b"\x7e\xaa\x99\x7e"]);
}

/// In the whole core too, the PE itself is a DSP48E1 with registers beside it. The buffers have
/// their default sizes.
#[test]
fn a_pe_in_a_core_for_xilinx_has_no_lut() {
    let Some(place) = place(&[]) else {
        return;
    };
    let text = "name = \"core\"\ntarget = \"xilinx\"\n[array]\nrows = 3\ncolumns = 2\n";
    place.write("core.toml", text);
    let report = report(&place, "synth core.toml --target xilinx-7 --json -o out");
    let pe = block(&report, "core_pe");
    assert_eq!(pe["instances"], 6);
    // Flat, nothing is added either: no adder stands outside.
    let whole = &report["whole"];
    assert_eq!(number(&whole["multipliers"]), 6);
    let by_block = &block(&report, "core")["each"];
    for kind in ["logic", "carries"] {
        let (flat, by_block) = (number(&whole[kind]), number(&by_block[kind]));
        assert!(flat <= by_block, "{kind} in {whole:#}");
    }
    for (kind, wanted) in [
        ("multipliers", 1),
        ("luts", 0),
        ("carries", 0),
        ("ram_luts", 0),
    ] {
        assert_eq!(number(&pe["each"][kind]), wanted, "{kind} in {pe:#}");
    }
    let netlist = Hierarchy::of(&place);
    // Names of what was flattened are cells too.
    let beside = |kind: &str| !["DSP48E1", "FDRE", "$scopeinfo"].contains(&kind);
    assert_eq!(netlist.count("core_pe", &beside), 0, "{pe:#}");
    memories_are_block_ram(&report, &MEMORIES);
}
