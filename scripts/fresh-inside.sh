#!/bin/bash
# The part of scripts/fresh.sh that runs in the fresh root, as root, with the packages or the sources in /plinth. Never run it
# on a machine of your own: it installs and removes packages.
set -uo pipefail
[ -d /plinth/scripts ] || { echo "this is for scripts/fresh.sh" >&2; exit 1; }
cd /plinth

work=/var/tmp/plinth-fresh
mkdir -p "$work"
. scripts/try.sh
export PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt

install() { apt-get install -y -qq --no-install-recommends "$@"; }

# plain <command...>: as an ordinary user, whose home is the only place that he may write to.
plain() {
    runuser -u plain -- env HOME=/srv/plain PATH="$PATH" PIP_CERT="$PIP_CERT" NODE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS" \
        bash -euo pipefail -c "cd /srv/plain; $*"
}

# Every file of the machine that packages may own, with kind, rights and target.
list_files() {
    find / -xdev \( -path /plinth -o -path /srv -o -path /tmp -o -path /var/tmp -o -path /var/cache -o -path /var/log \
        -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /proc -o -path /dev -o -path /sys \) -prune \
        -o -printf '%y %m %p %l\n' | sort
}

# What someone who builds programs has on his machine already: nothing of it knows of Plinth.
tools() {
    apt-get update -qq && install ca-certificates g++ make cmake pkg-config python3 python3-venv golang-go nodejs npm &&
        update-ca-certificates && useradd --home-dir /srv/plain --create-home plain && cp -R /plinth/. /srv/plain && chown -R plain /srv/plain
}

packages() { install /plinth/deb/libplinth1_*.deb /plinth/deb/plinth-tools_*.deb /plinth/deb/libplinth-dev_*.deb; }

nothing_is_missing() { [ -z "$(dpkg --audit)" ] && ldconfig -p | grep libplinth.so.1; }

programs() {
    local program
    for program in $(dpkg -L plinth-tools | grep '^/usr/bin/' | grep -v plinth-run); do
        plain "$program --version" || return 1
    done
}

served() {
    plain 'coproc host { exec plinthd $PWD/served; }; pid=$host_PID
        read -r -t 60 line <&"${host[0]}"; echo "$line" | grep "plinthd: serving"; kill -TERM $pid; wait $pid'
}

by_cmake() {
    plain "cmake -S examples-c -B cmake-$1 -DPLINTH_STATIC=$1 && cmake --build cmake-$1 -j $(nproc)
        ctest --test-dir cmake-$1 --output-on-failure --no-tests=error"
}

by_pkg_config() {
    plain 'for name in hello bank index; do cc -std=c11 -D_XOPEN_SOURCE=700 examples-c/$name.c -o $name $(pkg-config --cflags --libs plinth) -pthread; done
        cc -std=c11 -D_XOPEN_SOURCE=700 examples-c/fsmeta/*.c -o fsmeta $(pkg-config --cflags --libs plinth) -pthread
        c++ -std=c++20 examples-c/3fs/check.cpp -o threefs $(pkg-config --cflags --libs plinth) -pthread
        ./hello; ./bank :memory: 4 50 1; ./index $PWD/index.db 4 1 2; ./threefs; ./fsmeta --tree /usr/include --kills 2 --round-ms 500'
}

start_page() { plain 'PLINTH_WHEEL=$(echo $PWD/plinth-*.whl) scripts/start-test.sh /usr'; }

python() {
    plain 'python3 -m venv env; env/bin/pip install --quiet --no-input plinth-*.whl; mkdir elsewhere
        cp examples-python/tests/*.py elsewhere; cd elsewhere; ../env/bin/python -m unittest -v test_plinth'
}

go() { plain 'cd examples-go; export GOFLAGS=-mod=mod GOPROXY=off; go vet ./... && go test -count=1 ./...'; }

node() { plain 'cd examples-node; npm ci --ignore-scripts --no-audit --no-fund; node --test plinth.test.js'; }

fdb_apart() {
    plain 'cc -std=c11 -D_XOPEN_SOURCE=700 examples-c/fdb_c/hello.c -o fdb-hello $(pkg-config --cflags --libs plinth-fdb-c) -pthread
        PLINTH_DATA=:memory: ./fdb-hello
        cmake -S examples-c/fdb_c -B fdb-apart && cmake --build fdb-apart && ctest --test-dir fdb-apart --output-on-failure --no-tests=error'
}

fdb_in_place() {
    install /plinth/deb/plinth-fdb-c_*.deb &&
        plain 'cc -std=c11 -D_XOPEN_SOURCE=700 examples-c/fdb_c/hello.c -o fdb-there $(pkg-config --cflags --libs foundationdb-client) -pthread
            PLINTH_DATA=:memory: ./fdb-there
            cmake -S examples-c/fdb_c -B fdb && cmake --build fdb && ctest --test-dir fdb --output-on-failure --no-tests=error'
}

removed() { apt-get purge -y -qq plinth-fdb-c libplinth-dev plinth-tools libplinth1 && apt-get autoremove -y -qq --purge; }

nothing_left() {
    list_files >"$work/after"
    diff "$work/before" "$work/after" && ! dpkg -l | grep plinth && ! ldconfig -p | grep -E 'plinth|fdb_c'
}

from_packages() {
    try 'fresh machine: what programs are built with' tools
    list_files >"$work/before"
    try 'fresh machine: packages are installed' packages
    try 'fresh machine: nothing is missing' nothing_is_missing
    try 'fresh machine: every program starts' programs
    try 'fresh machine: plinthd serves' served
    try 'fresh machine: examples-c' by_cmake OFF
    try 'fresh machine: examples-c, static' by_cmake ON
    try 'fresh machine: examples-c by pkg-config' by_pkg_config
    try 'fresh machine: START.md' start_page
    try 'fresh machine: examples-python' python
    try 'fresh machine: examples-go' go
    try 'fresh machine: examples-node' node
    try 'fresh machine: examples-c/fdb_c beside FoundationDB' fdb_apart
    try 'fresh machine: examples-c/fdb_c in place of FoundationDB' fdb_in_place
    try 'fresh machine: packages are removed' removed
    try 'fresh machine: nothing is left' nothing_left
}

# The build as README.md has it, by someone who has only make and git.
built() {
    export CCACHE_DIR=/lent/ccache CARGO_HOME=$HOME/.cargo
    mkdir -p "$CARGO_HOME"
    ln -sfn /lent/registry "$CARGO_HOME/registry"
    make build
}

from_sources() {
    try 'fresh machine: make and git' eval 'apt-get update -qq && install ca-certificates make git && update-ca-certificates'
    try 'fresh machine: setup' scripts/setup.sh
    try 'fresh machine: build' built
    try 'fresh machine: packages and wheel' eval 'scripts/deb.sh && scripts/wheel.sh'
    try 'fresh machine: the install test' scripts/install-test.sh
}

"from_$1"
[ "$failures" -eq 0 ]
