//! Bundles whose members' names are known only at run time.

use super::binding::{Nameable, suggest_bundle};
use super::bundle::{Layout, Member};
use super::{Bundle, Family, Flow, Module, Shape, Shapes, Signal, bit};
use std::borrow::Cow;
use std::ops::Index;

/// Signals with names that are known only at run time: the pins of a vendor's cell, the fields of a
/// register map. An instance takes them in any order; `pins["name"]` is one of them.
///
/// ```
/// # use ferrogrid_hdl::{Module, Pins, bit, unsigned};
/// let shapes = Pins::of([("A", unsigned(18)), ("CE", bit())]);
/// # fn given<'m>(m: &'m Module, enable: ferrogrid_hdl::Signal<'m>) -> Pins<'m> {
/// # let shapes = Pins::of([("A", unsigned(18)), ("CE", bit())]);
/// let pins = Pins::new([("CE", enable)]).tie_off(m, &shapes);
/// # pins }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pins<'m> {
    members: Vec<Member>,
    signals: Vec<Signal<'m>>,
}

impl Pins<'_> {
    /// The shapes of pins of these names.
    #[track_caller]
    pub fn of<N: Into<Cow<'static, str>>>(
        pins: impl IntoIterator<Item = (N, Shape)>,
    ) -> Shapes<Pins<'static>> {
        let members = pins.into_iter().map(|(name, shape)| member(name, shape));
        Shapes::new(Layout::Bundle(members.collect()))
    }

    /// Names and shapes of the pins `<name>0` and so on, of one bit each.
    pub fn numbered(name: &str, count: u32) -> impl Iterator<Item = (String, Shape)> {
        (0..count).map(move |number| (format!("{name}{number}"), bit()))
    }
}

impl<'m> Pins<'m> {
    /// Pins of these names.
    pub fn new<N: Into<Cow<'static, str>>>(
        pins: impl IntoIterator<Item = (N, Signal<'m>)>,
    ) -> Pins<'m> {
        let mut all = Pins::default();
        for (name, signal) in pins {
            all.push(name, signal);
        }
        all
    }

    /// Adds one.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, signal: Signal<'m>) {
        self.members.push(member(name, signal.shape()));
        self.signals.push(signal);
    }

    /// The bits of a signal as the pins `<name>0` and so on.
    #[must_use]
    pub fn with_bits(mut self, name: &str, signal: Signal<'m>) -> Pins<'m> {
        for number in 0..signal.width() {
            self.push(format!("{name}{number}"), signal.bit(number));
        }
        self
    }

    /// The pins of `shapes`: 0 where they are not there yet.
    #[must_use]
    #[track_caller]
    pub fn tie_off(mut self, m: &'m Module, shapes: &Shapes<Pins<'static>>) -> Pins<'m> {
        for leaf in shapes.layout.leaves() {
            if self.find(&leaf.name).is_none() {
                self.push(leaf.name, m.zero(leaf.shape));
            }
        }
        self
    }

    /// The pins `<name>0` and so on.
    ///
    /// # Panics
    /// When one of them is not there.
    #[track_caller]
    pub fn bits(&self, name: &str, count: u32) -> Vec<Signal<'m>> {
        let mut pins = Vec::new();
        for number in 0..count {
            pins.push(self[&*format!("{name}{number}")]);
        }
        pins
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|member| member.name == name)
    }
}

fn member(name: impl Into<Cow<'static, str>>, shape: Shape) -> Member {
    Member {
        name: name.into(),
        doc: "",
        flow: Flow::Forward,
        layout: shape.into(),
    }
}

impl<'m> Index<&str> for Pins<'m> {
    type Output = Signal<'m>;

    /// The pin of this name.
    ///
    /// # Panics
    /// When there is none; the message names all.
    #[track_caller]
    fn index(&self, name: &str) -> &Signal<'m> {
        let Some(index) = self.find(name) else {
            let names: Vec<_> = self.members.iter().map(|member| &*member.name).collect();
            panic!("there is no pin `{name}`; there are: {}", names.join(", "))
        };
        &self.signals[index]
    }
}

impl Family for Pins<'static> {
    type On<'m> = Pins<'m>;
}

impl<'m> Bundle<'m> for Pins<'m> {
    const NAME: &'static str = "Pins";

    fn layout(&self) -> Layout {
        Layout::Bundle(self.members.clone())
    }

    fn signals(&self, all: &mut Vec<Signal<'m>>) {
        all.extend(&self.signals);
    }

    fn from_signals(layout: &Layout, signals: &mut dyn Iterator<Item = Signal<'m>>) -> Self {
        let members = layout.members().to_vec();
        Pins {
            signals: signals.take(members.len()).collect(),
            members,
        }
    }
}

impl Nameable for Pins<'_> {
    fn suggest(&self, name: &str) {
        suggest_bundle(self, name);
    }
}
