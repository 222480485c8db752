/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Stands for backend/linux in a build without BPF (-Dbpf=disabled). */
#include "backend/linux/bpf_backend.h"

static enum fw_status absent(struct fw_error *error)
{
	return fw_error_set(error, FW_UNSUPPORTED,
		"this flowwatcher was built without BPF (meson option -Dbpf=enabled)");
}

enum fw_status fw_bpf_load(const struct fw_bpf_options *options, struct fw_error *error)
{
	return absent(error);
}

enum fw_status fw_bpf_unload(struct fw_error *error)
{
	return absent(error);
}

enum fw_status fw_bpf_status(struct fw_bpf_status *status, struct fw_error *error)
{
	*status = (struct fw_bpf_status){ .directory = "" };
	return FW_OK;
}

enum fw_status fw_bpf_open(struct fw_backend **backend, struct fw_error *error)
{
	return absent(error);
}

enum fw_status fw_bpf_open_private(const struct fw_bpf_options *options, struct fw_backend **backend,
	struct fw_error *error)
{
	return absent(error);
}

enum fw_status fw_bpf_features(fw_feature_fn feature, void *argument, struct fw_error *error)
{
	struct fw_error why;
	const struct fw_feature row = { "kernel", "BPF permitted", FW_FEATURE_MISSING, why.text };

	absent(&why);
	return feature(&row, argument) ? FW_OK : FW_STOPPED;
}
