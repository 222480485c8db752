/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/pinned_links.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "link-"
#define WAIT_US 2000
#define WAITS 1500

void fw_pinned_links_each(const char *directory, fw_pinned_link_fn row, void *argument)
{
	DIR *listing = opendir(directory);
	struct dirent *entry;
	char path[PATH_MAX];

	while (listing && (entry = readdir(listing))) {
		int link;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		link = bpf_obj_get(path);
		if (link < 0)
			continue;
		row(link, argument);
		close(link);
	}
	if (listing)
		closedir(listing);
}

void fw_pinned_link_remove(const char *path)
{
	int link = bpf_obj_get(path);

	if (link >= 0) {
		bpf_link_detach(link);
		close(link);
	}
	unlink(path);
}

static void detach(int link, void *argument)
{
	struct fw_pinned_links *links = argument;
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);

	bpf_link_detach(link);
	if (!bpf_obj_get_info_by_fd(link, &info, &size) && links->count < FW_PINNED_LINKS_MAX)
		links->ids[links->count++] = info.id;
}

void fw_pinned_links_detach(const char *directory, struct fw_pinned_links *links)
{
	links->count = 0;
	fw_pinned_links_each(directory, detach, links);
}

void fw_pinned_links_wait(const struct fw_pinned_links *links)
{
	size_t over = 0;

	for (int waits = 0; over < links->count && waits < WAITS;) {
		int link = bpf_link_get_fd_by_id(links->ids[over]);

		if (link < 0) {
			over++;
			continue;
		}
		close(link);
		usleep(WAIT_US);
		waits++;
	}
}
