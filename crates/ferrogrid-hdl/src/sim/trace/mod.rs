//! Waves in files: which of them, and when they are written; a format a file.
//!
//! A cycle takes ten nanoseconds. The clock rises at its start, together with what the edge and
//! the inputs changed, and falls in its middle. Registers of an enumeration get a second,
//! textual variable `<name>_state` in a VCD file, which GTKWave shows by name.

mod format;
mod fst;
mod vcd;

use super::Simulator;
use super::compile::Model;
use super::demand::PROGRAMS;
use super::names::Handle;
use super::wide::words_of;
use format::Format;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Seek, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

const CYCLE: u64 = 10;

/// Which waves are written: those of all modules in all cycles, where nothing else is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waves {
    modules: Vec<String>,
    cycles: Option<Range<u64>>,
}

impl Waves {
    /// Those of a module, by the names of its instances from the top down with dots between them, and of all in it. What is
    /// said more than once adds up.
    #[must_use]
    pub fn of(mut self, module: impl Into<String>) -> Waves {
        self.modules.push(module.into());
        self
    }

    /// Those of these cycles.
    #[must_use]
    pub fn in_cycles(mut self, cycles: Range<u64>) -> Waves {
        self.cycles = Some(cycles);
        self
    }

    fn has(&self, path: &str) -> bool {
        let within = |module: &String| {
            let rest = path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.modules.is_empty() || self.modules.iter().any(within)
    }

    /// Whether a module is on the way to one whose waves are written.
    fn leads_to(&self, path: &str) -> bool {
        let within = |module: &String| path.is_empty() || module.starts_with(&format!("{path}."));
        self.has(path) || self.modules.iter().any(within)
    }
}

/// A receiver of all values of a cycle.
pub(super) trait Trace: Send {
    /// Takes the settled values before edge number `cycle`, which the given domains have.
    fn record(&mut self, values: &[u64], cycle: u64, edge: &dyn Fn(u32) -> bool);

    /// Takes the last values, writes everything out and says whether all went well.
    fn finish(&mut self, values: &[u64], cycle: u64) -> io::Result<()>;
}

/// A value in the file; names of one value share it.
struct Variable<Id> {
    id: Id,
    place: usize,
    width: u32,
}

/// The name of a state in the file.
struct Text<Id> {
    id: Id,
    place: usize,
    names: Arc<[String]>,
}

struct Clock<Id> {
    id: Id,
    domain: u32,
    /// The last edge was one of this clock.
    ticked: bool,
}

struct Dump<F: Format> {
    format: F,
    waves: Waves,
    clocks: Vec<Clock<F::Id>>,
    variables: Vec<Variable<F::Id>>,
    texts: Vec<Text<F::Id>>,
    last: Option<Vec<u64>>,
    failed: Option<io::Error>,
}

impl Simulator {
    /// Writes every following cycle to `writer` as a value change dump, ended by
    /// [`Simulator::finish_trace`]. Errors are those of writing the header; later ones are kept.
    pub fn trace_vcd(&mut self, writer: impl Write + Send + 'static) -> io::Result<()> {
        self.trace_vcd_of(Waves::default(), writer)
    }

    /// As [`Simulator::trace_vcd`], of these waves. Also an error is a module that the design has not.
    pub fn trace_vcd_of(
        &mut self,
        waves: Waves,
        writer: impl Write + Send + 'static,
    ) -> io::Result<()> {
        self.trace_as(vcd::Vcd::new(writer)?, waves)
    }

    /// As [`Simulator::trace_vcd_of`], in the compressed format FST.
    pub fn trace_fst_of(
        &mut self,
        waves: Waves,
        writer: impl Write + Seek + Send + 'static,
    ) -> io::Result<()> {
        self.trace_as(fst::Fst::new(writer)?, waves)
    }

    fn trace_as(&mut self, format: impl Format + 'static, waves: Waves) -> io::Result<()> {
        let dump = Dump::new(format, waves, &self.model)?;
        self.trace = Some(Mutex::new(Box::new(dump)));
        Ok(())
    }

    /// Writes the values after the last edge and ends the trace; the first error of any write.
    pub fn finish_trace(&mut self) -> io::Result<()> {
        self.eval();
        self.show(0..self.values.len());
        match self.trace.take() {
            Some(trace) => {
                let mut trace = trace.into_inner().unwrap_or_else(PoisonError::into_inner);
                trace.finish(&self.values, self.cycle)
            }
            None => Ok(()),
        }
    }

    pub(super) fn record_trace(&mut self, edge: impl Fn(u32) -> bool) {
        self.settle(PROGRAMS as u8);
        self.show(0..self.values.len());
        if let Some(trace) = &mut self.trace {
            let trace = trace.get_mut().unwrap_or_else(PoisonError::into_inner);
            trace.record(&self.values, self.cycle, &edge);
        }
    }
}

impl<F: Format> Dump<F> {
    fn new(format: F, waves: Waves, model: &Model) -> io::Result<Self> {
        let mut dump = Dump {
            format,
            waves,
            clocks: Vec::new(),
            variables: Vec::new(),
            texts: Vec::new(),
            last: None,
            failed: None,
        };
        let mut paths = Vec::new();
        dump.module(model, (0, ""), &mut HashMap::new(), &mut paths)?;
        let unknown = |module: &&String| !paths.contains(module);
        if let Some(module) = dump.waves.modules.iter().find(unknown) {
            let reason = format!("there is no module `{module}`; at the top there are {}", {
                let top = paths
                    .iter()
                    .filter(|path| !path.is_empty() && !path.contains('.'));
                Vec::from_iter(top.map(|path| format!("`{path}`"))).join(", ")
            });
            return Err(io::Error::new(ErrorKind::InvalidInput, reason));
        }
        dump.format.begin()?;
        Ok(dump)
    }

