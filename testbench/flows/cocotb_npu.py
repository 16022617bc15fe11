"""Runs a core for networks with models of buses that are not Ferrogrid's: cocotb and cocotbext-axi.

    python cocotb_npu.py CORE [SEED [ROUNDS]]

CORE is a folder that `ferrogrid generate` wrote, with network.fgn, which `ferrogrid compile` wrote, and what
it is given and must give, images.npy and logits.npy. DRAM is an AxiRam, which refuses bursts across 4 KiB
itself; the host is an AxiLiteMaster. All ten channels pause at random; all that programs read and write lies
above 4 GiB and across 4 KiB, at any byte where instructions allow it.
"""

import itertools
import json
import os
import re
import sys
from pathlib import Path
from random import choice, randbytes, randint, random, randrange

import cocotb
from cocotb.clock import Clock
from cocotb.runner import get_results, get_runner
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiBus, AxiLiteBus, AxiLiteMaster, AxiRam, AxiResp

CORE = Path(os.environ.get("FERROGRID_CORE", "."))
ROUNDS = int(os.environ.get("FERROGRID_ROUNDS", 1))
CONSTANTS, INPUTS, OUTPUTS, ACTIVATIONS, PROGRAM = range(5)
START, STOP, FETCH = 1, 2, 4
DONE, ERROR = 1, 2
ENDED, READ_FAILED, WRITE_FAILED, WATCHDOG, STOPPED = 0, 3, 4, 5, 6


def definitions(header, pattern):
    """The numbers that a C header of the core defines, by the words that the pattern takes."""
    (path,) = CORE.glob(header)
    found = re.findall(f"^#define FERROGRID_{pattern} (0x\\w+?|\\d+)u?$", path.read_text(), re.M)
    return {name.lower(): int(value, 0) for name, value in found}


class Program:
    """Instructions, what DRAM holds by regions, the program among them, and the outputs in the end."""

    def __init__(self, instructions, regions, outputs):
        self.regions = regions | {PROGRAM: instructions}
        self.outputs = outputs


def networks():
    """The network on some images, with the logits of another runtime."""
    file = (CORE / "network.fgn").read_bytes()
    # Behind four letters, the version and a hash.
    end = 44 + int.from_bytes(file[40:44], "little")
    steps = json.loads(file[44:end])["steps"]
    (program,) = [step["program"] for step in steps if "program" in step]
    behind = end + 32 * program["instructions"]
    constants = file[behind : behind + program["constants"]]

    def row(name, size, index):
        array = (CORE / name).read_bytes()
        values = array[10 + int.from_bytes(array[8:10], "little") :]
        return values[index * size : (index + 1) * size]

    for _ in range(ROUNDS):
        index = randrange(360)
        regions = {CONSTANTS: constants, INPUTS: row("images.npy", 64, index), OUTPUTS: bytes(10)}
        regions[ACTIVATIONS] = bytes(program["activations"])
        yield Program(file[end:behind], regions, row("logits.npy", 10, index))


