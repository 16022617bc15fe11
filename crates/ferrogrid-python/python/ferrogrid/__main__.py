"""The command: `python -m ferrogrid` is `ferrogrid`."""

import sys

from ._ferrogrid import command


def main() -> None:
    sys.exit(command(["ferrogrid", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
