# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A front for Meson: `make`, `make test`, `make install`, `make bench`, `make clean`.
BUILD ?= build

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD)

test: all
	sh scripts/test

bench: all
	sh bench/run

install: all
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD)

.PHONY: all test bench install clean
