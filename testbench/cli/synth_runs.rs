//! `ferrogrid synth` with stand-ins for its tools: what is asked, and how each stage fails.

use crate::golden;
use crate::program::Run;
use crate::stand_ins::{HANGING, PACKER, ROUTER, Tools, YOSYS};
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Without a configuration both ways to name one are told.
#[test]
fn no_configuration() {
    let run = Run::of(&mut Tools::new().command("synth"));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(
        run.stderr.contains("FILE") && run.stderr.contains("--preset"),
        "{run:?}"
    );
    let help = Tools::new().succeed("synth --help");
    assert!(help.contains("the lower of the middle two"), "{help}");
}

/// Every stage: its name, the tool's own words, what to do, and the log.
#[test]
fn a_stage_that_fails() {
    let tools = Tools::new();
    let mut texts = Vec::new();
    tools.does("yosys", "echo 'ERROR: no such cell: X'; echo more; exit 1");
    texts.push(tools.fail("synth core.toml"));
    let [log] = &tools.logs()[..] else {
        panic!("not one log: {:?}", tools.logs());
    };
    assert!(tools.place.read(&format!("cache/{log}")).contains("more"));
    tools.does("yosys", "kill -KILL $$");
    texts.push(tools.fail("synth core.toml"));
    tools.does("yosys", "echo '/tmp: No space left on device' >&2; exit 1");
    texts.push(tools.fail("synth core.toml"));
    assert_eq!((tools.runs("yosys"), tools.runs("nextpnr-ecp5")), (3, 0));

    tools.does("yosys", YOSYS);
    let router = |script: &str| tools.does("nextpnr-ecp5", script);
    router("echo 'ERROR: Failed to route arc 1 of net a.b'; exit 1");
    texts.push(tools.fail("synth core.toml"));
    router("echo 'ERROR: unsupported cell'; exit 1");
    texts.push(tools.fail("synth core.toml"));
    router("echo terminate called: std::bad_alloc; exit 134");
    texts.push(tools.fail("synth core.toml"));
    assert_eq!(tools.runs("yosys"), 4, "the netlist is kept");
    router("echo nonsense >timing.json");
    texts.push(tools.fail("synth core.toml"));

    router(ROUTER);
    tools.succeed("synth core.toml");
    tools.does("ecppack", "echo 'Error: no such tile'; exit 1");
    texts.push(tools.fail("synth core.toml --board ulx3s"));
    tools.does("ecppack", PACKER);
    tools.succeed("synth core.toml --board ulx3s -o out");
    assert_eq!(tools.place.read("out/seed1-harness.bit"), "configuration\n");
    golden!(texts.join("\n"));
}

/// What is missing is said before the long work.
#[test]
fn a_packer_that_is_missing() {
    let tools = Tools::new();
    fs::remove_file(tools.place.path("bin/ecppack")).expect("removed");
    let line = "synth core.toml --board ulx3s -o out";
    let said = tools.place.fail_with(line, &mut tools.command(line));
    assert!(said.contains("`ecppack` was not found"), "{said}");
    assert_eq!((tools.runs("yosys"), tools.runs("nextpnr-ecp5")), (0, 0));
}

/// What is listed has room, is made of the chip's cells, and is not what just failed.
#[test]
fn a_chip_that_is_too_small_says_what_would_fit() {
    let tools = Tools::new();
    let full =
        "echo \"ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'Y'\"
        exit 1";
    for router in ["nextpnr-ecp5", "nextpnr-ice40"] {
        tools.does(router, full);
    }
    tools.place.write(
        "ice40.toml",
        "target = \"ice40\"\n[array]\nrows = 4\ncolumns = 4\n[buffers]\na = \"2 KiB\"\nb = \"8 KiB\"\n\
         accumulators = \"2 KiB\"\n",
    );
    golden!(
        [
            "synth --preset matmul-8x8 --target ecp5-25k",
            // Its estimate says that it fits the chip: then this must not be repeated.
            "synth --preset matmul-8x8 --target ecp5-85k",
            "synth --preset matmul-8x8-ecp5 --target ecp5-25k",
            "synth --preset matmul-16x16 --target ecp5-85k --out-of-context",
            "synth --preset matmul-4x4 --board icebreaker",
            "synth --preset matmul-4x4 --board hx8k-breakout --out-of-context",
            "synth ice40.toml",
        ]
        .map(|line| tools.fail(line))
        .join("\n")
    );
}

