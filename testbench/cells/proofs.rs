//! Proofs of the cells that hold payloads, each beside bugs that it must find.

use crate::harness::{Harness, Model};
use crate::tool::tool;
use ferrogrid::blocks::prim::{Cut, Fifo, RegisterSlice, SkidBuffer, Storage};
use ferrogrid::hdl::{self, Module, Signal, bit, index_bits, unsigned};
use ferrogrid::verify::formal::{Proof, Verdict};

/// Proves the assertions; then changes the Verilog of the cell in one place at a time, and each
/// change must be refuted.
pub fn check(name: &str, proof: &Proof, bugs: &[(&str, &str)]) {
    if tool("yosys", name).is_none() {
        return;
    }
    let verdict = proof
        .run()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(
        matches!(verdict, Verdict::Proved { .. }),
        "{name}: {verdict:#?}"
    );
    for (right, wrong) in bugs {
        let mut mutant = proof.clone();
        // The cell is the first module of the text, the harness the last.
        mutant.verilog = proof.verilog.replacen(right, wrong, 1);
        assert_ne!(mutant.verilog, proof.verilog, "{name}: no `{right}`");
        let verdict = mutant
            .run()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            matches!(verdict, Verdict::Refuted { .. }),
            "{name}: `{wrong}` was not found: {verdict:?}"
        );
    }
}

#[test]
fn a_skid_buffer() {
    let shape = unsigned(8);
    let harness = Harness {
        cell: SkidBuffer { shape },
        shape,
        capacity: 1,
        passes: true,
        invariants: &|m, model| {
            ready_when(m, model, model.inside.eq(0));
            valid_when(m, model, model.inside.any() | model.input.valid);
        },
    };
    let bugs = [
        // The spare register takes a payload while it holds one.
        (
            "if (!spare_full) spare_payload <=",
            "if (1'b1) spare_payload <=",
        ),
        // A payload is dropped when the consumer stops.
        (
            "spare_full <= any_valid && !m_ready;",
            "spare_full <= spare_full && !m_ready;",
        ),
        // The spare payload is shown again after it has been taken.
        (
            "spare_full <= any_valid && !m_ready;",
            "spare_full <= any_valid;",
        ),
        // Ready although the spare register is full.
        ("assign s_ready = !spare_full;", "assign s_ready = 1'b1;"),
        // The payloads are swapped.
        ("spare_full ? spare_payload", "!spare_full ? spare_payload"),
    ];
    check("skid buffer", &Proof::of(&harness.design()), &bugs);
}

#[test]
fn a_register_slice() {
    let shape = unsigned(8);
    let harness = Harness {
        cell: RegisterSlice {
            shape,
            cut: Cut::Forward,
        },
        shape,
        capacity: 1,
        passes: false,
        invariants: &|m, model| {
            ready_when(m, model, model.inside.eq(0) | model.output.ready);
            valid_when(m, model, model.inside.any());
        },
    };
    let bugs = [
        ("!m_valid || m_ready", "1'b1"),
        ("!m_valid || m_ready", "!m_valid"),
        ("if (slice_load) m_payload", "if (s_valid) m_payload"),
        ("m_valid <= s_valid;", "m_valid <= 1'b1;"),
        ("m_valid <= s_valid;", "m_valid <= s_valid && !m_valid;"),
    ];
    check("register slice", &Proof::of(&harness.design()), &bugs);
}

#[test]
fn a_register_slice_of_both_paths() {
    let shape = unsigned(8);
    let harness = Harness {
        cell: RegisterSlice {
            shape,
            cut: Cut::Both,
        },
        shape,
        capacity: 2,
        passes: false,
        invariants: &|m, model| {
            ready_when(m, model, model.inside.lt(2));
            valid_when(m, model, model.inside.any());
            let spare = m.input("spare", shape);
            let second = model.following & model.ahead.eq(1);
            m.assert(
                "spare_is_second",
                !second | spare.eq(model.value),
                "the spare is another",
            );
        },
    };
    let bugs = [
        (
            "if (!spare_full) spare_payload <=",
            "if (1'b1) spare_payload <=",
        ),
        ("!m_valid || m_ready", "1'b1"),
        (
            "assign s_ready = !spare_full;",
            "assign s_ready = slice_load;",
        ),
        ("m_payload <= spare_payload", "m_payload <= s_payload"),
    ];
    let proof = Proof::of(&harness.design()).probe("spare", "dut.spare_payload");
    check("register slice of both paths", &proof, &bugs);
}

