# DE10-Nano: the oscillator.
create_clock -name clk -period 20.000 [get_ports clk]
