//! Every kind of bad input: the message, the place, the next step, and nothing left behind.

use crate::golden;
use crate::npy::matrix;
use crate::program::{Place, Run};
use ndarray::{Array1, Array2};

fn configuration_errors(texts: &[&str]) -> String {
    let place = Place::new();
    let mut all = Vec::new();
    for text in texts {
        place.write("core.toml", text);
        all.push(place.fail("generate core.toml -o build/core"));
    }
    all.join("\n")
}

#[test]
fn an_unknown_key_names_the_nearest() {
    golden!(configuration_errors(&[
        "[array]\nrows = 8\ncolums = 8\n",
        "[array]\nrows = 8\ncolumns = 8\n[bufers]\na = \"4 KiB\"\n",
    ]));
}

/// A chip is no target of the configuration.
#[test]
fn a_chip_as_target_names_the_target() {
    golden!(configuration_errors(&[
        "target = \"ecp5-85k\"\n[array]\nrows = 8\ncolumns = 8\n",
        "target = \"xilinx-usp\"\n[array]\nrows = 8\ncolumns = 8\n",
    ]));
}

#[test]
fn a_value_out_of_range_names_the_range() {
    golden!(configuration_errors(&["[array]\nrows = 65\ncolumns = 8\n"]));
}

#[test]
fn a_combination_that_cannot_work_names_the_rule() {
    golden!(configuration_errors(&[
        "[array]\nrows = 8\ncolumns = 8\nactivation = \"int16\"\nweight = \"int8\"\n",
        "[array]\nrows = 8\ncolumns = 8\n[buffers]\na = \"64 B\"\n",
    ]));
}

#[test]
fn a_name_that_modules_cannot_have() {
    let texts = ["a-", "a__b", "wire", "output", "always-comb"]
        .map(|name| format!("name = \"{name}\"\n[array]\nrows = 2\ncolumns = 2\n"));
    golden!(configuration_errors(&texts.each_ref().map(String::as_str)));
}

/// Files without an end, and texts with more mistakes than anyone reads.
#[cfg(unix)]
#[test]
fn what_has_no_end_is_not_read() {
    let place = Place::new();
    place.write_npy("b.npy", &crate::npy::matrix(4, 4, 0));
    let keys = (0..20_000).map(|key| format!("key{key} = 1\n"));
    place.write("many.toml", keys.collect::<String>());
    place.write("long.toml", "#".repeat((1 << 20) + 1));
    let messages = [
        "matmul /dev/zero b.npy --preset matmul-4x4",
        "matmul b.npy /dev/zero --preset matmul-4x4",
        "generate /dev/zero -o core",
        "generate long.toml -o core",
        "run /dev/zero --preset nano",
        "quantize /dev/zero --calibration b.npy -o out.onnx",
        "quantize b.npy --calibration /dev/zero -o out.onnx",
        "asm /dev/zero -o out.fgp",
    ];
    let messages = messages.map(|line| place.fail(line));
    insta::assert_snapshot!(messages.join("\n"));
    let told = place.fail("generate many.toml -o core");
    assert!(told.contains("19981 other things are wrong"), "{told}");
    assert!(told.len() < 20_000, "{} bytes", told.len());
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let place = Place::new();
    place.write("latin1.toml", b"name = \"\xe9\"\n");
    place.write("folder/x", "");
    golden!(
        [
            "generate missing.toml -o core",
            "generate latin1.toml -o core",
            "generate folder -o core",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

#[test]
fn an_unknown_preset_names_the_nearest() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(2, 2, 0));
    golden!(
        [
            "generate --preset matmul-8x8os -o core",
            "matmul a.npy a.npy -o c.npy --preset matmul-16",
            "presets resnet",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

#[test]
fn operands_that_are_no_matrices() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(4, 4, 0));
    place.write_npy("vector.npy", &Array1::<i8>::zeros(4));
    place.write_npy("float.npy", &Array2::<f32>::zeros((4, 4)));
    place.write_npy("large.npy", &Array2::<i16>::from_elem((4, 4), 300));
    place.write("text.npy", "1 2 3\n");
    golden!(
        ["vector", "float", "large", "text", "missing"]
            .map(|name| {
                let line =
                    format!("matmul a.npy {name}.npy -o c.npy --preset matmul-4x4 --waves w.vcd");
                place.fail(&line)
            })
            .join("\n")
    );
}

#[test]
fn shapes_that_do_not_chain_or_fit() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(3, 5, 0));
    place.write_npy("b.npy", &matrix(4, 6, 0));
    place.write_npy("long.npy", &matrix(3, 300, 0));
    place.write_npy("deep.npy", &matrix(300, 3, 0));
    golden!(
        ["a.npy b.npy", "long.npy deep.npy"]
            .map(|operands| {
                place.fail(&format!("matmul {operands} -o c.npy --preset matmul-4x4"))
            })
            .join("\n")
    );
}

#[test]
fn a_missing_tool_says_how_to_get_it() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(4, 4, 0));
    golden!(
        ["verilator", "icarus"]
            .map(|sim| {
                let line = format!(
                    "matmul a.npy a.npy -o c.npy --preset matmul-4x4 --sim {sim} --waves w.vcd"
                );
                let mut command = place.command(&line);
                command
                    .env("PATH", "")
                    .env("FERROGRID_CACHE", place.path("cache"));
                place.fail_with(&line, &mut command)
            })
            .join("\n")
    );
}

