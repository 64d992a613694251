"""Where there is sound in samples."""

import numpy as np

from dialog.content import Samples


def loud_part(samples: Samples, above: float, hop: int = 1) -> tuple[int, int]:
    """The first loud sample and the one after the last, judged `hop` samples at a time; (0, 0)
    where none is.

    Loud is what has a root mean square over `above`, of which full scale is 1. What is left over
    at the end, less than a `hop`, is not looked at.
    """
    hops = len(samples) // hop
    level = np.sqrt(np.square(samples[: hops * hop].reshape(hops, hop)).mean(axis=1))
    loud = np.flatnonzero(level > above)
    return (int(loud[0]) * hop, int(loud[-1] + 1) * hop) if len(loud) else (0, 0)
