//! Bundles: structs of signals, for the ports of blocks and for interfaces between them.

use super::ir::Direction;
use super::{EnumSignal, HardwareEnum, Module, Shape, Signal, Stream, join, unsigned};
use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;

/// Which way a member of a bundle runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// From the producer to the consumer.
    Forward,
    /// From the consumer to the producer.
    Backward,
}

impl Flow {
    fn through(self, outer: Flow) -> Flow {
        if self == outer {
            Flow::Forward
        } else {
            Flow::Backward
        }
    }
}

/// What a bundle is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Layout {
    /// One signal.
    Signal(Shape),
    /// One signal that holds a value of an enum.
    Enum {
        /// Its shape.
        shape: Shape,
        /// The enum.
        of: EnumInfo,
    },
    /// Members with names.
    Bundle(Vec<Member>),
    /// Numbered members.
    Array(Vec<Layout>),
}

/// An enum as a type of signals: see [`HardwareEnum`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnumInfo {
    /// The Rust type's name.
    pub name: &'static str,
    /// Names of the variants.
    pub variants: &'static [&'static str],
    /// Encodings of the variants.
    pub encodings: &'static [u64],
}

/// A member of a bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its name; empty where it adds none to those of its own members.
    pub name: Cow<'static, str>,
    /// Its documentation in one line; may be empty.
    pub doc: &'static str,
    /// Its direction.
    pub flow: Flow,
    /// What it is.
    pub layout: Layout,
}

/// A signal of a bundle.
pub(crate) struct Leaf {
    /// Names of the members that lead to it, joined by `_`; empty where the bundle is a signal.
    pub name: String,
    /// The comment of its port.
    pub comment: String,
    pub flow: Flow,
    pub shape: Shape,
    pub of: Option<EnumInfo>,
}

impl Leaf {
    /// The name of its port.
    pub fn port(&self, prefix: &str) -> String {
        match (prefix, self.name.as_str()) {
            ("", name) => name.to_string(),
            (prefix, "") => prefix.to_string(),
            (prefix, name) => format!("{prefix}_{name}"),
        }
    }
}

impl From<Shape> for Layout {
    fn from(shape: Shape) -> Self {
        Layout::Signal(shape)
    }
}

impl<B> From<Shapes<B>> for Layout {
    fn from(shapes: Shapes<B>) -> Self {
        shapes.layout
    }
}

impl Layout {
    /// A value of an enum.
    pub fn of_enum<S: HardwareEnum>() -> Layout {
        Layout::Enum {
            shape: S::shape(),
            of: S::info(),
        }
    }

    /// `count` equal members.
    pub fn array(of: Layout, count: usize) -> Layout {
        Layout::Array(vec![of; count])
    }

    /// The members of a bundle; none for anything else.
    pub fn members(&self) -> &[Member] {
        match self {
            Layout::Bundle(members) => members,
            _ => &[],
        }
    }

    /// All signals, in the order of [`Bundle::signals`].
    pub(crate) fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.collect(String::new(), "", Flow::Forward, &mut leaves);
        leaves
    }

    fn collect(&self, name: String, doc: &str, flow: Flow, leaves: &mut Vec<Leaf>) {
        let longer = |part: &str| match (name.as_str(), part) {
            ("", name) | (name, "") => name.to_string(),
            (name, part) => format!("{name}_{part}"),
        };
        match self {
            Layout::Signal(shape) => leaves.push(Leaf {
                comment: comment(doc),
                name,
                flow,
                shape: *shape,
                of: None,
            }),
            Layout::Enum { shape, of } => leaves.push(Leaf {
                comment: comment(doc),
                name,
                flow,
                shape: *shape,
                of: Some(*of),
            }),
            Layout::Bundle(members) => {
                // What the members of an interface mean stands where it is defined.
                let own = name.is_empty();
                for member in members {
                    let doc = if own { member.doc } else { "" };
                    let flow = member.flow.through(flow);
                    member
                        .layout
                        .collect(longer(&member.name), doc, flow, leaves);
                }
            }
            Layout::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.collect(
                        longer(&index.to_string()),
                        if index == 0 { doc } else { "" },
                        flow,
                        leaves,
                    );
                }
            }
        }
    }
}

