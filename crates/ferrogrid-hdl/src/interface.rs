//! Interfaces: bundles of signals with a direction each, connected in one call.

use super::{Module, Shape, Signal, bit, unsigned};

/// Which way a member of an interface runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// From the producer to the consumer.
    Forward,
    /// From the consumer to the producer.
    Backward,
}

/// A member of an interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name, without the prefix of a port.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// Its direction.
    pub flow: Flow,
}

/// A bundle of signals between a producer and a consumer, made with
/// [`interface!`](crate::interface).
///
/// A producer hands out a bundle whose forward members are values and whose backward members
/// are wires that the consumer drives.
pub trait Interface<'m>: Sized + Copy {
    /// What its shapes depend on.
    type Parameters: Clone;
    /// The interface's name, for messages.
    const NAME: &'static str;
    /// The members for these parameters.
    fn describe(parameters: &Self::Parameters) -> Vec<Field>;
    /// A bundle of signals in the order of [`describe`](Interface::describe).
    fn from_signals(parameters: Self::Parameters, signals: Vec<Signal<'m>>) -> Self;
    /// The signals in the order of [`describe`](Interface::describe).
    fn signals(&self) -> Vec<Signal<'m>>;
    /// The members with the shapes that the signals have.
    fn fields(&self) -> Vec<Field>;
}

/// Defines an [`Interface`]: a struct of signals with one definition of names, shapes and
/// directions.
///
/// ```
/// use ferrogrid_hdl::{bit, interface, unsigned};
///
/// interface! {
///     /// A read port of a memory.
///     pub struct ReadPort(address_bits: u32, width: u32) {
///         /// Asks for a word.
///         forward enable: bit(),
///         /// Which word.
///         forward address: unsigned(address_bits),
///         /// The word, one cycle later.
///         backward data: unsigned(width),
///     }
/// }
/// ```
#[macro_export]
macro_rules! interface {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $name:ident ($($parameter:ident : $type:ty),* $(,)?) {
            $($(#[$field_doc:meta])* $flow:ident $field:ident : $shape:expr),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name<'m> {
            $($(#[$field_doc])* pub $field: $crate::Signal<'m>,)*
        }

        impl<'m> $crate::Interface<'m> for $name<'m> {
            type Parameters = ($($type,)*);
            const NAME: &'static str = stringify!($name);

            fn describe(parameters: &Self::Parameters) -> Vec<$crate::Field> {
                #[allow(unused_variables)]
                let ($($parameter,)*) = parameters.clone();
                vec![$($crate::Field {
                    name: stringify!($field),
                    shape: $shape,
                    flow: $crate::interface!(@flow $flow),
                },)*]
            }

            fn from_signals(_: Self::Parameters, signals: Vec<$crate::Signal<'m>>) -> Self {
                let mut signals = signals.into_iter();
                $name { $($field: signals.next().expect("a signal for every member"),)* }
            }

            fn signals(&self) -> Vec<$crate::Signal<'m>> {
                vec![$(self.$field,)*]
            }

            fn fields(&self) -> Vec<$crate::Field> {
                vec![$($crate::Field {
                    name: stringify!($field),
                    shape: self.$field.shape(),
                    flow: $crate::interface!(@flow $flow),
                },)*]
            }
        }
    };
    (@flow forward) => { $crate::Flow::Forward };
    (@flow backward) => { $crate::Flow::Backward };
}

crate::interface! {
    /// A stream of payloads: one is handed over in every cycle in which valid and ready are 1.
    /// Once valid is 1, it and the payload stay until the handover.
    pub struct Stream(shape: Shape) {
        /// The data.
        forward payload: shape,
        /// The payload counts.
        forward valid: bit(),
        /// The consumer takes the payload.
        backward ready: bit(),
    }
}

impl<'m> Stream<'m> {
    /// One bit: a payload is handed over in this cycle.
    #[track_caller]
    pub fn fires(&self) -> Signal<'m> {
        self.valid & self.ready
    }
}

crate::interface! {
    /// AXI4-Stream with TDATA of `width` bits and TLAST.
    pub struct AxiStream(width: u32) {
        /// The data of a beat.
        forward tdata: unsigned(width),
        /// The beat ends a packet.
        forward tlast: bit(),
        /// The beat counts.
        forward tvalid: bit(),
        /// The consumer takes the beat.
        backward tready: bit(),
    }
}

impl<'m> AxiStream<'m> {
    /// One bit: a beat is handed over in this cycle.
    #[track_caller]
    pub fn fires(&self) -> Signal<'m> {
        self.tvalid & self.tready
    }
}

