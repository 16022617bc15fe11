use super::*;

const SIZE: MachineSize = MachineSize {
    rows: 4,
    columns: 4,
    lanes: 2,
    bus_bytes: 4,
    scratchpad_bytes: 256,
    ring_tiles: 4,
    accumulator_vectors: 8,
    parameter_channels: 16,
    image_rows: 2,
    vector_taps: 3,
    vector_weights: 4,
};

/// Runs assembly on 256 bytes of DRAM, byte n of which is n.
fn run(assembly: &str) -> Result<Vec<u8>, String> {
    let lines = assembly.lines().filter(|line| !line.trim().is_empty());
    let program: Vec<Instruction> = lines.map(|line| line.parse().unwrap()).collect();
    let mut dram: Vec<u8> = (0..=255).collect();
    match run_program(&SIZE, &program, [0; 4], &mut dram) {
        Ok(_) => Ok(dram),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn bytes_go_through_the_scratchpad() {
    let dram = run(
        "load offset=3 address=8 run=5 rows=2 row_stride=10 row_pitch=5 planes=1 signal=1
                    store offset=100 address=9 run=8 rows=1 planes=1 wait=1
                    end",
    )
    .unwrap();
    assert_eq!(dram[99..109], [99, 4, 5, 6, 7, 13, 14, 15, 16, 108]);
}

#[test]
fn what_timing_could_change_is_illegal() {
    let error = |assembly: &str| run(assembly).unwrap_err();
    assert_eq!(
        error(
            "load run=4 rows=1 planes=1
               store offset=100 run=4 rows=1 planes=1
               end"
        ),
        "instruction 1, `store offset=100 run=4 rows=1 planes=1`: it may read byte 0x0 of the scratchpad before LOAD has written it"
    );
    assert_eq!(
        error(
            "load run=4 rows=1 planes=1 signal=0
               store offset=100 run=4 rows=1 planes=1 wait=0
               load run=4 rows=1 planes=1
               end"
        ),
        "instruction 2, `load run=4 rows=1 planes=1`: it may write byte 0x0 of the scratchpad before STORE has read it"
    );
    // A signal behind the first of two runs says nothing of the second.
    assert_eq!(
        error(
            "load run=4 rows=2 row_stride=4 row_pitch=4 planes=1 signal=0/1
               store offset=100 run=8 rows=1 planes=1 wait=0
               end"
        ),
        "instruction 1, `store offset=100 run=8 rows=1 planes=1 wait=0:1`: it may read byte 0x4 of the scratchpad before LOAD has written it"
    );
    assert!(
        error(
            "store offset=100 run=4 rows=1 planes=1 wait=0
               load run=4 rows=1 planes=1 signal=0
               end"
        )
        .contains("it may wait for ever")
    );
    assert!(
        error("load run=1 rows=300 planes=1 signal=0/1\nend")
            .contains("may count to 256, beyond 255")
    );
    assert!(error("weights tiles=5\nend").contains("the ring is full"));
    assert!(
        error(
            "load run=4 rows=2 planes=1 signal=0/1\nstore run=1 rows=1 planes=1 wait=0 wait=0\nend"
        )
        .contains("waits for semaphore 0 twice")
    );
    assert!(error("load address=126 run=4 rows=1 planes=1\nend").contains("both halves"));
    assert!(error("load offset=254 run=4 rows=1 planes=1\nend").contains("beyond its 256 bytes"));
    assert!(error("load run=4 rows=0 planes=1\nend").contains("`rows` is 0"));
}

#[test]
fn fences_order_what_is_around_them() {
    let program = |units| {
        format!(
            "load run=4 rows=1 planes=1
             fence units={units}
             store offset=100 run=4 rows=1 planes=1
             end"
        )
    };
    assert!(run(&program(1)).is_ok());
    assert!(run(&program(2)).is_err());
}
