/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The container in the cgroup paths that each manager makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/types.h"
#include "flowwatcher/container.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define POD   "kubepods-burstable-pod12345678_1234_1234_1234_123456789abc.slice"

static void finds(void **state)
{
	static const struct {
		const char *path, *container;
	} vectors[] = {
		/* Docker with systemd, with its own tree, and one inside another */
		{ "/system.slice/docker-" ID ".scope", ID },
		{ "/system.slice/docker-" ID ".scope/init.scope", ID },
		{ "/docker/" ID, ID },
		{ "/docker/" OTHER "/docker/" ID, ID },
		{ "/system.slice/docker-" OTHER ".scope/docker/" ID, ID },
		/* Podman */
		{ "/machine.slice/libpod-" ID ".scope", ID },
		{ "/machine.slice/libpod-" ID ".scope/container", ID },
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
			ID },
		{ "/libpod_parent/libpod-" ID, ID },
		/* containerd and CRI-O under Kubernetes, nerdctl */
		{ "/kubepods.slice/kubepods-burstable.slice/" POD "/cri-containerd-" ID ".scope",
			ID },
		{ "/kubepods/besteffort/pod12345678-1234-1234-1234-123456789abc/" ID, ID },
		{ "/system.slice/containerd.service/" POD ":cri-containerd:" ID, ID },
		{ "/kubepods.slice/" POD "/crio-" ID ".scope", ID },
		{ "/system.slice/nerdctl-" ID ".scope", ID },
		/* LXC */
		{ "/lxc.payload.web", "web" },
		{ "/lxc.payload.my-box/system.slice/ssh.service", "my-box" },
		{ "/lxc/old/init.scope", "old" },
		/* systemd-nspawn */
		{ "/machine.slice/machine-debian.scope/payload", "debian" },
		{ "/machine.slice/machine-my\\x2dbox.scope", "my-box" },
		{ "/machine.slice/systemd-nspawn@web.service/payload/system.slice", "web" },
	};
	char container[FW_CONTAINER_SIZE];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		if (!fw_cgroup_container(vectors[i].path, container))
			fail_msg("none in '%s'", vectors[i].path);
		assert_string_equal(container, vectors[i].container);
	}
}

static void finds_none(void **state)
{
	static const char *const vectors[] = {
		"",
		"/",
		"//",
		"/system.slice/ssh.service",
		"/user.slice/user-0.slice/session-1.scope",
		"/machine.slice/libpod-conmon-" ID ".scope",
		"/kubepods.slice/" POD "/crio-conmon-" ID ".scope",
		"/system.slice/docker.service",
		"/docker",
		"/lxc",
		"/lxc.payload.",
		"/lxc.monitor.web",
		"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
		"/machine.slice/machine-debian.scope/supervisor",
		"/machine.slice",
		"/docker/0123456789abcdef",
		"/docker/G123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"/x" ID,
	};
	char container[FW_CONTAINER_SIZE] = "untouched";

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		if (fw_cgroup_container(vectors[i], container))
			fail_msg("'%s' in '%s'", container, vectors[i]);
		assert_string_equal(container, "untouched");
	}
}

static void keeps_to_its_room(void **state)
{
	char path[FW_CONTAINER_SIZE + 64] = "/lxc.payload.", container[FW_CONTAINER_SIZE];
	size_t prefix = strlen(path);

	(void)state;
	memset(path + prefix, 'n', FW_CONTAINER_SIZE - 1);
	assert_true(fw_cgroup_container(path, container));
	assert_int_equal(strlen(container), FW_CONTAINER_SIZE - 1);
	path[prefix + FW_CONTAINER_SIZE - 1] = 'n';
	assert_false(fw_cgroup_container(path, container));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(finds_none),
		cmocka_unit_test(keeps_to_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