/// A FIFO of registers: the payload with `ahead` others before it stands at `level - 1 - ahead`.
fn register_fifo(depth: u32, bugs: &[(&str, &str)]) {
    let shape = unsigned(8);
    let cell = Fifo::new(shape, depth).storage(Storage::Registers);
    let harness = Harness {
        cell,
        shape,
        capacity: depth,
        passes: false,
        invariants: &|m, model| {
            ready_when(m, model, model.inside.lt(depth));
            valid_when(m, model, model.inside.any());
            let stages: Vec<_> = (0..depth)
                .map(|i| m.input(format!("stage_{i}"), shape))
                .collect();
            let stage = (model.inside - model.ahead - 1).select(&stages);
            let holds = !model.following | stage.eq(model.value);
            m.assert("stage_holds_it", holds, "its stage holds another payload");
        },
    };
    let mut proof = Proof::of(&harness.design());
    for i in 0..depth {
        let stage = format!("stage_{i}");
        proof = proof.probe(&stage, &format!("dut.{stage}"));
    }
    check(&format!("FIFO of {depth} registers"), &proof, bugs);
}

#[test]
fn a_fifo_of_registers() {
    register_fifo(
        8,
        &[
            // Overflow by one.
            (
                "assign s_ready = level != 4'd8;",
                "assign s_ready = level != 4'd9;",
            ),
            // A payload is shown before it came.
            ("assign m_valid = |level;", "assign m_valid = 1'b1;"),
            // The second oldest is shown.
            ("4'd5: m_payload = stage_4", "4'd5: m_payload = stage_3"),
            // A payload is counted twice when another leaves.
            ("push ^ pop", "push || pop"),
            // A payload is not moved along.
            ("stage_7 <= stage_6;", "stage_7 <= stage_5;"),
        ],
    );
    register_fifo(1, &[("stage_0 <= s_payload", "stage_0 <= ~s_payload")]);
    register_fifo(
        3,
        &[(
            "stage_0 <= s_payload",
            "stage_0 <= {s_payload[6:0], s_payload[7]}",
        )],
    );
}

/// A FIFO of words: a payload is as many words behind the read address as there are others before it.
fn word_fifo(depth: u32, bugs: &[(&str, &str)]) {
    let shape = unsigned(4);
    let address = unsigned(index_bits(u64::from(depth)));
    let harness = Harness {
        cell: Fifo::new(shape, depth).storage(Storage::Words),
        shape,
        capacity: depth,
        passes: false,
        invariants: &|m, model| {
            ready_when(m, model, model.inside.lt(depth));
            valid_when(m, model, model.inside.any());
            let bits = model.inside.width() + 1;
            let write = m.input("write_address", address).zero_extend(bits);
            let read = m.input("read_address", address).zero_extend(bits);
            let words: Vec<_> = (0..depth)
                .map(|i| m.input(format!("word_{i}"), shape))
                .collect();
            m.assert(
                "addresses_exist",
                read.lt(depth) & write.lt(depth),
                "an address is outside",
            );
            m.assert(
                "written_ahead",
                write.eq(around(read + model.inside.zero_extend(bits), depth)),
                "the addresses are apart by another number than is inside",
            );
            let word = around(read + model.ahead.zero_extend(bits), depth).select(&words);
            let holds = !model.following | word.eq(model.value);
            m.assert("word_holds_it", holds, "its word is another payload");
        },
    };
    let mut proof = Proof::of(&harness.design());
    for net in ["write_address", "read_address"] {
        proof = proof.probe(net, &format!("dut.{net}"));
    }
    for i in 0..depth {
        proof = proof.probe_word(&format!("word_{i}"), "dut.words", i);
    }
    check(&format!("FIFO of {depth} words"), &proof, bugs);
}

