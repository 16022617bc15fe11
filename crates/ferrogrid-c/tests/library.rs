//! The library from C: its header is that of the code, the example runs, threads share a model.

#[path = "../../../testbench/tools.rs"]
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

#[test]
fn the_header_is_that_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let builder = cbindgen::Builder::new().with_config(config);
    let mut header = Vec::new();
    let bindings = builder.with_src(folder.join("src/lib.rs")).generate();
    bindings.unwrap().write(&mut header);
    // In C all is unsafe: what a function asks for follows what it does.
    let header = String::from_utf8(header).unwrap();
    let header = header.replace("//\n// # Safety\n", "");
    let path = include().join("ferrogrid.h");
    if std::env::var_os("FERROGRID_UPDATE").is_some() {
        fs::write(&path, &header).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert!(
        found == header,
        "{} is another: FERROGRID_UPDATE=1 cargo test -p ferrogrid-c writes it",
        path.display()
    );
}

/// Compiles a program of C with the library, and runs it.
fn run(source: &Path, arguments: &[&Path]) -> Option<String> {
    let compiler = tools::program("cc")?;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    let built = std::env::current_exe().unwrap();
    let libraries = built.parent().unwrap();
    let status = Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread", "-I"])
        .arg(include())
        .arg(source)
        .arg("-L")
        .arg(libraries)
        .args(["-lferrogrid_c", "-o"])
        .arg(&program)
        .status();
    assert!(
        status.unwrap().success(),
        "{} is compiled",
        source.display()
    );
    let output = Command::new(program)
        .args(arguments)
        .env("LD_LIBRARY_PATH", libraries)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", source.display());
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_example_reads_digits() {
    let examples = Path::new(ROOT).join("examples");
    let digits = examples.join("digits");
    let (network, images) = (digits.join("digits_cnn.onnx"), digits.join("images.npy"));
    let source = examples.join("c/digits.c");
    let Some(text) = run(&source, &[&network, Path::new("small"), &images]) else {
        return;
    };
    let labels = fs::read(digits.join("labels.npy")).unwrap();
    let labels = &labels[labels.len() - 360..];
    for (image, label) in labels.iter().take(5).enumerate() {
        let line = format!("image {image}: {label}\n");
        assert!(text.contains(&line), "{line}in {text}");
    }
    assert!(text.contains("at 80 MHz"), "{text}");
}

#[test]
fn threads_share_a_model_and_errors_are_theirs() {
    let digits = Path::new(ROOT).join("examples/digits");
    let folder = tempfile::tempdir().unwrap();
    // 360 rows at the end of the files.
    let bytes = |file: &str, row: usize| {
        let all = fs::read(digits.join(file)).unwrap();
        let path = folder.path().join(file);
        fs::write(&path, &all[all.len() - 360 * row..]).unwrap();
        path
    };
    let (images, logits) = (bytes("images.npy", 64), bytes("digits_logits.npy", 10));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/threads.c");
    run(
        &source,
        &[&digits.join("digits_cnn.onnx"), &images, &logits],
    );
}
