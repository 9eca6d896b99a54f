# Shared by the scripts beside it: source it, don't run it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${DLC_BUILD_DIR:-$root/build}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dlc
jobs=${DLC_JOBS:-2}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# python_env NAME PACKAGE...: a virtual environment in the user's cache folder
# that has the packages; prints its python. Nothing is installed twice.
python_env() {
  local env="$cache/venv/$1"; shift
  local stamp
  stamp="$env/.installed-$(printf '%s ' "$@" | cksum | cut -d' ' -f1)"
  if [ ! -e "$stamp" ]; then
    mkdir -p "$cache/venv"
    [ -x "$env/bin/python" ] || python3 -m venv "$env" >&2
    "$env/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
    touch "$stamp"
  fi
  printf '%s\n' "$env/bin/python"
}
