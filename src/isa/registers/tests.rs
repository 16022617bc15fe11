//! The rules of register maps and what is made from them.

use super::*;

fn timer() -> RegisterMap {
    RegisterMap::new("timer", "Counts down | and rings.")
        .register(
            Register::new("control", 0x00, "Starts and stops.")
                .field(Field::write_pulse("start", 0, 1, "Starts counting."))
                .field(Field::read_write("repeat", 8, 1, "Starts again at 0.")),
        )
        .register(
            Register::new("status", 0x04, "What happened.")
                .field(Field::read_only("busy", 0, 1, "Counting."))
                .field(Field::write_one_to_clear(
                    "rang",
                    4,
                    2,
                    "Reached 0 */ once.",
                )),
        )
        .register(
            Register::new("period", 0x10, "Length of a period.")
                .field(Field::read_write("cycles", 4, 16, "In clock cycles.").reset(100))
                .field(Field::constant("version", 24, 8, 0x12, "Version.")),
        )
}

#[test]
fn the_markdown_page() {
    insta::assert_snapshot!(timer().markdown());
}

#[test]
fn the_c_header() {
    insta::assert_snapshot!(timer().c_header());
}

#[test]
fn fields_of_a_word() {
    let map = timer();
    let cycles = map.get("period").get("cycles");
    assert_eq!(cycles.mask(), 0x000f_fff0);
    assert_eq!(cycles.insert(0x1_2345), 0x0002_3450);
    assert_eq!(cycles.extract(0xabcd_ef01), 0xcdef0 & 0xffff);
    assert_eq!(map.get("period").reset_word(), 0x1200_0640);
    assert_eq!(map.address_bits(), 5);
    let whole = Field::read_write("all", 0, 32, "");
    assert_eq!((whole.max(), whole.mask()), (u32::MAX, u32::MAX));
}

/// What `check` says of a map of these registers.
fn refused(registers: Vec<Register>) -> String {
    let mut map = RegisterMap::new("map", "");
    map.registers = registers;
    map.check().expect_err("the map was accepted").to_string()
}

fn one(field: Field) -> Vec<Register> {
    vec![Register::new("reg", 0, "").field(field)]
}

fn rw(name: &str, lsb: u32, width: u32) -> Field {
    Field::read_write(name, lsb, width, "")
}

#[test]
fn a_map_that_breaks_a_rule_is_refused_by_name() {
    let register = |name: &str, offset| Register::new(name, offset, "").field(rw("f", 0, 1));
    let rows = [
        (vec![], "register map `map` is empty"),
        (vec![Register::new("reg", 0, "")], "register `reg` is empty"),
        (
            vec![register("Reg", 0)],
            "register `Reg` cannot be a name: use lower-case letters, digits and single `_`, \
             starting with a letter",
        ),
        (
            one(rw("a__b", 0, 1)),
            "field `a__b` cannot be a name: use lower-case letters, digits and single `_`, \
             starting with a letter",
        ),
        (
            vec![register("reg", 6)],
            "register `reg` stands at 0x6, which is not a multiple of 4",
        ),
        (
            vec![register("a", 4), register("b", 4)],
            "register `b` at 0x4 must stand above `a` at 0x4",
        ),
        (
            vec![register("a", 0), register("a", 4)],
            "two registers are called `a`",
        ),
        (one(rw("f", 3, 0)), "field `reg.f` has no bits"),
        (
            one(rw("f", 30, 3)),
            "field `reg.f` takes bits 30 to 32, beyond 31",
        ),
        (
            one(rw("f", u32::MAX, u32::MAX)),
            "field `reg.f` takes bits 4294967295 to 8589934589, beyond 31",
        ),
        (
            vec![
                Register::new("reg", 0, "")
                    .field(rw("a", 0, 4))
                    .field(rw("b", 3, 1)),
            ],
            "field `reg.b` must stand above `a`, which ends at bit 3",
        ),
        (
            one(rw("f", 0, 4).reset(16)),
            "reset value 0x10 of field `reg.f` does not fit 4 bits",
        ),
        (
            one(Field::constant("f", 0, 4, 16, "")),
            "constant 0x10 of field `reg.f` does not fit 4 bits",
        ),
        (
            one(Field::read_only("f", 0, 4, "").reset(1)),
            "field `reg.f` (RO) holds no value and cannot have a reset value",
        ),
        (
            vec![
                Register::new("a", 0, "").field(rw("b_c", 0, 1)),
                Register::new("a_b", 4, "").field(rw("c", 0, 1)),
            ],
            "`a.b_c` and `a_b.c` both need the port `a_b_c`",
        ),
        (
            vec![
                Register::new("a", 0, "")
                    .field(Field::write_one_to_clear("b", 0, 1, ""))
                    .field(rw("b_set", 1, 1)),
            ],
            "`a.b` and `a.b_set` both need the port `a_b_set`",
        ),
    ];
    for (registers, message) in rows {
        assert_eq!(refused(registers), message);
    }
    assert_eq!(timer().check(), Ok(()));
}

#[test]
fn a_summary_is_the_first_clause() {
    let summary = |doc: &str| Field::read_only("count", 0, 8, doc).summary().to_owned();
    assert_eq!(summary("Beats of A."), "Beats of A");
    assert_eq!(
        summary("Starts a job; ignored while it runs. Reads 0."),
        "Starts a job"
    );
    assert_eq!(
        summary("Up to 1.5 V. Never more; see there."),
        "Up to 1.5 V"
    );
}
