//! Streams that go from one clock to another.

use super::synchronizer::two_stages;
use crate::hdl::{Domain, Module, Signal, Stream, bit, hardware, unsigned};

/// Takes a stream of the domain `from` into the domain `to`, through a FIFO of `depth` payloads (a
/// power of two from 4 on) whose pointers cross in Gray code.
///
/// The clocks may have any ratio and phase; both domains are reset together. A payload is shown
/// after three edges of `to`, and room is seen after two of `from`; from a depth of 8 on one
/// payload passes per cycle of the slower clock. Tools must keep the bits of `<name>_*_gray` within
/// a clock period of each other on their way to `<name>_*_meta`.
///
/// It is a function and no block, as all ports of a block's bundles belong to one domain.
///
/// # Panics
/// When the depth is another, or a domain another module's.
#[track_caller]
#[hardware]
pub fn cross_clocks<'m>(
    m: &'m Module,
    name: &str,
    stream: &Stream<'m>,
    (from, to): (Domain, Domain),
    depth: u32,
) -> Stream<'m> {
    let valid_depth = depth.is_power_of_two() && depth >= 4;
    assert!(
        valid_depth,
        "a crossing of {depth} payloads: a power of two from 4 on is needed"
    );
    let shape = stream.payload.shape();
    let bits = depth.ilog2();
    let words = m.memory(shape.width, depth).no_collision();
    // One bit more than an address tells full from empty.
    let pointer = |side: &str, step: Signal<'m>| {
        let named = |what: &str| {
            m.reg(unsigned(bits + 1))
                .named(format!("{name}_{side}{what}"))
                .reset(0)
        };
        let count = named("");
        let next = count + step.zero_extend(bits + 1);
        let gray = named("_gray").next(next ^ (next >> 1));
        (count.next(next), gray)
    };

    let fetch = m.wire(bit());
    let (read, read_gray) = m.in_domain(to, || pointer("read", fetch));
    let push = stream.fires();
    let (write, write_gray) = m.in_domain(from, || pointer("write", push));
    m.in_domain(from, || {
        words.write(push, write.truncate(bits), stream.payload.as_unsigned());
        // Full, where the pointers are apart by the depth: in Gray code, by the two highest bits.
        let seen = two_stages(m, &format!("{name}_read"), read_gray);
        stream.ready.drive((write_gray ^ seen).ne(3 << (bits - 1)));
    });
    m.in_domain(to, || {
        let seen = two_stages(m, &format!("{name}_write"), write_gray);
        let shown = m.reg(bit()).reset(0);
        let ready = m.wire(bit());
        let moves = !shown | ready;
        fetch.drive(read_gray.ne(seen) & moves);
        m.when(moves, || shown.set(fetch));
        let word = words.read_enabled(fetch, read.truncate(bits));
        let payload = if shape.signed { word.as_signed() } else { word };
        Stream {
            payload,
            valid: *shown,
            ready,
        }
    })
}
