# DE10-Nano: the oscillator, which holds from register to register. Pins are in de10-nano.qsf.
# There are no I/O delays: give them to ports that meet a clock outside the chip.
create_clock -name clk -period 20.000 [get_ports clk]
