#!/usr/bin/env bash
# Install PsychoPy for experiments that the agent runs: Debian packages (as root, or through sudo) and a virtual environment
# of its own, since PsychoPy and the agent want different packages.
# Usage: install.sh [--dry-run] [--no-apt] [--with-tests] [FOLDER]       FOLDER: /opt/lics/psychopy
# Promises: what is there already is left alone; a second run takes no time; --dry-run only says what would be done.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

dry='' apt=yes tests='' folder=/opt/lics/psychopy
for word in "$@"; do
  case "$word" in
    --dry-run) dry=yes ;;
    --no-apt) apt='' ;;
    --with-tests) tests=yes ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "install.sh: unknown option $word" >&2; exit 2 ;;
    *) folder=$word ;;
  esac
done

fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
run() { if [ -n "$dry" ]; then printf 'would run: %s\n' "$*"; else "$@"; fi; }
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# A display and its drawing; libjack is linked by psychtoolbox, which without it has no keyboard at all.
packages=(python3-venv xvfb xauth libgl1 libglx-mesa0 libgl1-mesa-dri libglu1-mesa libfontconfig1 libasound2 libjack-jackd2-0)
# key presses of nobody
[ -n "$tests" ] && packages+=(xdotool)
missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ -n "$apt" ] && [ ${#missing[@]} -gt 0 ]; then
  root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "needs root for: apt-get install ${missing[*]}"
    root=(sudo)
  fi
  run "${root[@]}" apt-get update -q
  run "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

# PsychoPy's own limits
python=''
for candidate in python3 python3.12 python3.11 python3.10; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "PsychoPy needs Python 3.10, 3.11 or 3.12, this is $(python3 -V)"

pins=$here/../requirements-psychopy.txt
psychopy=$(sed -n 's/^# \(psychopy==.*\)$/\1/p' "$pins")
want=$({ echo "$folder"; "$python" -V; cat "$pins" "${BASH_SOURCE[0]}"; } | sha256sum | cut -d' ' -f1)
if [ -f "$folder/.stamp" ] && [ "$(cat "$folder/.stamp")" = "$want" ]; then
  exit 0
fi
run rm -f "$folder/.stamp"
run "$python" -m venv --clear "$folder"
pip=("$folder/bin/python" -m pip install -q --disable-pip-version-check --no-deps)
# Every package is pinned, so nothing is resolved; uv loads them side by side, in a quarter of pip's time.
run "${pip[@]}" "$(sed -n 's/^# \(uv==.*\)$/\1/p' "$pins")"
run env UV_LINK_MODE=copy "$folder/bin/python" -m uv pip install -q --no-deps --python "$folder/bin/python" "$psychopy" -r "$pins"
if [ -z "$dry" ]; then
  # what cannot be imported now would be found out by a participant
  "$folder/bin/python" -c 'import psychopy.data, psychopy.hardware.keyboard' >/dev/null
  echo "$want" >"$folder/.stamp"
fi
