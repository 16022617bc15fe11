//! The core behind a rust-hdl block: its simulator and its text.

use super::emit::guarded;
use super::{BindError, CorePort};
use crate::hdl::ir::{Design, Direction};
use crate::hdl::sim::{Handle, Simulator};
use crate::verilog;
use rust_hdl::core::ast::{Verilog, Wrapper};
use std::fmt::Write;

/// A core in a rust-hdl design; held by the structs that
/// [`rust_hdl_block!`](crate::rust_hdl_block) makes.
pub struct Core {
    /// Name of the design's top module.
    top: String,
    simulator: Simulator,
    /// One for each field, in their order.
    fields: Vec<Field>,
    /// Clocks in use.
    clocks: Vec<Clock>,
    /// Failures of the simulator that were there before the last edge.
    failures: usize,
    code: String,
    cores: String,
}

struct Field {
    role: Role,
    words: Vec<u64>,
}

enum Role {
    /// Index into the clocks.
    Clock(usize),
    Input(Handle),
    Output(Handle),
}

struct Clock {
    name: String,
    level: bool,
    rises: bool,
}

/// A port of the top module, clocks and resets included.
struct TopPort<'a> {
    name: &'a str,
    direction: Direction,
    width: u32,
    /// Index into the clocks.
    clock: Option<usize>,
}

/// Clocks and resets first, as in the Verilog.
fn top_ports(design: &Design) -> Vec<TopPort<'_>> {
    let top = design.top();
    let mut ports = Vec::new();
    let mut clocks = 0;
    for domain in &top.domains {
        let single = |name, clock| TopPort {
            name,
            direction: Direction::Input,
            width: 1,
            clock,
        };
        if domain.uses_clock {
            ports.push(single(&domain.clock, Some(clocks)));
            clocks += 1;
        }
        if domain.uses_reset {
            ports.push(single(&domain.reset, None));
        }
    }
    ports.extend(top.ports.iter().map(|port| TopPort {
        name: &port.name,
        direction: port.direction,
        width: port.shape.width,
        clock: None,
    }));
    ports
}

impl Core {
    /// Compiles a design and makes these fields its ports. `block` is the name for messages.
    ///
    /// # Errors
    ///
    /// When the fields are not the ports of the design.
    pub fn new(
        design: &Design,
        block: &str,
        fields: &mut [(&'static str, &mut dyn CorePort)],
    ) -> Result<Core, BindError> {
        let ports = top_ports(design);
        let problems = problems(design, &ports, fields);
        if !problems.is_empty() {
            return Err(BindError {
                block: block.to_owned(),
                top: design.top().name.clone(),
                problems,
            });
        }
        let simulator = Simulator::new(design);
        let mut bound = Vec::new();
        for (name, field) in fields.iter_mut() {
            let port = ports.iter().find(|port| port.name == *name);
            let port = port.expect("the fields were just compared with the ports");
            field.bind(name, port.width);
            let handle = || {
                let signal = simulator.signal(name);
                signal.expect("the simulator knows every port")
            };
            bound.push(Field {
                role: match (port.clock, port.direction) {
                    (Some(clock), _) => Role::Clock(clock),
                    (None, Direction::Input) => Role::Input(handle()),
                    (None, Direction::Output) => Role::Output(handle()),
                },
                words: vec![0; port.width.div_ceil(64) as usize],
            });
        }
        let clocks = ports.iter().filter(|port| port.clock.is_some());
        let clocks = clocks
            .map(|port| Clock {
                name: port.name.to_owned(),
                level: false,
                rises: false,
            })
            .collect();
        let connected: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        Ok(Core {
            top: design.top().name.clone(),
            simulator,
            fields: bound,
            clocks,
            failures: 0,
            code: instance(design, &ports, &connected),
            cores: verilog::emit(design).iter().map(guarded).collect(),
        })
    }

    /// Marks an output as driven; for `Logic::connect`.
    pub fn connect<P: CorePort>(port: &mut P) {
        if port.direction() == Direction::Output {
            port.connect();
        }
    }

    /// A pass of rust-hdl's simulation: takes the inputs, makes the edge if a clock rises, and
    /// gives the settled outputs. `fields` are those given to [`Core::new`], in their order.
    ///
    /// # Panics
    ///
    /// When an assertion of the design fails.
    pub fn update(&mut self, fields: &mut [&mut dyn CorePort]) {
        for (bound, field) in self.fields.iter_mut().zip(fields.iter()) {
            match bound.role {
                Role::Clock(index) => {
                    field.read(&mut bound.words);
                    let clock = &mut self.clocks[index];
                    let level = bound.words[0] != 0;
                    clock.rises = level && !clock.level;
                    clock.level = level;
                }
                Role::Input(handle) => {
                    field.read(&mut bound.words);
                    self.simulator.set_words(handle, &bound.words);
                }
                Role::Output(_) => {}
            }
        }
        self.edge();
        for (bound, field) in self.fields.iter().zip(fields) {
            if let Role::Output(handle) = bound.role {
                field.write(self.simulator.words(handle));
            }
        }
    }

    fn edge(&mut self) {
        if !self.clocks.iter().any(|clock| clock.rises) {
            return;
        }
        if self.clocks.iter().all(|clock| clock.rises) {
            self.simulator.step();
        } else {
            for clock in self.clocks.iter().filter(|clock| clock.rises) {
                self.simulator.step_domain(&clock.name);
            }
        }
        let failures = self.simulator.failures();
        if let Some(failure) = failures.get(self.failures) {
            panic!(
                "core `{}`: assertion `{}` failed at edge {}: {}",
                self.top, failure.path, failure.cycle, failure.message
            );
        }
        self.failures = failures.len();
    }

    /// The wrapper for `Logic::hdl`: one instance of the core, and the core's modules, each so
    /// guarded that a text with several instances defines it once.
    pub fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            code: self.code.clone(),
            cores: self.cores.clone(),
        })
    }

    /// What simulates the core.
    pub fn simulator(&mut self) -> &mut Simulator {
        &mut self.simulator
    }
}

