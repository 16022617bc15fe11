//! Holds the documents to the code: tables, the example configuration, the list of tests, and links.

use ferrogrid::arch::{self, Dataflow, MAX_SIZE, OperandPair};
use ferrogrid::config::{Kind, presets_of};
use ferrogrid::isa::matmul_registers;
use ferrogrid::isa::npu::{self, npu_registers};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The rows below the table header that starts with `header`.
fn table(document: &str, header: &str) -> Vec<String> {
    let text = read(document);
    let rows: Vec<String> = text
        .lines()
        .skip_while(|line| !line.starts_with(header))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(String::from)
        .collect();
    assert!(
        !rows.is_empty(),
        "{document}: no table starts with {header}"
    );
    rows
}

/// `-1234` as `-1,234`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[test]
fn the_registers_are_those_of_the_hardware() {
    let document = "docs/matmul-registers.md";
    let text = read(document);
    let marker = "FERROGRID_UPDATE=1 cargo test --test docs -->\n\n";
    let start = text.find(marker).expect("the marker stands in the page") + marker.len();
    let map = matmul_registers("matmul_16x16", &arch::from_preset("matmul-16x16").unwrap());
    is_fresh(document, &format!("{}{}", &text[..start], map.markdown()));
}

#[test]
fn the_instructions_are_those_of_the_hardware() {
    let arch = arch::npu_from_preset("edge").unwrap();
    let map = npu_registers(&arch.module_name(), &arch);
    let page = format!("{}\n{}", npu::markdown(), map.markdown());
    is_fresh("docs/isa.md", &page);
}

/// The document is this page, or is made it.
fn is_fresh(document: &str, page: &str) {
    if std::env::var_os("FERROGRID_UPDATE").is_some() {
        fs::write(root().join(document), page).unwrap();
    } else {
        assert!(
            read(document) == page,
            "{document} is not what src/isa says: run FERROGRID_UPDATE=1 cargo test --test docs"
        );
    }
}

#[test]
fn the_readme_lists_the_presets() {
    let expected: Vec<String> = presets_of(Kind::Matmul)
        .map(|preset| {
            let core = arch::from_preset(preset.name).unwrap();
            let dataflow = match core.dataflow {
                Dataflow::WeightStationary => "weight-stationary",
                Dataflow::OutputStationary => "output-stationary",
            };
            assert_eq!(
                core.operands.to_string(),
                "int8 x int8",
                "the README says so of all"
            );
            assert_eq!(core.limits.max_m, MAX_SIZE, "the README says so of all");
            format!(
                "| `{}` | {} x {} | {dataflow} | {} / {} / {} | {}, {}, {} |",
                core.name,
                core.rows,
                core.columns,
                core.a.width,
                core.b.width,
                core.c.width,
                core.limits.max_k,
                core.limits.max_n,
                grouped(i64::from(core.limits.max_b_vectors) * i64::from(core.columns)),
            )
        })
        .collect();
    assert_eq!(table("README.md", "| Preset |"), expected);
}

#[test]
fn the_readme_lists_the_presets_of_networks() {
    let expected: Vec<String> = presets_of(Kind::Npu)
        .map(|preset| {
            let core = arch::npu_from_preset(preset.name).unwrap();
            format!(
                "| `{}` | {} x {} | {} | {} | {} | {} |",
                core.name,
                core.rows,
                core.columns,
                core.bus_bits,
                core.scratchpad_size(),
                core.ring_size(),
                core.lanes,
            )
        })
        .collect();
    assert_eq!(table("README.md", "| NPU preset |"), expected);
}

#[test]
fn the_readme_shows_a_configuration_that_works() {
    let readme = read("README.md");
    let (_, after) = readme
        .split_once("```toml\n")
        .expect("README.md shows a configuration");
    let (text, _) = after.split_once("```").expect("the block ends");
    let core = arch::from_toml("README.md", text).unwrap();
    let preset = arch::from_preset("matmul-8x8").unwrap();
    assert_eq!(
        core, preset,
        "it is the preset that the commands below it name"
    );
}

#[test]
fn the_numerics_page_states_the_widths() {
    let products: Vec<String> = OperandPair::ALL
        .iter()
        .map(|pair| {
            let (min, max) = pair.product_range();
            let (result, accumulator) = (pair.result().bits, pair.accumulator().bits);
            let extension = if result > accumulator {
                ", sign-extended"
            } else {
                ""
            };
            format!(
                "| {pair} | {} to {} | {} | {accumulator} bits | int{result}{extension} |",
                grouped(min),
                grouped(max),
                pair.sum_type(1).bits,
            )
        })
        .collect();
    assert_eq!(
        table("docs/numerics.md", "| A x B | One product |"),
        products
    );

    let columns: Vec<String> = OperandPair::ALL
        .iter()
        .map(|pair| {
            let widths = [4, 8, 16, 64].map(|rows| pair.sum_type(rows).bits.to_string());
            format!("| {pair} | {} |", widths.join(" | "))
        })
        .collect();
    assert_eq!(
        table(
            "docs/numerics.md",
            "| A x B | R = 4 | R = 8 | R = 16 | R = 64 |"
        ),
        columns
    );

    let sums: Vec<String> = OperandPair::ALL
        .iter()
        .map(|pair| {
            let (needed, has) = (pair.sum_type(MAX_SIZE).bits, pair.accumulator().bits);
            let headroom = i64::try_from(pair.accumulator_headroom()).unwrap();
            format!("| {pair} | {needed} | {has} | {} |", grouped(headroom))
        })
        .collect();
    assert_eq!(
        table("docs/numerics.md", "| A x B | Bits needed at K = 65,535 |"),
        sums
    );
}

#[test]
fn every_test_has_its_row() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let mut tests: Vec<String> = manifest["test"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| {
            let path = test["path"].as_str().unwrap();
            let path = path.strip_prefix("testbench/").unwrap();
            let folder = path.split_inclusive('/').next().unwrap();
            format!("`{folder}`")
        })
        .collect();
    let mut rows: Vec<String> = table("testbench/README.md", "| Test |")
        .iter()
        .map(|row| row.split_whitespace().nth(1).unwrap().to_owned())
        .collect();
    tests.sort();
    // A folder may have several.
    tests.dedup();
    rows.sort();
    assert_eq!(rows, tests);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents: Vec<PathBuf> = Vec::new();
    for folder in [
        "",
        "docs",
        "constraints",
        "testbench",
        "drivers/c",
        "examples/digits",
    ] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        documents.extend(entries.map(|entry| entry.unwrap().path()));
    }
    // docs/map.md is part of the crate's documentation: rustdoc checks its links.
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.retain(|path| !path.ends_with("docs/map.md"));
    documents.sort();
    let mut broken = Vec::new();
    for document in &documents {
        let text = fs::read_to_string(document).unwrap();
        for (number, line) in text.lines().enumerate() {
            for link in line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
            {
                let file = link.split('#').next().unwrap_or("");
                let external = link.contains("://") || file.is_empty();
                if !external && !document.parent().unwrap().join(file).exists() {
                    let name = document.strip_prefix(root()).unwrap().display();
                    broken.push(format!("{name}:{}: {link}", number + 1));
                }
            }
        }
    }
    assert!(
        documents.len() > 5 && broken.is_empty(),
        "broken links:\n{}",
        broken.join("\n")
    );
}
