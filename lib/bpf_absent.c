/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Stands in for the eBPF backend in a build without it. */
#include "backend/linux/bpf_backend.h"

#define ABSENT "this flowwatcher was built without eBPF; build it with -Dbpf=enabled"

enum fw_status fw_bpf_load(const struct fw_bpf_options *options, struct fw_error *error)
{
	(void)options;
	return fw_error_set(error, FW_UNSUPPORTED, ABSENT);
}

enum fw_status fw_bpf_unload(struct fw_error *error)
{
	return fw_error_set(error, FW_UNSUPPORTED, ABSENT);
}

enum fw_status fw_bpf_status(struct fw_bpf_status *status, struct fw_error *error)
{
	(void)error;
	*status = (struct fw_bpf_status){ .directory = "" };
	return FW_OK;
}

enum fw_status fw_bpf_open(struct fw_backend **backend, struct fw_error *error)
{
	(void)backend;
	return fw_error_set(error, FW_UNSUPPORTED, ABSENT);
}

enum fw_status fw_bpf_open_private(
	const struct fw_bpf_options *options, struct fw_backend **backend, struct fw_error *error)
{
	(void)options;
	(void)backend;
	return fw_error_set(error, FW_UNSUPPORTED, ABSENT);
}

enum fw_status fw_bpf_features(fw_feature_fn feature, void *argument, struct fw_error *error)
{
	struct fw_feature absent = {
		.group = "kernel",
		.name = "eBPF",
		.state = FW_FEATURE_MISSING,
		.reason = ABSENT,
	};

	(void)error;
	return feature(&absent, argument) ? FW_OK : FW_STOPPED;
}
