use super::*;
use proptest::prelude::*;

/// An instruction with any values of its fields.
fn any_instruction() -> impl Strategy<Value = Instruction> {
    let opcode = prop::sample::select(Opcode::ALL);
    let semaphore = 0..SEMAPHORES;
    let wait = (semaphore.clone(), 0..=SEMAPHORE_MAX)
        .prop_map(|(semaphore, count)| Wait { semaphore, count })
        .prop_map(|wait| {
            if wait.count == 0 {
                Wait::default()
            } else {
                wait
            }
        });
    let signal = prop::option::of((semaphore, 0..256u32))
        .prop_map(|signal| signal.map(|(semaphore, period)| Signal { semaphore, period }));
    (opcode, wait.clone(), wait, signal, any::<[u64; 24]>()).prop_map(
        |(opcode, a, b, signal, random)| {
            let waits = if a.count == 0 { [b, a] } else { [a, b] };
            let value = |(field, random): (&Field, u64)| match field.kind {
                FieldKind::Signed(width) => (random as i64) >> (64 - width),
                kind => (random >> (64 - kind.width())) as i64,
            };
            let values: Vec<i64> = opcode.fields().iter().zip(random).map(value).collect();
            Instruction {
                synchronization: Synchronization { waits, signal },
                operation: Operation::of(opcode, &values),
            }
        },
    )
}

proptest! {
    #[test]
    fn bits_and_text_are_the_instruction(instruction in any_instruction()) {
        let bits = instruction.encode().unwrap();
        prop_assert_eq!(Instruction::decode(&bits), Ok(instruction));
        prop_assert_eq!(instruction.to_string().parse(), Ok(instruction));
    }

    #[test]
    fn bits_that_are_an_instruction_are_those_of_its_encoding(bits in any::<[u8; 32]>(), opcode in 0..9u8) {
        let mut bits = bits;
        bits[0] = bits[0] & 0xf0 | opcode;
        if let Ok(instruction) = Instruction::decode(&bits) {
            prop_assert_eq!(instruction.encode().unwrap(), bits);
        }
    }
}

#[test]
fn fields_do_not_overlap() {
    for opcode in Opcode::ALL {
        let fields = Synchronization::FIELDS.iter().chain(opcode.fields());
        let mut end = 0;
        for field in fields {
            assert!(field.lsb >= end, "{} of {}", field.name, opcode.name());
            end = field.lsb + field.kind.width();
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let error = |line: &str| line.parse::<Instruction>().unwrap_err().to_string();
    assert_eq!(
        error("weigths tiles=1"),
        "no instruction is called `weigths`: there are load, weights, matrix, post, store, fence, end, vector"
    );
    assert_eq!(
        error("weights size=1"),
        "weights has no field `size`: it has region, offset, tiles, wait and signal"
    );
    assert_eq!(
        error("weights tiles=65536"),
        "`tiles` of weights is 65536, which does not fit 16 bits"
    );
    assert_eq!(error("weights tiles=x"), "`x` is no value of `tiles`");
    assert_eq!(error("weights tiles=1 tiles=1"), "`tiles` is given twice");
    assert_eq!(
        error("end wait=16:1"),
        "`wait_a` of end is 16, which does not fit 4 bits"
    );
    let reserved = Instruction::decode(&{
        let mut bits = Instruction::from(Operation::End(End::default()))
            .encode()
            .unwrap();
        bits[31] = 0x80;
        bits
    });
    let message = reserved.unwrap_err().to_string();
    assert_eq!(message, "bit 255 of end is reserved and must be 0");
    assert_eq!(
        Instruction::decode(&[0; 32]).unwrap_err().to_string(),
        "no instruction has opcode 0"
    );
}