/// The first sentence of a member's documentation as a comment beside its port.
fn comment(doc: &str) -> String {
    let sentence = doc.split_once(". ").map_or(doc, |(first, _)| first);
    let text = sentence.trim_end_matches('.');
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() && second != ' ' => {
            format!("{}{}", first.to_lowercase(), &text[first.len_utf8()..])
        }
        _ => text.to_string(),
    }
}

/// The shapes of a bundle `B`, made by its function `of`.
pub struct Shapes<B> {
    pub(crate) layout: Layout,
    /// Where they were asked for.
    pub(crate) at: &'static Location<'static>,
    of: PhantomData<fn() -> B>,
}

impl<B> Shapes<B> {
    /// For [`bundle!`](crate::bundle!): the layout must be that of `B`.
    #[track_caller]
    pub fn new(layout: Layout) -> Self {
        Shapes {
            layout,
            at: Location::caller(),
            of: PhantomData,
        }
    }
}

impl<B> Clone for Shapes<B> {
    fn clone(&self) -> Self {
        Shapes {
            layout: self.layout.clone(),
            ..*self
        }
    }
}

/// A struct of signals, made with [`bundle!`](crate::bundle!).
///
/// Its members are signals, values of enums, other bundles and arrays of these. A producer hands
/// out a bundle whose forward members are values and whose backward members are wires that the
/// consumer drives.
pub trait Bundle<'m>: Sized + Clone {
    /// The type's name, for messages.
    const NAME: &'static str;
    /// The members with the shapes that the signals have.
    fn layout(&self) -> Layout;
    /// Adds the signals, in the order of the members.
    fn signals(&self, all: &mut Vec<Signal<'m>>);
    /// A bundle of signals in that order.
    fn from_signals(layout: &Layout, signals: &mut dyn Iterator<Item = Signal<'m>>) -> Self;
}

/// A bundle for any module: what [`Shapes`] are of. `X<'static>` stands for all `X<'m>`.
pub trait Family {
    /// The bundle of signals of one module.
    type On<'m>: Bundle<'m>;
}

impl Family for Signal<'static> {
    type On<'m> = Signal<'m>;
}

impl<S: HardwareEnum> Family for EnumSignal<'static, S> {
    type On<'m> = EnumSignal<'m, S>;
}

impl<P: Family> Family for Stream<'static, P> {
    type On<'m> = Stream<'m, P::On<'m>>;
}

impl<F: Family> Family for Vec<F> {
    type On<'m> = Vec<F::On<'m>>;
}

impl<F: Family, const N: usize> Family for [F; N] {
    type On<'m> = [F::On<'m>; N];
}

impl Family for () {
    type On<'m> = ();
}

impl<'m> Bundle<'m> for Signal<'m> {
    const NAME: &'static str = "Signal";

    fn layout(&self) -> Layout {
        Layout::Signal(self.shape())
    }

    fn signals(&self, all: &mut Vec<Signal<'m>>) {
        all.push(*self);
    }

    fn from_signals(_: &Layout, signals: &mut dyn Iterator<Item = Signal<'m>>) -> Self {
        signals.next().expect("a signal for every member")
    }
}

impl<'m, S: HardwareEnum> Bundle<'m> for EnumSignal<'m, S> {
    const NAME: &'static str = S::NAME;

    fn layout(&self) -> Layout {
        Layout::of_enum::<S>()
    }

    fn signals(&self, all: &mut Vec<Signal<'m>>) {
        all.push(self.signal());
    }

    fn from_signals(_: &Layout, signals: &mut dyn Iterator<Item = Signal<'m>>) -> Self {
        EnumSignal::new(signals.next().expect("a signal for every member"))
    }
}

fn items(layout: &Layout) -> &[Layout] {
    match layout {
        Layout::Array(items) => items,
        _ => &[],
    }
}