#[test]
fn a_tool_that_takes_too_long_ends_with_all_that_it_started() {
    let tools = Tools::new();
    tools.does("nextpnr-ecp5", HANGING);
    let said = tools.fail("synth core.toml --time-limit 2");
    tools.assert_no_beat();
    golden!(said);
    let logs = tools.logs();
    assert_eq!(logs.len(), 1);
    let log = tools.place.read(&format!("cache/{}", logs[0]));
    assert_eq!(log, "Info: begins\n");
}

#[test]
fn ctrl_c_ends_what_a_tool_started() {
    let tools = Tools::new();
    tools.does("yosys", HANGING);
    let mut child = tools
        .command("synth core.toml -o out")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    tools.wait_for_beat();
    let mut kill = Command::new("kill");
    let killed = kill.args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill").success());
    let begun = Instant::now();
    let status = child.wait().expect("it ends");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("a pipe");
    pipe.read_to_string(&mut stderr).expect("UTF-8");
    assert_eq!(status.code(), Some(130), "{stderr}");
    tools.assert_no_beat();
    tools.assert_nothing_is_half_written();
}

/// Stages of minutes are told of where they begin: in a log as lines, on a terminal in one that goes.
#[test]
fn stages_are_shown() {
    let tools = Tools::new();
    let line = "synth core.toml --seeds 2";
    let run = Run::of(&mut tools.command(line));
    let stages = [
        "synthesis",
        "placing and routing, seed 1 of 2",
        "placing and routing, seed 2 of 2",
    ];
    let lines = stages.map(|stage| format!("Lattice ECP5 LFE5U-85F: {stage}\n"));
    assert_eq!((run.code, run.stderr), (Some(0), lines.concat()));
    assert!(!run.stdout.contains(stages[2]), "{}", run.stdout);
    let run = Run::of(&mut tools.command(&format!("{line} --json")));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));

    if which::which("script").is_err() {
        println!("SKIPPED the terminal of stages_are_shown: there is no `script`");
        return;
    }
    tools.does("nextpnr-ecp5", &format!("sleep 0.5\n{ROUTER}"));
    let program = tools.command("");
    let shown = format!("{} {line} --clock 50", program.get_program().display());
    let mut script = Command::new("script");
    script
        .args(["-qec", &shown, "/dev/null"])
        .env("TERM", "xterm");
    script.stdin(Stdio::null());
    for (name, value) in program.get_envs() {
        script.env(name, value.expect("a variable that is set"));
    }
    script.current_dir(program.get_current_dir().expect("a folder"));
    let run = Run::of(&mut script);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains(stages[2]), "{run:?}");
    assert!(
        run.stdout.contains("the 50 MHz asked for are reached"),
        "{run:?}"
    );
    // No line of it stays.
    let ends = |text: &str| run.stdout.contains(&format!("{text}\r\n"));
    assert!(!stages.iter().any(|stage| ends(stage)), "{run:?}");
}

/// Clock, speed grade and seeds are those of the command line.
#[test]
fn what_is_asked_reaches_the_router() {
    let tools = Tools::new();
    let line = "synth core.toml --clock 37 --speed 8 --seeds 2 --json";
    let report: Value = serde_json::from_str(&tools.succeed(line)).expect("JSON");
    assert_eq!(
        (&report["clock_mhz"], &report["speed"]),
        (&37.into(), &8.into())
    );
    let runs = tools.place.read("tools/nextpnr-ecp5.runs");
    for (seed, run) in (1..).zip(runs.lines()) {
        assert!(run.contains(&format!("--seed {seed} --freq 37 ")), "{run}");
        assert!(run.contains("--speed 8"), "{run}");
    }
    assert_eq!(tools.runs("nextpnr-ecp5"), 2);
}

