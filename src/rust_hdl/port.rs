//! Ports of a core as rust-hdl sees them.

use super::{Value, Wire};
use crate::hdl::ir;
use rust_hdl::core::ast::VerilogLiteral;
use rust_hdl::core::atom::{Atom, AtomKind};
use rust_hdl::core::block::Block;
use rust_hdl::core::constraint::PinConstraint;
use rust_hdl::core::direction::{Direction, In, Out};
use rust_hdl::core::logic::Logic;
use rust_hdl::core::probe::Probe;
use rust_hdl::core::signal::{Signal, get_signal_id};
use rust_hdl::core::synth::{Synth, VCDValue};
use rust_hdl::core::type_descriptor::{TypeDescriptor, TypeKind};
use std::marker::PhantomData;

/// A port whose width comes from the design: rust-hdl's `Signal` without a type for its value.
///
/// Inside `#[hdl_gen]` code it is written with `core.port.next = x.into()` and read with
/// `core.port.val()`, where `.into()` converts between its [`Value`] and rust-hdl's types.
#[derive(Clone, Debug)]
pub struct Port<D: Direction> {
    /// What the port takes on in the next pass.
    pub next: Value,
    val: Value,
    name: &'static str,
    changed: bool,
    claimed: bool,
    id: usize,
    direction: PhantomData<D>,
}

impl<D: Direction> Port<D> {
    /// Width in bits; 0 until the port belongs to a core.
    pub fn width(&self) -> u32 {
        self.val.width()
    }
}

impl<D: Direction> Default for Port<D> {
    fn default() -> Self {
        Port {
            next: Value::default(),
            val: Value::default(),
            name: "",
            changed: false,
            claimed: false,
            id: get_signal_id(),
            direction: PhantomData,
        }
    }
}

impl Port<In> {
    /// The value at the end of the last pass, as rust-hdl's `Signal<In, _>` gives it.
    pub fn val(&self) -> Value {
        self.val.clone()
    }
}

impl Port<Out> {
    /// The newest value, as rust-hdl's `Signal<Out, _>` gives it.
    pub fn val(&self) -> Value {
        self.next.clone()
    }
}

impl<D: Direction> Logic for Port<D> {
    fn update(&mut self) {}

    fn connect(&mut self) {
        self.claimed = true;
    }
}

impl<D: Direction> Block for Port<D> {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {
        let (given, width) = (self.next.width(), self.val.width());
        assert!(
            given == width,
            "port `{}` is {width} bits wide and was given {given} bits",
            self.name
        );
        self.changed = self.val != self.next;
        if self.changed {
            self.val.assign(&self.next);
        }
    }

    fn has_changed(&self) -> bool {
        self.changed
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_atom(name, self);
    }
}

impl<D: Direction> Atom for Port<D> {
    fn bits(&self) -> usize {
        self.val.width() as usize
    }

    fn connected(&self) -> bool {
        self.claimed
    }

    fn changed(&self) -> bool {
        self.changed
    }

    fn kind(&self) -> AtomKind {
        D::KIND
    }

    fn descriptor(&self) -> TypeDescriptor {
        TypeDescriptor {
            name: format!("Bits::<{}>", self.val.width()),
            kind: TypeKind::Bits(self.val.width() as usize),
        }
    }

    fn vcd(&self) -> VCDValue {
        // rust-hdl's version of the `vcd` crate is not ours: its values come from conversions.
        let scalar = |bit: bool| match VCDValue::from(bit) {
            VCDValue::Single(value) => value,
            _ => unreachable!("a bool is one bit"),
        };
        let bits = (0..self.bits()).rev();
        VCDValue::Vector(bits.map(|bit| scalar(self.val.get_bit(bit))).collect())
    }

    fn id(&self) -> usize {
        self.id
    }

    fn verilog(&self) -> VerilogLiteral {
        // Read for constants only.
        self.val.words().next().unwrap_or(0).into()
    }

    fn constraints(&self) -> Vec<PinConstraint> {
        Vec::new()
    }
}

/// A field of a block made by [`rust_hdl_block!`](crate::rust_hdl_block): a [`Port`], or a
/// `Signal<In, T>` or `Signal<Out, T>` with `T` one of `Bit`, `Clock`, `Bits<N>`, `Signed<N>`.
///
/// Words hold 64 bits, the lowest first.
pub trait CorePort: Block + Atom {
    /// Direction, seen from inside the core.
    fn direction(&self) -> ir::Direction;
    /// Width in bits, if the type of the field decides it.
    fn fixed_width(&self) -> Option<u32>;
    /// Makes the field a port of this width.
    fn bind(&mut self, name: &'static str, width: u32);
    /// The value, for an input.
    fn read(&self, words: &mut [u64]);
    /// Sets the next value, for an output.
    fn write(&mut self, words: &[u64]);
}

macro_rules! core_port {
    ($($direction:ident is $ir:ident),+) => {$(
        impl CorePort for Port<$direction> {
            fn direction(&self) -> ir::Direction {
                ir::Direction::$ir
            }

            fn fixed_width(&self) -> Option<u32> {
                None
            }

            fn bind(&mut self, name: &'static str, width: u32) {
                self.name = name;
                self.val = Value::zero(name, width);
                self.next = self.val.clone();
            }

            fn read(&self, words: &mut [u64]) {
                self.val.copy_words(words);
            }

            fn write(&mut self, words: &[u64]) {
                self.next.set_words(words);
            }
        }

        impl<T: Wire> CorePort for Signal<$direction, T> {
            fn direction(&self) -> ir::Direction {
                ir::Direction::$ir
            }

            fn fixed_width(&self) -> Option<u32> {
                Some(<T as Synth>::BITS as u32)
            }

            fn bind(&mut self, _: &'static str, _: u32) {}

            fn read(&self, words: &mut [u64]) {
                self.val().to_words(words);
            }

            fn write(&mut self, words: &[u64]) {
                self.next = T::from_words(words);
            }
        }
    )+};
}

core_port!(In is Input, Out is Output);
