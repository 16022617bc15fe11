//! `ferrogrid matmul` when all is well.

use crate::golden;
use crate::npy::matrix;
use crate::program::Place;
use ferrogrid::synth::tools::Tool;
use serde_json::Value;

fn operands() -> Place {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(19, 21, 1));
    place.write_npy("b.npy", &matrix(21, 13, 2));
    place
}

/// The product, computed here.
fn assert_product(place: &Place, name: &str) {
    let a = matrix(19, 21, 1).mapv(i32::from);
    let b = matrix(21, 13, 2).mapv(i32::from);
    assert_eq!(place.read_npy(name), a.dot(&b));
}

#[track_caller]
fn json(place: &Place, line: &str) -> Value {
    let run = place.succeed(&format!("{line} --json"));
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stdout))
}

#[test]
fn every_small_preset_computes_the_product() {
    let place = operands();
    for preset in ["matmul-4x4", "matmul-6x10", "matmul-8x8", "matmul-8x8-os"] {
        let line = format!("matmul a.npy b.npy -o {preset}.npy --preset {preset}");
        let report = json(&place, &line);
        assert_product(&place, &format!("{preset}.npy"));
        assert_eq!(report["exact"], true);
        assert_eq!(report["macs"], 19 * 21 * 13);
        let parts = report["breakdown"].as_array().expect("a list");
        let sum: u64 = parts
            .iter()
            .map(|part| part["cycles"].as_u64().expect("a number"))
            .sum();
        assert_eq!(report["cycles"], sum, "{preset}: the parts add up");
        let utilization = report["utilization"].as_f64().expect("a number");
        assert!(
            utilization > 0.05 && utilization < 1.0,
            "{preset}: {utilization}"
        );
    }
}

/// What a link leads to is written, and the link stays.
#[cfg(unix)]
#[test]
fn links_stay_links() {
    let place = operands();
    for (link, file) in [("c.npy", "real/c.npy"), ("w.vcd", "real/w.vcd")] {
        place.write(file, "old");
        std::os::unix::fs::symlink(file, place.path(link)).expect("a link");
    }
    place.succeed("matmul a.npy b.npy -o c.npy --waves w.vcd --preset matmul-4x4");
    assert!(place.path("c.npy").is_symlink() && place.path("w.vcd").is_symlink());
    assert_product(&place, "real/c.npy");
    assert!(place.read("real/w.vcd").contains("$enddefinitions"));
    assert_eq!(place.names("real"), ["c.npy", "w.vcd"]);
}

#[test]
fn the_report_says_what_limited_the_run() {
    let place = operands();
    let run = place.succeed("matmul a.npy b.npy -o c.npy --preset matmul-6x10");
    // The counts change with the hardware, the form does not.
    let form: String = run
        .stdout
        .chars()
        .map(|c| if c.is_ascii_digit() { '#' } else { c })
        .collect();
    let form: Vec<String> = form
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .map(|line| {
            line.replace("#,###", "#")
                .replace("##", "#")
                .replace("##", "#")
        })
        .collect();
    assert!(form.iter().any(|line| line.starts_with("limited by: ")));
    golden!(
        form.into_iter()
            .filter(|line| !line.starts_with("limited by: "))
            .collect::<Vec<_>>()
            .join("\n")
    );
}

/// The three simulators agree on everything that is printed.
#[test]
fn simulators_agree() {
    let place = operands();
    let run = |sim: &str| {
        let line = format!("matmul a.npy b.npy -o {sim}.npy --preset matmul-6x10 --sim {sim}");
        let mut report = json(&place, &format!("{line} --waves {sim}.vcd"));
        let waves = place.read(&format!("{sim}.vcd"));
        assert!(waves.contains("$enddefinitions") && waves.contains("m_axis_c_tdata"));
        assert_product(&place, &format!("{sim}.npy"));
        for key in ["simulator", "output", "waves"] {
            assert!(
                report[key]
                    .as_str()
                    .is_some_and(|text| text.starts_with(sim)),
                "{report}"
            );
            report[key] = Value::Null;
        }
        report
    };
    let native = run("native");
    for (sim, tools) in [
        ("verilator", [Tool::Verilator, Tool::Cxx]),
        ("icarus", [Tool::Iverilog, Tool::Vvp]),
    ] {
        match tools.into_iter().find_map(|tool| tool.find().err()) {
            Some(error) => println!("SKIPPED: {sim}: {error}"),
            None => assert_eq!(run(sim), native, "{sim}"),
        }
    }
}

#[test]
fn a_configuration_of_ones_own_and_no_output() {
    let place = operands();
    place.succeed("new core.toml --rows 3 --columns 5 --dataflow output_stationary");
    let before = place.contents();
    let report = json(&place, "matmul a.npy b.npy --config core.toml");
    assert_eq!(report["core"], "matmul-3x5-os");
    assert_eq!(report["output"], Value::Null);
    assert_eq!(place.contents(), before);
}
