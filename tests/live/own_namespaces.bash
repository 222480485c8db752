# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Runs the test again in namespaces of its own (network, processes, mounts): only what is in there
# is to be touched. To be sourced before anything else is done, with the script's arguments.
if [ -z "${FW_TEST_INSIDE:-}" ]; then
	if ! refused=$(unshare --net --mount --pid --fork --mount-proc true 2>&1); then
		echo "no namespaces of its own here: $refused"
		exit 77
	fi
	FW_TEST_INSIDE=yes exec unshare --net --mount --pid --fork --mount-proc -- bash "$0" "$@"
fi
