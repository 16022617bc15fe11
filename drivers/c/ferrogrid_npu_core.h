/* Registers of `npu`. Control and status of a core that runs networks. C99 or later, and C++. */
#ifndef FERROGRID_NPU_REGISTERS_H
#define FERROGRID_NPU_REGISTERS_H

#include <stdint.h>

/* "FGNP" in ASCII. */
#define FERROGRID_NPU_ID_OFFSET 0x00000000u
/* CONST: "FGNP" in ASCII. */
#define FERROGRID_NPU_ID_VALUE_MASK 0xffffffffu
#define FERROGRID_NPU_ID_VALUE_SHIFT 0
#define FERROGRID_NPU_ID_VALUE_VALUE 0x46474e50u

/* Changes when a driver must change. */
#define FERROGRID_NPU_VERSION_OFFSET 0x00000004u
/* CONST: Changes when a driver must change. */
#define FERROGRID_NPU_VERSION_VALUE_MASK 0xffffffffu
#define FERROGRID_NPU_VERSION_VALUE_SHIFT 0
#define FERROGRID_NPU_VERSION_VALUE_VALUE 0x00000001u

/* First 32 bits of the SHA-256 of all parameters: programs are made for one. */
#define FERROGRID_NPU_CONFIG_HASH_OFFSET 0x00000008u
/* RO: First 32 bits of the SHA-256 of all parameters: programs are made for one. */
#define FERROGRID_NPU_CONFIG_HASH_VALUE_MASK 0xffffffffu
#define FERROGRID_NPU_CONFIG_HASH_VALUE_SHIFT 0

/* Starts programs. */
#define FERROGRID_NPU_CONTROL_OFFSET 0x0000000cu
/* W1P: Starts the program at program, when the one before has ended. */
#define FERROGRID_NPU_CONTROL_START_MASK 0x00000001u
#define FERROGRID_NPU_CONTROL_START_SHIFT 0
/* W1P: Stops the program: bursts are completed, and all else is forgotten. */
#define FERROGRID_NPU_CONTROL_STOP_MASK 0x00000002u
#define FERROGRID_NPU_CONTROL_STOP_SHIFT 1
/* W1P: Reads the first instructions of the program at program ahead, when the one before has ended: the next start begins with them. Neither they nor program and instructions may change in between, unless stop has them forgotten. */
#define FERROGRID_NPU_CONTROL_FETCH_MASK 0x00000004u
#define FERROGRID_NPU_CONTROL_FETCH_SHIFT 2

/* State of the core and of the last program. */
#define FERROGRID_NPU_STATUS_OFFSET 0x00000010u
/* RO: A program runs. */
#define FERROGRID_NPU_STATUS_BUSY_MASK 0x00000001u
#define FERROGRID_NPU_STATUS_BUSY_SHIFT 0
/* RO: Why the last program stopped: 0 it ended; 1 an instruction is none; 2 a semaphore overflowed; 3 a read failed; 4 a write failed; 5 the watchdog saw nothing move; 6 the host stopped it; 7 a count is 0 or an address out of range. */
#define FERROGRID_NPU_STATUS_CAUSE_MASK 0x000000f0u
#define FERROGRID_NPU_STATUS_CAUSE_SHIFT 4
/* RO: What the last END said; a program that stops leaves it. */
#define FERROGRID_NPU_STATUS_CODE_MASK 0xffff0000u
#define FERROGRID_NPU_STATUS_CODE_SHIFT 16

/* Which events raise the interrupt. */
#define FERROGRID_NPU_INTERRUPT_ENABLE_OFFSET 0x00000014u
/* RW: A program ended. */
#define FERROGRID_NPU_INTERRUPT_ENABLE_DONE_MASK 0x00000001u
#define FERROGRID_NPU_INTERRUPT_ENABLE_DONE_SHIFT 0
#define FERROGRID_NPU_INTERRUPT_ENABLE_DONE_RESET 0x00000000u
/* RW: A program stopped before its end. */
#define FERROGRID_NPU_INTERRUPT_ENABLE_ERROR_MASK 0x00000002u
#define FERROGRID_NPU_INTERRUPT_ENABLE_ERROR_SHIFT 1
#define FERROGRID_NPU_INTERRUPT_ENABLE_ERROR_RESET 0x00000000u

