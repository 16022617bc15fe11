//! Holds the figures that are the same on every machine to what they must reach. Times are
//! measured by `ferrogrid bench`.

mod tools;

use ferrogrid::synth::tools::Tool;
use ferrogrid::verify::bench::{
    BenchReport, Figure, Options, Verdict, compare_arrays, generated_lines, run,
};

fn measure(figure: Figure) -> BenchReport {
    let options = Options {
        figures: vec![figure],
        quick: true,
    };
    run(&options, &mut |_| ()).unwrap()
}

/// The README quotes these rows of the benchmark's table as they are.
fn assert_quoted(table: &str) {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).expect("README.md");
    let quoted: Vec<String> = readme.lines().map(words).collect();
    for row in table.lines().map(words).filter(|row| row.contains(": ")) {
        assert!(quoted.contains(&row), "README.md does not quote: {row}");
    }
}

#[test]
fn cores_are_written_in_few_lines() {
    for (preset, lines, most) in generated_lines().unwrap() {
        println!("{preset}: {lines} lines, at most {most}");
        assert!((1..=most).contains(&lines), "{preset}: {lines} lines");
        let grouped = |count: usize| format!("{},{:03}", count / 1000, count % 1000);
        let (lines, most) = (grouped(lines), grouped(most));
        assert_quoted(&format!("{preset}: Verilog {lines} lines <= {most} pass"));
    }
}

#[test]
fn arrays_are_well_used() {
    let report = measure(Figure::Utilization);
    println!("{}", report.table());
    assert_eq!(report.rows.len(), 8);
    let passed = (report.rows.iter()).filter(|row| row.verdict == Verdict::Pass);
    assert_eq!(passed.count(), 6);
    assert!(report.passed(), "{}", report.table());
    assert_quoted(&report.table().to_string());
}

#[test]
fn an_array_takes_little_area() {
    if !tools::present(&[Tool::Yosys]) {
        return;
    }
    let report = measure(Figure::Area);
    println!("{}", report.table());
    assert!(report.passed(), "{}", report.table());
    let judged = |row: &&ferrogrid::verify::bench::Row| row.verdict == Verdict::Pass;
    assert_eq!(report.rows.iter().filter(judged).count(), 2);
}

#[test]
fn the_hand_written_array_computes_what_the_generated_one_does() {
    if tools::present(&[Tool::Verilator, Tool::Cxx]) {
        compare_arrays().unwrap();
    }
}
