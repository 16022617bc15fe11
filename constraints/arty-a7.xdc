# Arty A7-100T, package csg324: pins of ferrogrid_harness, the top that `ferrogrid synth --board arty-a7` makes.
# Here are three pins. The clock of 100 MHz holds from register to register.
# There are no I/O delays: what comes in at serial_in belongs to no clock, and serial_out is slow.
# For a design of your own name its ports, add its other pins, give I/O delays to those that
# meet a clock outside the chip, and put two registers behind a button.

# oscillator
set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk]
create_clock -name clk -period 10.000 [get_ports clk]

# button RESET, low when pressed
set_property -dict {PACKAGE_PIN C2 IOSTANDARD LVCMOS33} [get_ports serial_in]

# LED LD4, on when high
set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33} [get_ports serial_out]