impl<'m, B: Bundle<'m>> Bundle<'m> for Vec<B> {
    const NAME: &'static str = "Vec";

    fn layout(&self) -> Layout {
        Layout::Array(self.iter().map(Bundle::layout).collect())
    }

    fn signals(&self, all: &mut Vec<Signal<'m>>) {
        self.iter().for_each(|item| item.signals(all));
    }

    fn from_signals(layout: &Layout, signals: &mut dyn Iterator<Item = Signal<'m>>) -> Self {
        items(layout)
            .iter()
            .map(|item| B::from_signals(item, signals))
            .collect()
    }
}

impl<'m, B: Bundle<'m>, const N: usize> Bundle<'m> for [B; N] {
    const NAME: &'static str = "array";

    fn layout(&self) -> Layout {
        Layout::Array(self.iter().map(Bundle::layout).collect())
    }

    fn signals(&self, all: &mut Vec<Signal<'m>>) {
        self.iter().for_each(|item| item.signals(all));
    }

    fn from_signals(layout: &Layout, signals: &mut dyn Iterator<Item = Signal<'m>>) -> Self {
        std::array::from_fn(|index| B::from_signals(&items(layout)[index], signals))
    }
}

/// No ports.
impl<'m> Bundle<'m> for () {
    const NAME: &'static str = "()";

    fn layout(&self) -> Layout {
        Layout::Bundle(Vec::new())
    }

    fn signals(&self, _: &mut Vec<Signal<'m>>) {}

    fn from_signals(_: &Layout, _: &mut dyn Iterator<Item = Signal<'m>>) -> Self {}
}

impl Shapes<()> {
    /// The shapes of no ports.
    #[track_caller]
    pub fn none() -> Self {
        Shapes::new(Layout::Bundle(Vec::new()))
    }
}

impl<'m, P: Bundle<'m>> Bundle<'m> for Stream<'m, P> {
    const NAME: &'static str = "Stream";

    fn layout(&self) -> Layout {
        stream_layout(self.payload.layout())
    }

    fn signals(&self, all: &mut Vec<Signal<'m>>) {
        self.payload.signals(all);
        all.extend([self.valid, self.ready]);
    }

    fn from_signals(layout: &Layout, signals: &mut dyn Iterator<Item = Signal<'m>>) -> Self {
        let payload = P::from_signals(&layout.members()[0].layout, signals);
        let mut next = || signals.next().expect("a signal for every member");
        Stream {
            payload,
            valid: next(),
            ready: next(),
        }
    }
}

pub(crate) fn stream_layout(payload: Layout) -> Layout {
    let member = |name: &'static str, flow, layout| Member {
        name: name.into(),
        doc: "",
        flow,
        layout,
    };
    Layout::Bundle(vec![
        member("payload", Flow::Forward, payload),
        member("valid", Flow::Forward, Layout::Signal(super::bit())),
        member("ready", Flow::Backward, Layout::Signal(super::bit())),
    ])
}

/// All signals of a bundle.
pub(crate) fn signals<'m>(bundle: &impl Bundle<'m>) -> Vec<Signal<'m>> {
    let mut all = Vec::new();
    bundle.signals(&mut all);
    all
}

/// A bundle of these signals.
pub(crate) fn gather<'m, B: Bundle<'m>>(layout: &Layout, signals: Vec<Signal<'m>>) -> B {
    B::from_signals(layout, &mut signals.into_iter())
}

/// Connects a producer to a consumer: drives the consumer's forward members and the producer's
/// backward members, which must be wires.
///
/// # Panics
/// When a member's shapes differ; the message names the member and both signals.
#[track_caller]
pub fn connect<'m, B: Bundle<'m>>(producer: &B, consumer: &B) {
    let leaves = producer.layout().leaves();
    let (from, to) = (signals(producer), signals(consumer));
    assert!(
        from.len() == to.len(),
        "`{}` bundles do not fit: the producer has {} signals, the consumer {}",
        B::NAME,
        from.len(),
        to.len()
    );
    for (leaf, (from, to)) in leaves.iter().zip(from.iter().zip(&to)) {
        assert!(
            from.shape() == to.shape(),
            "`{}` bundles do not fit: member `{}` is {} at the producer ({}) and {} at the consumer ({})",
            B::NAME,
            leaf.name,
            from.shape(),
            from.describe(),
            to.shape(),
            to.describe()
        );
    }
    for (leaf, (from, to)) in leaves.iter().zip(from.into_iter().zip(to)) {
        match leaf.flow {
            Flow::Forward => to.drive(from),
            Flow::Backward => from.drive(to),
        }
    }
}

