/* Driver of the cores for networks that `ferrogrid generate` writes, for bare metal: C99 or C++11, no libraries.

   A network is what `ferrogrid compile MODEL --c FOLDER` writes. README.md shows a whole program. Functions are for
   one thread, ferrogrid_npu_interrupt and ferrogrid_npu_ended for interrupt handlers too. */
#ifndef FERROGRID_NPU_H
#define FERROGRID_NPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ferrogrid_npu_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is in front of the definition of memory that the core reads or writes. */
#ifndef FERROGRID_NPU_ALIGNED
#if defined(__GNUC__) || defined(__clang__)
#define FERROGRID_NPU_ALIGNED __attribute__((aligned(FERROGRID_NPU_ALIGNMENT)))
#elif defined(__cplusplus)
#define FERROGRID_NPU_ALIGNED alignas(FERROGRID_NPU_ALIGNMENT)
#else
#define FERROGRID_NPU_ALIGNED _Alignas(FERROGRID_NPU_ALIGNMENT)
#endif
#endif

typedef enum {
    FERROGRID_NPU_OK,
    FERROGRID_NPU_NO_CORE,       /* other registers than those of such a core are there */
    FERROGRID_NPU_OTHER_VERSION, /* the core needs another driver */
    FERROGRID_NPU_OTHER_CORE,    /* the network was compiled for another configuration */
    FERROGRID_NPU_MISPLACED,     /* memory is missing, not aligned, or beyond the core's addresses */
    FERROGRID_NPU_IDLE,          /* nothing was started */
    FERROGRID_NPU_BUSY,          /* the network runs */
    FERROGRID_NPU_STOPPED,       /* it stopped before its end: see ferrogrid_npu_fault_of */
    FERROGRID_NPU_TIMEOUT        /* the core did not answer in time */
} ferrogrid_npu_result;

/* How the numbers of a tensor are rounded from real ones. */
typedef enum {
    FERROGRID_NPU_HALVES_TO_EVEN, /* real / scale, as ONNX Runtime */
    FERROGRID_NPU_HALVES_AWAY,    /* real / scale, halves away from zero, as TFLite Micro */
    FERROGRID_NPU_BY_RECIPROCAL   /* real * (1 / scale), halves to even, as LiteRT */
} ferrogrid_npu_rounding;

/* An input or output: a byte for each element, the channels of an image last. An integer q means
   scale * (q - zero_point). */
typedef struct {
    const char *name;
    uint32_t offset; /* of its first byte in the inputs or outputs */
    uint32_t bytes;
    bool is_unsigned; /* uint8, else int8 */
    uint32_t dimensions;
    const uint32_t *shape;
    int32_t zero_point;
    float scale;
    ferrogrid_npu_rounding rounding;
} ferrogrid_npu_tensor;

/* A compiled network. Sizes are bytes. */
typedef struct {
    uint32_t config_hash;
    const uint8_t *program;
    uint32_t instructions;
    uint32_t program_bytes;
    const uint8_t *constants;
    uint32_t constant_bytes;
    uint32_t input_bytes;
    uint32_t output_bytes;
    uint32_t activation_bytes;
    const ferrogrid_npu_tensor *inputs;
    uint32_t input_count;
    const ferrogrid_npu_tensor *outputs;
    uint32_t output_count;
} ferrogrid_npu_network;

/* Memory of a network, as large as it says, each FERROGRID_NPU_ALIGNED. Where the network has no activations in
   DRAM, they may be a null pointer. */
typedef struct {
    uint8_t *inputs;
    uint8_t *outputs;
    uint8_t *activations;
} ferrogrid_npu_memory;

/* What differs from system to system. A null pointer stands for what is said behind it. */
typedef struct {
    /* Access to a register: volatile accesses behind `registers`. */
    uint32_t (*read)(void *context, uint32_t offset);
    void (*write)(void *context, uint32_t offset, uint32_t word);
    /* The address of memory on the core's bus: the pointer. */
    uint64_t (*address)(void *context, const void *memory);
    /* Writes memory back from caches, before a start, so that no later write-back meets what the core writes: there
       are none. */
    void (*clean)(void *context, const void *memory, size_t bytes);
    /* Drops memory from caches, behind the end: there are none. */
    void (*invalidate)(void *context, void *memory, size_t bytes);
    /* Time in any unit, which may wrap: calls of it are counted. */
    uint32_t (*now)(void *context);
    /* Called again and again while ferrogrid_npu_wait waits: nothing. */
    void (*idle)(void *context);
    void *context;
} ferrogrid_npu_hooks;

