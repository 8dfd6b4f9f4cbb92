#!/usr/bin/env bash
# Install the LICS agent on a rig (Debian, Raspberry Pi OS): its own user, a virtual environment for the agent and one for
# PsychoPy, a systemd service. Safe to repeat: only what is missing or has changed is done. `--help` says how.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
user=lics-agent
opt=/opt/lics-agent
etc=/etc/lics-agent
state=/var/lib/lics-agent
unit=/etc/systemd/system/lics-agent.service
psychopy_version=2026.2.5

backend='' broker='' port='' name='' token=${LICS_ENROLMENT_TOKEN-} source='' python=''
dry='' uninstall='' purge='' psychopy=yes

usage() {
  cat <<'TEXT'
usage: setup.sh --backend URL [options]      install, or bring up to date
       setup.sh --uninstall [--purge]        remove; --purge also forgets key, settings and trials

  --backend URL       the server, as in the browser (only needed the first time)
  --token TOKEN       enrolment token of an admin (or $LICS_ENROLMENT_TOKEN): registers this rig
  --name NAME         name of the rig (default: the host's name)
  --broker HOST       the MQTT broker (default: the server's host)
  --broker-port N     its port (default: 1883)
  --wheel FILE        wheel of the agent (default: the one beside this file, else this source folder)
  --python PROGRAM    Python 3.10 to 3.12 for PsychoPy (default: the first one found)
  --no-psychopy       experiments run in the agent's own environment
  --dry-run           say what would be done, change nothing
TEXT
}
say() { printf '%s\n' "$*"; }
fail() { printf 'setup.sh: %s\n' "$*" >&2; exit 1; }
# Do a step, or only say it.
run() {
  if [ -n "$dry" ]; then printf 'would run:'; printf ' %q' "$@"; printf '\n'; else "$@"; fi
}

while [ $# -gt 0 ]; do
  case $1 in
    --backend) backend=${2:?}; shift ;;
    --token) token=${2:?}; shift ;;
    --name) name=${2:?}; shift ;;
    --broker) broker=${2:?}; shift ;;
    --broker-port) port=${2:?}; shift ;;
    --wheel) source=${2:?}; shift ;;
    --python) python=${2:?}; shift ;;
    --no-psychopy) psychopy= ;;
    --dry-run) dry=yes ;;
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
[ -n "$dry" ] || [ "$(id -u)" -eq 0 ] || fail "run as root (sudo), or with --dry-run"
has_systemd() { [ -d /run/systemd/system ]; }

remove() {
  if [ -e "$unit" ]; then
    has_systemd && run systemctl disable --now lics-agent.service
    run rm -f "$unit"
    has_systemd && run systemctl daemon-reload
  fi
  if [ -n "$purge" ]; then
    if [ -x "$opt/venv/bin/lics-agent" ] && [ -e "$state/spool.db" ]; then
      say "trials that were never confirmed, now deleted:"
      run "$opt/venv/bin/lics-agent" --config "$etc/config.ini" spool || true
    fi
    run rm -rf "$state" "$etc"
  else
    say "kept: $etc (settings), $state (key, trials); --purge deletes them"
  fi
  run rm -rf "$opt"
  if [ -n "$purge" ] && id "$user" >/dev/null 2>&1; then
    run userdel "$user" || say "the user $user is kept: something still runs as it"
  fi
  say "removed"
}

packages() {
  local wanted=(python3 python3-venv) missing=() package
  if [ -n "$psychopy" ]; then
    # libjack: without it the keyboard falls back to a broken backend, silently
    wanted+=(libgl1 libglx-mesa0 libgl1-mesa-dri libglu1-mesa libfontconfig1 libasound2 libjack-jackd2-0)
  fi
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    run apt-get update -q
    run apt-get install -y -q --no-install-recommends "${missing[@]}"
  fi
}

account() {
  local group
  id "$user" >/dev/null 2>&1 || run useradd --system --home-dir "$state" --shell /usr/sbin/nologin "$user"
  for group in video render input audio gpio; do
    if getent group "$group" >/dev/null && ! id -nG "$user" 2>/dev/null | grep -qw "$group"; then
      run usermod -a -G "$group" "$user"
    fi
  done
  run install -d -m 0755 "$opt"
  run install -d -m 0750 -o root -g "$user" "$etc"
  run install -d -m 0700 -o "$user" -g "$user" "$state"
}

# A virtual environment whose contents are named by a checksum: made anew only when that changes.
environment() { # folder, interpreter, checksum, what to install…
  local folder=$1 interpreter=$2 sum=$3
  shift 3
  if [ "$(cat "$folder/.installed" 2>/dev/null)" = "$sum" ]; then say "up to date: $folder"; return; fi
  changed=yes
  run "$interpreter" -m venv --clear "$folder"
  "$@"
  [ -n "$dry" ] || printf '%s' "$sum" >"$folder/.installed"
}

