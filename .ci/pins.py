"""Makes constraints.txt and constraints-gpu.txt: `make pins`, or `make pins UPGRADE=1`.

One version of each package for every Python that pyproject.toml admits. The oldest Python
chooses, each newer one is held to its choice and adds what it alone needs. Present versions are
kept where they still hold, unless they are to be upgraded. Needs uv, which resolves for a Python
that is not installed. uv overlooks a package's own upper bound on Python, and pip does not: before
the project admits a newer Python, install it there with pip.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ("dev", "train", "eval")  # gpu's torchaudio loads beside a CUDA build only
TOOLS = ("pip", "setuptools", "wheel")  # which pip installs first; no package asks for them
# What differs between PyPI's torch, on CUDA 13, and the one for CUDA 12.6.
CUDA = re.compile(r"torch|torchaudio|triton|(cuda-(bindings|toolkit)|nvidia-.*)")
OURS, GPU = ROOT / "constraints.txt", ROOT / "constraints-gpu.txt"


def pythons() -> list[str]:
    """The oldest Python admitted, to its patch release, then each minor release after it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = re.fullmatch(r">=3\.(\d+)\.(\d+),<3\.(\d+)", project["requires-python"])
    if bounds is None:
        sys.exit(f"pins: cannot read requires-python {project['requires-python']!r}")
    oldest, patch, end = map(int, bounds.groups())
    return [f"3.{oldest}.{patch}", *(f"3.{minor}" for minor in range(oldest + 1, end))]


def pins(text: str) -> dict[str, str]:
    """Versions by name, the name as PyPI normalises it."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    pairs = (line.split("==") for line in lines if line)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


def resolve(python: str, held: dict[str, str], preferred: dict[str, str]) -> dict[str, str]:
    """What the project needs on that Python; `held` must be so, `preferred` should."""
    with tempfile.TemporaryDirectory() as folder:
        tools, given, out = (Path(folder) / name for name in ("tools", "given", "out"))
        tools.write_text("\n".join(TOOLS), encoding="utf-8")
        given.write_text(_lines(held), encoding="utf-8")
        out.write_text(_lines(preferred), encoding="utf-8")  # uv keeps what it finds there
        command = ["uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate",
                   "--python-platform", "x86_64-manylinux_2_28", "--python-version", python,
                   *(f"--extra={extra}" for extra in EXTRAS),
                   "--constraints", str(given), "--output-file", str(out),
                   str(ROOT / "pyproject.toml"), str(tools)]  # fmt: skip
        subprocess.run(command, check=True)
        text = re.sub(r"\[[^]]*\]|\s*;.*", "", out.read_text(encoding="utf-8"))
        return pins(text)


def _lines(versions: dict[str, str]) -> str:
    return "".join(f"{name}=={versions[name]}\n" for name in sorted(versions))


def _head(path: Path) -> str:
    """The comment that begins the file."""
    return re.match(r"(#.*\n)+", path.read_text(encoding="utf-8"))[0]  # type: ignore[index]


def main() -> None:
    present = {} if "--upgrade" in sys.argv[1:] else pins(OURS.read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for python in pythons():
        found |= resolve(python, found, present | found)
        print(f"pins: {len(found)} packages up to Python {python}")
    cuda = {name: found[name] for name in found if CUDA.fullmatch(name)}
    common = {name: found[name] for name in found.keys() - cuda.keys()}
    OURS.write_text(
        f"{_head(OURS)}\n{_lines(common)}\n"
        "# PyTorch, and the CUDA libraries of PyPI's default (CUDA 13) build. The CPU wheel asks\n"
        "# only for cuda-bindings, through NeMo; a line that nobody asks for does nothing.\n"
        f"{_lines(cuda)}",
        encoding="utf-8",
    )
    gpu = pins(GPU.read_text(encoding="utf-8"))
    own = {name: gpu[name] for name in gpu if CUDA.fullmatch(name)}
    GPU.write_text(
        f"{_head(GPU)}\n# PyTorch, and what it asks for: changed by hand\n{_lines(own)}\n"
        f"# The same versions as constraints.txt\n{_lines(common)}",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
