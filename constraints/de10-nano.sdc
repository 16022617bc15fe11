# The clock of DE10-Nano as a top of its own: 50 MHz, to be set to what the design needs.
create_clock -name clk -period 20.000 [get_ports clk]