/* Which events have happened. */
#define FERROGRID_NPU_INTERRUPT_STATUS_OFFSET 0x00000018u
/* W1C: A program has ended. */
#define FERROGRID_NPU_INTERRUPT_STATUS_DONE_MASK 0x00000001u
#define FERROGRID_NPU_INTERRUPT_STATUS_DONE_SHIFT 0
/* W1C: A program has stopped. */
#define FERROGRID_NPU_INTERRUPT_STATUS_ERROR_MASK 0x00000002u
#define FERROGRID_NPU_INTERRUPT_STATUS_ERROR_SHIFT 1

/* Address of the program, at a beat of the bus. */
#define FERROGRID_NPU_PROGRAM_LOW_OFFSET 0x0000001cu
/* RW: Address of the program, at a beat of the bus. */
#define FERROGRID_NPU_PROGRAM_LOW_ADDRESS_MASK 0xffffffffu
#define FERROGRID_NPU_PROGRAM_LOW_ADDRESS_SHIFT 0
#define FERROGRID_NPU_PROGRAM_LOW_ADDRESS_RESET 0x00000000u

/* Its upper bits. */
#define FERROGRID_NPU_PROGRAM_HIGH_OFFSET 0x00000020u
/* RW: Its upper bits. */
#define FERROGRID_NPU_PROGRAM_HIGH_ADDRESS_MASK 0x000000ffu
#define FERROGRID_NPU_PROGRAM_HIGH_ADDRESS_SHIFT 0
#define FERROGRID_NPU_PROGRAM_HIGH_ADDRESS_RESET 0x00000000u

/* Instructions of the program. */
#define FERROGRID_NPU_INSTRUCTIONS_OFFSET 0x00000024u
/* RW: Instructions of the program. */
#define FERROGRID_NPU_INSTRUCTIONS_COUNT_MASK 0x0000ffffu
#define FERROGRID_NPU_INSTRUCTIONS_COUNT_SHIFT 0
#define FERROGRID_NPU_INSTRUCTIONS_COUNT_RESET 0x00000000u

/* Instructions that the front end has taken, or put into queues: of a program that stopped with cause 1, or 7 in a field, that is the number of the one that is wrong; what a unit came upon is in front of it. */
#define FERROGRID_NPU_INDEX_OFFSET 0x00000028u
/* RO: Instructions that the front end has taken, or put into queues: of a program that stopped with cause 1, or 7 in a field, that is the number of the one that is wrong; what a unit came upon is in front of it. */
#define FERROGRID_NPU_INDEX_INDEX_MASK 0x0000ffffu
#define FERROGRID_NPU_INDEX_INDEX_SHIFT 0

/* Cycles in which nothing moves, after which a program is stopped; 0: never. */
#define FERROGRID_NPU_WATCHDOG_OFFSET 0x0000002cu
/* RW: Cycles in which nothing moves, after which a program is stopped; 0: never. */
#define FERROGRID_NPU_WATCHDOG_CYCLES_MASK 0xffffffffu
#define FERROGRID_NPU_WATCHDOG_CYCLES_SHIFT 0
#define FERROGRID_NPU_WATCHDOG_CYCLES_RESET 0x00100000u

/* Address of the DRAM region. */
#define FERROGRID_NPU_BASE_0_LOW_OFFSET 0x00000030u
/* RW: Address of the DRAM region. */
#define FERROGRID_NPU_BASE_0_LOW_ADDRESS_MASK 0xffffffffu
#define FERROGRID_NPU_BASE_0_LOW_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_0_LOW_ADDRESS_RESET 0x00000000u

/* Its upper bits. */
#define FERROGRID_NPU_BASE_0_HIGH_OFFSET 0x00000034u
/* RW: Its upper bits. */
#define FERROGRID_NPU_BASE_0_HIGH_ADDRESS_MASK 0x000000ffu
#define FERROGRID_NPU_BASE_0_HIGH_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_0_HIGH_ADDRESS_RESET 0x00000000u

/* Address of the DRAM region. */
#define FERROGRID_NPU_BASE_1_LOW_OFFSET 0x00000038u
/* RW: Address of the DRAM region. */
#define FERROGRID_NPU_BASE_1_LOW_ADDRESS_MASK 0xffffffffu
#define FERROGRID_NPU_BASE_1_LOW_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_1_LOW_ADDRESS_RESET 0x00000000u

