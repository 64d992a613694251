#!/bin/sh
# Creates the virtual environment named by $1 with the first Python that fits.
set -u
hint="install it with the apt line at the top of README.md"
for candidate in ${PYTHON:-} python3.11 python3.12 python3; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
        >/dev/null 2>&1 || continue
    if ! "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
        echo "beseda: $candidate has no venv module; $hint" >&2
        exit 1
    fi
    exec "$candidate" -m venv "$1"
done
echo "beseda: no Python 3.11 or 3.12 found; $hint" >&2
exit 1
