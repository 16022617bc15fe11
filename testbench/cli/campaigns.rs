//! `ferrogrid verify` and `ferrogrid bench`.

use crate::golden;
use crate::program::{Place, Run};
use crate::tools;
use ferrogrid::synth::tools::Tool;
use serde_json::Value;

#[test]
fn a_campaign_is_decided_by_its_seed() {
    let place = Place::new();
    let run = |seed| {
        let line = format!("verify --seed {seed} --cases 12 --max-size 4");
        place.succeed(&line).stdout
    };
    let text = run(3);
    assert!(text.starts_with("12 cases passed: "), "{text}");
    assert!(
        text.contains(" on native, seed 3\n\ncover point "),
        "{text}"
    );
    assert_eq!(run(3), text);
    assert_ne!(run(4).replace("seed 4", "seed 3"), text);
    let json = place.succeed("verify --seed 3 --cases 12 --max-size 4 --json");
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["cases"], 12);
    assert_eq!(
        (&json["passed"], &json["failure"]),
        (&Value::Bool(true), &Value::Null)
    );
    let cycles = json["cycles"].as_u64().expect("a number");
    let digits: String = text
        .split(" cycles")
        .next()
        .and_then(|text| text.rsplit(", ").next())
        .expect("cycles")
        .replace(',', "");
    assert_eq!(digits, cycles.to_string());
}

/// Programs and networks on one core, whose architecture is that of the preset.
#[test]
fn a_campaign_of_a_core_that_runs_networks() {
    let place = Place::new();
    let text = place
        .succeed("verify --preset nano --cases 4 --seed 3")
        .stdout;
    assert!(
        text.starts_with("4 cases passed: 1 architecture, "),
        "{text}"
    );
    place.write("core.toml", place.succeed("presets nano").stdout);
    let of_file = place.succeed("verify --config core.toml --cases 4 --seed 3");
    assert_eq!(of_file.stdout, text);
}

/// A time ends a campaign; its cases are networks alone, on random cores or on one.
#[test]
fn a_campaign_of_networks_ends_in_time() {
    let place = Place::new();
    for (core, minutes) in [("", "0.03"), (" --preset nano", "0.02")] {
        let line = format!("verify --networks{core} --seed 5 --minutes {minutes}");
        let run = place.run(&line);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let said = format!("seed 5, {minutes} minutes\n");
        assert!(run.stderr.starts_with(&said), "{}", run.stderr);
        let text = run.stdout;
        assert!(text.contains(" on native, seed 5\n"), "{text}");
        // A program would have been a job or two, a network is one.
        let count = |what: &str| {
            let (before, _) = text.split_once(what).expect("a count");
            let number = before.rsplit(", ").next().expect("a number");
            number.replace("1 case passed: ", "").to_owned()
        };
        let cases = text.split(" case").next().expect("a number");
        assert_eq!(count(" job"), cases, "{text}");
        assert_ne!(cases, "0");
    }
    let cases = place.succeed("verify --networks --seed 5 --cases 3").stdout;
    assert!(cases.starts_with("3 cases passed: "), "{cases}");
    let wrong = place.run("verify --networks --minutes 0").stderr;
    assert!(wrong.contains("must be a number above 0"), "{wrong}");
}