#[test]
fn a_fifo_of_words() {
    word_fifo(
        4,
        &[
            ("level != 3'd4", "level != 3'd5"),
            ("assign m_valid = |level;", "assign m_valid = 1'b1;"),
            ("push ^ pop", "push || pop"),
            ("words[read_address]", "words[write_address]"),
        ],
    );
    word_fifo(3, &[("write_address == 2'd2", "write_address == 2'd3")]);
}

/// A FIFO in RAM: a payload is in the output register, in the RAM's data register, or in the RAM
/// as many words behind the read address as there are others before it there.
fn ram_fifo(depth: u32, bugs: &[(&str, &str)]) {
    let shape = unsigned(4);
    let cell = Fifo::new(shape, depth).storage(Storage::Ram);
    let address = unsigned(index_bits(u64::from(depth)));
    let harness = Harness {
        cell,
        shape,
        capacity: depth,
        passes: false,
        invariants: &|m, model| {
            ready_when(m, model, model.inside.lt(depth));
            let bits = model.inside.width() + 1;
            let stored = m.input("stored", cell.level_shape()).zero_extend(bits);
            let write = m.input("write_address", address).zero_extend(bits);
            let read = m.input("read_address", address).zero_extend(bits);
            let fetched = m.input("fetched", bit());
            let data = m.input("ram_data", shape);
            let words: Vec<_> = (0..depth)
                .map(|i| m.input(format!("word_{i}"), shape))
                .collect();
            m.assert(
                "addresses_exist",
                read.lt(depth) & write.lt(depth),
                "an address is outside",
            );
            m.assert(
                "written_ahead",
                write.eq(around(read + stored, depth)),
                "the addresses are apart by another number than is stored",
            );
            let shown = model.output.valid.zero_extend(bits);
            let behind_shown = model.ahead.zero_extend(bits) - shown;
            let behind_fetched = behind_shown - fetched.zero_extend(bits);
            let word = around(read + behind_fetched, depth).select(&words);
            let is_shown = model.output.valid & model.ahead.eq(0);
            let is_fetched = fetched & behind_shown.eq(0);
            let place = hdl::first_match(
                &[(is_shown, model.output.payload), (is_fetched, data)],
                word,
            );
            let holds = !model.following | place.eq(model.value);
            m.assert("place_holds_it", holds, "its place holds another payload");
            // Two cycles behind the RAM, then valid.
            let waited = m.reg(unsigned(2)).named("waited").reset(0);
            let waits = model.inside.any() & !model.output.valid;
            waited.next(waits.mux(waited + 1, 0));
            m.assert(
                "shows_soon",
                waited.lt(2) | model.output.valid,
                "a payload waits inside",
            );
        },
    };
    let mut proof = Proof::of(&harness.design());
    for net in [
        "stored",
        "write_address",
        "read_address",
        "fetched",
        "ram_data",
    ] {
        proof = proof.probe(net, &format!("dut.{net}"));
    }
    for i in 0..depth {
        proof = proof.probe_word(&format!("word_{i}"), "dut.ram", i);
    }
    check(&format!("FIFO of {depth} words of RAM"), &proof, bugs);
}

#[test]
fn a_fifo_in_ram() {
    ram_fifo(
        4,
        &[
            ("level != 3'd4", "level != 3'd5"),
            ("if (fetch) ram_data", "if (1'b1) ram_data"),
            ("(!fetched || fetched_ready)", "1'b1"),
            (
                "fetched <= fetch || (fetched && !fetched_ready);",
                "fetched <= fetch;",
            ),
            ("!shown_valid || m_ready", "1'b1"),
        ],
    );
    ram_fifo(3, &[("write_address == 2'd2", "write_address == 2'd3")]);
}

/// An address below twice the depth, wrapped.
fn around(at: Signal<'_>, depth: u32) -> Signal<'_> {
    at.ge(depth).mux(at - depth, at)
}

fn ready_when<'m>(m: &'m Module, model: &Model<'m>, condition: Signal<'m>) {
    m.assert(
        "ready_when",
        model.input.ready.eq(condition),
        "ready is not what is promised",
    );
}

fn valid_when<'m>(m: &'m Module, model: &Model<'m>, condition: Signal<'m>) {
    m.assert(
        "valid_when",
        model.output.valid.eq(condition),
        "valid is not what is promised",
    );
}
