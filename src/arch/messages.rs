//! What a user reads when a configuration is wrong.
//!
//! The texts are golden: `insta` keeps them in `snapshots/`. They are tested here rather than in
//! `config`, because a user sees no difference between a wrong text and a wrong combination.

use super::{from_preset, from_toml};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

/// The report as a terminal shows it, without colours.
fn report(error: &dyn Diagnostic) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    let mut text = String::new();
    handler
        .with_width(100)
        .with_links(false)
        .render_report(&mut text, error)
        .expect("a String takes everything");
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The reports of wrong texts, one after the other.
fn reports(texts: &[&str]) -> String {
    let one = |text: &&str| match from_toml("core.toml", text) {
        Ok(arch) => panic!("accepted as {arch:?}:\n{text}"),
        Err(error) => report(&error),
    };
    texts.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

/// A description whose `[array]` has these lines besides its size.
fn array(lines: &str) -> String {
    format!("[array]\nrows = 8\ncolumns = 8\n{lines}\n")
}

/// Compares with the golden text of the test.
macro_rules! golden {
    ($text:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($text);
        })
    };
}

#[test]
fn unknown_keys_name_the_nearest() {
    golden!(reports(&[
        "[array]\nrow = 8\ncolumns = 8\n",
        &array("data-flow = \"weight_stationary\""),
        &array("c = 128"),
        &array("colour = \"red\""),
        "rows = 8\n[array]\nrows = 8\ncolumns = 8\n",
        "[arrays]\nrows = 8\ncolumns = 8\n",
        &array("[buffers]\naccumulator = \"8 KiB\""),
        &array("[streams]\n\"a\\nb\" = 8"),
    ]));
}

#[test]
fn values_out_of_range_name_the_range() {
    golden!(reports(&[
        "[array]\nrows = 65\ncolumns = 8\n",
        "[array]\nrows = 8\ncolumns = 0\n",
        "[array]\nrows = -3\ncolumns = 8\n",
        "[array]\nrows = 99999999999999999999\ncolumns = 0x50\n",
        &array("[streams]\na = 100"),
        &array("[streams]\nc = 2048"),
        &array("[buffers]\nb = \"32 MiB\""),
        &array("[buffers]\nb = \"1 GiB\""),
        &array("[buffers]\nb = 0"),
        "name = \"8x8\"\n[array]\nrows = 8\ncolumns = 8\n",
        "name = \"../../etc\"\n[array]\nrows = 8\ncolumns = 8\n",
        "name = \"a-\"\n[array]\nrows = 8\ncolumns = 8\n",
        "name = \"a_\"\n[array]\nrows = 8\ncolumns = 8\n",
        "name = \"a__b\"\n[array]\nrows = 8\ncolumns = 8\n",
        "name = \"a--b\"\n[array]\nrows = 8\ncolumns = 8\n",
        "name = \"a-_b\"\n[array]\nrows = 8\ncolumns = 8\n",
    ]));
}

#[test]
fn wrong_types_say_what_is_wanted() {
    golden!(reports(&[
        "[array]\nrows = \"8\"\ncolumns = 8.0\n",
        "array = 8\n",
        "name = 8\n[array]\nrows = 8\ncolumns = 8\n",
        "kind = [\"matmul\"]\n[array]\nrows = 8\ncolumns = 8\n",
        &array("product_register = \"yes\""),
        &array("product_register = 1"),
        &array("[buffers]\na = 1.5"),
        &array("[buffers]\na = \"16 KB\""),
        &array("[buffers]\na = -1"),
    ]));
}

#[test]
fn unknown_choices_name_the_nearest() {
    golden!(reports(&[
        "kind = \"cnn\"\n[array]\nrows = 8\ncolumns = 8\n",
        &array("dataflow = \"weight-stationary\""),
        &array("dataflow = \"output\""),
        &array("dataflow = \"systolic\""),
        &array("activation = \"i8\""),
        &array("activation = \"int7\""),
        &array("weight = \"INT4\""),
        &array("weight = \"usp\""),
    ]));
}

/// Families and chips that `target` has under another name.
#[test]
fn families_by_their_own_names_name_the_target() {
    for (found, meant) in [
        ("xilinx-usp", "ultrascale_plus"),
        ("usp", "ultrascale_plus"),
        ("artix7", "xilinx"),
        ("kintex7", "xilinx"),
        ("spartan7", "xilinx"),
        ("virtex7", "xilinx"),
        ("zynq", "xilinx"),
        ("xilinx-7", "xilinx"),
        ("ecp5-25k", "ecp5"),
    ] {
        let text = format!("target = \"{found}\"\n{}", array(""));
        let report = reports(&[&text]);
        assert!(
            report.contains(&format!("unknown `target`: `{found}`")),
            "{report}"
        );
        assert!(
            report.contains(&format!("did you mean `{meant}`?")),
            "{report}"
        );
    }
}

#[test]
fn combinations_that_cannot_work_state_the_rule() {
    golden!(reports(&[
        &array("activation = \"int8\"\nweight = \"int4\""),
        &array("weight = \"uint8\""),
        &array("activation = \"int16\"\n[streams]\na = 8\nb = 8\nc = 32"),
        &array("[streams]\nc = 16"),
        &array("[buffers]\na = 127\nb = 63\naccumulators = 511"),
        &array("dataflow = \"output_stationary\"\n[buffers]\na = 127\nb = 15\naccumulators = 511"),
    ]));
}

#[test]
fn texts_that_are_no_configuration() {
    golden!(reports(&[
        "",
        "rows = 8",
        "[array]\n",
        "[array]\nrows = 8\n",
        "[array\nrows = 8\n",
        "[array]\nrows = 8\nrows = 9\ncolumns = 8\n",
        "[array]\nrows = \ncolumns = 8\n",
    ]));
}

#[test]
fn unknown_presets_name_the_nearest() {
    let text = |name| report(&from_preset(name).unwrap_err());
    let texts = ["matmul-8x8os", "matmul-16", "resnet", "a\nb"].map(text);
    golden!(texts.join("\n\n"));
}

/// What is named as too small is exactly one byte too small.
#[test]
fn the_sizes_in_messages_are_enough() {
    for (dataflow, sizes) in [
        ("weight_stationary", [128, 128, 512]),
        ("output_stationary", [128, 32, 512]),
    ] {
        let [a, b, accumulators] = sizes;
        let text = array(&format!(
            "dataflow = \"{dataflow}\"\n[buffers]\na = {a}\nb = {b}\naccumulators = {accumulators}"
        ));
        let arch = from_toml("core.toml", &text).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            arch.limits.max_k >= 2 && arch.limits.max_n == 8,
            "{:?}",
            arch.limits
        );
    }
}
