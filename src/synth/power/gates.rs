//! A netlist of gates as Yosys writes it, with its hierarchy dissolved.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Deserialize)]
struct Netlist {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    ports: BTreeMap<String, Port>,
    cells: BTreeMap<String, Cell>,
}

#[derive(Deserialize)]
struct Port {
    direction: String,
    bits: Vec<Bit>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
    connections: BTreeMap<String, Vec<Bit>>,
}

/// A net of a module, or a constant.
#[derive(Clone, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(untagged)]
enum Bit {
    Net(u64),
    Constant(String),
}

/// A net of the whole, or a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Net {
    Wire(usize),
    Constant(bool),
}

/// A gate: its cell, the instance of the top that it is in, and what its pins are at.
#[derive(Debug)]
pub(super) struct Gate {
    pub cell: String,
    pub unit: String,
    pub pins: Vec<(String, Net)>,
}

/// Gates and wires that are numbered; ports of the top are wires of their own.
#[derive(Debug, Default)]
pub(super) struct Gates {
    pub gates: Vec<Gate>,
    pub wires: usize,
    /// Name, whether it is an input, and nets of the ports.
    pub ports: Vec<(String, bool, Vec<Net>)>,
}

impl Gates {
    /// Reads what `write_json` wrote; what is wrong with it otherwise.
    pub fn read(text: &str, top: &str) -> Result<Gates, serde_json::Error> {
        let netlist: Netlist = serde_json::from_str(text)?;
        let mut gates = Gates::default();
        let mut nets = BTreeMap::new();
        if let Some(module) = netlist.modules.get(top) {
            for (name, port) in &module.ports {
                let bits = port.bits.iter();
                let bits = bits.map(|bit| gates.net(bit, &mut nets)).collect();
                gates
                    .ports
                    .push((name.clone(), port.direction == "input", bits));
            }
            gates.dissolve(&netlist, module, &mut nets, "");
        }
        Ok(gates)
    }

    fn net(&mut self, bit: &Bit, nets: &mut BTreeMap<u64, Net>) -> Net {
        match bit {
            Bit::Constant(value) => Net::Constant(value == "1"),
            Bit::Net(number) => *nets.entry(*number).or_insert_with(|| {
                self.wires += 1;
                Net::Wire(self.wires - 1)
            }),
        }
    }

    fn dissolve(
        &mut self,
        netlist: &Netlist,
        module: &Module,
        nets: &mut BTreeMap<u64, Net>,
        unit: &str,
    ) {
        for (name, cell) in &module.cells {
            let pins: Vec<(String, Vec<Net>)> = (cell.connections.iter())
                .map(|(pin, bits)| {
                    let bits = bits.iter().map(|bit| self.net(bit, nets)).collect();
                    (pin.clone(), bits)
                })
                .collect();
            let unit = if unit.is_empty() { name } else { unit };
            let Some(inner) = netlist.modules.get(&cell.kind) else {
                let pins = pins.into_iter().filter_map(|(pin, bits)| {
                    let net = bits.first().copied()?;
                    Some((pin, net))
                });
                self.gates.push(Gate {
                    cell: cell.kind.clone(),
                    unit: unit.to_owned(),
                    pins: pins.collect(),
                });
                continue;
            };
            let mut within = BTreeMap::new();
            for (pin, bits) in &pins {
                let port = inner.ports.get(pin).map_or(&[][..], |port| &port.bits);
                for (bit, net) in port.iter().zip(bits) {
                    if let Bit::Net(number) = bit {
                        within.insert(*number, *net);
                    }
                }
            }
            self.dissolve(netlist, inner, &mut within, unit);
        }
    }

    /// One module of Verilog, `top`; wires are `n0`, `n1`, gates `g0`, `g1`.
    pub fn verilog(&self) -> String {
        let mut text = String::from("module top (");
        let names: Vec<&str> = self.ports.iter().map(|(name, ..)| name.as_str()).collect();
        text += &names.join(", ");
        text += ");\n";
        let of = |net: &Net| match net {
            Net::Wire(number) => format!("n{number}"),
            Net::Constant(value) => format!("1'b{}", u8::from(*value)),
        };
        for wire in 0..self.wires {
            let _ = writeln!(text, "  wire n{wire};");
        }
        for (name, input, nets) in &self.ports {
            let direction = if *input { "input" } else { "output" };
            let _ = writeln!(text, "  {direction} [{}:0] {name};", nets.len() - 1);
            for (bit, net) in nets.iter().enumerate() {
                let _ = match input {
                    true => writeln!(text, "  assign {} = {name}[{bit}];", of(net)),
                    false => writeln!(text, "  assign {name}[{bit}] = {};", of(net)),
                };
            }
        }
        for (number, gate) in self.gates.iter().enumerate() {
            let pins = gate.pins.iter();
            let pins: Vec<String> = pins
                .map(|(pin, net)| format!(".{pin}({})", of(net)))
                .collect();
            let _ = writeln!(text, "  {} g{number} ({});", gate.cell, pins.join(", "));
        }
        text + "endmodule\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchy_is_dissolved() {
        let text = r#"{"modules": {
            "inner": {"ports": {"a": {"direction": "input", "bits": [2]}, "y": {"direction": "output", "bits": [3]}},
                "cells": {"g": {"type": "INVX1", "connections": {"A": [2], "Y": [3]}}}},
            "outer": {"ports": {"d": {"direction": "input", "bits": [7]}, "q": {"direction": "output", "bits": [9]}},
                "cells": {"one": {"type": "inner", "connections": {"a": [7], "y": [8]}},
                          "two": {"type": "inner", "connections": {"a": [8], "y": [9]}},
                          "tie": {"type": "AND2X1", "connections": {"A": ["1"], "B": [8], "Y": [10]}}}}
        }}"#;
        let gates = Gates::read(text, "outer").unwrap();
        let units: Vec<&str> = gates.gates.iter().map(|gate| gate.unit.as_str()).collect();
        assert_eq!(units, ["one", "tie", "two"]);
        assert_eq!(gates.gates[0].pins[1].1, gates.gates[2].pins[0].1);
        assert_eq!(gates.gates[1].pins[0].1, Net::Constant(true));
        assert!(gates.verilog().contains("AND2X1 g1 (.A(1'b1), .B(n"));
    }
}
