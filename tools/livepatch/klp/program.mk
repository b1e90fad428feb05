# SPDX-License-Identifier: GPL-2.0
#
# Build $(program) of all C files of a folder, with the libraries $(libs) of pkg-config.
# With SANITIZE=1 build $(program)-sanitized.

OUTPUT ?=
PKG_CONFIG ?= pkg-config
prefix ?= /usr
CC ?= gcc

CFLAGS ?= -O2 -g
override CFLAGS += $(CPPFLAGS) -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes $(shell $(PKG_CONFIG) --cflags $(libs))
LDLIBS += $(shell $(PKG_CONFIG) --libs $(libs))

name := $(program)
ifneq ($(SANITIZE),)
name := $(program)-sanitized
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all
endif

sources := $(wildcard *.c)
objects := $(sources:%.c=$(OUTPUT)$(name).o/%.o)

all: $(OUTPUT)$(name)

$(OUTPUT)$(name): $(objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUTPUT)$(name).o/%.o: %.c $(wildcard *.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
