//! `ferrogrid synth`, with the tools where they are there.

use crate::golden;
use crate::program::{Place, Run};
use crate::tools;
use ferrogrid::synth::tools::Tool;
use ferrogrid::synth::{Room, Target};
use serde_json::Value;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CORE: &str = "[array]\nrows = 2\ncolumns = 2\n";

/// A place with a small core and an empty cache, so that the tools really run; without a tool,
/// says that the test is skipped, or fails where `CI` is `true`.
pub fn place(tools: &[Tool]) -> Option<Place> {
    let tools = [&[Tool::Synthesizer], tools].concat();
    tools::present(&tools).then(|| {
        let place = Place::new();
        place.write("core.toml", CORE);
        place
    })
}

/// The report of a run that works, in JSON.
#[track_caller]
pub fn report(place: &Place, line: &str) -> Value {
    let mut command = place.command(line);
    command.env("FERROGRID_CACHE", place.path("cache"));
    let run = Run::of(&mut command);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{line}");
    serde_json::from_str(&run.stdout).expect("JSON")
}

#[test]
fn a_small_array_is_placed_and_routed() {
    let Some(place) = place(&[Tool::NextpnrEcp5]) else {
        return;
    };
    let line = "synth core.toml --out-of-context --seeds 2 --speed 8 --clock 250 --json -o out";
    let first = report(&place, line);
    let blocks = first["blocks"].as_array().expect("blocks");
    let modules: Vec<_> = blocks
        .iter()
        .map(|block| block["module"].as_str())
        .collect();
    assert_eq!(
        modules,
        ["matmul_2x2_array", "matmul_2x2_row", "matmul_2x2_pe"].map(Some)
    );
    assert_eq!(blocks[0]["each"]["multipliers"], 4);
    assert_eq!(blocks[2]["instances"], 4);
    let seeds = first["seeds"].as_array().expect("seeds");
    assert_eq!(seeds.len(), 2);
    for seed in seeds {
        let fmax = seed["fmax_mhz"].as_f64().expect("a frequency");
        assert!((50.0..1000.0).contains(&fmax), "{fmax}");
        let from = seed["critical"]["from"].as_str().expect("a register");
        assert!(from.starts_with("row_"), "{from}");
        assert_eq!(seed["utilization"]["MULT18X18D"]["used"], 4);
    }
    for file in ["synth.ys", "yosys.log", "seed2-nextpnr.log", "report.txt"] {
        assert!(!place.read(&format!("out/{file}")).is_empty(), "{file}");
    }
    assert_eq!(report(&place, line), first, "from the cache");
}

/// The Yosys of Debian, which writes some of its answers otherwise, with what it does not find itself:
/// nextpnr and ecppack of the environment.
#[cfg(unix)]
#[test]
fn the_yosys_of_debian_is_enough() {
    use crate::hierarchy::Hierarchy;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    let test = "the_yosys_of_debian_is_enough";
    let yosys = Path::new("/usr/bin/yosys");
    if !yosys.exists() {
        println!("SKIPPED {test}: there is no /usr/bin/yosys");
        return;
    }
    let tools = [Tool::NextpnrEcp5, Tool::Ecppack];
    let Some(place) = place(&tools) else {
        return;
    };
    std::fs::create_dir(place.path("bin")).expect("a folder");
    let found = tools.map(|tool| (tool.program(), tool.find().expect("a tool").path));
    for (name, path) in [("yosys", yosys.to_owned())].into_iter().chain(found) {
        // Started as it is called: what tells it where its files are must be as it was.
        let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", path.display());
        let file = place.path(&format!("bin/{name}"));
        std::fs::write(&file, script).expect("a script");
        std::fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("a program");
    }
    place.write("core.toml", format!("name = \"core\"\n{CORE}"));
    let line = "synth core.toml --json -o out";
    let mut command = place.command(line);
    let path = format!("{}:/usr/bin:/bin", place.path("bin").display());
    command
        .env("PATH", path)
        .env("FERROGRID_VENV", place.path("none"))
        .env("FERROGRID_CACHE", place.path("cache"));
    let run = Run::of(&mut command);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let netlist = Hierarchy::of(&place);
    let blocks = report["blocks"].as_array().expect("blocks");
    assert!(blocks.len() > 10, "{report:#}");
    for block in blocks {
        let module = block["module"].as_str().expect("a name");
        let registers = netlist.count(module, &|kind| kind == "TRELLIS_FF");
        assert_eq!(block["each"]["registers"], registers, "{module}");
    }
    assert_eq!(report["whole"]["multipliers"], 4);
    assert!(report["fmax_mhz"].as_f64().expect("a clock") > 10.0);
    assert_eq!(
        report["bitstreams"],
        serde_json::json!(["out/seed1-harness.bit"])
    );
}

