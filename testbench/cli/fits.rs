//! `ferrogrid fits`.

use crate::program::Place;
use serde_json::Value;

fn fit<'a>(fits: &'a [Value], core: &str, board: &str) -> &'a Value {
    let is = |fit: &&Value| fit["core"] == core && fit["board"] == board;
    fits.iter().find(is).expect("a row")
}

#[test]
fn presets_fit_boards_that_have_room() {
    let place = Place::new();
    let run = place.succeed("fits --json");
    let fits: Vec<Value> = serde_json::from_str(&run.stdout).expect("JSON");
    // What was routed by hand: docs/synthesis.md.
    for (core, board, wanted) in [
        ("small", "ulx3s", true),
        ("nano", "ulx3s", true),
        ("edge", "ulx3s", false),
        ("matmul-8x8-ecp5", "ecpix5", true),
        ("matmul-16x16", "ulx3s", false),
        ("matmul-2x4-ice40", "upduino", true),
        ("matmul-4x4", "upduino", false),
    ] {
        assert_eq!(fit(&fits, core, board)["fits"], wanted, "{core} on {board}");
    }
    // Cells of ECP5 are on no iCE40.
    assert!(
        !fits
            .iter()
            .any(|fit| fit["core"] == "matmul-8x8-ecp5" && fit["board"] == "upduino")
    );
    let table = place.succeed("fits").stdout;
    let row = table
        .lines()
        .find(|line| line.starts_with("edge "))
        .expect("a row");
    assert!(row.contains("no: 219 % DSP"), "{table}");
}

#[test]
fn what_was_routed_is_told() {
    let place = Place::new();
    place.write(
        "core.toml",
        "kind = \"matmul\"\nname = \"mine\"\n[array]\nrows = 2\ncolumns = 2\n",
    );
    let report = |core: &str, module: &str, board: &str, clock: f64| {
        format!(
            "{{\"core\":\"{core}\",\"module\":\"{module}\",\"target\":\"ecp5-85k\",\"board\":{board},\"fmax_mhz\":{clock}}}"
        )
    };
    place.write("whole/report.json", report("mine", "mine", "null", 123.4));
    place.write(
        "array/report.json",
        report("mine", "mine_array", "null", 300.0),
    );
    place.write(
        "other/report.json",
        report("mine", "mine", "\"ecpix5\"", 99.0),
    );
    let run = place.succeed("fits core.toml --routed whole array other");
    let row = run
        .stdout
        .lines()
        .find(|line| line.starts_with("mine "))
        .expect("a row");
    assert!(
        row.contains(", 123.4 MHz") && !row.contains("300.0"),
        "{row}"
    );
    assert!(row.matches("MHz").count() == 2, "{row}");
    place.write("wrong/report.json", "{}");
    let message = place.fail("fits core.toml --routed wrong");
    assert!(
        message.contains("is no report of `ferrogrid synth`"),
        "{message}"
    );
}
