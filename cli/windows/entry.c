/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where Windows begins: arguments become UTF-8, so that main() is the same everywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "lib/host/wide_text.h"

int main(int argc, char **argv);
int wmain(int argc, wchar_t **argv);

static bool copy_arguments(int argc, wchar_t **argv, char **texts)
{
	for (int i = 0; i < argc; i++) {
		texts[i] = fw_wide_text_new(argv[i]);
		if (!texts[i])
			return false;
	}
	return true;
}

int wmain(int argc, wchar_t **argv)
{
	char **texts = calloc((size_t)argc + 1, sizeof(*texts));
	int code = 1;

	if (texts && copy_arguments(argc, argv, texts))
		code = main(argc, texts);
	else
		fprintf(stderr, "flowwatcher: no memory for the arguments\n");
	for (int i = 0; texts && i < argc; i++)
		free(texts[i]);
	free(texts);
	return code;
}
