"""What every command does first: all that this process writes goes into its home."""

import logging
import os
from pathlib import Path

from api.logs import log_to
from dialog.errors import BadInput


def settle_in(home: Path) -> None:
    """Make `home` hold whatever the process writes: logging, libraries' warnings included, goes
    to its beseda.log, so that stderr stays clean, and downloaded models to its hub/.

    Raises BadInput when the home cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        log_to(home / "beseda.log")
    except OSError as error:
        raise BadInput(f"cannot write to BESEDA_HOME {home}: {error.strerror}") from None
    logging.captureWarnings(True)
    os.environ.setdefault("HF_HOME", str(home / "hub"))
    # Libraries below would report their use to their makers; nothing may leave the machine.
    for switch in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(switch, "1")
