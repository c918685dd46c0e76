#!/bin/sh
# Print the Python to make .venv with, or say what to install. Run before anything of the project's is installed.
set -eu

prerequisites=${0%/*}/toolchain/prerequisites.py

# The machine's default first; a Debian or Ubuntu whose default is too old may have a newer one beside it.
for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if python=$(command -v "$name") && "$python" -B "$prerequisites" 2>/dev/null; then
        printf '%s\n' "$python"
        exit 0
    fi
done

if python=$(command -v "${PYTHON:-python3}"); then
    exec "$python" -B "$prerequisites"
fi
echo "Python 3.11 or newer is needed, and there is none. Install it with: sudo apt-get install python3 python3-venv" >&2
exit 1
