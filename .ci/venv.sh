#!/bin/sh
# Creates the virtual environment named by $1 with the first Python that fits; without one, with
# uv, which brings its own.
set -u
# Older ones lack what the dependencies use; Ubuntu 22.04's python3.11 is a release candidate.
fits='import sys; sys.exit(not (3, 11, 2, "final") <= sys.version_info[:4] < (3, 14))'
for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c "$fits" >/dev/null 2>&1 || continue
    if ! "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
        echo "beseda: $candidate has no venv module: sudo apt install python3-venv" >&2
        exit 1
    fi
    exec "$candidate" -m venv "$1"
done
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --python "${UV_PYTHON:-3.12}" "$1" &&
        exec "$1/bin/python" -m ensurepip --default-pip >/dev/null
    exit 1
fi
echo "beseda: no Python 3.11.2 to 3.13 here; uv brings one: pipx install uv (or pip install uv)," \
    "then make again" >&2
exit 1