    /// The names of a module and of those in it; notes the paths of all.
    fn module(
        &mut self,
        model: &Model,
        (module, path): (u32, &str),
        known: &mut HashMap<(u32, u32), F::Id>,
        paths: &mut Vec<String>,
    ) -> io::Result<()> {
        let names = &model.names;
        let here = &names.scopes[module as usize];
        paths.push(path.to_owned());
        let is_on_the_way = self.waves.leads_to(path);
        if is_on_the_way {
            self.format.module(&here.name)?;
        }
        if module == 0 {
            let clocks = model
                .domains
                .iter()
                .enumerate()
                .filter(|(_, domain)| domain.uses_clock);
            for (domain, layout) in clocks {
                let id = self.format.variable(&layout.clock, 1, None)?;
                self.clocks.push(Clock {
                    id,
                    domain: domain as u32,
                    ticked: false,
                });
            }
            for (name, handle) in &names.resets {
                self.variable(name, *handle, known)?;
            }
        }
        if self.waves.has(path) {
            let of_module = &names.modules[module as usize].names;
            for ((name, _), handle) in of_module.iter().zip(&names.handles[module as usize]) {
                self.variable(name, *handle, known)?;
                let states = names.states(*handle);
                let text = states.map(|_| self.format.text(&format!("{name}_state")));
                if let (Some(states), Some(id)) = (states, text.transpose()?.flatten()) {
                    self.texts.push(Text {
                        id,
                        place: handle.place as usize,
                        names: Arc::clone(states),
                    });
                }
            }
        }
        for child in &here.children {
            let name = &names.scopes[*child as usize].name;
            let path = match path {
                "" => name.clone(),
                _ => format!("{path}.{name}"),
            };
            self.module(model, (*child, &path), known, paths)?;
        }
        match is_on_the_way {
            true => self.format.end_module(),
            false => Ok(()),
        }
    }

    fn variable(
        &mut self,
        name: &str,
        handle: Handle,
        known: &mut HashMap<(u32, u32), F::Id>,
    ) -> io::Result<()> {
        let width = handle.shape.width;
        let key = (handle.place, width);
        let same = known.get(&key).copied();
        let id = self.format.variable(name, width, same)?;
        if same.is_none() {
            known.insert(key, id);
            self.variables.push(Variable {
                id,
                place: handle.place as usize,
                width,
            });
        }
        Ok(())
    }

    fn cycle(&mut self, values: &[u64], cycle: u64, rest: bool) -> io::Result<()> {
        let format = &mut self.format;
        format.time(cycle * CYCLE)?;
        let scalar = |of: bool| if of { b"1" } else { b"0" };
        for clock in &self.clocks {
            if clock.ticked || self.last.is_none() {
                format.change(clock.id, scalar(clock.ticked))?;
            }
        }
        let last = self.last.as_deref();
        let changed = |place: usize, words: usize| {
            let place = place..place + words;
            last.is_none_or(|last| last[place.clone()] != values[place])
        };
        let mut bits = Vec::new();
        for variable in &self.variables {
            let place = variable.place;
            if !changed(place, words_of(variable.width) as usize) {
                continue;
            }
            let bit = |bit: u32| values[place + bit as usize / 64] >> (bit % 64) & 1;
            bits.clear();
            bits.extend((0..variable.width).rev().map(|of| b'0' + bit(of) as u8));
            format.change(variable.id, &bits)?;
        }
        for text in self.texts.iter().filter(|text| changed(text.place, 1)) {
            let name = text.names.get(values[text.place] as usize);
            format.change_text(text.id, name.map_or("?", String::as_str))?;
        }
        if rest && self.clocks.iter().any(|clock| clock.ticked) {
            format.time(cycle * CYCLE + CYCLE / 2)?;
            for clock in self.clocks.iter().filter(|clock| clock.ticked) {
                format.change(clock.id, scalar(false))?;
            }
        }
        match &mut self.last {
            Some(last) => last.copy_from_slice(values),
            None => self.last = Some(values.to_vec()),
        }
        Ok(())
    }

    fn is_wanted(&self, cycle: u64) -> bool {
        let cycles = self.waves.cycles.as_ref();
        cycles.is_none_or(|cycles| cycles.contains(&cycle))
    }
}

impl<F: Format> Trace for Dump<F> {
    fn record(&mut self, values: &[u64], cycle: u64, edge: &dyn Fn(u32) -> bool) {
        if self.failed.is_none() && self.is_wanted(cycle) {
            self.failed = self.cycle(values, cycle, true).err();
        }
        for clock in &mut self.clocks {
            clock.ticked = edge(clock.domain);
        }
    }

    fn finish(&mut self, values: &[u64], cycle: u64) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.is_wanted(cycle) {
            self.cycle(values, cycle, false)?;
        }
        self.format.finish()
    }
}
