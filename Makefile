# SPDX-License-Identifier: GPL-2.0
#
# Drives everything. Each target does all of its own set-up, and does little if
# nothing has changed.

CONFIG ?= default
CMD ?=

.PHONY: help demo check check-build check-package bench deb series kernel stock stripped vm clean
.NOTPARALLEL:

help:
	@echo 'make demo                    patch a running kernel, and restore it'
	@echo 'make check                   run all tests'
	@echo 'make check-build             run all tests of the patch builder'
	@echo 'make bench [QUICK=1]         compare the stock kernel and ours'
	@echo 'make check-package           boot a Debian that has our packages, and patch it'
	@echo 'make deb [KCONFIG=file]      build Debian packages: kernel, command, documentation'
	@echo 'make series                  write patches for "git am" into another 6.12 tree'
	@echo 'make kernel [CONFIG=default] build a kernel: default, debug, kcsan'
	@echo 'make stock                   build the unmodified kernel, for comparison'
	@echo 'make vm [CONFIG=] [CMD=]     boot a kernel, run a command or a shell'
	@echo 'make clean                   remove build/'

demo: CONFIG = default
demo: kernel
	@scripts/demo

check:
	@scripts/check

check-build:
	@scripts/check-build

bench:
	@scripts/bench $(if $(QUICK),-q)

check-package:
	@scripts/check-package

deb:
	@scripts/deb
	@scripts/deb-kernel

series:
	@scripts/series

kernel:
	@scripts/kernel $(CONFIG)

stock stripped:
	@scripts/kernel $@

vm: export VM_COMMAND = $(value CMD)
vm: kernel
	@scripts/vm -c $(CONFIG) "$$VM_COMMAND"

clean:
	rm -rf build
