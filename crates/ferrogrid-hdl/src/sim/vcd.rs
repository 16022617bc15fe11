//! Waves as a value change dump.
//!
//! A cycle takes ten nanoseconds. The clock rises at its start, together with what the edge and
//! the inputs changed, and falls in its middle. Registers of an enumeration get a second,
//! textual variable `<name>_state` that GTKWave shows by name.

use super::Simulator;
use super::compile::Model;
use super::demand::PROGRAMS;
use super::names::Handle;
use super::wide::words_of;
use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};
use vcd::{IdCode, ReferenceIndex, TimescaleUnit, Value, VarType, Writer};

const CYCLE: u64 = 10;

/// A receiver of all values of a cycle.
pub(super) trait Trace: Send {
    /// Takes the settled values before edge number `cycle`, which the given domains have.
    fn record(&mut self, values: &[u64], cycle: u64, edge: &dyn Fn(u32) -> bool);

    /// Takes the last values, writes everything out and says whether all went well.
    fn finish(&mut self, values: &[u64], cycle: u64) -> io::Result<()>;
}

/// A value in the dump; names of one value share it.
struct Variable {
    id: IdCode,
    place: usize,
    width: u32,
}

/// The name of a state in the dump.
struct Text {
    id: IdCode,
    place: usize,
    names: Arc<[String]>,
}

struct Clock {
    id: IdCode,
    domain: u32,
    /// The last edge was one of this clock.
    ticked: bool,
}

struct Dump<W: Write> {
    writer: Writer<BufWriter<W>>,
    clocks: Vec<Clock>,
    variables: Vec<Variable>,
    texts: Vec<Text>,
    last: Option<Vec<u64>>,
    failed: Option<io::Error>,
}

impl Simulator {
    /// Writes every following cycle to `writer` as a value change dump, ended by
    /// [`Simulator::finish_trace`]. Errors are those of writing the header; later ones are kept.
    pub fn trace_vcd(&mut self, writer: impl Write + Send + 'static) -> io::Result<()> {
        self.trace = Some(Mutex::new(Box::new(Dump::new(writer, &self.model)?)));
        Ok(())
    }

    /// Writes the values after the last edge and ends the trace; the first error of any write.
    pub fn finish_trace(&mut self) -> io::Result<()> {
        self.eval();
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
        if let Some(trace) = &mut self.trace {
            let trace = trace.get_mut().unwrap_or_else(PoisonError::into_inner);
            trace.record(&self.values, self.cycle, &edge);
        }
    }
}

impl<W: Write> Dump<W> {
    fn new(writer: W, model: &Model) -> io::Result<Self> {
        let mut dump = Dump {
            writer: Writer::new(BufWriter::new(writer)),
            clocks: Vec::new(),
            variables: Vec::new(),
            texts: Vec::new(),
            last: None,
            failed: None,
        };
        dump.writer.timescale(1, TimescaleUnit::NS)?;
        dump.scope(model, 0, &mut HashMap::new())?;
        dump.writer.enddefinitions()?;
        Ok(dump)
    }

    fn scope(
        &mut self,
        model: &Model,
        scope: u32,
        known: &mut HashMap<(u32, u32), IdCode>,
    ) -> io::Result<()> {
        let names = &model.names;
        let here = &names.scopes[scope as usize];
        self.writer.add_module(&here.name)?;
        if scope == 0 {
            let clocks = model
                .domains
                .iter()
                .enumerate()
                .filter(|(_, domain)| domain.uses_clock);
            for (domain, layout) in clocks {
                let id = self.writer.add_wire(1, &layout.clock)?;
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
        let module = &names.modules[scope as usize].names;
        for ((name, _), handle) in module.iter().zip(&names.handles[scope as usize]) {
            self.variable(name, *handle, known)?;
            if let Some(states) = names.states(*handle) {
                let text = format!("{name}_state");
                let id = self.writer.add_var(VarType::String, 1, &text, None)?;
                let place = handle.place as usize;
                self.texts.push(Text {
                    id,
                    place,
                    names: Arc::clone(states),
                });
            }
        }
        for child in &here.children {
            self.scope(model, *child, known)?;
        }
        self.writer.upscope()
    }

    fn variable(
        &mut self,
        name: &str,
        handle: Handle,
        known: &mut HashMap<(u32, u32), IdCode>,
    ) -> io::Result<()> {
        let width = handle.shape.width;
        let range = (width > 1).then(|| ReferenceIndex::Range(width as i32 - 1, 0));
        let key = (handle.place, width);
        if let Some(id) = known.get(&key) {
            return self.writer.var_def(VarType::Wire, width, *id, name, range);
        }
        let id = self.writer.add_var(VarType::Wire, width, name, range)?;
        known.insert(key, id);
        self.variables.push(Variable {
            id,
            place: handle.place as usize,
            width,
        });
        Ok(())
    }

    fn cycle(&mut self, values: &[u64], cycle: u64, rest: bool) -> io::Result<()> {
        let writer = &mut self.writer;
        writer.timestamp(cycle * CYCLE)?;
        for clock in &self.clocks {
            if clock.ticked || self.last.is_none() {
                writer.change_scalar(clock.id, clock.ticked)?;
            }
        }
        let last = self.last.as_deref();
        let changed = |place: usize, words: usize| {
            let place = place..place + words;
            last.is_none_or(|last| last[place.clone()] != values[place])
        };
        for variable in &self.variables {
            let place = variable.place;
            if !changed(place, words_of(variable.width) as usize) {
                continue;
            }
            let bit = |bit: u32| values[place + bit as usize / 64] >> (bit % 64) & 1 == 1;
            if variable.width == 1 {
                writer.change_scalar(variable.id, bit(0))?;
            } else {
                let bits = (0..variable.width)
                    .rev()
                    .map(|index| Value::from(bit(index)));
                writer.change_vector(variable.id, bits)?;
            }
        }
        for text in self.texts.iter().filter(|text| changed(text.place, 1)) {
            let name = text.names.get(values[text.place] as usize);
            writer.change_string(text.id, name.map_or("?", String::as_str))?;
        }
        if rest && self.clocks.iter().any(|clock| clock.ticked) {
            writer.timestamp(cycle * CYCLE + CYCLE / 2)?;
            for clock in self.clocks.iter().filter(|clock| clock.ticked) {
                writer.change_scalar(clock.id, false)?;
            }
        }
        match &mut self.last {
            Some(last) => last.copy_from_slice(values),
            None => self.last = Some(values.to_vec()),
        }
        Ok(())
    }
}

impl<W: Write + Send> Trace for Dump<W> {
    fn record(&mut self, values: &[u64], cycle: u64, edge: &dyn Fn(u32) -> bool) {
        if self.failed.is_none() {
            self.failed = self.cycle(values, cycle, true).err();
        }
        for clock in &mut self.clocks {
            clock.ticked = edge(clock.domain);
        }
    }

    fn finish(&mut self, values: &[u64], cycle: u64) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => return Err(error),
            None => self.cycle(values, cycle, false)?,
        }
        self.writer.flush()
    }
}
