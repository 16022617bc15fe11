use super::*;
use miette::Diagnostic;

#[test]
fn an_old_verilator_is_refused_with_both_versions() {
    let found = FoundTool {
        tool: Tool::Verilator,
        path: "/opt/bin/verilator".into(),
        version: Version::parse("Verilator 4.038 2020-07-11"),
        banner: String::new(),
    };
    let error = found.check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/opt/bin/verilator` is version 4.038; 5.006 or later is needed"
    );
    let help = error.help().expect("help").to_string();
    assert!(help.contains("Debian 12"), "{help}");
}

#[test]
fn a_missing_tool_says_what_to_install() {
    let error = ToolError::Missing(Tool::Vvp);
    assert_eq!(
        error.to_string(),
        "`vvp` was not found on PATH (four-state simulation: runs)"
    );
    assert_eq!(
        error.help().expect("help").to_string(),
        "run `scripts/setup`, or install the package `iverilog` of Debian and Ubuntu: \
         apt-get install iverilog"
    );
}

#[test]
fn a_synthesizer_is_too_old_dated_or_good() {
    let found = |line| FoundTool {
        tool: Tool::Synthesizer,
        path: "/usr/bin/yosys".into(),
        version: Version::parse(line),
        banner: String::new(),
    };
    let error = found("Yosys 0.9 (git sha1 1979e0b)").check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/usr/bin/yosys` is version 0.9; 0.23 or later is needed"
    );
    let help = error.help().expect("help").to_string();
    assert!(help.contains("run `scripts/setup --fpga`"), "{help}");
    for (line, dated) in [
        ("Yosys 0.23 (git sha1 7ce5011c24b)", true),
        ("Yosys 0.33", false),
        ("Yosys 0.70+4", false),
    ] {
        let found = found(line);
        assert_eq!((found.check().is_ok(), found.is_dated()), (true, dated));
    }
}

/// Debian's Yosys is old; the one for formal checks may be.
#[test]
fn a_missing_synthesizer_says_what_installs_a_good_one() {
    let error = ToolError::Missing(Tool::Synthesizer);
    assert_eq!(
        error.to_string(),
        "`yosys` was not found on PATH or in the environment of `scripts/setup --fpga` (synthesis)"
    );
    let help = error.help().expect("help").to_string();
    assert!(help.starts_with("run `scripts/setup --fpga`"), "{help}");
    let help = ToolError::Missing(Tool::Yosys)
        .help()
        .map(|help| help.to_string());
    assert!(help.is_some_and(|help| help.contains("apt-get install yosys")));
}
