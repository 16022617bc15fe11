//! The C header of a register map, compiled.

use crate::tool::{run_tool, tool};
use ferrogrid::isa::{Field, Register, RegisterMap};

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
    let flags = [
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-std=c99",
        "-o",
    ];
    let mut compile = std::process::Command::new(cc);
    compile.args(flags).arg(path("program")).arg(path("main.c"));
    run_tool(&mut compile);
    run_tool(&mut std::process::Command::new(path("program")));
}
