"""The clock by which steps of a call are timed. What is heard is counted in samples instead."""

import asyncio


def now_s() -> float:
    """The running event loop's clock, in seconds; tests may replace it by a virtual one."""
    return asyncio.get_running_loop().time()
