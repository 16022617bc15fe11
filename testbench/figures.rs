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

#[test]
fn cores_are_written_in_few_lines() {
    for (preset, lines, most) in generated_lines().unwrap() {
        println!("{preset}: {lines} lines, at most {most}");
        assert!((1..=most).contains(&lines), "{preset}: {lines} lines");
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
