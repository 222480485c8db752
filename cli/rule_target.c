/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXE "exe:"

char *fw_rule_target_absolute(const char *text, struct fw_error *error)
{
	const char *path = text + strlen(EXE);
	char directory[PATH_MAX], *made;
	int length;

	if (strncmp(text, EXE, strlen(EXE)) != 0 || *path == '/' || *path == '\0')
		length = asprintf(&made, "%s", text);
	else if (getcwd(directory, sizeof(directory)))
		length = asprintf(&made, EXE "%s/%s", directory, path);
	else {
		fw_error_set_errno(error, errno,
			"'%.100s' is relative, and the working directory is "
			"not known; give the whole path",
			text);
		return NULL;
	}
	if (length >= 0)
		return made;
	fw_error_set(error, FW_NO_MEMORY, "no memory for target '%.100s'", text);
	return NULL;
}

/* Of a file that is not there: its folder's real path and its name. */
static bool resolve_folder(const char *path, char real[PATH_MAX])
{
	char folder[PATH_MAX], resolved[PATH_MAX];
	const char *name = strrchr(path, '/') + 1;
	size_t length = (size_t)(name - path);

	if (length >= sizeof(folder))
		return false;
	memcpy(folder, path, length);
	folder[length] = '\0';
	if (!realpath(folder, resolved) || !*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	return snprintf(real, PATH_MAX, "%s/%s", strcmp(resolved, "/") ? resolved : "", name) <
	       PATH_MAX;
}

static bool is_script(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char mark[2];
	bool found;

	if (fd < 0)
		return false;
	found = read(fd, mark, sizeof(mark)) == sizeof(mark) && !memcmp(mark, "#!", sizeof(mark));
	close(fd);
	return found;
}

static enum fw_status set_path(struct fw_rule *rule, const char *real, bool tell,
	struct fw_error *error)
{
	return fw_rule_target_set_path(
		rule, real, tell && strcmp(rule->text, real), "comm: or unit:", error);
}

static enum fw_status resolve_missing(struct fw_rule *rule, bool tell, struct fw_error *error)
{
	char real[PATH_MAX];
	enum fw_status status = FW_OK;

	if (resolve_folder(rule->text, real))
		status = set_path(rule, real, tell, error);
	if (status == FW_OK && tell)
		fprintf(stderr,
			"flowwatcher: there is no %s yet: the rule is about what will be there\n",
			rule->text);
	return status;
}

enum fw_status fw_rule_target_resolve(struct fw_rule *rule, bool tell, struct fw_error *error)
{
	char real[PATH_MAX];
	enum fw_status status;
	struct stat file;

	if (rule->target != FW_RULE_EXE)
		return FW_OK;
	if (!realpath(rule->text, real) || stat(real, &file)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return resolve_missing(rule, tell, error);
		return fw_error_set_errno(error, errno, "looking for exe:%.200s", rule->text);
	}
	if (S_ISDIR(file.st_mode))
		return fw_error_set(error, FW_USAGE,
			"%.200s is a directory; give the executable itself", rule->text);
	status = set_path(rule, real, tell, error);
	if (status == FW_OK && tell && is_script(real))
		fprintf(stderr, "flowwatcher: %s is a script: its processes have the executable of "
				"their interpreter, so the rule matches none of them\n",
			real);
	return status;
}
