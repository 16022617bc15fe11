//! From a closed design to programs, places and names.

use super::arrange::{Arrangement, Pace, arrange};
use super::demand::{Demands, StateWord};
use super::emit::Origin;
use super::execute::Load;
use super::flatten::{FlatNode, Hierarchy, join};
use super::learn::Learned;
use super::lower::Lowering;
use super::memory::{MemoryLayout, ReadLayout, WriteLayout};
use super::names::{self, Handle, Known, ModuleNames, Names, Role};
use super::narrow::narrow;
use super::property::PropertyLayout;
use super::schedule::{Passes, Schedule, schedule};
use super::wide::{Span, top_mask, words_of};
use crate::ir::{Design, Direction, DomainId, Memory, MemoryId, NodeKind, PropertyKind};
use crate::{Shape, bit};
use num_bigint::BigUint;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A clock domain of the top module.
#[derive(Clone, Debug)]
pub(super) struct DomainLayout {
    pub clock: String,
    pub uses_clock: bool,
    /// Place of the reset and the value that asserts it, if there is one.
    pub reset: Option<(u32, u64)>,
    /// Words of state with their values in reset.
    pub reset_values: Vec<(u32, u64)>,
    /// Those of them that do not wait for an edge.
    pub asynchronous: Vec<(u32, u64)>,
}

/// A compiled design, shared by all clones of a simulator.
pub(super) struct Model {
    pub schedule: Schedule,
    /// How it runs as long as nothing is known.
    pub arrangement: Arc<Arrangement>,
    /// What has become known.
    learned: Mutex<Option<Learned>>,
    pub domains: Vec<DomainLayout>,
    pub memories: Vec<MemoryLayout>,
    pub properties: Vec<PropertyLayout>,
    pub names: Names,
    /// The words of each memory at the start; those beyond the end of a public one are 0.
    pub arrays: Vec<Vec<u64>>,
    /// All values at the start.
    pub values: Vec<u64>,
    /// Words of state that nothing has set at the start, with the masks of their bits.
    pub unset: Vec<(u32, u64)>,
}

struct Register {
    current: u32,
    width: u32,
    domain: u32,
    reset: Option<Vec<u64>>,
    asynchronous: bool,
}

/// Fills `demands` from the nodes of a hierarchy.
struct Collector<'d> {
    hierarchy: &'d Hierarchy<'d>,
    lowering: Lowering<'d>,
    demands: Demands,
    registers: Vec<Register>,
    memories: Vec<MemoryLayout>,
    properties: Vec<PropertyLayout>,
    covers: usize,
    /// Register values that hold an enumeration.
    states: Vec<(u32, Arc<[String]>)>,
    arrays: Vec<Vec<u64>>,
}

/// Compiles a design.
pub(super) fn compile(design: &Design, known: Known, passes: Passes) -> Model {
    let hierarchy = Hierarchy::new(design);
    let mut collector = Collector {
        hierarchy: &hierarchy,
        lowering: Lowering::new(&hierarchy),
        demands: Demands::default(),
        registers: Vec::new(),
        memories: Vec::new(),
        properties: Vec::new(),
        covers: 0,
        states: Vec::new(),
        arrays: Vec::new(),
    };
    let resets = collector.define_inputs();
    let scopes = 0..hierarchy.scopes.len() as u32;
    scopes
        .clone()
        .for_each(|scope| collector.define_state(scope));
    for port in design
        .top()
        .ports
        .iter()
        .filter(|port| port.direction == Direction::Output)
    {
        let span = collector.span(0, port.node);
        collector.demands.outputs.extend(words(span));
    }
    for scope in scopes {
        collector.registers(scope);
        collector.memories(scope);
        collector.properties(scope);
    }
    let (tables, named) = collector.names(known);
    let Collector {
        lowering,
        demands,
        registers,
        memories,
        properties,
        states,
        arrays,
        ..
    } = collector;
    let mut schedule = schedule(lowering.emitter, &demands, passes);
    let finish = Finish {
        hierarchy: &hierarchy,
        schedule: &schedule,
    };
    let resets: HashMap<&str, u32> = resets
        .into_iter()
        .map(|(name, value)| (name, schedule.place(value)))
        .collect();
    let domains = finish.domains(&registers, &resets);
    let names = Names {
        handles: finish.handles(&tables, &named),
        modules: tables,
        resets: finish.reset_handles(&resets, &domains),
        memories: finish.memory_paths(&memories),
        states: states
            .into_iter()
            .map(|(value, names)| (schedule.place(value), names))
            .collect(),
        scopes: hierarchy.scopes.clone(),
    };
    let memories = finish.memories(memories);
    let properties: Vec<PropertyLayout> = properties
        .into_iter()
        .map(|p| PropertyLayout {
            condition: schedule.place(p.condition),
            ..p
        })
        .collect();
    let conditions = properties.iter().map(|property| vec![property.condition]);
    let read = memories.iter().map(|memory| {
        let mut places = Vec::new();
        memory.for_each_read_value(|place| places.push(place));
        places
    });
    schedule.watched = [conditions.collect(), read.collect()];
    let sinks: Vec<u32> = demands
        .sinks
        .iter()
        .map(|value| schedule.place(*value))
        .collect();
    narrow(&mut schedule, passes.narrow, &sinks);
    let values = initial_values(&schedule, &domains);
    let registers = registers.iter().filter(|register| register.reset.is_none());
    let registers = registers.map(|register| (schedule.place(register.current), register.width));
    let reads = memories.iter().flat_map(|memory| {
        let reads = memory.reads.iter();
        reads.map(|port| (port.data, memory.width))
    });
    let unset = registers.chain(reads).flat_map(|(place, width)| {
        let words = words_of(width);
        (0..words).map(move |word| {
            let last = word + 1 == words;
            (place + word, if last { top_mask(width) } else { u64::MAX })
        })
    });
    let unset = unset.collect();
    let woken = vec![Pace::Woken; schedule.units.len()];
    let arrangement = arrange(&schedule, &woken, false);
    Model {
        domains,
        memories,
        properties,
        names,
        arrays,
        values,
        unset,
        arrangement: Arc::new(arrangement),
        learned: Mutex::new(None),
        schedule,
    }
}

