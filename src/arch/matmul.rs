//! A matmul core: validation and derivation.

use super::buffer::Size;
use super::{
    ABuffer, AccumulatorBuffer, ArchError, BANKS, BBuffer, Dataflow, IntType, Limits, MAX_SIZE,
    OperandPair, StreamFormat, Target,
};
use crate::config::{
    Array, Buffers, Bytes, Common, MatmulConfig, Problem, STREAM_WIDTHS, Streams, check_array_size,
    check_buffer, check_name, check_stream_width,
};

/// K and N that the default buffers take, but for iCE40.
const DEFAULT_SIZE: u32 = 256;

/// Default sizes of the buffers of A and B and of the accumulators for iCE40: an UP5K has 15 KiB of
/// block RAM.
const ICE40_SIZES: [Bytes; 3] = [Bytes::kib(2), Bytes::kib(4), Bytes::kib(1)];

/// Everything about a matmul core that follows from its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatmulArch {
    /// Name of the core.
    pub name: String,
    /// The chips that the core is made for.
    pub target: Target,
    /// R, rows of processing elements.
    pub rows: u32,
    /// C, columns of processing elements.
    pub columns: u32,
    /// Which operand stays in the array.
    pub dataflow: Dataflow,
    /// Element types of A and B.
    pub operands: OperandPair,
    /// A pipeline register stands behind each multiplier.
    pub product_register: bool,
    /// A pipeline register stands behind the output of each memory.
    pub output_register: bool,
    /// Elements of A.
    pub activation: IntType,
    /// Elements of B.
    pub weight: IntType,
    /// The narrowest signed type that holds every product.
    pub product: IntType,
    /// The narrowest signed type that holds every sum of R products: what leaves a column of a
    /// weight-stationary array. See [`OperandPair::sum_type`] for sums of fewer products.
    pub partial_sum: IntType,
    /// Sums over K.
    pub accumulator: IntType,
    /// Results on the C stream: the accumulator, sign-extended.
    pub result: IntType,
    /// `s_axis_a`: a group is R elements (weight-stationary) or one beat (output-stationary).
    pub a: StreamFormat,
    /// `s_axis_b`: a group is a row of a panel.
    pub b: StreamFormat,
    /// `m_axis_c`: a group is a row of a panel's results.
    pub c: StreamFormat,
    /// Row blocks of A.
    pub a_buffer: ABuffer,
    /// The whole of B, twice.
    pub b_buffer: BBuffer,
    /// Row blocks of sums.
    pub accumulators: AccumulatorBuffer,
    /// What jobs must keep to.
    pub limits: Limits,
}

impl MatmulArch {
    /// Validates and completes a configuration.
    pub fn new(config: &MatmulConfig) -> Result<MatmulArch, ArchError> {
        check_values(config)?;
        let Array {
            rows,
            columns,
            dataflow,
            activation,
            weight,
            product_register,
        } = config.array;

        let operands = OperandPair::new(activation, weight)?;
        let (activation, weight) = (operands.activation.int(), operands.weight.int());
        let result = operands.result();

        let (a, b, c) = streams(config, operands)?;
        let a_group = match dataflow {
            Dataflow::WeightStationary => rows,
            Dataflow::OutputStationary => a / activation.bits,
        };
        let a = StreamFormat::new(a, activation.bits, a_group);
        let b = StreamFormat::new(b, weight.bits, columns);
        let c = StreamFormat::new(c, result.bits, columns);

        let (a_buffer, b_buffer, accumulators) = buffers(config, operands, &a)?;
        let max_k = a_buffer
            .max_k()
            .min(b_buffer.bank_depth.into())
            .min(operands.accumulator_headroom());
        let max_panels = accumulators
            .panels
            .min(b_buffer.bank_depth)
            .min(MAX_SIZE.div_ceil(columns));
        let limits = Limits {
            max_m: MAX_SIZE,
            max_k: max_k.min(MAX_SIZE.into()) as u32,
            max_n: (max_panels * columns).min(MAX_SIZE),
            max_panels,
            max_b_vectors: b_buffer.bank_depth,
        };
        Ok(MatmulArch {
            name: config
                .common
                .name
                .clone()
                .unwrap_or_else(|| default_name(rows, columns, dataflow, config.common.target)),
            target: config.common.target,
            rows,
            columns,
            dataflow,
            operands,
            product_register,
            output_register: config.buffers.output_register,
            activation,
            weight,
            product: operands.sum_type(1),
            partial_sum: operands.sum_type(rows),
            accumulator: operands.accumulator(),
            result,
            a,
            b,
            c,
            a_buffer,
            b_buffer,
            accumulators,
            limits,
        })
    }