#[test]
fn outputs_that_cannot_be_written() {
    let place = Place::new();
    place.write("file", "text");
    place.write_npy("a.npy", &matrix(4, 4, 0));
    golden!(
        [
            "generate --preset matmul-4x4 -o file",
            "generate --preset matmul-4x4 -o file/core",
            "generate --preset matmul-4x4 -o file/deep/core",
            "new file/core.toml",
            "new file",
            "matmul a.npy a.npy -o file/c.npy --preset matmul-4x4",
            "matmul a.npy a.npy -o nowhere/c.npy --preset matmul-4x4",
            "matmul a.npy a.npy --waves nowhere/w.vcd --preset matmul-4x4",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

#[test]
fn files_that_are_two_things_at_once() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(4, 4, 0));
    place.write("core.toml", "[array]\nrows = 4\ncolumns = 4\n");
    golden!(
        [
            "matmul a.npy a.npy -o c.npy --waves ./c.npy --config core.toml",
            "matmul a.npy a.npy -o ./a.npy --config core.toml",
            "matmul a.npy a.npy --waves core.toml --config core.toml",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

/// A folder that is there and takes nothing is not called missing.
#[cfg(target_os = "linux")]
#[test]
fn outputs_in_a_folder_that_takes_none() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(4, 4, 0));
    golden!(
        [
            "generate --preset matmul-4x4 -o /proc/core",
            "generate --preset matmul-4x4 -o /proc/deep/core",
            "matmul a.npy a.npy -o /proc/c.npy --preset matmul-4x4",
            "new /proc/core.toml",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

/// A pipe stays a pipe, a folder a folder, and a link without a file is not followed.
#[cfg(unix)]
#[test]
fn outputs_that_are_no_regular_files() {
    use std::os::unix::fs::FileTypeExt;
    let place = Place::new();
    place.write_npy("a.npy", &matrix(4, 4, 0));
    let pipe = place.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    std::fs::create_dir(place.path("folder")).expect("a folder");
    std::os::unix::fs::symlink("nowhere", place.path("lost")).expect("a link");
    let mut all = Vec::new();
    for name in ["pipe", "folder", "lost"] {
        for option in ["-o", "--waves"] {
            let line = format!("matmul a.npy a.npy {option} {name} --preset matmul-4x4");
            // Not `Place::fail`: it reads every file, and a pipe has no end.
            let run = place.run(&line);
            assert_eq!(run.code, Some(1), "{line}\n{}", run.stderr);
            all.push(format!("$ ferrogrid {line}\n{}", run.stderr));
        }
    }
    golden!(all.join("\n"));
    let kind = std::fs::symlink_metadata(&pipe)
        .expect("a pipe")
        .file_type();
    assert!(kind.is_fifo() && place.path("lost").is_symlink());
    let left = std::fs::read_dir(place.path(".")).expect("a folder");
    assert_eq!(left.count(), 4);
}

/// Usage errors have their own exit code, and clap's way of saying what is meant.
#[test]
fn wrong_usage_exits_with_2() {
    let place = Place::new();
    for line in [
        "",
        "generat",
        "generate -o core",
        "generate core.toml --preset matmul-4x4 -o core",
        "generate --preset matmul-4x4",
        "matmul a.npy --preset matmul-4x4",
        "matmul a.npy b.npy",
        "matmul a.npy b.npy --preset matmul-4x4 --sim modelsim",
        "new --rows 65",
        "new --rows 0",
        "new --dataflow systolic",
        "presets --colour",
    ] {
        let run = place.run(line);
        assert_eq!(run.code, Some(2), "{line}\n{}", run.stderr);
        assert_eq!(run.stdout, "", "{line}");
        assert!(run.stderr.contains("--help"), "{line}\n{}", run.stderr);
        assert!(place.contents().is_empty(), "{line}");
    }
    // A core is missing: both ways to name one are said.
    for (line, ways) in [
        ("generate -o core", "<FILE|--preset <NAME>>"),
        ("matmul a.npy b.npy", "<--preset <NAME>|--config <FILE>>"),
    ] {
        let run = place.run(line);
        assert!(run.stderr.contains(ways), "{line}\n{}", run.stderr);
    }
    let run = place.run("new --dataflow weight_stationry");
    assert!(run.stderr.contains("weight_stationary"), "{}", run.stderr);
}

/// `ferrogrid presets | head -1` ends in silence.
#[test]
fn a_reader_that_leaves_is_no_error() {
    let place = Place::new();
    for line in [
        "presets",
        "presets --json",
        "doctor",
        "--help",
        "generate --help",
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let run = Run::of(place.command(line).stdout(writer));
        assert_eq!(run.stderr, "", "{line}");
        assert_eq!(run.code, Some(0), "{line}");
    }
}

/// Nor does a closed standard error make it panic.
#[test]
fn an_error_that_nobody_reads() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let run = Run::of(place.command("presets resnet").stderr(writer));
    assert_eq!(run.code, Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let place = Place::new();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let run = Run::of(place.command("presets").stdout(full));
    assert_eq!(run.code, Some(1));
    golden!(run.stderr);
}