/// Which cells of a core, or of its array, are given places; the report counts what the script has.
#[test]
fn a_core_for_ecp5_has_a_floorplan() {
    let tools = Tools::new();
    let core = "target = \"ecp5\"\n[array]\nrows = 2\ncolumns = 2\n";
    tools.place.write("plain.toml", core);
    let registers = format!("{core}[buffers]\noutput_register = true\n");
    tools.place.write("registers.toml", &registers);
    let large = format!("{registers}accumulators = \"256 KiB\"\n");
    tools.place.write("large.toml", large);
    let places = |line: &str, path: &str| {
        let report = tools.succeed(&format!("synth {line} --json -o out"));
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let script = tools.place.read("out/synth.ys");
        let places = script
            .lines()
            .filter(|line| line.starts_with("setattr -set BEL"));
        let places: Vec<&str> = places.collect();
        let here = format!(" c:{path}");
        assert!(places.iter().all(|place| place.contains(&here)), "{script}");
        let of = |kind| places.iter().filter(|place| place.contains(kind)).count();
        let counts = [of("/MULT18_"), of("/EBR")];
        assert_eq!(counts[0] + counts[1], places.len(), "{script}");
        let floorplanned = &report["floorplanned"];
        let told = ["multipliers", "block_rams"].map(|kind| floorplanned[kind].as_u64());
        assert_eq!(told, counts.map(|count| Some(count as u64)));
        counts
    };
    assert_eq!(places("registers.toml", "dut."), [4, 4]);
    assert_eq!(places("registers.toml --no-floorplan", ""), [0, 0]);
    assert_eq!(
        places("registers.toml --out-of-context array", "row_"),
        [4, 0]
    );
    assert_eq!(
        places("registers.toml --out-of-context array --no-floorplan", ""),
        [0, 0]
    );
    assert_eq!(places("plain.toml", "dut."), [4, 0]);
    // More than a row of the chip has.
    assert_eq!(places("large.toml --target ecp5-25k", "dut."), [4, 0]);
    assert_eq!(places("core.toml", ""), [0, 0]);
}

/// Where nextpnr fails with our places, leaving them out is one way on.
#[test]
fn a_floorplan_that_may_be_the_reason() {
    let tools = Tools::new();
    tools.place.write(
        "ecp5.toml",
        "target = \"ecp5\"\n[array]\nrows = 2\ncolumns = 2\n",
    );
    tools.does(
        "nextpnr-ecp5",
        "echo 'ERROR: Failed to route arc 1 of net a.b'; exit 1",
    );
    let named = |line| tools.fail(line).contains("`--no-floorplan`");
    assert!(named("synth ecp5.toml"));
    assert!(!named("synth ecp5.toml --no-floorplan"));
    assert!(!named("synth core.toml"));
}

/// Options without a meaning for the target, and those that contradict each other.
#[test]
fn options_that_mean_nothing() {
    let tools = Tools::new();
    for target in ["ecp5", "ice40", "xilinx", "ultrascale_plus"] {
        let text = format!("target = \"{target}\"\n[array]\nrows = 2\ncolumns = 2\n");
        tools.place.write(&format!("{target}.toml"), text);
    }
    let text = "name = \"registers\"\ntarget = \"ecp5\"\n[array]\nrows = 2\ncolumns = 2\n\
                [buffers]\noutput_register = true\n";
    tools.place.write("registers.toml", text);
    golden!(
        [
            "synth core.toml --target xilinx-7 --seeds 2",
            "synth core.toml --target cyclone-v --clock 50",
            "synth core.toml --board arty-a7 --speed 1",
            "synth core.toml --target xilinx-usp --no-floorplan",
            "synth core.toml --no-floorplan",
            "synth ice40.toml --no-floorplan",
            "synth core.toml --target ice40-up5k --out-of-context core",
            "synth core.toml --board ulx3s --out-of-context core",
            "synth core.toml --board ulx3s --target ecp5-25k",
            "synth core.toml --board icebreaker --target ice40-hx8k",
            "synth ice40.toml --target ice40-hx8k",
            "synth ice40.toml --board hx8k-breakout",
            "synth ecp5.toml --board icebreaker",
            "synth ultrascale_plus.toml --board arty-a7",
            "synth ecp5.toml --target nexus-40",
            "synth registers.toml --target nexus-40",
            "synth xilinx.toml --target ecp5-85k",
            "synth xilinx.toml --target xilinx-usp",
            "synth xilinx.toml --board ulx3s",
            "synth ultrascale_plus.toml --target xilinx-7",
            "synth ecp5.toml --target cyclone-v",
        ]
        .map(|line| tools.place.fail_with(line, &mut tools.command(line)))
        .join("\n")
    );
    assert_eq!(tools.runs("yosys"), 0);
}