/// What the router says there is, of the kinds that were used, is what the table of chips has.
#[track_caller]
fn assert_room(utilization: &Value, room: &Room) {
    let mut known = 0;
    for (kind, usage) in utilization.as_object().expect("kinds") {
        let expected = match kind.as_str() {
            "TRELLIS_COMB" | "ICESTORM_LC" | "OXIDE_COMB" | "LUT4" => room.luts,
            "TRELLIS_FF" | "OXIDE_FF" | "DFF" => room.registers,
            "MULT18X18D" | "ICESTORM_DSP" | "MULT18_CORE" => room.multipliers,
            // Two of them are one of 18 bits.
            "MULT9X9" | "MULT9_CORE" => 2 * room.multipliers,
            "DP16KD" | "ICESTORM_RAM" | "OXIDE_EBR" | "BSRAM" => room.block_rams,
            _ => continue,
        };
        assert_eq!(usage["available"], expected, "{kind}: {utilization:#}");
        known += 1;
    }
    assert!(known >= 2, "{utilization:#}");
}

/// One board for every router. The cells of the array must all arrive: on iCE40 Yosys merges
/// multipliers of a column wrongly if it may.
#[track_caller]
fn board_gets_a_bitstream(board: &str, tools: &[Tool], multipliers: (&str, u64), bitstream: &str) {
    let Some(place) = place(tools) else {
        return;
    };
    let line = format!("synth core.toml --out-of-context --board {board} --json -o out");
    let report = report(&place, &line);
    assert_eq!(report["board"], board);
    assert_eq!(report["frame"], "harness");
    assert_eq!(report["blocks"][0]["each"]["multipliers"], 4);
    let seed = &report["seeds"][0];
    let (kind, used) = multipliers;
    assert_eq!(seed["utilization"][kind]["used"], used, "{seed:#}");
    let target = Target::named(report["target"].as_str().expect("a name"));
    let chip = target.and_then(|target| target.chip.as_ref());
    assert_room(&seed["utilization"], &chip.expect("a chip").room);
    let fmax = seed["fmax_mhz"].as_f64().expect("a frequency");
    assert!((20.0..1000.0).contains(&fmax), "{fmax}");
    // Registers of the array or of the harness, in their own names.
    for end in ["from", "to"] {
        let name = seed["critical"][end].as_str().expect("a register");
        let of_array = name.starts_with("dut.row_");
        assert!(of_array || ["inputs", "results"].contains(&name), "{name}");
        assert!(!name.contains(|c: char| c.is_ascii_uppercase()), "{name}");
    }
    let bits = std::fs::read(place.path(&format!("out/seed1-{bitstream}"))).expect("a bitstream");
    assert!(bits.len() > 50_000, "{} bytes", bits.len());
}

#[test]
fn an_ice40_board_gets_a_bitstream() {
    let tools = [Tool::NextpnrIce40, Tool::Icepack];
    board_gets_a_bitstream("icebreaker", &tools, ("ICESTORM_DSP", 4), "harness.bit");
}

#[test]
fn an_ecp5_board_gets_a_bitstream() {
    let tools = [Tool::NextpnrEcp5, Tool::Ecppack];
    board_gets_a_bitstream("ulx3s", &tools, ("MULT18X18D", 4), "harness.bit");
}

#[test]
fn a_nexus_board_gets_a_bitstream() {
    let tools = [Tool::NextpnrNexus, Tool::Prjoxide];
    let multipliers = ("MULT18_CORE", 4);
    board_gets_a_bitstream("crosslink-nx-evn", &tools, multipliers, "harness.bit");
}

#[test]
fn a_gowin_board_gets_a_bitstream() {
    let tools = [Tool::NextpnrGowin, Tool::GowinPack];
    board_gets_a_bitstream("tang-nano-20k", &tools, ("MULT9X9", 4), "harness.fs");
}

/// Its router places no port without a pin: it gets pins of a board, and makes no bitstream.
#[test]
fn a_gowin_chip_is_routed_without_a_board() {
    let Some(place) = place(&[Tool::NextpnrGowin]) else {
        return;
    };
    let line = "synth core.toml --out-of-context --target gowin-18 --json -o out";
    let report = report(&place, line);
    assert_eq!(report["board"], Value::Null);
    assert_eq!(report["seeds"][0]["utilization"]["MULT9X9"]["used"], 4);
    let fmax = report["fmax_mhz"].as_f64().expect("a frequency");
    assert!((20.0..1000.0).contains(&fmax), "{fmax}");
    assert!(!place.path("out/seed1-harness.fs").exists());
}

