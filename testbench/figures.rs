//! Holds the figures that are the same on every machine to what they must reach. Times are
//! measured by `ferrogrid bench`.

mod tools;

use ferrogrid::synth::tools::Tool;
use ferrogrid::verify::bench::{
    BenchReport, Figure, Options, Peer, Verdict, compare_arrays, generated_lines, run,
};

fn measure(figure: Figure) -> BenchReport {
    let options = Options {
        figures: vec![figure],
        quick: true,
        peer: None,
        models: None,
    };
    run(&options, &mut |_| ())
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
        println!("{preset}: {lines} lines, at most {most:?}");
        let grouped = |count: usize| format!("{},{:03}", count / 1000, count % 1000);
        let row = format!("{preset}: Verilog {} lines", grouped(lines));
        assert!(lines > 0, "{preset} has no lines");
        match most {
            None => assert_quoted(&row),
            Some(most) => {
                assert!(lines <= most, "{preset}: {lines} lines");
                assert_quoted(&format!("{row} <= {} pass", grouped(most)));
            }
        }
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

/// The stand-in has 640 registers and two multipliers.
#[test]
fn an_array_of_others_is_counted_in_the_same_way() {
    if !tools::synthesizer() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect(name);
    };
    write(
        "stand_in.v",
        "module stand_in (input clk, input [639:0] d, output [639:0] q, output [71:0] p);\n\
         half half_0 (.clk(clk), .d(d[319:0]), .q(q[319:0]), .p(p[35:0]));\n\
         half half_1 (.clk(clk), .d(d[639:320]), .q(q[639:320]), .p(p[71:36]));\nendmodule\n",
    );
    write(
        "half.sv",
        "`include \"width.svh\"\n\
         module half (input logic clk, input logic [`WIDTH-1:0] d,\n\
         output logic [`WIDTH-1:0] q, output logic [35:0] p);\n\
         assign p = d[17:0] * d[35:18];\n\
         always_ff @(posedge clk) q <= d;\nendmodule\n",
    );
    write("width.svh", "`define WIDTH 320\n");
    write("README", "not Verilog");
    let options = |name: &str| Options {
        figures: vec![Figure::Area],
        quick: true,
        peer: Some(Peer {
            file: folder.path().join(name),
            elements: 16,
        }),
        models: None,
    };
    let report = run(&options("stand_in.v"), &mut |_| ());
    let peer = |what: &str| {
        let mut rows = report.rows.iter();
        let row =
            rows.find(|row| row.what.starts_with("peer stand_in") && row.what.ends_with(what));
        row.unwrap_or_else(|| panic!("{}", report.table())).value
    };
    assert_eq!(peer("LUT4 + 2 CCU2C + FF"), Some(40.0));
    assert_eq!(peer("MULT18X18D"), Some(2.0 / 16.0));
    // Ours is there where the other fails.
    let error = |name: &str| {
        let report = run(&options(name), &mut |_| ());
        assert!(!report.passed());
        assert_eq!(report.rows[0].verdict, Verdict::Pass);
        let last = report.rows.last().expect("a row");
        assert_eq!(last.verdict, Verdict::Error);
        last.error.clone().expect("an error")
    };
    let absent = error("absent.v");
    assert!(absent.contains("absent.v"), "{absent}");
    write("wrong.v", "module other; endmodule\n");
    let wrong = error("wrong.v");
    assert!(wrong.contains("wrong"), "{wrong}");
}

#[test]
fn the_hand_written_array_computes_what_the_generated_one_does() {
    if tools::present(&[Tool::Verilator, Tool::Cxx]) {
        compare_arrays().unwrap();
    }
}