/// The chip follows the cells that a core is made for; the same chip twice is no contradiction.
#[test]
fn a_core_goes_to_a_chip_that_has_its_cells() {
    let tools = Tools::new();
    // Without the ends of lines, which may be anywhere.
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = in_one_line(&tools.succeed("synth --help"));
    let page = in_one_line(include_str!("../../docs/synthesis.md"));
    let target = |line: &str| {
        let report: Value = serde_json::from_str(&tools.succeed(line)).expect("JSON");
        report["target"].as_str().expect("a name").to_owned()
    };
    for (cells, name) in [
        ("portable", "ecp5-85k"),
        ("ecp5", "ecp5-85k"),
        ("ice40", "ice40-up5k"),
        ("xilinx", "xilinx-7"),
        ("ultrascale_plus", "xilinx-usp"),
    ] {
        let text = format!("target = \"{cells}\"\n[array]\nrows = 2\ncolumns = 2\n");
        tools.place.write("core.toml", text);
        assert_eq!(target("synth core.toml --json"), name);
        let (_, said) = help
            .split_once("by `target` of the configuration")
            .expect("the list");
        let (said, _) = said.split_once(']').expect("its end");
        let of_chip = said.split_once(&format!("{name} for")).expect(name).1;
        assert!(of_chip.contains(cells), "{cells}: {said}");
        let (_, said) = page
            .split_once("follows `target` of the configuration")
            .expect("the list");
        let of_chip = said.split_once(&format!("`{name}` for")).expect(name).1;
        assert!(of_chip.contains(&format!("`{cells}`")), "{cells}: {said}");
    }
    tools
        .place
        .write("core.toml", "[array]\nrows = 2\ncolumns = 2\n");
    let line = "synth core.toml --board ulx3s --target ecp5-85k --json";
    assert_eq!(target(line), "ecp5-85k");
    assert_eq!(
        target("synth core.toml --board orangecrab --json"),
        "ecp5-25k"
    );
}