impl Model {
    /// What simulations have learned.
    pub(super) fn learned(&self) -> MutexGuard<'_, Option<Learned>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The most words that all memories read at an edge.
    pub(super) fn words_read(&self) -> usize {
        let memories = self.memories.iter();
        memories
            .map(|memory| memory.reads.len() * memory.words())
            .sum()
    }
}

/// Words from the first of a value.
fn words(span: Span) -> impl Iterator<Item = u32> {
    span.start..span.start + words_of(span.width)
}

/// A bit pattern in a given number of words.
pub(super) fn digits(bits: &BigUint, words: usize) -> Vec<u64> {
    let mut digits = bits.to_u64_digits();
    digits.resize(words, 0);
    digits
}

/// Registers start at their reset values, resets are released, all else is 0.
fn initial_values(schedule: &Schedule, domains: &[DomainLayout]) -> Vec<u64> {
    let mut values = schedule.values.clone();
    for domain in domains {
        if let Some((place, asserted)) = domain.reset {
            values[place as usize] = asserted ^ 1;
        }
        for &(place, value) in &domain.reset_values {
            values[place as usize] = value;
        }
    }
    values
}

impl<'d> Collector<'d> {
    /// Gives the top's inputs and resets their values; returns the resets by name.
    fn define_inputs(&mut self) -> Vec<(&'d str, u32)> {
        let top = self.hierarchy.design.top();
        for port in top
            .ports
            .iter()
            .filter(|port| port.direction == Direction::Input)
        {
            let at = FlatNode {
                scope: 0,
                node: port.node,
            };
            let start = self.lowering.define(at);
            let width = port.shape.width;
            self.demands.inputs.extend(words(Span { start, width }));
        }
        let mut resets: Vec<(&str, u32)> = Vec::new();
        for domain in top.domains.iter().filter(|domain| domain.uses_reset) {
            if !resets.iter().any(|(name, _)| *name == domain.reset) {
                let value = self.lowering.emitter.allocate(1);
                self.demands.inputs.push(value);
                resets.push((&domain.reset, value));
            }
        }
        resets
    }

    fn define_state(&mut self, scope: u32) {
        let module = self.hierarchy.module(scope);
        for register in &module.registers {
            self.lowering.define(FlatNode {
                scope,
                node: register.node,
            });
        }
        for (memory, id) in module.memories.iter().zip(0..) {
            for read in &memory.reads {
                self.lowering.define(FlatNode {
                    scope,
                    node: read.data,
                });
            }
            let load = Load {
                memory: self.arrays.len(),
                words: words_of(memory.width) as usize,
                depth: memory.depth,
            };
            self.lowering.memories.insert((scope, MemoryId(id)), load);
            let initial = memory.init.iter().flatten();
            let mut array: Vec<u64> = initial.flat_map(|bits| digits(bits, load.words)).collect();
            // Tables of test benches are large and often empty.
            if !memory.public {
                array.resize(load.words * memory.depth as usize, 0);
            }
            self.arrays.push(array);
        }
    }

