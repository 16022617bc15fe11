# Arty A7, package csg324: pins of ferrogrid_harness, the top that `ferrogrid synth --board arty-a7` makes.

# oscillator
set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk]
create_clock -name clk -period 10.000 [get_ports clk]

# button RESET, low when pressed
set_property -dict {PACKAGE_PIN C2 IOSTANDARD LVCMOS33} [get_ports serial_in]

# LED LD4
set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33} [get_ports serial_out]