/// Nothing is placed for it, but a board has a chip, which may be too small for what was counted.
#[test]
fn a_part_that_is_too_small_is_noted() {
    const TOO_SMALL: &str = "the XC7A100T of the Arty A7-100T is too small for what was counted: ";
    let lacking = |line: &str, cells: &str| {
        let tools = Tools::new();
        let whole = format!(r#"{{"modules": {{"matmul_2x2": {{"num_cells_by_type": {cells}}}}}}}"#);
        tools.place.write("tools/whole.json", whole);
        let whole = "cp $STAND_INS/whole.json whole.json";
        tools.does("yosys", &format!("{YOSYS}\n{whole}"));
        let text = tools.succeed(line);
        let json = tools.succeed(&format!("{line} --json"));
        let report: Value = serde_json::from_str(&json).expect("JSON");
        let mut notes = report["notes"].as_array().expect("notes").iter();
        let note = notes.find_map(|note| note.as_str()?.strip_prefix(TOO_SMALL));
        let line = format!("note: {TOO_SMALL}{}\n", note.unwrap_or_default());
        assert_eq!(text.contains(&line), note.is_some(), "{text}");
        note.unwrap_or_default().to_owned()
    };
    let arty = |cells| lacking("synth core.toml --board arty-a7", cells);
    assert_eq!(arty(r#"{"DSP48E1": 241}"#), "241 DSP48E1 (it has 240)");
    assert_eq!(
        arty(r#"{"DSP48E1": 256, "RAMB36E1": 135, "RAMB18E1": 1}"#),
        "256 DSP48E1 (it has 240), 271 halves of a RAMB36E1 (it has 270)"
    );
    assert_eq!(arty(r#"{"DSP48E1": 240, "RAMB36E1": 135}"#), "");
    let family = lacking("synth core.toml --target xilinx-7", r#"{"DSP48E1": 256}"#);
    assert_eq!(family, "", "nothing is known of its chip");
}

/// What a run did otherwise than it may have been understood is in its report.
#[test]
fn a_report_says_what_had_no_part_in_it() {
    let tools = Tools::new();
    let notes = |line: &str| {
        let text = tools.succeed(line);
        let json = tools.succeed(&format!("{line} --json"));
        let report: Value = serde_json::from_str(&json).expect("JSON");
        let notes = report["notes"].as_array().expect("notes").iter();
        let notes = notes.map(|note| note.as_str().expect("a text"));
        let lines: Vec<String> = notes.map(|note| format!("note: {note}\n")).collect();
        assert!(text.contains(&lines.concat()), "{text}");
        format!("$ ferrogrid {line}\n{}", lines.concat())
    };
    let line = "synth core.toml --out-of-context";
    let mut texts = [
        "synth core.toml",
        line,
        "synth core.toml --out-of-context --target ice40-up5k",
        "synth core.toml --out-of-context --board ulx3s",
        "synth core.toml --board arty-a7",
    ]
    .map(notes)
    .to_vec();
    tools.place.write("bin/yosys.version", "Yosys 0.23");
    texts.push(notes(line));
    golden!(texts.join("\n"));
    tools.place.write("bin/yosys.version", "Yosys 0.9");
    let run = Run::of(&mut tools.command(line));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("0.23 or later"), "{run:?}");
    assert!(run.stderr.contains("setup --fpga"), "{run:?}");
}

/// The Yosys of proofs and that of synthesis may be two.
#[test]
fn doctor_tells_the_two_yosys_apart() {
    let tools = Tools::new();
    tools.place.write("bin/yosys.version", "Yosys 0.23");
    tools
        .place
        .write("environment/bin/yosys.version", "Yosys 0.70");
    let environment = tools.place.path("environment");
    let tool = fs::read_link(tools.place.path("bin/yosys")).expect("a link");
    std::os::unix::fs::symlink(tool, environment.join("bin/yosys")).expect("a link");
    let mut command = tools.command("doctor --json");
    let run = Run::of(command.env("FERROGRID_VENV", &environment));
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let of = |purpose: &str| {
        let tools = report["tools"].as_array().expect("a list").iter();
        let mut found = tools.filter(|tool| tool["purpose"] == purpose);
        let tool = found.next().expect("a tool").clone();
        let path = tool["path"].as_str().expect("a path");
        let folder = path.rsplit('/').nth(2).expect("a folder").to_owned();
        (tool["version"].as_str().map(str::to_owned), folder)
    };
    let (version, _) = of("formal checks");
    assert_eq!(version.as_deref(), Some("0.23"));
    let (version, folder) = of("synthesis");
    assert_eq!(version.as_deref(), Some("0.70"));
    assert_eq!(folder, "environment");
}

/// What was measured is told where a later figure fails.
#[test]
fn a_figure_that_fails_leaves_the_others() {
    let tools = Tools::new();
    tools.does("yosys", "echo 'ERROR: out of luck'; exit 1");
    let line = "bench --quick --figure area --figure generation";
    let run = Run::of(&mut tools.command(line));
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("Verilog"), "{run:?}");
    assert!(run.stdout.contains("FAILED synthesis of an 8x8 array"));
    assert!(run.stdout.contains("out of luck"), "{run:?}");
    assert!(
        run.stderr
            .contains("1 of the figures could not be measured")
    );
    let run = Run::of(&mut tools.command(&format!("{line} --json")));
    assert_eq!(run.code, Some(1), "{run:?}");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    assert!(rows.len() > 2, "{report:#}");
    assert_eq!(
        (&rows[0]["figure"], &rows[0]["verdict"]),
        (&"area".into(), &"error".into())
    );
    let error = rows[0]["error"].as_str().expect("an error");
    assert!(error.contains("out of luck"), "{error}");

    let line = "bench --figure generation --peer array.v";
    let said = tools.place.fail_with(line, &mut tools.command(line));
    assert!(said.contains("`--figure area`"), "{said}");
}

/// Bitstreams are named where they are kept; a clock that is missed is no failure.
#[test]
fn a_report_names_its_bitstreams_and_whether_the_clock_is_met() {
    let tools = Tools::new();
    let line = "synth core.toml --seeds 2 --clock 200";
    let text = tools.succeed(&format!("{line} -o out"));
    let end = "written: out\nbitstream: out/seed1-harness.bit\nbitstream: out/seed2-harness.bit\n";
    assert!(text.ends_with(end), "{text}");
    assert!(
        text.contains("the 200 MHz asked for are NOT reached"),
        "{text}"
    );
    let json = |line: &str| -> Value {
        serde_json::from_str(&tools.succeed(&format!("{line} --json"))).expect("JSON")
    };
    let kept = json(&format!("{line} -o out"));
    assert_eq!(kept["bitstreams"][1], "out/seed2-harness.bit");
    assert_eq!(
        (&kept["met"], &kept["seeds"][1]["met"]),
        (&false.into(), &false.into())
    );
    assert_eq!(json("synth core.toml --clock 100 -o out")["met"], true);
    let gone = json(line);
    assert_eq!(gone["bitstreams"].as_array().map(Vec::len), Some(0));
    assert_eq!(gone["notes"].as_array().map(Vec::len), Some(0));
}
