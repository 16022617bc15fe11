//! The C headers of a register map and of the instruction set, compiled.

use crate::tool::{run_tool, tool};
use ferrogrid::isa::npu::{FieldKind, Instruction, Opcode, Synchronization, c_header};
use ferrogrid::isa::{Field, Register, RegisterMap};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use std::process::Command;

fn map(name: &str) -> RegisterMap {
    RegisterMap::new(
        name,
        "A map for \"C\" /* with a trap */ and\na second line.",
    )
    .register(
        Register::new("control", 8, "Starts.")
            .field(Field::write_pulse("start", 0, 1, "Go."))
            .field(Field::read_write("count", 4, 28, "How many.").reset(3)),
    )
    .register(Register::new("id", 12, "Who.").field(Field::constant(
        "value",
        0,
        32,
        0xfe44_0001,
        "Id.",
    )))
}

/// Two headers in one program, whose checks the compiled program makes itself.
const PROGRAM: &str = r#"
#include "one.h"
#include "two.h"
#include "one.h"

int main(void)
{
    uint32_t device[4] = {0};
    uintptr_t base = (uintptr_t)device;
    ferrogrid_write(base, FERROGRID_ONE_CONTROL_OFFSET,
                    FERROGRID_PUT(FERROGRID_ONE_CONTROL_COUNT, 0x12345u)
                        | FERROGRID_PUT(FERROGRID_ONE_CONTROL_START, 3));
    if (device[2] != 0x123451u)
        return 1;
    if (FERROGRID_GET(FERROGRID_ONE_CONTROL_COUNT, ferrogrid_read(base, FERROGRID_TWO_CONTROL_OFFSET))
        != 0x12345u)
        return 2;
    if (FERROGRID_ONE_ID_VALUE_VALUE != 0xfe440001u || FERROGRID_TWO_CONTROL_COUNT_RESET != 3u)
        return 3;
    return 0;
}
"#;

#[test]
fn the_header_compiles_as_c99_and_its_macros_mean_what_they_say() {
    let Some(cc) = tool("cc", "C header") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("one.h"), map("one").c_header()).unwrap();
    std::fs::write(path("two.h"), map("two").c_header()).unwrap();
    std::fs::write(path("main.c"), PROGRAM).unwrap();
    run(&cc, "-std=c99", &path("main.c"));
}

/// Compiles a program and runs it.
fn run(compiler: &Path, standard: &str, source: &Path) {
    let program = source.with_extension("program");
    let mut compile = Command::new(compiler);
    compile.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", standard, "-o"]);
    run_tool(compile.arg(&program).arg(source));
    run_tool(&mut Command::new(program));
}

/// A function that writes an instruction with random fields, compares it with the encoder's, and reads the
/// fields again.
fn instruction(random: &mut ChaCha8Rng, name: &str) -> String {
    let opcode = Opcode::ALL[random.random_range(0..Opcode::ALL.len())];
    let (of_all, own) = (&Synchronization::FIELDS[1..], opcode.fields());
    let mut values: Vec<i64> = (of_all.iter().chain(own))
        .map(|field| match (field.kind, field.kind.width()) {
            (FieldKind::Signed(_), width) => i64::from(random.random::<i32>() >> (32 - width)),
            (_, width) => i64::from(random.random::<u32>() >> (32 - width)),
        })
        .collect();
    // What the encoder writes of a wait or a signal that is none.
    let [a, a_count, b, b_count, signals, signal, period, ..] = &mut values[..] else {
        panic!("the fields of all instructions");
    };
    (*a_count, *b_count, *signals) = (*a_count | 1, *b_count | 1, 1);
    *b = if a == b { *a ^ 1 } else { *b };
    let mut line = format!(
        "{} wait={a}:{a_count} wait={b}:{b_count} signal={signal}/{period}",
        opcode.name()
    );
    for (field, value) in own.iter().zip(&values[of_all.len()..]) {
        match (field.kind, value) {
            (FieldKind::Flag, 0) => {}
            (FieldKind::Flag, _) => line += &format!(" {}", field.name),
            _ => line += &format!(" {}={value}", field.name),
        }
    }
    let parsed: Instruction = line
        .parse()
        .unwrap_or_else(|error| panic!("{line}: {error}"));
    let expected = parsed
        .encode()
        .expect("values that fit")
        .map(|byte| byte.to_string());

    let upper = opcode.name().to_uppercase();
    let names = (of_all.iter().map(|field| field.name.to_uppercase())).chain(
        own.iter()
            .map(|field| format!("{upper}_{}", field.name.to_uppercase())),
    );
    let accesses = names.zip(&values).map(|(name, value)| {
        format!(
            "    FERROGRID_NPU_PUT(bytes, FERROGRID_NPU_{name}, {value});
    good &= FERROGRID_NPU_FITS(FERROGRID_NPU_{name}, {value});
    good &= FERROGRID_NPU_GET(bytes, FERROGRID_NPU_{name}) == {value};
    good &= !FERROGRID_NPU_FITS(FERROGRID_NPU_{name}, (int64_t)FERROGRID_NPU_{name}_MAX + 1);
    good &= !FERROGRID_NPU_FITS(FERROGRID_NPU_{name}, (int64_t)FERROGRID_NPU_{name}_MIN - 1);
"
        )
    });
    format!(
        "static int {name}(void)
{{
    static const uint8_t expected[FERROGRID_NPU_INSTRUCTION_BYTES] = {{{}}};
    uint8_t bytes[FERROGRID_NPU_INSTRUCTION_BYTES] = {{255, 255}};
    int good = 1;
    ferrogrid_npu_begin(bytes, FERROGRID_NPU_OPCODE_{upper});
{}    return good && memcmp(bytes, expected, sizeof bytes) == 0;
}}
",
        expected.join(", "),
        accesses.collect::<String>()
    )
}

#[test]
fn instructions_made_in_c_are_those_of_the_encoder() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("npu_instructions.h"), c_header()).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let names: Vec<String> = (0..100)
        .map(|number| format!("instruction_{number}"))
        .collect();
    let functions = names.iter().map(|name| instruction(&mut random, name));
    let program = format!(
        "#include \"npu_instructions.h\"\n#include <string.h>\n{}int main(void)\n{{\n    \
         return !({}());\n}}\n",
        functions.collect::<String>(),
        names.join("() && ")
    );
    for (compiler, standard, source) in [
        ("cc", "-std=c99", "main.c"),
        ("c++", "-std=c++11", "main.cpp"),
    ] {
        let source = dir.path().join(source);
        std::fs::write(&source, &program).unwrap();
        if let Some(compiler) = tool(compiler, "C header") {
            run(&compiler, standard, &source);
        }
    }
}