    /// The Verilog name of the core: the architecture's, with `_` for what names cannot hold.
    pub fn module_name(&self) -> String {
        (self.name).replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    /// Cycles from a read of a buffer until its word is there.
    pub fn read_latency(&self) -> u32 {
        1 + u32::from(self.output_register)
    }

    /// Bits of all buffers together, as memories hold them.
    pub fn buffer_bits(&self) -> u64 {
        let (a, b, c) = (&self.a_buffer, &self.b_buffer, &self.accumulators);
        let bits = |words: u32, width: u32| u64::from(words) * u64::from(width);
        bits(BANKS * a.memories * a.bank_depth, a.word_bits)
            + bits(BANKS * b.bank_depth, b.word_bits)
            + bits(BANKS * c.bank_depth, c.word_bits)
    }

    /// A configuration without defaults that gives this architecture again.
    pub fn to_config(&self) -> MatmulConfig {
        MatmulConfig {
            common: Common {
                name: Some(self.name.clone()),
                target: self.target,
            },
            array: Array {
                rows: self.rows,
                columns: self.columns,
                dataflow: self.dataflow,
                activation: self.operands.activation,
                weight: Some(self.operands.weight),
                product_register: self.product_register,
            },
            streams: Streams {
                a: Some(self.a.width),
                b: Some(self.b.width),
                c: Some(self.c.width),
            },
            buffers: Buffers {
                a: Some(self.a_buffer.size()),
                b: Some(self.b_buffer.size()),
                accumulators: Some(self.accumulators.size()),
                output_register: self.output_register,
            },
        }
    }
}

fn default_name(rows: u32, columns: u32, dataflow: Dataflow, target: Target) -> String {
    let suffix = match dataflow {
        Dataflow::WeightStationary => "",
        Dataflow::OutputStationary => "-os",
    };
    format!("matmul-{rows}x{columns}{suffix}{}", target.suffix())
}

/// Single values, which a program may have set to anything.
fn check_values(config: &MatmulConfig) -> Result<(), ArchError> {
    let MatmulConfig {
        common,
        array,
        streams,
        buffers,
    } = config;
    let mut problems = Vec::new();
    if let Some(name) = &common.name {
        problems.extend(check_name(name).err());
    }
    problems.extend(check_array_size("array.rows", array.rows.into()).err());
    problems.extend(check_array_size("array.columns", array.columns.into()).err());
    for (field, width) in [
        ("streams.a", streams.a),
        ("streams.b", streams.b),
        ("streams.c", streams.c),
    ] {
        problems.extend(width.and_then(|width| check_stream_width(field, width.into()).err()));
    }
    for (field, size) in [
        ("buffers.a", buffers.a),
        ("buffers.b", buffers.b),
        ("buffers.accumulators", buffers.accumulators),
    ] {
        problems.extend(size.and_then(|size| check_buffer(field, size).err()));
    }
    ArchError::check(problems)
}

/// Widths of A, B and C: each beat holds at least one element.
fn streams(config: &MatmulConfig, operands: OperandPair) -> Result<(u32, u32, u32), ArchError> {
    let Array { rows, columns, .. } = config.array;
    let (a, b) = (operands.activation.int().bits, operands.weight.int().bits);
    let c = operands.result().bits;
    // R x C results arise in at least K cycles; C keeps up from K = 4 x max(R, C) on.
    let c_rate = rows.min(columns) * c / 4;
    let wanted = [
        (
            "streams.a",
            config.streams.a,
            a,
            rows * a,
            format!("an {} element of A", operands.activation),
        ),
        (
            "streams.b",
            config.streams.b,
            b,
            columns * b,
            format!("an {} element of B", operands.weight),
        ),
        (
            "streams.c",
            config.streams.c,
            c,
            c_rate,
            format!("a {c}-bit result"),
        ),
    ];
    let [least, .., most] = STREAM_WIDTHS;
    let mut problems = Vec::new();
    let [a, b, c] = wanted.map(|(field, width, element, needed, what)| {
        let width = width.unwrap_or(needed.next_power_of_two().max(element).clamp(least, most));
        if width < element {
            problems.push(
                Problem::at(
                    field,
                    format!("`{field}` = {width} is narrower than {what}"),
                )
                .label(format!("at least {element}"))
                .help("a beat carries at least one element"),
            );
        }
        width
    });
    ArchError::check(problems)?;
    Ok((a, b, c))
}

fn buffers(
    config: &MatmulConfig,
    operands: OperandPair,
    a: &StreamFormat,
) -> Result<(ABuffer, BBuffer, AccumulatorBuffer), ArchError> {
    let Array {
        rows,
        columns,
        dataflow,
        ..
    } = config.array;
    let Buffers {
        a: a_size,
        b: b_size,
        accumulators,
        ..
    } = config.buffers;
    let size = |given: Option<Bytes>, on_ice40: Bytes| match (given, config.common.target) {
        (Some(size), _) => Some(Size::Given(size)),
        (None, Target::Ice40) => Some(Size::Default(on_ice40)),
        (None, _) => None,
    };
    let panels = DEFAULT_SIZE.div_ceil(columns);
    let a_buffer = ABuffer::new(
        dataflow,
        rows,
        operands.activation.int(),
        a.elements_per_beat,
        size(a_size, ICE40_SIZES[0]),
        DEFAULT_SIZE,
    );
    // A whole tile of weights; and a memory of one word is no memory.
    let least = match dataflow {
        Dataflow::WeightStationary => rows.max(2),
        Dataflow::OutputStationary => 2,
    };
    let b_buffer = BBuffer::new(
        columns,
        operands.weight.int(),
        least,
        size(b_size, ICE40_SIZES[1]),
        DEFAULT_SIZE * panels,
    );
    let accumulators = AccumulatorBuffer::new(
        rows,
        columns,
        operands.accumulator(),
        size(accumulators, ICE40_SIZES[2]),
        panels,
    );
    match (a_buffer, b_buffer, accumulators) {
        (Ok(a), Ok(b), Ok(accumulators)) => Ok((a, b, accumulators)),
        (a, b, accumulators) => {
            let problems = [a.err(), b.err(), accumulators.err()]
                .into_iter()
                .flatten()
                .collect();
            Err(ArchError { problems })
        }
    }
}