    fn domain(&self, scope: u32, domain: crate::ir::DomainId) -> u32 {
        self.hierarchy.scopes[scope as usize].domains[domain.index()]
    }

    fn span(&mut self, scope: u32, node: crate::ir::NodeId) -> Span {
        let at = FlatNode { scope, node };
        Span {
            start: self.lowering.value(at),
            width: self.lowering.width(at),
        }
    }

    fn registers(&mut self, scope: u32) {
        let module = self.hierarchy.module(scope);
        let enums: Vec<Arc<[String]>> = module
            .enums
            .iter()
            .map(|of| Arc::from(of.by_encoding()))
            .collect();
        for register in &module.registers {
            let current = self.span(scope, register.node);
            let next = register
                .next
                .expect("a closed design gives every register a next value");
            let next = self.span(scope, next);
            let enable = register.enable.map(|enable| self.span(scope, enable).start);
            let domain = self.domain(scope, register.domain);
            let always = enable.and_then(|enable| self.lowering.emitter.known(enable));
            let (enable, never) = match always {
                Some(0) => (None, true),
                Some(_) => (None, false),
                None => (enable, false),
            };
            let origin = self.lowering.origin_of(FlatNode {
                scope,
                node: register.node,
            });
            let width = current.width;
            for (part, (current, next)) in words(current).zip(words(next)).enumerate() {
                let next = if never { current } else { next };
                let above = 64 * part as u32;
                self.demands.registers.push(StateWord {
                    current,
                    width: (width - above).min(64),
                    next,
                    enable,
                    domain,
                    origin: Origin {
                        part: part as u32,
                        ..origin
                    },
                });
            }
            let count = words_of(current.width) as usize;
            let reset = register.reset.as_ref().map(|bits| digits(bits, count));
            self.registers.push(Register {
                current: current.start,
                width: current.width,
                domain,
                reset,
                asynchronous: module.domains[register.domain.index()].asynchronous_reset,
            });
            if let Some(id) = register.states {
                self.states
                    .push((current.start, Arc::clone(&enums[id.index()])));
            }
        }
    }

    fn memories(&mut self, scope: u32) {
        let path = self.hierarchy.path(scope);
        for memory in &self.hierarchy.module(scope).memories {
            let writes = memory.writes.iter().map(|port| WriteLayout {
                domain: self.domain(scope, port.domain),
                enable: self.span(scope, port.enable).start,
                address: self.span(scope, port.address),
                data: self.span(scope, port.data).start,
                mask: port.mask.map(|mask| self.span(scope, mask)),
            });
            let writes = writes.collect();
            let mut reads = Vec::new();
            for port in &memory.reads {
                let read = ReadLayout {
                    domain: self.domain(scope, port.domain),
                    enable: port.enable.map(|enable| self.span(scope, enable).start),
                    address: self.span(scope, port.address),
                    data: self.span(scope, port.data).start,
                };
                self.demands.other_state.push(read.data);
                reads.push(read);
            }
            let mut layout = MemoryLayout {
                path: join(&path, &memory.name),
                width: memory.width,
                depth: memory.depth,
                granularity: memory.granularity,
                no_collision: memory.no_collision,
                is_set: memory.init.is_some() || memory.public,
                has_rules: false,
                writes,
                reads,
                asynchronous: self.asynchronous(scope, memory),
            };
            layout.has_rules = layout.can_break_rules();
            layout.for_each_read_value(|value| self.demands.sinks.push(value));
            self.memories.push(layout);
        }
    }

    /// The addresses of reads of latency 0 that may lie beyond the depth, at the edges of the first
    /// clock that writes.
    fn asynchronous(&mut self, scope: u32, memory: &Memory) -> Vec<(u32, Span)> {
        if memory.depth.is_power_of_two() && memory.depth > 1 {
            return Vec::new();
        }
        let domain = memory
            .writes
            .first()
            .map_or(DomainId(0), |port| port.domain);
        let domain = self.domain(scope, domain);
        let module = self.hierarchy.module(scope);
        let words = memory.words.iter();
        let addresses = words.filter_map(|word| match module.node(*word).kind {
            NodeKind::MemoryWord { address, .. } => Some((domain, self.span(scope, address))),
            _ => None,
        });
        addresses.collect()
    }

