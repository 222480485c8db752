// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a network interface leaves to the other side: segmenting and joining of packets. */
#include "traffic.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int set_feature(int descriptor, const char *interface, uint32_t command, bool on)
{
	struct ethtool_value value = { .cmd = command, .data = on };
	struct ifreq request = { .ifr_data = (char *)&value };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	return ioctl(descriptor, SIOCETHTOOL, &request);
}

/*
 * Off: every packet on the link is one segment. Software segmentation stays on, so that the stack
 * above still hands down large ones. Without checksum offload the kernel drops UDP segmentation as
 * well.
 */
int fw_offload_set(const char *text)
{
	static const uint32_t commands[] = { ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGRO };
	char interface[IFNAMSIZ];
	const char *equals = strchr(text, '=');
	bool on = equals && strcmp(equals, "=on") == 0;
	int descriptor;
	size_t i;

	if (!equals || (size_t)(equals - text) >= sizeof(interface) ||
		(!on && strcmp(equals, "=off") != 0)) {
		fprintf(stderr, "fwtraffic: --offload needs INTERFACE=on or =off, not '%s'\n",
			text);
		return 2;
	}
	snprintf(interface, sizeof(interface), "%.*s", (int)(equals - text), text);
	descriptor = socket(AF_INET, SOCK_DGRAM, 0);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (set_feature(descriptor, interface, commands[i], on) < 0) {
			fprintf(stderr, "fwtraffic: offloads of %s: %s\n", interface,
				strerror(errno));
			close(descriptor);
			return 1;
		}
	close(descriptor);
	return 0;
}
