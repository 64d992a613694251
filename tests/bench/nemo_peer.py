"""NeMo's Russian normaliser, run in an environment of its own: lines in, one JSON object out.

    build/nemo-text/bin/python tests/bench/nemo_peer.py spoken|written CACHE < lines

Imports nothing of Beseda. NeMo's Russian normaliser gives candidates only, so the first tagging
is taken, and the candidates in alphabetical order.
"""

import contextlib
import json
import sys
import time
from collections.abc import Callable


def peer(direction: str, cache: str) -> Callable[[str], str]:
    """The peer's function for one direction; its grammars are compiled into `cache` once."""
    with contextlib.redirect_stdout(sys.stderr):
        if direction == "spoken":
            from nemo_text_processing.text_normalization.normalize_with_audio import (
                NormalizerWithAudio,
            )

            normaliser = NormalizerWithAudio(input_case="cased", lang="ru", cache_dir=cache)
            return lambda line: " | ".join(
                sorted(normaliser.normalize(line, n_tagged=1, punct_post_process=False))
            )
        from nemo_text_processing.inverse_text_normalization.inverse_normalize import (
            InverseNormalizer,
        )

        inverse = InverseNormalizer(lang="ru", cache_dir=cache)
        return lambda line: str(inverse.inverse_normalize(line, verbose=False))


def main() -> None:
    direction, cache = sys.argv[1:]
    lines = sys.stdin.read().splitlines()
    convert = peer(direction, cache)
    outputs, faults = [], 0
    began_s = time.process_time()
    for line in lines:
        try:
            outputs.append(convert(line))
        except Exception as error:  # counted: it has no words for some lines
            faults += 1
            outputs.append(f"({type(error).__name__})")
    spent_s = time.process_time() - began_s
    print(json.dumps({"cpu_s": spent_s, "faults": faults, "outputs": outputs}, ensure_ascii=False))


if __name__ == "__main__":
    main()