/// The HX8K has no multipliers: they are built of LUTs.
#[test]
fn a_chip_without_multipliers_takes_an_array() {
    let Some(place) = place(&[Tool::NextpnrIce40, Tool::Icepack]) else {
        return;
    };
    place.write("core.toml", "[array]\nrows = 1\ncolumns = 1\n");
    let line = "synth core.toml --out-of-context --board hx8k-breakout --json";
    let report = report(&place, line);
    assert_eq!(report["whole"]["multipliers"], 0);
    let luts = report["whole"]["luts"].as_u64().expect("a number");
    assert!(luts > 60, "{luts}");
    assert_eq!(report["clock_mhz"], 12, "of the oscillator");
}

/// A run that ends badly says what it was at, and leaves its log and nothing else.
#[test]
fn a_run_that_takes_too_long_is_ended() {
    let Some(place) = place(&[Tool::NextpnrEcp5]) else {
        return;
    };
    let line = "synth --preset matmul-8x8 --time-limit 1 -o out";
    let mut command = place.command(line);
    command.env("FERROGRID_CACHE", place.path("cache"));
    let run = Run::of(&mut command);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr.contains("synthesis was not done after 1 s"),
        "{run:?}"
    );
    assert!(run.stderr.contains("--time-limit"), "{run:?}");
    let mut logs = place.names("cache");
    logs.retain(|name| name.starts_with("failed-yosys-"));
    assert_eq!(logs.len(), 1);
    assert!(!place.read(&format!("cache/{}", logs[0])).is_empty());
    assert!(!place.path("out").exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_tools_too() {
    let Some(place) = place(&[Tool::NextpnrEcp5]) else {
        return;
    };
    let mut command = place.command("synth --preset matmul-8x8 -o out");
    command.env("FERROGRID_CACHE", place.path("cache"));
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let at_work = || {
        let entries = std::fs::read_dir(place.path("cache"));
        let mut entries = entries.into_iter().flatten().flatten();
        entries.any(|entry| entry.file_name().to_string_lossy().starts_with(".build-"))
    };
    let begun = Instant::now();
    while !at_work() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no tool runs");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut kill = Command::new("kill");
    let killed = kill.args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill").success());
    let status = child.wait().expect("it ends");
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("a pipe");
    pipe.read_to_string(&mut stderr).expect("UTF-8");
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
    assert!(!at_work(), "the folder of the tool is gone");
    assert!(!place.path("out").exists());
}

#[test]
fn a_chip_that_is_too_small_says_what_fits() {
    let Some(place) = place(&[Tool::NextpnrEcp5]) else {
        return;
    };
    place.write("core.toml", "[array]\nrows = 5\ncolumns = 6\n");
    let line = "synth core.toml --out-of-context --target ecp5-25k";
    let mut command = place.command(line);
    command.env("FERROGRID_CACHE", place.path("cache"));
    let run = Run::of(&mut command);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr
            .contains("does not fit into the Lattice ECP5 LFE5U-25F"),
        "{run:?}"
    );
    assert!(run.stderr.contains("matmul-4x4"), "{run:?}");
    assert!(run.stderr.contains("ecp5-45k, ecp5-85k"), "{run:?}");
}

#[test]
fn families_without_a_router_are_counted() {
    let Some(place) = place(&[]) else {
        return;
    };
    for target in ["xilinx-7", "xilinx-usp", "cyclone-v"] {
        let line = format!("synth core.toml --out-of-context --target {target} --json");
        let report = report(&place, &line);
        assert_eq!(report["blocks"][0]["each"]["multipliers"], 4, "{target}");
        assert_eq!(report["fmax_mhz"], Value::Null, "{target}");
    }
}

#[test]
fn what_cannot_be_synthesized() {
    let place = Place::new();
    place.write("core.toml", CORE);
    let mut texts = vec![
        place.fail("synth core.toml --board ulx3s --target ice40-up5k"),
        place.fail("synth core.toml --target ecp5-25k --speed 9"),
        place.fail("synth core.toml --target ice40-up5k --speed 6"),
        place.fail("synth --preset matmul-8x8-ecp5 --target ice40-up5k"),
    ];
    let line = "synth core.toml";
    let mut command = place.command(line);
    command.env("PATH", "").env("FERROGRID_VENV", "none");
    texts.push(place.fail_with(line, &mut command));
    golden!(texts.join("\n"));
}