/* Its upper bits. */
#define FERROGRID_NPU_BASE_1_HIGH_OFFSET 0x0000003cu
/* RW: Its upper bits. */
#define FERROGRID_NPU_BASE_1_HIGH_ADDRESS_MASK 0x000000ffu
#define FERROGRID_NPU_BASE_1_HIGH_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_1_HIGH_ADDRESS_RESET 0x00000000u

/* Address of the DRAM region. */
#define FERROGRID_NPU_BASE_2_LOW_OFFSET 0x00000040u
/* RW: Address of the DRAM region. */
#define FERROGRID_NPU_BASE_2_LOW_ADDRESS_MASK 0xffffffffu
#define FERROGRID_NPU_BASE_2_LOW_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_2_LOW_ADDRESS_RESET 0x00000000u

/* Its upper bits. */
#define FERROGRID_NPU_BASE_2_HIGH_OFFSET 0x00000044u
/* RW: Its upper bits. */
#define FERROGRID_NPU_BASE_2_HIGH_ADDRESS_MASK 0x000000ffu
#define FERROGRID_NPU_BASE_2_HIGH_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_2_HIGH_ADDRESS_RESET 0x00000000u

/* Address of the DRAM region. */
#define FERROGRID_NPU_BASE_3_LOW_OFFSET 0x00000048u
/* RW: Address of the DRAM region. */
#define FERROGRID_NPU_BASE_3_LOW_ADDRESS_MASK 0xffffffffu
#define FERROGRID_NPU_BASE_3_LOW_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_3_LOW_ADDRESS_RESET 0x00000000u

/* Its upper bits. */
#define FERROGRID_NPU_BASE_3_HIGH_OFFSET 0x0000004cu
/* RW: Its upper bits. */
#define FERROGRID_NPU_BASE_3_HIGH_ADDRESS_MASK 0x000000ffu
#define FERROGRID_NPU_BASE_3_HIGH_ADDRESS_SHIFT 0
#define FERROGRID_NPU_BASE_3_HIGH_ADDRESS_RESET 0x00000000u

/* DRAM address of the first beat of a LOAD that was answered with an error, or of the first beat of the run of a STORE; 0 where there was none. */
#define FERROGRID_NPU_FAULT_LOW_OFFSET 0x00000050u
/* RO: DRAM address of the first beat of a LOAD that was answered with an error, or of the first beat of the run of a STORE; 0 where there was none. */
#define FERROGRID_NPU_FAULT_LOW_ADDRESS_MASK 0xffffffffu
#define FERROGRID_NPU_FAULT_LOW_ADDRESS_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_FAULT_HIGH_OFFSET 0x00000054u
/* RO: Its upper bits. */
#define FERROGRID_NPU_FAULT_HIGH_ADDRESS_MASK 0x000000ffu
#define FERROGRID_NPU_FAULT_HIGH_ADDRESS_SHIFT 0

/* Clock cycles from the start to the end of the program. */
#define FERROGRID_NPU_CYCLES_LOW_OFFSET 0x00000058u
/* RO: Clock cycles from the start to the end of the program. */
#define FERROGRID_NPU_CYCLES_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_CYCLES_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_CYCLES_HIGH_OFFSET 0x0000005cu
/* RO: Its upper bits. */
#define FERROGRID_NPU_CYCLES_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_CYCLES_HIGH_COUNT_SHIFT 0

/* Cycles in which LOAD or WEIGHTS was under way. */
#define FERROGRID_NPU_LOAD_BUSY_LOW_OFFSET 0x00000060u
/* RO: Cycles in which LOAD or WEIGHTS was under way. */
#define FERROGRID_NPU_LOAD_BUSY_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_LOAD_BUSY_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_LOAD_BUSY_HIGH_OFFSET 0x00000064u
/* RO: Its upper bits. */
#define FERROGRID_NPU_LOAD_BUSY_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_LOAD_BUSY_HIGH_COUNT_SHIFT 0