crate::interface! {
    /// AXI4-Lite with 32-bit data, without protection bits; the producer is the manager.
    pub struct AxiLite(address_bits: u32) {
        /// Write address.
        forward awaddr: unsigned(address_bits),
        /// Write address valid.
        forward awvalid: bit(),
        /// Write address ready.
        backward awready: bit(),
        /// Write data.
        forward wdata: unsigned(32),
        /// Write strobes, one a byte.
        forward wstrb: unsigned(4),
        /// Write data valid.
        forward wvalid: bit(),
        /// Write data ready.
        backward wready: bit(),
        /// Write response: 0 is OKAY.
        backward bresp: unsigned(2),
        /// Write response valid.
        backward bvalid: bit(),
        /// Write response ready.
        forward bready: bit(),
        /// Read address.
        forward araddr: unsigned(address_bits),
        /// Read address valid.
        forward arvalid: bit(),
        /// Read address ready.
        backward arready: bit(),
        /// Read data.
        backward rdata: unsigned(32),
        /// Read response: 0 is OKAY.
        backward rresp: unsigned(2),
        /// Read data valid.
        backward rvalid: bit(),
        /// Read data ready.
        forward rready: bit(),
    }
}

crate::interface! {
    /// AXI4; the producer is the manager. Lock, cache, protection, QoS, region and user bits are
    /// left out: a subordinate may take their defaults.
    pub struct Axi4(id_bits: u32, address_bits: u32, data_bits: u32) {
        /// Write transaction.
        forward awid: unsigned(id_bits),
        /// Address of its first byte.
        forward awaddr: unsigned(address_bits),
        /// Its beats, less one.
        forward awlen: unsigned(8),
        /// Log2 of the bytes of a beat.
        forward awsize: unsigned(3),
        /// 0 fixed, 1 incrementing, 2 wrapping.
        forward awburst: unsigned(2),
        /// Write address valid.
        forward awvalid: bit(),
        /// Write address ready.
        backward awready: bit(),
        /// Write data.
        forward wdata: unsigned(data_bits),
        /// Write strobes, one a byte.
        forward wstrb: unsigned(data_bits / 8),
        /// The last beat of the burst.
        forward wlast: bit(),
        /// Write data valid.
        forward wvalid: bit(),
        /// Write data ready.
        backward wready: bit(),
        /// The transaction that is answered.
        backward bid: unsigned(id_bits),
        /// Write response: 0 is OKAY.
        backward bresp: unsigned(2),
        /// Write response valid.
        backward bvalid: bit(),
        /// Write response ready.
        forward bready: bit(),
        /// Read transaction.
        forward arid: unsigned(id_bits),
        /// Address of its first byte.
        forward araddr: unsigned(address_bits),
        /// Its beats, less one.
        forward arlen: unsigned(8),
        /// Log2 of the bytes of a beat.
        forward arsize: unsigned(3),
        /// 0 fixed, 1 incrementing, 2 wrapping.
        forward arburst: unsigned(2),
        /// Read address valid.
        forward arvalid: bit(),
        /// Read address ready.
        backward arready: bit(),
        /// The transaction that the data belong to.
        backward rid: unsigned(id_bits),
        /// Read data.
        backward rdata: unsigned(data_bits),
        /// Read response: 0 is OKAY.
        backward rresp: unsigned(2),
        /// The last beat of the burst.
        backward rlast: bit(),
        /// Read data valid.
        backward rvalid: bit(),
        /// Read data ready.
        forward rready: bit(),
    }
}

crate::interface! {
    /// A port of a memory with read latency 1; the producer is the one who asks.
    pub struct MemoryPort(address_bits: u32, width: u32, granules: u32) {
        /// Does something in this cycle.
        forward enable: bit(),
        /// Granules of the word to write, the lowest first; 0 reads.
        forward write: unsigned(granules),
        /// Which word.
        forward address: unsigned(address_bits),
        /// What is written.
        forward write_data: unsigned(width),
        /// The word read, one cycle later.
        backward read_data: unsigned(width),
    }
}

/// Connects a producer to a consumer: drives the consumer's forward members and the producer's
/// backward members, which must be wires.
///
/// # Panics
/// When a member's shapes differ; the message names the member and both signals.
#[track_caller]
pub fn connect<'m, I: Interface<'m>>(producer: &I, consumer: &I) {
    let fields = producer.fields();
    let pairs = || producer.signals().into_iter().zip(consumer.signals());
    for (field, (from, to)) in fields.iter().zip(pairs()) {
        assert!(
            from.shape() == to.shape(),
            "`{}` interfaces do not fit: member `{}` is {} at the producer ({}) and {} at the consumer ({})",
            I::NAME,
            field.name,
            from.shape(),
            from.describe(),
            to.shape(),
            to.describe()
        );
    }
    for (field, (from, to)) in fields.iter().zip(pairs()) {
        match field.flow {
            Flow::Forward => to.drive(from),
            Flow::Backward => from.drive(to),
        }
    }
}

/// Ports `<prefix>_<member>`; members of the flow `inward` are inputs.
#[track_caller]
pub(super) fn module_port<'m, I: Interface<'m>>(
    module: &'m Module,
    prefix: &str,
    parameters: I::Parameters,
    inward: Flow,
) -> I {
    let signals = I::describe(&parameters)
        .into_iter()
        .map(|field| {
            let name = format!("{prefix}_{}", field.name);
            if field.flow == inward {
                module.input(name, field.shape)
            } else {
                module.output_wire(name, field.shape)
            }
        })
        .collect();
    I::from_signals(parameters, signals)
}
