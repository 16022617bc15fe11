#!/usr/bin/env python3
"""Writes src/model/energy/technologies.toml: what events take, in picojoules.

    scripts/energy.py FERROGRID ZIGZAG > src/model/energy/technologies.toml

FERROGRID is the command, whose `power` measures arrays in gates (scripts/setup --fpga). ZIGZAG is a folder with the
package zigzag-dse 3.9.1 (pip download --no-deps zigzag-dse==3.9.1, unzip), which has CACTI. DRAM is cited: 1,300 to
2,600 pJ for 64 bits, M. Horowitz, ISSCC 2014, doi 10.1109/ISSCC.2014.6757323; the mean.
"""
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import tempfile

# CACTI gives 90 nm at most as it is used here: capacitances go with lengths, energy with the square of the voltage, 1.2 V to 1.8 V.
CACTI_MICROMETRES = 0.090
SCALE = 180 / 90 * (1.8 / 1.2) ** 2
DRAM_BIT = (1300 + 2600) / 2 / 64
ELEMENTS = {"int4": 4, "int8": 8, "int16": 16}


def solve(rows, wanted):
    """Least squares of relative errors by normal equations."""
    rows = [[x / y for x in row] for row, y in zip(rows, wanted)]
    n = len(rows[0])
    m = [[sum(r[i] * r[j] for r in rows) for j in range(n)] + [sum(r[i] for r in rows)] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[pivot] = m[pivot], m[i]
        for j in range(n):
            if j != i:
                f = m[j][i] / m[i][i]
                m[j] = [a - f * b for a, b in zip(m[j], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def power(command, element, dataflow, size, work, zeros):
    """Picojoules of a multiplier and cycle of an array, and its registers for each multiplier."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(f'array = {{ rows = {size}, columns = {size}, dataflow = "{dataflow}", activation = "{element}" }}\n')
        config.flush()
        arguments = ["power", "--config", config.name, "--work", work, "--zeros", str(zeros), "--json"]
        report = json.loads(subprocess.run([command, *arguments], check=True, capture_output=True).stdout)
    macs = report["multipliers"]
    return 1e12 * report["joules_a_cycle"] / macs, report["registers"] / macs


def logic(command):
    idle, moving, staying, still = [], [], [], []
    for element, bits in ELEMENTS.items():
        for dataflow in ("weight_stationary", "output_stationary"):
            for size in (2, 4):
                of = lambda work, zeros: power(command, element, dataflow, size, work, zeros)
                waits, registers = of("idle", 0)
                zero, busy = of("busy", 100)[0], of("busy", 0)[0]
                idle.append(([registers, bits * bits], waits))
                sums = 2 * bits + (math.ceil(math.log2(size)) if dataflow[0] == "w" else (32 if bits < 16 else 48) - 2 * bits)
                if dataflow[0] == "w":
                    moving.append(([bits * bits, sums], busy - waits))
                else:
                    staying.append((sums, bits, busy - zero))
                    still.append(([bits], zero - waits))
    fit = lambda pairs: solve([row for row, _ in pairs], [y for _, y in pairs])
    clock, held = fit(idle)
    product, moving_sum = fit(moving)
    # The multipliers are the same: what is left is of the sums.
    staying_sum = solve([[s / (y - product * b * b)] for s, b, y in staying], [1.0] * len(staying))[0]
    return dict(clock=clock, still=held, product=product, moving_sum=moving_sum, staying_sum=staying_sum,
                moving_weight=fit(still)[0])


def cacti(folder):
    root = os.path.join(folder, "zigzag/cacti/cacti_master")
    spec = importlib.util.spec_from_file_location("creator", os.path.join(root, "cacti_config_creator.py"))
    creator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(creator)
    os.chmod(os.path.join(root, "cacti"), 0o755)
    found = []
    for size in (1024, 4096, 16384, 65536, 262144):
        for width in (32, 128):
            config = creator.CactiConfig()
            values = dict(mem_type='"ram"', cache_size=size, IO_bus_width=width, ex_rd_port=1, ex_wr_port=1, rd_wr_port=0,
                          bank_count=1, technology=CACTI_MICROMETRES, line_size=width // 8)
            config.change_default_value(list(values), list(values.values()))
            with open(os.path.join(root, "ferrogrid.cfg"), "w") as file:
                file.writelines(config.baseline_config)
                file.writelines(f'{o["string"]}{o["default"]}\n' for o in config.config_options.values())
            run = subprocess.run(["./cacti", "-infile", "ferrogrid.cfg"], cwd=root, capture_output=True, text=True)
            each = [re.search(rf"Total dynamic {what} energy per access \(nJ\): (\S+)", run.stdout) for what in ("read", "write")]
            if all(each):
                found.append((size * 8, width, *(1e3 * float(match[1]) for match in each)))
    table = {}
    for name, column in (("read", 2), ("write", 3)):
        rows = [[1, math.log(bits), math.log(width)] for bits, width, *_ in found]
        logs = [math.log(row[column] * SCALE) for row in found]
        factor, by_bits, by_width = solve(rows, logs)
        table[name] = [math.exp(factor), by_bits, by_width]
    return table


def main():
    command, folder = sys.argv[1:]
    table = logic(command)
    sram = cacti(folder)
    print("# Written by scripts/energy.py: picojoules. Logic by arrays in gates, SRAM by CACTI, DRAM as published.\n")
    print('[[technology]]\nname = "osu018"\ntitle = "180 nm, 1.8 V"')
    for name, value in table.items():
        print(f"{name} = {value:.4f}")
    for name, (factor, by_bits, by_width) in sram.items():
        print(f"sram_{name} = [{factor:.6f}, {by_bits:.4f}, {by_width:.4f}]")
    print(f"dram_bit = {DRAM_BIT:.2f}")


main()