/// The signals of a bundle whose members all run forward, side by side, the first one lowest: for
/// what carries one signal, as a FIFO. [`unpack`] is the way back.
///
/// # Panics
/// When a member runs backward, or there is none.
#[track_caller]
pub fn pack<'m>(bundle: &impl Bundle<'m>) -> Signal<'m> {
    one_way(&bundle.layout().leaves());
    join(&signals(bundle))
}

/// The bundle of these shapes that [`pack`] put side by side.
///
/// # Panics
/// When a member runs backward, or the bits are not as many as those of the shapes.
#[track_caller]
pub fn unpack<'m, F: Family>(bits: Signal<'m>, shapes: Shapes<F>) -> F::On<'m> {
    let leaves = shapes.layout.leaves();
    one_way(&leaves);
    let width = leaves.iter().map(|leaf| leaf.shape.width).sum();
    bits.expect_shape(unsigned(width), "the bits of a bundle");
    let mut lsb = 0;
    let mut members = Vec::new();
    for Leaf { shape, .. } in leaves {
        let member = bits.slice(lsb, shape.width);
        lsb += shape.width;
        members.push(if shape.signed {
            member.as_signed()
        } else {
            member
        });
    }
    gather(&shapes.layout, members)
}

#[track_caller]
fn one_way(leaves: &[Leaf]) {
    let backward = leaves.iter().find(|leaf| leaf.flow == Flow::Backward);
    if let Some(Leaf { name, .. }) = backward {
        panic!("member `{name}` runs backward: only bundles that run one way can be packed");
    }
}

impl Module {
    /// A bundle of wires, to be driven member by member or with [`connect`].
    #[track_caller]
    pub fn wires<F: Family>(&self, shapes: Shapes<F>) -> F::On<'_> {
        let at = Location::caller();
        let leaves = shapes.layout.leaves();
        let wires = leaves.iter().map(|leaf| self.wire_at(leaf.shape, at));
        gather(&shapes.layout, wires.collect())
    }

    /// Ports `<prefix>_<member>` of a bundle whose producer is outside: its forward members are
    /// inputs.
    #[track_caller]
    pub fn sink_port<F: Family>(&self, prefix: &str, shapes: Shapes<F>) -> F::On<'_> {
        self.may_add_port(prefix);
        let ports = self.ports(prefix, &shapes.layout, Flow::Forward, Location::caller());
        gather(&shapes.layout, ports)
    }

    /// Ports `<prefix>_<member>` of a bundle whose producer is in this module: its forward members
    /// are outputs, to be connected with [`connect`].
    #[track_caller]
    pub fn source_port<F: Family>(&self, prefix: &str, shapes: Shapes<F>) -> F::On<'_> {
        self.may_add_port(prefix);
        let ports = self.ports(prefix, &shapes.layout, Flow::Backward, Location::caller());
        gather(&shapes.layout, ports)
    }

    /// Ports of a layout; members of the flow `inward` are inputs.
    pub(crate) fn ports(
        &self,
        prefix: &str,
        layout: &Layout,
        inward: Flow,
        at: &'static Location<'static>,
    ) -> Vec<Signal<'_>> {
        let port = |mut leaf: Leaf| {
            // What the members of an interface mean stands where it is defined.
            if !prefix.is_empty() {
                leaf.comment.clear();
            }
            let direction = if leaf.flow == inward {
                Direction::Input
            } else {
                Direction::Output
            };
            self.port_at(direction, leaf.port(prefix), &leaf, at)
        };
        layout.leaves().into_iter().map(port).collect()
    }
}
