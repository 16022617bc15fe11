//! `ferrogrid explore`.

use crate::program::Place;
use serde_json::Value;
use std::fs;

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/digits/network.onnx");

const PRODUCTS: &str =
    "kind = \"matmul\"\n[array]\nrows = [2, 4]\ncolumns = [2, 4, 8] # to choose from\n";
const NETWORKS: &str = "kind = \"npu\"\n[array]\nrows = [4, 8]\ncolumns = [4, 8]\n[memory]\nscratchpad = [\"8 KiB\", \"32 KiB\"]\n";

fn place() -> Place {
    let place = Place::new();
    place.write("products.toml", PRODUCTS);
    place.write("networks.toml", NETWORKS);
    place
}

fn report(place: &Place, folder: &str) -> Value {
    serde_json::from_str(&place.read(&format!("{folder}/report.json"))).expect("JSON")
}

#[test]
fn every_core_of_a_small_space_is_looked_at_and_the_best_are_simulated() {
    let place = place();
    let run = place.succeed("explore 16x8x8 9x5x7 --space products.toml --confirm 2");
    let first = run.stdout.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        "6 of 6 configurations looked at: 6 cores, 0 refused; shares of Lattice ECP5 LFE5U-85F"
    );
    assert!(
        run.stdout.contains("point  rows  columns  "),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("written: explore"), "{}", run.stdout);
    let report = report(&place, "explore");
    let best = report["best"].as_array().expect("numbers");
    assert_eq!(best.len(), 2);
    let confirmed = report["confirmed"].as_array().expect("points");
    assert_eq!(confirmed.len(), 2);
    for point in confirmed {
        for workload in point["workloads"].as_array().expect("workloads") {
            let number = |key: &str| workload[key].as_u64().expect("cycles") as f64;
            let off = number("expected") / number("cycles") - 1.0;
            assert!(off.abs() <= 0.03, "{workload}");
        }
    }
    // A core that is found is a configuration with the user's own words.
    let core = format!("explore/{}.toml", best[0]);
    assert!(place.read(&core).contains("# to choose from"));
    place.succeed(&format!("generate {core} -o core"));
    let csv = place.read("explore/points.csv");
    assert_eq!(csv.lines().count(), 7);
    assert!(
        csv.starts_with(
            "point,array.rows,array.columns,cycles of 16x8x8,cycles of 9x5x7,latency_s,"
        )
    );
}

#[test]
fn an_exploration_goes_on_where_it_was() {
    let place = place();
    let line = "explore 16x8x8 --space products.toml --confirm 1 -o all";
    place.succeed(line);
    let (points, whole) = (place.read("all/points.jsonl"), report(&place, "all"));
    // As a process leaves it that ends in the midst of a line.
    let lines = Vec::from_iter(points.lines());
    place.write(
        "all/points.jsonl",
        format!("{}\n{}", lines[..4].join("\n"), &lines[4][..9]),
    );
    place.succeed(line);
    assert_eq!(report(&place, "all"), whole);
    assert_eq!(place.read("all/points.jsonl"), points);
    // Nothing is left to look at.
    place.succeed(line);
    assert_eq!(place.read("all/points.jsonl"), points);
}

#[test]
fn parts_of_several_machines_are_put_together() {
    let place = place();
    let explore = "explore 16x8x8 --space products.toml --confirm 1";
    place.succeed(&format!("{explore} -o whole"));
    place.succeed(&format!("{explore} -o one --only 0-3"));
    place.succeed(&format!("{explore} -o two --only 3-5"));
    place.succeed(&format!("{explore} -o all --merge one two"));
    assert_eq!(report(&place, "all"), report(&place, "whole"));
}

#[test]
fn networks_are_compiled_for_each_core() {
    let place = place();
    let run = place.succeed(&format!(
        "explore {DIGITS} --space networks.toml --goal area,latency --fits ecp5-25k --budget 5 --search random"
    ));
    assert!(
        run.stdout.starts_with("5 of 8 configurations looked at: "),
        "{}",
        run.stdout
    );
    let report = report(&place, "explore");
    assert_eq!(report["workloads"], serde_json::json!(["network"]));
    for row in report["points"].as_array().expect("points") {
        let Some(figures) = row.get("figures") else {
            let reason = row["refused"].as_str().expect("a reason");
            assert_eq!(reason, "no room on Lattice ECP5 LFE5U-25F");
            continue;
        };
        assert!(figures["cycles"][0].as_u64() > Some(0), "{row}");
        assert!(figures["area"].as_f64() < Some(1.0), "{row}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    let place = place();
    let fail = |line: &str, wanted: &str| {
        let run = place.run(line);
        assert!(matches!(run.code, Some(1 | 2)), "{line}: {}", run.stdout);
        // Messages are as wide as a terminal.
        let words = run.stderr.split_whitespace().filter(|word| *word != "│");
        let message = Vec::from_iter(words).join(" ");
        assert!(message.contains(wanted), "{line}: {message}");
    };
    fail(
        "explore 4x4x4 --space networks.toml",
        "`4x4x4` is a product of matrices, and the configurations are of kind `npu`",
    );
    fail(
        &format!("explore {DIGITS} --space products.toml"),
        "is a network",
    );
    fail("explore 4x4x4 --space none.toml", "cannot read `none.toml`");
    fail(
        "explore 4x4x4 --space products.toml --fits ecp5",
        "ecp5-25k",
    );
    fail(
        "explore 4x4x4 --space products.toml --goal speed",
        "a goal is `latency`, `energy` or `area`",
    );
    fail(
        "explore 4x4x4 --space products.toml --only 4-9",
        "they go from 0 to 5",
    );
    fail("explore 4x4x4 --space products.toml --only 4-", "as `0-99`");
    fail(
        "explore 4x4x4 --space products.toml --merge none",
        "cannot use `none/points.jsonl`",
    );
    place.write("wrong.toml", PRODUCTS.replace("rows", "rowz"));
    fail("explore 4x4x4 --space wrong.toml", "rowz");
    assert!(!place.path("explore").exists() || fs::remove_dir_all(place.path("explore")).is_ok());
    place.succeed("explore 4x4x4 --space products.toml --confirm 0");
    fail(
        "explore 4x4x5 --space products.toml",
        "holds points of other networks",
    );
    let points = place.read("explore/points.jsonl");
    place.write(
        "explore/points.jsonl",
        points.replace("\"number\":2", "\"number\":77"),
    );
    fail(
        "explore 4x4x4 --space products.toml",
        "line 4: this is no point",
    );
}
