# Sourced by ./run and ./test: installs what is missing, and says what it does.
set -euo pipefail

build_packages=(g++ cmake ninja-build pkg-config
  libarchive-dev libboost1.81-dev libcld2-dev libcli11-dev libfmt-dev libgmime-3.0-dev libgmock-dev libgtest-dev libjemalloc-dev
  libpoppler-cpp-dev libseccomp-dev libsimdjson-dev libspdlog-dev libsqlite3-dev libssl-dev libtomlplusplus-dev
  libuchardet-dev libutf8proc-dev libxapian-dev libxml2-dev libzstd-dev
  nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev)

# install_packages NAME... : Debian packages, by apt-get as root or with sudo.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "davenport: these packages are missing, and there is no sudo to install them: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# install_node_package NAME@VERSION : into build/node, from the npm registry that npm is configured for.
install_node_package() {
  local folder=build/node name=${1%@*}
  [ -f "$folder/$1.installed" ] && [ -d "$folder/node_modules/$name" ] && return
  echo "Installing $1 with npm into $folder"
  mkdir -p "$folder"
  # Its install scripts only fetch or build stores on disk, which the tests do not use.
  npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error "$1" >/dev/null
  touch "$folder/$1.installed"
}

# build PRESET TARGET...
build() {
  local preset=$1 target targets=()
  shift
  for target in "$@"; do targets+=(--target "$target"); done
  [ -f "build/$preset/build.ninja" ] || { echo "Configuring build/$preset"; cmake --preset "$preset" >/dev/null; }
  echo "Building build/$preset"
  cmake --build "build/$preset" "${targets[@]}" -- --quiet
}