/* Cycles in which the array took a vector. */
#define FERROGRID_NPU_MATRIX_ACTIVE_LOW_OFFSET 0x00000068u
/* RO: Cycles in which the array took a vector. */
#define FERROGRID_NPU_MATRIX_ACTIVE_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_MATRIX_ACTIVE_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_MATRIX_ACTIVE_HIGH_OFFSET 0x0000006cu
/* RO: Its upper bits. */
#define FERROGRID_NPU_MATRIX_ACTIVE_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_MATRIX_ACTIVE_HIGH_COUNT_SHIFT 0

/* Cycles in which POST took sums. */
#define FERROGRID_NPU_POST_ACTIVE_LOW_OFFSET 0x00000070u
/* RO: Cycles in which POST took sums. */
#define FERROGRID_NPU_POST_ACTIVE_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_POST_ACTIVE_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_POST_ACTIVE_HIGH_OFFSET 0x00000074u
/* RO: Its upper bits. */
#define FERROGRID_NPU_POST_ACTIVE_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_POST_ACTIVE_HIGH_COUNT_SHIFT 0

/* Cycles in which STORE was under way. */
#define FERROGRID_NPU_STORE_BUSY_LOW_OFFSET 0x00000078u
/* RO: Cycles in which STORE was under way. */
#define FERROGRID_NPU_STORE_BUSY_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STORE_BUSY_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_STORE_BUSY_HIGH_OFFSET 0x0000007cu
/* RO: Its upper bits. */
#define FERROGRID_NPU_STORE_BUSY_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STORE_BUSY_HIGH_COUNT_SHIFT 0

/* Cycles in which the array waited for weights. */
#define FERROGRID_NPU_STALL_WEIGHTS_LOW_OFFSET 0x00000080u
/* RO: Cycles in which the array waited for weights. */
#define FERROGRID_NPU_STALL_WEIGHTS_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STALL_WEIGHTS_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_STALL_WEIGHTS_HIGH_OFFSET 0x00000084u
/* RO: Its upper bits. */
#define FERROGRID_NPU_STALL_WEIGHTS_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STALL_WEIGHTS_HIGH_COUNT_SHIFT 0

/* Cycles in which the array waited for an accumulator bank. */
#define FERROGRID_NPU_STALL_BANK_LOW_OFFSET 0x00000088u
/* RO: Cycles in which the array waited for an accumulator bank. */
#define FERROGRID_NPU_STALL_BANK_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STALL_BANK_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_STALL_BANK_HIGH_OFFSET 0x0000008cu
/* RO: Its upper bits. */
#define FERROGRID_NPU_STALL_BANK_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STALL_BANK_HIGH_COUNT_SHIFT 0

/* Beats read from DRAM, the program's included. */
#define FERROGRID_NPU_READ_BEATS_LOW_OFFSET 0x00000090u
/* RO: Beats read from DRAM, the program's included. */
#define FERROGRID_NPU_READ_BEATS_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_READ_BEATS_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_READ_BEATS_HIGH_OFFSET 0x00000094u
/* RO: Its upper bits. */
#define FERROGRID_NPU_READ_BEATS_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_READ_BEATS_HIGH_COUNT_SHIFT 0

/* Beats written to DRAM. */
#define FERROGRID_NPU_WRITE_BEATS_LOW_OFFSET 0x00000098u
/* RO: Beats written to DRAM. */
#define FERROGRID_NPU_WRITE_BEATS_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_WRITE_BEATS_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_WRITE_BEATS_HIGH_OFFSET 0x0000009cu
/* RO: Its upper bits. */
#define FERROGRID_NPU_WRITE_BEATS_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_WRITE_BEATS_HIGH_COUNT_SHIFT 0

/* Cycles in which VECTOR completed a vector as far as its pass goes. */
#define FERROGRID_NPU_VECTOR_ACTIVE_LOW_OFFSET 0x000000a0u
/* RO: Cycles in which VECTOR completed a vector as far as its pass goes. */
#define FERROGRID_NPU_VECTOR_ACTIVE_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_VECTOR_ACTIVE_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_VECTOR_ACTIVE_HIGH_OFFSET 0x000000a4u
/* RO: Its upper bits. */
#define FERROGRID_NPU_VECTOR_ACTIVE_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_VECTOR_ACTIVE_HIGH_COUNT_SHIFT 0