/* A core. Its members are the driver's. */
typedef struct {
    uintptr_t registers;
    ferrogrid_npu_hooks hooks;
    const ferrogrid_npu_network *network;
    ferrogrid_npu_memory memory;
    ferrogrid_npu_result result;
    volatile uint32_t events;
} ferrogrid_npu;

/* Why a network stopped. */
typedef struct {
    uint32_t cause;       /* FERROGRID_NPU_CAUSE_... */
    uint32_t instruction; /* where the front end was */
    uint64_t address;     /* of the transfer that memory answered with an error, or 0 */
} ferrogrid_npu_fault;

/* Takes a core into use, with its interrupt disabled; ends what it does. `hooks` may be null. */
ferrogrid_npu_result ferrogrid_npu_init(ferrogrid_npu *npu, uintptr_t registers, const ferrogrid_npu_hooks *hooks);

/* Puts a network on the core: BUSY while another runs, OTHER_CORE or MISPLACED where that cannot be. */
ferrogrid_npu_result ferrogrid_npu_load(ferrogrid_npu *npu, const ferrogrid_npu_network *network,
                                        const ferrogrid_npu_memory *memory);

/* Copies elements into the memory of an input, or out of that of an output: int8 or uint8, as the tensor is. Inputs
   stay as they are from run to run. */
void ferrogrid_npu_put(ferrogrid_npu *npu, uint32_t input, const void *elements);
void ferrogrid_npu_get(const ferrogrid_npu *npu, uint32_t output, void *elements);

/* Starts the network: OK, or BUSY or IDLE where one runs or none is loaded. */
ferrogrid_npu_result ferrogrid_npu_start(ferrogrid_npu *npu);

/* What has become of it: BUSY, OK or STOPPED; IDLE where none was started. */
ferrogrid_npu_result ferrogrid_npu_poll(ferrogrid_npu *npu);

/* Polls until it is over, or for `timeout` units of `now`. After a TIMEOUT it still runs. */
ferrogrid_npu_result ferrogrid_npu_wait(ferrogrid_npu *npu, uint32_t timeout);

/* Raises an interrupt at the end of every run, or none. */
void ferrogrid_npu_enable_interrupt(ferrogrid_npu *npu, bool enable);

/* What the interrupt handler calls: it takes the request back and notes the event for poll and wait. */
void ferrogrid_npu_interrupt(ferrogrid_npu *npu);

/* The run is over, whether or not its interrupt was handled. For `idle`, before it sleeps. */
bool ferrogrid_npu_ended(const ferrogrid_npu *npu);

/* Ends what the core does, for up to `timeout` units of `now`; the network stays loaded. After a TIMEOUT the memory
   owes the core answers, and only a reset of both helps. */
ferrogrid_npu_result ferrogrid_npu_reset(ferrogrid_npu *npu, uint32_t timeout);

/* Stops a run in which nothing has moved for so many cycles of the core, with the cause WATCHDOG; 0 does not. */
void ferrogrid_npu_watchdog(ferrogrid_npu *npu, uint32_t cycles);

/* Why the last run stopped. */
ferrogrid_npu_fault ferrogrid_npu_fault_of(const ferrogrid_npu *npu);

/* A counter of the last run, FERROGRID_NPU_COUNTER_..., also while it counts. */
uint64_t ferrogrid_npu_counter(const ferrogrid_npu *npu, uint32_t counter);

/* In words. */
const char *ferrogrid_npu_result_words(ferrogrid_npu_result result);
const char *ferrogrid_npu_cause_words(uint32_t cause);

/* The only functions with floating point are in ferrogrid_npu_float.c: leave that out where none is wanted. As many
   numbers as the tensor has bytes become elements for ferrogrid_npu_put, or elements of ferrogrid_npu_get numbers. */
void ferrogrid_npu_quantize(const ferrogrid_npu_tensor *tensor, const float *reals, void *elements);
void ferrogrid_npu_dequantize(const ferrogrid_npu_tensor *tensor, const void *elements, float *reals);

#ifdef __cplusplus
}
#endif

#endif /* FERROGRID_NPU_H */
