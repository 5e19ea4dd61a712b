# make demo and make test do everything from a fresh machine on; make help lists the rest.

# What the demonstration works on, and how long.
TREE ?= /usr
THREADS ?= 4
KILLS ?= 10
SECONDS ?= 30
# fdb: and a cluster file, for the demonstration on an empty cluster instead of a directory.
URL ?=

# The obligations or stages of `make prove`, all of them if there is none; FRESH=1 begins anew, ROUNDS=n
# is rounds of each instead of its own number, EACH=n seconds for each and the rest later, SEED=n repeats those of
# a report.
P ?=
FRESH ?=
ROUNDS ?=
EACH ?=
SEED ?=

# Options of plinth-bench, for a part of `make bench`.
BENCH ?=

# Where `make install` puts things.
PREFIX ?= /usr/local
DESTDIR ?=
export PREFIX DESTDIR

# Cargo.lock says which versions are built; a build never changes it.
CARGO_FLAGS ?= --locked
export CARGO_FLAGS

SHELL := /bin/bash
ifneq ($(wildcard $(HOME)/.cargo/bin/cargo),)
export PATH := $(HOME)/.cargo/bin:$(PATH)
endif

ABI := $(shell awk '/^.define PLINTH_ABI_VERSION/ { print $$3 }' include/plinth.h)
RELEASE := target/release

.DEFAULT_GOAL := help
.PHONY: help setup build demo kills test check prove bench bench-instructions capacity fresh install uninstall deb wheel docs clean

help:
	@echo 'make demo       a file system of metadata from TREE=$(TREE), killed $(KILLS) times and checked;'
	@echo '                URL=fdb:CLUSTERFILE keeps it in a FoundationDB cluster, which must be empty'
	@echo 'make test       every test; ends with: N passed, N failed'
	@echo 'make check      the fast part of it: format, lints, generated files, Rust tests'
	@echo "make prove      what Plinth promises to survive, tried at length; P='P2 racing' chooses, FRESH=1 begins anew,"
	@echo '                ROUNDS=n or EACH=seconds scales; target/release/plinth-prove --list tells what there is'
	@echo 'make bench      Plinth beside plain RocksDB and its own transactions, LMDB, redb, fjall, SQLite, Redis and'
	@echo '                PostgreSQL (installs the last two); libfdb_c from C and Python; figures go to'
	@echo '                docs/PERFORMANCE.md; BENCH="--quick --group reads" is a part of the first'
	@echo 'make bench-instructions   instructions of a transaction, by callgrind'
	@echo 'make capacity   what a database takes: bytes on disk for a key, memory for a transaction, time of an open'
	@echo 'make fresh      the packages in a fresh Debian root: every example built and run, and all of it removed; as root'
	@echo 'make kills      the demonstration with 200 kills'
	@echo 'make build      $(RELEASE)/libplinth.so, libplinth.a, libfdb_c.so, plinthd and plinth'
	@echo 'make install    to PREFIX=$(PREFIX) below DESTDIR; make uninstall takes it away'
	@echo 'make deb        Debian packages in build/deb: the library, its headers, its programs, libfdb_c.so'
	@echo 'make wheel      a Python package of the library in build/wheel (examples-python)'
	@echo 'make docs       the book of docs/ and the reference of the headers, in build/docs/html; compiles mdbook once'
	@echo 'make setup      only the system packages and Rust'
	@echo 'make clean      removes what was built'

setup:
	@scripts/setup.sh

# A program linked against the library in the build directory looks for it by its soname.
build: setup
	cargo build --release $(CARGO_FLAGS) -p plinth -p plinth-fdb-c -p plinthd -p plinth-tool
	@ln -sf libplinth.so $(RELEASE)/libplinth.so.$(ABI)
	@scripts/licenses.py build/licenses

demo: build
	@TREE='$(TREE)' THREADS='$(THREADS)' KILLS='$(KILLS)' SECONDS_RUN='$(SECONDS)' URL='$(URL)' scripts/demo.sh

kills:
	@$(MAKE) --no-print-directory demo KILLS=200 SECONDS=600

test: setup
	@scripts/test.sh all

check: setup
	@scripts/test.sh check

prove: build
	cargo build --release $(CARGO_FLAGS) -p plinth-prove
	@FRESH='$(FRESH)' ROUNDS='$(ROUNDS)' EACH='$(EACH)' SEED='$(SEED)' scripts/prove.sh $(P)

bench: build
	cargo run --release $(CARGO_FLAGS) -p plinth-bench -- $(BENCH)
ifeq ($(BENCH),)
	-scripts/bench-embedded.sh
	-scripts/bench-peers.sh
	scripts/bench-document.sh
	clients/python/run.sh --bench 7.3.79
endif

bench-instructions: build
	cargo build --release $(CARGO_FLAGS) -p plinth-bench
	scripts/bench-instructions.sh

# The figures of docs/OPERATIONS.md.
capacity: build
	cargo run --release $(CARGO_FLAGS) -p plinth-bench --bin plinth-capacity

fresh: deb wheel
	@scripts/setup.sh mmdebstrap
	scripts/fresh.sh packages

# Takes what `make build` left, so that root needs no Rust.
install:
	@scripts/install.sh install

uninstall:
	@scripts/install.sh uninstall

# Packages what `make build` left.
deb: build
	scripts/deb.sh

wheel: build
	scripts/wheel.sh

# Installs doxygen (Debian) and a pinned mdbook (crates.io, into build/tools) where they are missing.
docs: setup
	scripts/docs.sh

clean:
	rm -rf target build