install_agent() {
  local from=$source
  if [ -d "$source" ]; then
    # a copy: the build would leave files in the source folder
    from=$opt/source
    run rm -rf "$from"
    run cp -r "$source" "$from"
  fi
  run "$opt/venv/bin/python" -m pip install -q --no-cache-dir "$from"
  if [ -d "$source" ]; then run rm -rf "$from"; fi
}
install_psychopy() {
  run "$opt/psychopy/bin/python" -m pip install -q --no-cache-dir --no-deps "psychopy==$psychopy_version"
  run "$opt/psychopy/bin/python" -m pip install -q --no-cache-dir -r "$here/requirements-psychopy.txt"
}

find_source() {
  if [ -z "$source" ]; then
    source=$(find "$here" -maxdepth 1 -name 'lics_agent-*.whl' | sort -V | tail -n 1)
  fi
  if [ -z "$source" ] && [ -e "$here/pyproject.toml" ]; then source=$here; fi
  if [ -z "$source" ] || [ ! -e "$source" ]; then fail "no wheel beside this file: --wheel FILE"; fi
}

checksum() { # of a file, or of a folder's files
  if [ -d "$1" ]; then (cd "$1" && find . -name '*.py' -o -name '*.toml' | sort | xargs -d '\n' sha256sum) else cat "$1"; fi | sha256sum
}

# The first interpreter of a version; the system's own before others, which another user may not be allowed to run.
interpreter() { # from, below, candidates…
  local from=$1 below=$2 candidate
  shift 2
  for candidate in "$@"; do
    if command -v "$candidate" >/dev/null &&
      "$candidate" -c "import sys, venv; sys.exit(not ($from) <= sys.version_info < ($below))" 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  return 1
}
agent_python() {
  interpreter '3, 11' '4, 0' /usr/bin/python3 python3 || fail "the agent needs Python 3.11"
}
psychopy_python() {
  interpreter '3, 10' '3, 13' ${python:+"$python"} /usr/bin/python3 /usr/bin/python3.{11,12,10} python3.{11,12,10} ||
    fail "PsychoPy needs Python 3.10 to 3.12: --python, or --no-psychopy"
}

# Whether the service's user can run what was installed.
verify() {
  local program
  for program in "$opt/venv/bin/python" ${psychopy:+"$opt/psychopy/bin/python"}; do
    # shellcheck disable=SC2016 # for the inner shell
    [ -n "$dry" ] || setpriv --reuid="$user" --regid="$user" --init-groups sh -c '"$0" -c ""' "$program" ||
      fail "$user may not run $program: choose another interpreter"
  done
}

set_value() { # name, value: in config.ini
  [ -z "$2" ] || run sed -i "s|^$1 =.*|$1 = $(printf '%s' "$2" | sed 's/[&|\\]/\\&/g')|" "$etc/config.ini"
}

configure() {
  if [ ! -e "$etc/config.ini" ]; then
    [ -n "$backend" ] || fail "--backend URL is needed the first time"
    run install -m 0640 -o root -g "$user" "$here/config.ini.example" "$etc/config.ini"
    if [ -n "$psychopy" ]; then set_value python "$opt/psychopy/bin/python"; fi
    changed=yes
  fi
  set_value backend_url "$backend"
  set_value mqtt_broker "$broker"
  set_value mqtt_port "$port"
  set_value name "$name"
  if [ -n "$token" ] && [ ! -e "$state/credentials.ini" ]; then
    # by standard input: a process list shows arguments
    if [ -n "$dry" ]; then
      say "would run: lics-agent register --token - (as $user)"
    else
      printf '%s\n' "$token" | setpriv --reuid="$user" --regid="$user" --init-groups \
        "$opt/venv/bin/lics-agent" --config "$etc/config.ini" register --token -
    fi
    changed=yes
  fi
}

service() {
  if ! cmp -s "$here/lics-agent.service" "$unit"; then
    run install -m 0644 "$here/lics-agent.service" "$unit"
    changed=yes
  fi
  if ! has_systemd; then say "systemd does not run here: the service is installed, not started"; return; fi
  run systemctl daemon-reload
  run systemctl enable --now lics-agent.service
  if [ -n "$changed" ]; then run systemctl restart lics-agent.service; fi
}

changed=
if [ -n "$uninstall" ]; then
  remove
  exit 0
fi
find_source
packages
account
environment "$opt/venv" "$(agent_python)" "$(checksum "$source")" install_agent
if [ -n "$psychopy" ]; then
  environment "$opt/psychopy" "$(psychopy_python)" "$psychopy_version $(checksum "$here/requirements-psychopy.txt")" install_psychopy
fi
verify
configure
service
say "done${dry:+ (nothing was changed)}"
