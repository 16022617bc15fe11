//! Yosys' own models of the cells of chips, for Icarus.

use crate::tool::tool;
use std::fs;
use std::path::Path;

/// The models of a family; without them or Icarus, says that the test is skipped.
pub fn models(family: &str, test: &str) -> Option<String> {
    let yosys = tool("yosys", test)?;
    tool("iverilog", test)?;
    let folder = yosys
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("/usr"));
    let path = folder.join(format!("share/yosys/{family}/cells_sim.v"));
    match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(
                !ci,
                "{}: {error}, and CI must not skip tests",
                path.display()
            );
            println!("SKIPPED {test}: {}: {error}", path.display());
            None
        }
    }
}

/// The text of one module.
pub fn module(models: &str, name: &str) -> String {
    let start = models.find(&format!("module {name} ")).expect("the module");
    let length = models[start..].find("endmodule").expect("its end");
    format!("{}endmodule\n", &models[start..start + length])
}