class Copies(Program):
    """LOADs of 1100 bytes of the scratchpad and of parts of them again, STOREs of other parts."""

    def __init__(self):
        # At 32 bits that is more than a burst has beats.
        whole = {"region": INPUTS, "offset": 5, "run": 1100, "rows": 1, "planes": 1}
        loads = [whole] + [self.part(INPUTS, at) for at in (500, 7000, 13001)]
        stores = [self.part(OUTPUTS, at) for at in (1, 5003, 10006, 15010)]
        inputs, outputs, scratchpad = randbytes(20000), randbytes(20000), bytearray(1100)
        left = bytearray(outputs)
        self.loads, self.stores = [
            [run for of in all for run in self.runs(of)] for all in (loads, stores)
        ]
        for address, at, size in self.loads:
            scratchpad[address : address + size] = inputs[at : at + size]
        for address, at, size in self.stores:
            left[at : at + size] = scratchpad[address : address + size]
        text = [("load", load) for load in loads] + [("fence", {"units": 31})]
        text += [("store", store) for store in stores] + [("end", {"code": 7})]
        place = definitions("npu_instructions.h", r"NPU_(\w+)_LSB")
        opcode = definitions("npu_instructions.h", r"NPU_OPCODE_(\w+)")
        words = [
            opcode[name] | sum(value << place[f"{name}_{field}"] for field, value in fields.items())
            for name, fields in text
        ]
        instructions = b"".join(word.to_bytes(32, "little") for word in words)
        super().__init__(instructions, {INPUTS: inputs, OUTPUTS: outputs}, bytes(left))

    @staticmethod
    def part(region, offset):
        """Runs within these bytes, of which none is over another in DRAM."""
        run = choice([randint(1, 9), randint(1, 200), 600])
        fields = {"region": region, "offset": offset, "run": run, "planes": 1}
        fields["address"] = 16 + randrange(200)
        fields["rows"] = randint(1, min(4, 800 // run))
        return fields | {"row_stride": run + randrange(1000), "row_pitch": run + randrange(20)}

    @staticmethod
    def runs(of):
        """Address in the scratchpad, first byte in the region, and bytes of each run."""
        address, pitch, stride = [of.get(key, 0) for key in ("address", "row_pitch", "row_stride")]
        rows = range(of["rows"])
        return [(address + row * pitch, of["offset"] + row * stride, of["run"]) for row in rows]


class Dram(AxiRam):
    """A RAM in which a byte may be missing: an access of it is answered with an error."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, size=2**40, **keywords)
        self.missing, self.response = None, AxiResp.SLVERR
        self.read_if._read = self.guarded(self.read_if._read, lambda length: length)
        self.write_if._write = self.guarded(self.write_if._write, len)
        read, write = self.read_if.r_channel, self.write_if.b_channel
        for channel, field in [(read, "rresp"), (write, "bresp")]:
            channel.send = self.answered(channel.send, field)

    def guarded(self, access, size):
        async def guard(address, data):
            if self.missing is not None and self.missing in range(address, address + size(data)):
                raise IndexError(f"{self.missing:#x} is missing")
            return await access(address, data)

        return guard

    def answered(self, send, field):
        async def answer(beat):
            if getattr(beat, field) != AxiResp.OKAY:
                setattr(beat, field, self.response)
            await send(beat)

        return answer


class Machine:
    """A core with its DRAM and its host, out of reset."""

    def __init__(self, core):
        self.core = core
        cocotb.start_soon(Clock(core.aclk, 10, "ns").start())
        core.aresetn.value = 0
        reset = (core.aclk, core.aresetn)
        self.dram = Dram(AxiBus.from_prefix(core, "m_axi"), *reset, reset_active_level=False)
        self.host = AxiLiteMaster(
            AxiLiteBus.from_prefix(core, "s_axil"), *reset, reset_active_level=False
        )
        self.offset = definitions("*_registers.h", r"NPU_[A-Z]+_(\w+)_OFFSET")
        self.beat = len(core.m_axi_wdata) // 8
        # They have a line for each burst.
        for of in (self.dram, self.host):
            of.read_if.log.setLevel("ERROR")
            of.write_if.log.setLevel("ERROR")

    async def reset(self):
        self.core.aresetn.value = 0
        await ClockCycles(self.core.aclk, randint(1, 4))
        self.core.aresetn.value = 1
        await ClockCycles(self.core.aclk, 2)

    def pause(self, most):
        """Each channel pauses in a share of the cycles, at most so large."""
        for part in (self.dram, self.host):
            for end, names in [(part.write_if, ("aw", "w", "b")), (part.read_if, ("ar", "r"))]:
                for name in names:
                    share = random() * most
                    pauses = (random() < share for _ in itertools.repeat(None))
                    getattr(end, f"{name}_channel").set_pause_generator(pauses if most else None)

    async def write(self, name, value):
        answer = await self.host.write(self.offset[name], value.to_bytes(4, "little"))
        assert answer.resp == AxiResp.OKAY, name

    async def read(self, name):
        answer = await self.host.read(self.offset[name], 4)
        assert answer.resp == AxiResp.OKAY, name
        return int.from_bytes(answer.data, "little")

    async def write_wide(self, name, value):
        await self.write(f"{name}_low", value & 0xFFFF_FFFF)
        await self.write(f"{name}_high", value >> 32)

    async def place(self, program):
        """Puts what a program needs into DRAM, and says where it is."""
        self.bases = {}
        for region, data in program.regions.items():
            # Constants and instructions are read in whole beats.
            step = self.beat if region in (CONSTANTS, PROGRAM) else 1
            border = (region + 1 << 36) + (randrange(1, 1 << 20) << 12)
            base = border - randrange(len(data) + 1) // step * step
            self.bases[region] = base
            self.dram.write(base - 64, randbytes(64) + data + randbytes(64))
            await self.write_wide("program" if region == PROGRAM else f"base_{region}", base)
        await self.write("instructions", len(program.regions[PROGRAM]) // 32)
        await self.write("interrupt_enable", DONE | ERROR)

    async def start(self):
        if random() < 0.5:
            await self.write("control", FETCH)
        await self.write("control", START)

    async def end(self, cause):
        """Waits for the interrupt, which must have this cause."""
        if not self.core.irq.value:
            await RisingEdge(self.core.irq)
        status = await self.read("status")
        assert status & 0xFF == cause << 4, f"status {status:#x}, not cause {cause}"
        event = ERROR if cause else DONE
        assert await self.read("interrupt_status") == event
        await self.write("interrupt_status", event)
        assert not self.core.irq.value

    async def run(self, program):
        """The outputs of a program are right, and the bytes around them as they were."""
        await self.place(program)
        first, size = self.bases[OUTPUTS], len(program.outputs)
        before, behind = self.dram.read(first - 64, 64), self.dram.read(first + size, 64)
        await self.start()
        while random() < 0.8:
            await self.read("status")
        await self.end(ENDED)
        found, expected = self.dram.read(first - 64, size + 128), before + program.outputs + behind
        wrong = [at - 64 for at, pair in enumerate(zip(found, expected)) if len(set(pair)) > 1]
        assert not wrong, f"{len(wrong)} wrong bytes, the first at {wrong[0]} of the outputs"


async def machine(core):
    made = Machine(core)
    await made.reset()
    made.pause(0.6)
    return made


@cocotb.test(timeout_time=2 * ROUNDS, timeout_unit="ms")
async def a_network_gives_what_another_runtime_gives(core):
    npu = await machine(core)
    for network in networks():
        await npu.run(network)


@cocotb.test(timeout_time=2 * ROUNDS, timeout_unit="ms")
async def bytes_are_copied_from_any_place_to_any_other(core):
    npu = await machine(core)
    for most in (0, 0.3, 0.6) * ROUNDS:
        npu.pause(most)
        await npu.run(Copies())
        assert await npu.read("status") >> 16 == 7


@cocotb.test(timeout_time=2 * ROUNDS, timeout_unit="ms")
async def an_error_of_dram_stops_a_program_and_not_the_next(core):
    npu = await machine(core)
    cases = [(PROGRAM, READ_FAILED), (INPUTS, READ_FAILED), (OUTPUTS, WRITE_FAILED)]
    for region, cause in cases * ROUNDS:
        copies = Copies()
        await npu.place(copies)
        base = npu.bases[region]
        if region == PROGRAM:
            missing, fault = base + randrange(len(copies.regions[region])), 0
        else:
            _, run, size = choice(copies.stores if region == OUTPUTS else copies.loads)
            missing = base + run + randrange(size)
            # Of a LOAD the beat is known, of a STORE the run.
            fault = base + run if region == OUTPUTS else missing
        npu.dram.missing, npu.dram.response = missing, choice([AxiResp.SLVERR, AxiResp.DECERR])
        await npu.start()
        await npu.end(cause)
        low, high = [await npu.read(f"fault_{half}") for half in ("low", "high")]
        assert high << 32 | low == fault // npu.beat * npu.beat
        npu.dram.missing = None
        await npu.run(Copies())


@cocotb.test(timeout_time=2 * ROUNDS, timeout_unit="ms")
async def a_program_that_is_stopped_leaves_nothing_to_the_next(core):
    npu = await machine(core)
    for cause in (STOPPED, WATCHDOG, None):
        await npu.place(Copies())
        await npu.start()
        await ClockCycles(core.aclk, randrange(200))
        if cause == STOPPED:
            await npu.write("control", STOP)
        if cause == WATCHDOG:
            for channel in (npu.dram.read_if.r_channel, npu.dram.write_if.b_channel):
                channel.set_pause_generator(itertools.repeat(True))
            await npu.write("watchdog", 100)
            await ClockCycles(core.aclk, 1000)
            # It stops at once, and ends when DRAM has answered what it was asked for.
            assert await npu.read("status") & 0xFF == 1 | WATCHDOG << 4
            await npu.write("watchdog", 1 << 20)
            npu.pause(0.6)
        if cause is None:
            await npu.reset()
        else:
            await npu.end(cause)
        await npu.run(Copies())


@cocotb.test(timeout_time=2 * ROUNDS, timeout_unit="ms")
async def registers_are_written_byte_by_byte(core):
    npu = await machine(core)
    first, held = npu.offset["base_0_low"], bytearray(32)
    for _ in range(30):
        at = randrange(32)
        data = randbytes(randint(1, 32 - at))
        await npu.host.write(first + at, data)
        held[at : at + len(data)] = data
    # An address has 40 bits.
    expected = bytes(byte if at % 8 < 5 else 0 for at, byte in enumerate(held))
    assert (await npu.host.read(first, 32)).data == expected
    beyond = max(npu.offset.values()) + 4
    assert (await npu.host.read(beyond, 4)).resp == AxiResp.SLVERR
    assert (await npu.host.write(beyond, bytes(4))).resp == AxiResp.SLVERR


if __name__ == "__main__":
    CORE, seed, rounds = (sys.argv[1:] + ["1", "1"])[:3]
    CORE = Path(CORE).resolve()
    sources = [CORE / line for line in (CORE / "filelist.f").read_text().split()]
    where = {"hdl_toplevel": sources[-1].stem, "build_dir": CORE / "cocotb"}
    environment = {"FERROGRID_CORE": str(CORE), "FERROGRID_ROUNDS": rounds}
    # Bytes of the scratchpad that nothing has written are unknown, and STORE reads some beside its own.
    environment["COCOTB_RESOLVE_X"] = "RANDOM"
    runner = get_runner("icarus")
    runner.build(sources=sources, timescale=("1ns", "1ps"), always=True, **where)
    script = Path(__file__).stem
    results = runner.test(test_module=script, seed=seed, extra_env=environment, **where)
    tests, failed = get_results(results)
    sys.exit(failed > 0 or tests == 0)
