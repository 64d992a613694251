#!/bin/sh
# pip, by the Python of an environment, without a word: what it says goes to pip.log in the
# environment, and the end of that, where pip gives its reasons, onto the terminal if it fails.
#   usage: pip.sh PYTHON ARGUMENT...
python=$1
shift
log=$(dirname "$(dirname "$python")")/pip.log
PIP_PROGRESS_BAR=off "$python" -m pip --disable-pip-version-check --no-input "$@" >>"$log" 2>&1 || {
    status=$?
    tail -n 25 "$log" >&2
    echo "beseda: pip failed; all that it said is in $log" >&2
    exit "$status"
}