/* Cycles in which VECTOR waited for the scratchpad. */
#define FERROGRID_NPU_STALL_SCRATCHPAD_LOW_OFFSET 0x000000a8u
/* RO: Cycles in which VECTOR waited for the scratchpad. */
#define FERROGRID_NPU_STALL_SCRATCHPAD_LOW_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STALL_SCRATCHPAD_LOW_COUNT_SHIFT 0

/* Its upper bits. */
#define FERROGRID_NPU_STALL_SCRATCHPAD_HIGH_OFFSET 0x000000acu
/* RO: Its upper bits. */
#define FERROGRID_NPU_STALL_SCRATCHPAD_HIGH_COUNT_MASK 0xffffffffu
#define FERROGRID_NPU_STALL_SCRATCHPAD_HIGH_COUNT_SHIFT 0

#ifndef FERROGRID_REGISTER_ACCESS
#define FERROGRID_REGISTER_ACCESS

/* The value of a field in a register's word. */
#define FERROGRID_GET(FIELD, word) (((uint32_t)(word) & FIELD##_MASK) >> FIELD##_SHIFT)

/* A word with `value` in a field and 0 elsewhere. */
#define FERROGRID_PUT(FIELD, value) (((uint32_t)(value) << FIELD##_SHIFT) & FIELD##_MASK)

static inline uint32_t ferrogrid_read(uintptr_t base, uint32_t offset)
{
    return *(volatile const uint32_t *)(base + offset);
}

static inline void ferrogrid_write(uintptr_t base, uint32_t offset, uint32_t word)
{
    *(volatile uint32_t *)(base + offset) = word;
}

#endif /* FERROGRID_REGISTER_ACCESS */

#endif /* FERROGRID_NPU_REGISTERS_H */

#ifndef FERROGRID_NPU_CORE_H
#define FERROGRID_NPU_CORE_H

/* Values of FERROGRID_NPU_STATUS_CAUSE. */
#define FERROGRID_NPU_CAUSE_ENDED 0u
#define FERROGRID_NPU_CAUSE_ILLEGAL 1u
#define FERROGRID_NPU_CAUSE_OVERFLOW 2u
#define FERROGRID_NPU_CAUSE_READ_FAILED 3u
#define FERROGRID_NPU_CAUSE_WRITE_FAILED 4u
#define FERROGRID_NPU_CAUSE_WATCHDOG 5u
#define FERROGRID_NPU_CAUSE_STOPPED 6u
#define FERROGRID_NPU_CAUSE_OUT_OF_RANGE 7u

/* What they mean, in their order. */
#define FERROGRID_NPU_CAUSE_WORDS \
    "it ended", \
    "an instruction is none", \
    "a semaphore overflowed", \
    "a read failed", \
    "a write failed", \
    "the watchdog saw nothing move", \
    "the host stopped it", \
    "a count is 0 or an address out of range"

/* Counters. */
#define FERROGRID_NPU_COUNTER_CYCLES 0u
#define FERROGRID_NPU_COUNTER_LOAD_BUSY 1u
#define FERROGRID_NPU_COUNTER_MATRIX_ACTIVE 2u
#define FERROGRID_NPU_COUNTER_POST_ACTIVE 3u
#define FERROGRID_NPU_COUNTER_STORE_BUSY 4u
#define FERROGRID_NPU_COUNTER_STALL_WEIGHTS 5u
#define FERROGRID_NPU_COUNTER_STALL_BANK 6u
#define FERROGRID_NPU_COUNTER_READ_BEATS 7u
#define FERROGRID_NPU_COUNTER_WRITE_BEATS 8u
#define FERROGRID_NPU_COUNTER_VECTOR_ACTIVE 9u
#define FERROGRID_NPU_COUNTER_STALL_SCRATCHPAD 10u
#define FERROGRID_NPU_COUNTERS 11u

/* DRAM regions of compiled networks, and bytes at whose multiples they begin. */
#define FERROGRID_NPU_ALIGNMENT 64u
#define FERROGRID_NPU_REGION_CONSTANTS 0u
#define FERROGRID_NPU_REGION_INPUTS 1u
#define FERROGRID_NPU_REGION_OUTPUTS 2u
#define FERROGRID_NPU_REGION_ACTIVATIONS 3u

#endif /* FERROGRID_NPU_CORE_H */