    fn properties(&mut self, scope: u32) {
        let path = self.hierarchy.path(scope);
        for property in &self.hierarchy.module(scope).properties {
            let condition = self.span(scope, property.condition).start;
            let holds = self.lowering.emitter.known(condition) == Some(1);
            if holds && property.kind != PropertyKind::Cover {
                continue;
            }
            self.demands.sinks.push(condition);
            self.properties.push(PropertyLayout {
                kind: property.kind,
                path: join(&path, &property.name),
                message: property.message.clone(),
                condition,
                domain: self.domain(scope, property.domain),
                cover: self.covers,
            });
            self.covers += usize::from(property.kind == PropertyKind::Cover);
        }
    }

    /// The name tables of all scopes, and the values of their names.
    fn names(&mut self, known: Known) -> (Vec<Arc<ModuleNames>>, Vec<Vec<Span>>) {
        let tables = names::of_scopes(self.hierarchy, known);
        let mut named = Vec::with_capacity(tables.len());
        for (scope, table) in tables.iter().enumerate() {
            let nodes = table
                .names
                .iter()
                .map(|(_, node)| self.span(scope as u32, *node));
            let spans: Vec<Span> = nodes.collect();
            self.demands
                .named
                .extend(spans.iter().copied().flat_map(words));
            named.push(spans);
        }
        (tables, named)
    }
}

/// What is made once places are known.
struct Finish<'a> {
    hierarchy: &'a Hierarchy<'a>,
    schedule: &'a Schedule,
}

impl Finish<'_> {
    fn handles(&self, tables: &[Arc<ModuleNames>], named: &[Vec<Span>]) -> Vec<Vec<Handle>> {
        let scopes = tables.iter().zip(named).enumerate();
        scopes
            .map(|(scope, (table, spans))| {
                let names = table.names.iter().zip(spans);
                names
                    .map(|((_, node), span)| {
                        let at = FlatNode {
                            scope: scope as u32,
                            node: *node,
                        };
                        let shape: Shape = self.hierarchy.module(at.scope).shape(at.node);
                        Handle {
                            place: self.schedule.place(span.start),
                            shape,
                            level: self.schedule.level(span.start, span.width),
                            role: names::role(self.hierarchy, at),
                        }
                    })
                    .collect()
            })
            .collect()
    }

    fn reset_handles(
        &self,
        resets: &HashMap<&str, u32>,
        layouts: &[DomainLayout],
    ) -> Vec<(String, Handle)> {
        let at_once = |place: u32| {
            let mut of_reset = layouts
                .iter()
                .filter(|layout| layout.reset.is_some_and(|(reset, _)| reset == place));
            of_reset.any(|layout| !layout.asynchronous.is_empty())
        };
        let domains = self.hierarchy.design.top().domains.iter();
        let mut handles: Vec<(String, Handle)> = Vec::new();
        for domain in domains.filter(|domain| domain.uses_reset) {
            if !handles.iter().any(|(name, _)| *name == domain.reset) {
                let place = resets[domain.reset.as_str()];
                let handle = Handle {
                    place,
                    shape: bit(),
                    level: 0,
                    role: if at_once(place) {
                        Role::AsynchronousReset
                    } else {
                        Role::Input
                    },
                };
                handles.push((domain.reset.clone(), handle));
            }
        }
        handles
    }

    fn memory_paths(&self, memories: &[MemoryLayout]) -> HashMap<String, u32> {
        memories
            .iter()
            .enumerate()
            .map(|(i, memory)| (memory.path.clone(), i as u32))
            .collect()
    }

    fn domains(&self, registers: &[Register], resets: &HashMap<&str, u32>) -> Vec<DomainLayout> {
        let top = &self.hierarchy.design.top().domains;
        let mut domains: Vec<DomainLayout> = top
            .iter()
            .map(|domain| DomainLayout {
                clock: domain.clock.clone(),
                uses_clock: domain.uses_clock,
                reset: domain.uses_reset.then(|| {
                    (
                        resets[domain.reset.as_str()],
                        u64::from(!domain.reset_active_low),
                    )
                }),
                reset_values: Vec::new(),
                asynchronous: Vec::new(),
            })
            .collect();
        for register in registers {
            let place = self.schedule.place(register.current);
            let words = register.reset.iter().flatten().enumerate();
            let values = words.map(|(word, value)| (place + word as u32, *value));
            let domain = &mut domains[register.domain as usize];
            if register.asynchronous {
                domain.asynchronous.extend(values.clone());
            }
            domain.reset_values.extend(values);
        }
        domains
    }

    fn memories(&self, mut memories: Vec<MemoryLayout>) -> Vec<MemoryLayout> {
        for memory in &mut memories {
            memory.relocate(|value| self.schedule.place(value));
        }
        memories
    }
}
