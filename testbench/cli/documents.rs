//! Commands that documents and `--help` show are commands that there are; the runs that the README
//! shows are as they are.

use crate::program::Place;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use ferrogrid::cli::Cli;
use std::fs;

/// Fails unless the line is a command that the program understands.
#[track_caller]
fn assert_parses(place: &str, line: &str) {
    let line = line.split(" #").next().unwrap_or(line);
    // Every other part is between quotes: one word.
    let words = line
        .split('"')
        .enumerate()
        .flat_map(|(i, part)| match i % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
    match Cli::try_parse_from(words) {
        Err(error) if error.kind() != ErrorKind::DisplayHelp => {
            panic!("{place} shows `{line}`, and:\n{error}")
        }
        _ => {}
    }
}

#[test]
fn every_help_shows_an_example_that_parses() {
    let mut commands = vec![Cli::command()];
    let subcommands: Vec<_> = commands[0].get_subcommands().cloned().collect();
    assert!(subcommands.len() > 4);
    commands.extend(subcommands);
    for command in commands {
        let name = command.get_name().to_owned();
        let help = command
            .get_after_help()
            .unwrap_or_else(|| panic!("{name} has no example"))
            .to_string();
        let (_, examples) = help
            .split_once("Example:\n")
            .unwrap_or_else(|| panic!("{name} has no example:\n{help}"));
        let lines: Vec<&str> = examples
            .lines()
            .filter(|line| line.starts_with("  ferrogrid "))
            .collect();
        assert!(!lines.is_empty(), "{name}:\n{help}");
        for line in lines {
            assert_parses(&format!("the help of {name}"), line.trim());
            assert!(
                name == "ferrogrid" || line.contains(&name),
                "{name}: {line}"
            );
        }
    }
}

#[test]
fn documents_show_commands_that_parse() {
    let mut shown = 0;
    for name in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "docs/flows.md",
        "docs/matmul.md",
        "docs/networks.md",
        "docs/status.md",
        "docs/synthesis.md",
        "docs/verification.md",
        "drivers/c/README.md",
        "examples/digits/README.md",
    ] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + name;
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (number, line) in text.lines().enumerate() {
            let place = format!("{name}:{}", number + 1);
            if let Some(rest) = line.strip_prefix("    ferrogrid ") {
                assert_parses(&place, &format!("ferrogrid {rest}"));
                shown += 1;
            }
            for code in line.split('`').skip(1).step_by(2) {
                if let Some(rest) = code.strip_prefix("ferrogrid ")
                    && !rest.contains("...")
                {
                    let subcommand = rest.split_whitespace().next().unwrap_or_default();
                    assert_parses(&place, &format!("ferrogrid {subcommand} --help"));
                    shown += 1;
                }
            }
        }
    }
    assert!(shown > 8, "only {shown} commands were found");
}

/// The runs that README.md shows are what the command prints; `FERROGRID_UPDATE=1` writes them anew.
#[test]
fn the_readme_shows_runs_as_they_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(path).expect("README.md");
    let place = Place::new();
    let images = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/digits");
    for name in ["images.npy", "weights1.npy", "network.onnx"] {
        let bytes = fs::read(format!("{images}/{name}")).expect("a file");
        place.write(&format!("examples/digits/{name}"), bytes);
    }
    let mut runs = 0;
    let mut fresh = String::new();
    let mut lines = readme.lines().peekable();
    while let Some(line) = lines.next() {
        fresh += &format!("{line}\n");
        let Some(line) = line.strip_prefix("    $ ferrogrid ") else {
            continue;
        };
        let of_run = |line: &&str| line.is_empty() || line.starts_with("    ");
        while lines.next_if(of_run).is_some() {}
        for line in place.succeed(line).stdout.trim_end().lines() {
            let indent = if line.is_empty() { "" } else { "    " };
            fresh += &format!("{indent}{line}\n");
        }
        fresh += "\n";
        runs += 1;
    }
    assert_eq!(runs, 2, "runs are shown");
    if std::env::var_os("FERROGRID_UPDATE").is_some() {
        fs::write(path, &fresh).expect("a written file");
    } else {
        let fix = "run FERROGRID_UPDATE=1 cargo test --test cli readme";
        assert!(
            readme == fresh,
            "README.md shows other runs: {fix}\n{fresh}"
        );
    }
}
