"""The `beseda` command: how its failures end."""

import os
import sys
from collections.abc import Sequence

from api.cli.parser import build_parser
from api.cli.status import BAD_INPUT, DONE, FAULT, complain
from dialog.errors import BadInput, Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0 done, 2 bad input, 1 a fault."""
    arguments = build_parser().parse_args(argv)
    try:
        from api.cli import commands

        return commands.run(arguments)
    except BadInput as error:
        return complain(error.message, BAD_INPUT)
    except Unavailable as error:
        return complain(error.message, FAULT)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader went away; silence Python's own complaint while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        import logging

        logging.getLogger(__name__).exception("fault")
        return complain(f"fault: {type(error).__name__}: {error}".splitlines()[0], FAULT)


if __name__ == "__main__":
    sys.exit(main())