/// What a failure prints is one argument.
#[test]
fn a_program_and_a_network_are_replayed() {
    let place = Place::new();
    let program = "program rows=4 columns=4 latency=30 stalls=40 seed=7 before=stopped@90; \
                   load offset=0x4000 run=40 rows=1 planes=1 signal=2; \
                   store wait=2:1 offset=0x7000 run=40 rows=1 planes=1; end code=5";
    let run = replay(&place, &[program]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let passed = "1 case passed: 1 architecture, 2 jobs, 40 elements, ";
    assert!(run.stdout.starts_with(passed), "{}", run.stdout);
    let network = "network rows=4 columns=4 seed=7; input 5x4x3; \
                   convolution outputs=2 kernel=3x3 padding=1,1,1,1; max_pool kernel=2x2 strides=2x2";
    let run = replay(&place, &[network]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let passed = "1 case passed: 1 architecture, 1 job, 8 elements, ";
    assert!(run.stdout.starts_with(passed), "{}", run.stdout);
}

/// What a campaign reached, and what it did not: one small job never fails.
#[test]
fn a_campaign_says_what_it_covered() {
    let place = Place::new();
    let case = "rows=2 columns=2 job=3x4x2:min seed=7";
    golden!(replay(&place, &[case]).stdout);
    let json = replay(&place, &[case, "--json"]).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["covers"]["job.job_ends"], 1, "{json}");
    assert_eq!(json["covers"]["job.job_fails"], 0, "{json}");
}

#[test]
fn a_campaign_without_cover_points_has_no_table() {
    let run = Place::new().succeed("verify --preset nano --cases 1");
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
}

fn replay(place: &Place, arguments: &[&str]) -> Run {
    Run::of(place.command("verify --replay").args(arguments))
}

#[test]
fn a_case_is_replayed_with_waves() {
    let place = Place::new();
    let case = "rows=3 columns=2 job=5x4x3:min stall_c=..# seed=7";
    let run = replay(&place, &[case, "--waves", "waves.vcd"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(
        run.stdout
            .starts_with("1 case passed: 1 architecture, 1 job, 15 elements, ")
    );
    assert_eq!(place.names("."), ["waves.vcd"]);
    assert!(place.read("waves.vcd").contains("$enddefinitions"));
}

#[test]
fn texts_that_are_no_case() {
    let place = Place::new();
    let texts = [
        "",
        "rows=3 columns=2",
        "rows=3 colums=2 job=1x1x1",
        "rows=99 columns=2 job=1x1x1",
        "rows=3 columns=2 job=1x1",
    ];
    let all = texts.map(|text| {
        let run = replay(&place, &[text]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
        format!("$ ferrogrid verify --replay \"{text}\"\n{}", run.stderr)
    });
    golden!(all.join("\n"));
}

#[test]
fn waves_that_cannot_be_written() {
    let place = Place::new();
    let line = "verify --replay rows=1 --waves nowhere/w.vcd";
    let mut command = place.command("verify --waves nowhere/w.vcd --replay");
    let replayed = place.fail_with(line, command.arg("rows=1 job=1x1x1"));
    golden!(
        [
            replayed,
            place.fail("verify --cases 1 --waves nowhere/w.vcd")
        ]
        .join("\n")
    );
}

/// Times depend on the machine and on the build; the form does not.
#[test]
fn figures_are_measured() {
    let place = Place::new();
    let run = place.run("bench --figure generation --quick --json");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["figure"] == "generation"));
    assert!(!rows.is_empty());
    let failed = rows.iter().any(|row| row["verdict"] == "fail");
    assert_eq!(run.code, Some(i32::from(failed)), "{}", run.stderr);
    assert_eq!(run.stderr.contains("miss what they must reach"), failed);
}

/// Verilog that someone has changed: as it was generated it passes, a mistake in it is found, and the line that
/// is printed finds it again.
#[test]
fn changed_verilog_is_checked() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let place = Place::new();
    place.succeed("new core.toml --rows 2 --columns 2");
    place.succeed("generate core.toml -o core");
    let text = place.succeed("verify --rtl core --cases 2 --seed 3").stdout;
    assert!(text.contains(" on verilator, seed 3"), "{text}");

    let top = "core/rtl/matmul_2x2.v";
    let right = place.read(top);
    let change = |to: &str| {
        let wrong = right.replace("irq <= done_interrupt || error_interrupt;", to);
        assert_ne!(wrong, right);
        place.write(top, &wrong);
    };
    // The test bench of the core finds it, ...
    change("irq <= done_interrupt;");
    let found = place.run("verify --rtl core --cases 60");
    assert_eq!(found.code, Some(1), "{}", found.stdout);
    let replay = found.stderr.lines().last().expect("a line");
    assert_eq!(
        replay,
        "replay: ferrogrid verify --rtl core --replay \"bench\""
    );
    let again = place.run("verify --rtl core --replay bench");
    assert_eq!((again.code, &again.stderr), (found.code, &found.stderr));
    // ... and a case alone what it comes upon, in any simulator.
    change("irq <= 1'b0;");
    let case = ["rows=2 columns=2 job=1x1x1"];
    let replay = |line: &str| Run::of(place.command(line).args(["--replay"]).args(case));
    let found = replay("verify --rtl core --sim icarus");
    assert_eq!(found.code, Some(1), "{}", found.stdout);
    assert_eq!(replay("verify").code, Some(0), "the core itself is right");

    let errors = [
        "verify --rtl nowhere",
        "verify --rtl core --sim native",
        "verify --rtl core --replay job=1x1x1",
    ];
    let errors = errors.map(|line| place.run(line).stderr);
    golden!(errors.join("\n"));
}