/// Everything in which fields and ports differ.
fn problems(
    design: &Design,
    ports: &[TopPort<'_>],
    fields: &[(&'static str, &mut dyn CorePort)],
) -> Vec<String> {
    let mut problems = Vec::new();
    // rust-hdl names its outermost module so, and all others `top$...`.
    if design.modules.iter().any(|module| module.name == "top") {
        problems.push("rust-hdl needs the module name `top` for itself".to_owned());
    }
    for (name, field) in fields {
        let Some(port) = ports.iter().find(|port| port.name == *name) else {
            let nearest = ports
                .iter()
                .map(|port| (strsim::damerau_levenshtein(name, port.name), port.name))
                .min()
                .filter(|(distance, _)| *distance <= 3);
            let hint = nearest.map(|(_, nearest)| format!(" (did you mean `{nearest}`?)"));
            problems.push(format!("no port `{name}`{}", hint.unwrap_or_default()));
            continue;
        };
        if field.direction() != port.direction {
            let direction = match port.direction {
                Direction::Input => "input",
                Direction::Output => "output",
            };
            problems.push(format!("`{name}` is an {direction}"));
        }
        if let Some(width) = field.fixed_width()
            && width != port.width
        {
            problems.push(format!(
                "`{name}` is {} bits wide, its field {width}",
                port.width
            ));
        }
    }
    for port in ports {
        let missing = fields.iter().all(|(name, _)| *name != port.name);
        if missing && port.direction == Direction::Input {
            problems.push(format!("no field for the input `{}`", port.name));
        }
    }
    problems
}

/// The instance inside rust-hdl's module of the block, whose ports have the same names.
fn instance(design: &Design, ports: &[TopPort<'_>], connected: &[&str]) -> String {
    let mut name = "core".to_owned();
    while connected.contains(&name.as_str()) {
        name.push('_');
    }
    let width = ports.iter().map(|port| port.name.len()).max().unwrap_or(0);
    let pins: Vec<String> = ports
        .iter()
        .map(|port| {
            let net = Some(port.name).filter(|name| connected.contains(name));
            format!("    .{:width$} ({})", port.name, net.unwrap_or_default())
        })
        .collect();
    let mut text = String::new();
    let top = &design.top().name;
    write!(text, "{top} {name} (\n{}\n);\n", pins.join(",\n")).expect("a string takes all");
    text
}
