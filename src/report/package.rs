//! The files that go with a core: what `ferrogrid generate` writes.

use super::flows::Flow;
use super::package_file::PackageFile;
use super::summary::Summary;
use crate::device::Interface;
use crate::product::Product;
use crate::verilog::VerilogFile;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A generated core with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Package {
    /// Every file but the manifest, in the order of the summary.
    pub files: Vec<PackageFile>,
    /// What is in it.
    pub summary: Summary,
}

impl Package {
    /// Name of the file that lists the others with their SHA-256, in the format of `sha256sum`.
    pub const MANIFEST: &str = "manifest.sha256";

    /// Packs the Verilog of a core, whose last file holds the top module, and the models of
    /// vendor's cells in it.
    pub fn new(
        product: &dyn Product,
        interface: &Interface,
        verilog: Vec<VerilogFile>,
        cells: Option<VerilogFile>,
    ) -> Package {
        let registers = &product.registers();
        let rtl: Vec<PackageFile> = verilog
            .into_iter()
            .map(|file| PackageFile {
                path: format!("rtl/{}", file.name),
                text: file.text,
            })
            .collect();
        let cells = cells.map(|file| PackageFile {
            path: format!("sim/{}", file.name),
            text: file.text,
        });
        let paths: Vec<&str> = rtl.iter().map(|file| file.path.as_str()).collect();
        let lines = rtl.iter().map(|file| file.text.lines().count() as u64);
        let header = format!("{}_registers.h", registers.name);
        let file = |path: &str, text: String| PackageFile {
            path: path.into(),
            text,
        };
        let mut companions = vec![
            file("filelist.f", filelist(&paths)),
            file("registers.md", registers.markdown()),
            file(&header, registers.c_header()),
            file("core.toml", configuration(product)),
        ];
        let instructions = product.instructions();
        companions.extend(instructions.map(|(name, text)| file(name, text)));
        let flow = Flow {
            product,
            interface,
            registers,
            rtl: &paths,
            cells: cells.as_ref().map(|file| file.path.as_str()),
            header: &header,
            example: product.example(),
        };
        companions.extend(flow.files());
        companions.extend(cells);
        let summary = Summary::new(
            product,
            &interface.top,
            lines.sum(),
            rtl.iter()
                .chain(&companions)
                .map(|file| file.path.clone())
                .collect(),
        );
        let mut files = rtl;
        files.extend(companions);
        files.push(file("summary.md", summary.markdown()));
        Package { files, summary }
    }

    /// The test bench of a core, whose name is given, with its main program for Verilator: none where it has none.
    pub fn testbench(product: &dyn Product, interface: &Interface) -> Option<[PackageFile; 2]> {
        let package = Package::new(product, interface, Vec::new(), None);
        let files = package.files.into_iter();
        let files: Vec<_> = files.filter(|file| file.path.starts_with("sim/")).collect();
        files.try_into().ok()
    }

    /// The manifest: a line `hash  path` for each file. It also marks the folder as one that a
    /// later run may replace.
    pub fn manifest(&self) -> PackageFile {
        let mut text = String::new();
        for file in &self.files {
            let hash = Package::hash(file.text.as_bytes());
            writeln!(text, "{hash}  {}", file.path).expect("a String takes everything");
        }
        PackageFile {
            path: Package::MANIFEST.into(),
            text,
        }
    }

    /// The SHA-256 of a file's contents, as the manifest writes it.
    pub fn hash(contents: &[u8]) -> String {
        Sha256::digest(contents)
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// The Verilog files, those first that others instantiate.
fn filelist(paths: &[&str]) -> String {
    paths.iter().map(|path| format!("{path}\n")).collect()
}

/// The configuration with every default filled in: it gives this core again.
fn configuration(product: &dyn Product) -> String {
    format!(
        "# The complete configuration of this core; `ferrogrid generate core.toml -o DIR` makes it again.\n\
         {}",
        product.config().to_toml()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::report::flows;

    fn package() -> Package {
        let arch = arch::from_preset("matmul-6x10").unwrap();
        let verilog = ["matmul_6x10_job", "matmul_6x10"].map(|module| VerilogFile {
            name: format!("{module}.v"),
            text: format!("module {module};\nendmodule\n"),
        });
        flows::tests::package(&arch, verilog.into())
    }

    fn text(package: &Package, path: &str) -> String {
        let file = package.files.iter().find(|file| file.path == path);
        file.unwrap_or_else(|| panic!("{path} in {package:?}"))
            .text
            .clone()
    }

    #[test]
    fn every_file_is_in_the_summary_and_the_manifest() {
        let package = package();
        let (summary, manifest) = (text(&package, "summary.md"), package.manifest().text);
        for file in &package.files {
            assert!(
                manifest.contains(&format!("  {}\n", file.path)),
                "{manifest}"
            );
            let listed = file.path == "summary.md" || summary.contains(&file.path);
            assert!(listed, "{} in {summary}", file.path);
        }
        assert_eq!(package.summary.verilog_lines, 4);
        // printf abc | sha256sum
        assert_eq!(
            Package::hash(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_configuration_gives_the_core_again() {
        let package = package();
        let again = arch::from_toml("core.toml", &text(&package, "core.toml")).unwrap();
        assert_eq!(again, arch::from_preset("matmul-6x10").unwrap());
    }

    #[test]
    fn the_companions() {
        let package = package();
        let texts = ["filelist.f", "core.toml", "summary.md"]
            .map(|path| format!("==> {path}\n{}", text(&package, path)));
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(texts.join("\n"));
        });
    }
}
