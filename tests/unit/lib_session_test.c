/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which backend is chosen, against stand-ins for both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "backend/linux/bpf_backend.h"
#include "backend/replay/replay_backend.h"
#include "backend/sockdiag/sockdiag_backend.h"
#include "flowwatcher/session.h"
#include "lib/recording/recording.h"

/* What the stand-ins answer, and which of them were asked. */
static struct {
	enum fw_status loaded, private_copy, sockdiag;
	bool asked_private, asked_sockdiag, wire, events;
	struct fw_recording *replayed;
	int closed;
} backends;

static void close_backend(struct fw_backend *backend)
{
	(void)backend;
	backends.closed++;
}

static const struct fw_backend_ops bpf_ops = { .name = "bpf", .close = close_backend };
static const struct fw_backend_ops sockdiag_ops = { .name = "sockdiag", .close = close_backend };
static const struct fw_backend_ops replay_ops = { .name = "replay", .close = close_backend };
static struct fw_backend replay = { &replay_ops };
static struct fw_backend bpf = { &bpf_ops }, private_bpf = { &bpf_ops },
			 sockdiag = { &sockdiag_ops };

static enum fw_status answer(enum fw_status status, struct fw_backend *opened,
	struct fw_backend **backend, struct fw_error *error, const char *text)
{
	if (status != FW_OK)
		return fw_error_set(error, status, "%s", text);
	*backend = opened;
	return FW_OK;
}

enum fw_status fw_bpf_open(struct fw_backend **backend, struct fw_error *error)
{
	return answer(backends.loaded, &bpf, backend, error, "no loaded side");
}

enum fw_status fw_bpf_open_private(
	const struct fw_bpf_options *options, struct fw_backend **backend, struct fw_error *error)
{
	backends.asked_private = true;
	backends.wire = options->wire;
	backends.events = options->events;
	return answer(backends.private_copy, &private_bpf, backend, error, "no\nprivate copy");
}

enum fw_status fw_sockdiag_open(struct fw_backend **backend, struct fw_error *error)
{
	backends.asked_sockdiag = true;
	return answer(backends.sockdiag, &sockdiag, backend, error, "no sockdiag");
}

enum fw_status fw_replay_open(struct fw_recording *recording, struct fw_backend **backend,
	struct fw_error *error)
{
	backends.replayed = recording;
	return answer(FW_OK, &replay, backend, error, "");
}

static void given(
	enum fw_status loaded, enum fw_status private_copy, enum fw_status sockdiag_status)
{
	memset(&backends, 0, sizeof(backends));
	backends.loaded = loaded;
	backends.private_copy = private_copy;
	backends.sockdiag = sockdiag_status;
}

static void loaded_first(void **state)
{
	struct fw_session_options options = { .choice = FW_BACKEND_AUTO };
	struct fw_session session;

	(void)state;
	given(FW_OK, FW_OK, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, NULL), FW_OK);
	assert_ptr_equal(session.backend, &bpf);
	assert_false(session.is_private || session.is_fallback || backends.asked_private ||
		     backends.asked_sockdiag);
	assert_string_equal(session.notice, "");
	fw_session_close(&session);
	fw_session_close(&session);
	assert_int_equal(backends.closed, 1);
}

static void then_private(void **state)
{
	struct fw_session_options options = { .choice = FW_BACKEND_AUTO, .wire = true };
	struct fw_session session;

	(void)state;
	given(FW_NOT_FOUND, FW_OK, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, NULL), FW_OK);
	assert_ptr_equal(session.backend, &private_bpf);
	assert_true(session.is_private && backends.wire);
	assert_false(session.is_fallback || backends.asked_sockdiag || backends.events);

	options.events = true;
	assert_int_equal(fw_session_open(&options, &session, NULL), FW_OK);
	assert_true(backends.events);
}

static void then_sockdiag(void **state)
{
	struct fw_session_options options = { .choice = FW_BACKEND_AUTO };
	struct fw_session session;

	(void)state;
	given(FW_NOT_FOUND, FW_DENIED, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, NULL), FW_OK);
	assert_ptr_equal(session.backend, &sockdiag);
	assert_true(session.is_fallback);
	assert_non_null(strstr(session.notice, "no private copy"));
	assert_null(strchr(session.notice, '\n'));
}

static void no_fallback(void **state)
{
	struct fw_session session = { .notice = "untouched" };
	struct fw_error error;

	(void)state;
	given(FW_NOT_FOUND, FW_UNSUPPORTED, FW_OK);
	assert_int_equal(fw_session_open(&(struct fw_session_options){ .choice = FW_BACKEND_BPF },
				 &session, &error),
		FW_UNSUPPORTED);
	assert_string_equal(error.text, "no\nprivate copy");
	assert_int_equal(fw_session_open(&(struct fw_session_options){ .needs_counters = true },
				 &session, &error),
		FW_UNSUPPORTED);
	assert_false(backends.asked_sockdiag);
	assert_string_equal(session.notice, "untouched");
}

/* A loaded side that refuses is not worked around with a second copy. */
static void refused_is_not_replaced(void **state)
{
	struct fw_session_options options = { .choice = FW_BACKEND_BPF };
	struct fw_session session;
	struct fw_error error;

	(void)state;
	given(FW_DENIED, FW_OK, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, &error), FW_DENIED);
	assert_false(backends.asked_private);
}

static void only_loaded(void **state)
{
	struct fw_session_options options = { .needs_loaded = true };
	struct fw_session session;
	struct fw_error error;

	(void)state;
	given(FW_NOT_FOUND, FW_OK, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, &error), FW_NOT_FOUND);
	assert_string_equal(
		error.text, "the kernel side is not loaded; run 'flowwatcher load' first");
	assert_false(backends.asked_private || backends.asked_sockdiag);
	given(FW_DENIED, FW_OK, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, &error), FW_DENIED);
	given(FW_OK, FW_OK, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, &error), FW_OK);
	assert_ptr_equal(session.backend, &bpf);
	assert_false(session.is_private || session.is_fallback);
}

static void only_sockdiag(void **state)
{
	struct fw_session_options options = { .choice = FW_BACKEND_SOCKDIAG };
	struct fw_session session;
	struct fw_error error;

	(void)state;
	given(FW_OK, FW_OK, FW_OK);
	assert_int_equal(fw_session_open(&options, &session, &error), FW_OK);
	assert_ptr_equal(session.backend, &sockdiag);
	assert_true(session.is_fallback && session.notice[0]);
	given(FW_OK, FW_OK, FW_FAILED);
	assert_int_equal(fw_session_open(&options, &session, &error), FW_FAILED);
	assert_string_equal(error.text, "no sockdiag");
}

static void nothing_works(void **state)
{
	struct fw_session_options options = { .choice = FW_BACKEND_AUTO };
	struct fw_session session = { 0 };
	struct fw_error error;

	(void)state;
	given(FW_NOT_FOUND, FW_DENIED, FW_FAILED);
	assert_int_equal(fw_session_open(&options, &session, &error), FW_FAILED);
	assert_null(session.backend);
	fw_session_close(&session);
	assert_int_equal(backends.closed, 0);
}

/* A recording takes the place of all others, and this machine's clock and processes with them. */
static void replay_instead(void **state)
{
	struct fw_session_options options = { .choice = FW_BACKEND_BPF };
	struct fw_recording recording = { .host = { .now_ns = 7, .boot_utc_ns = 100 } };
	struct fw_session session;

	(void)state;
	given(FW_OK, FW_OK, FW_OK);
	fw_session_replay(&recording);
	assert_int_equal(fw_session_open(&options, &session, NULL), FW_OK);
	assert_ptr_equal(session.backend, &replay);
	assert_ptr_equal(backends.replayed, &recording);
	assert_true(session.is_replay);
	assert_false(session.is_private || session.is_fallback || session.notice[0]);
	assert_int_equal(fw_host_boot_ns(), 7);
	assert_int_equal(fw_host_boot_to_utc_ns(5), 105);
	fw_session_close(&session);
	fw_session_replay(NULL);
	assert_true(fw_host_boot_ns() > 100);
	assert_int_equal(fw_session_open(&options, &session, NULL), FW_OK);
	assert_ptr_equal(session.backend, &bpf);
}

static void choice_names(void **state)
{
	enum fw_backend_choice choice = FW_BACKEND_AUTO;
	struct fw_error error;

	(void)state;
	assert_int_equal(fw_session_choice_parse("sockdiag", &choice, &error), FW_OK);
	assert_int_equal(choice, FW_BACKEND_SOCKDIAG);
	assert_int_equal(fw_session_choice_parse("bpf", &choice, &error), FW_OK);
	assert_int_equal(choice, FW_BACKEND_BPF);
	assert_int_equal(fw_session_choice_parse("BPF", &choice, &error), FW_USAGE);
	assert_int_equal(fw_session_choice_parse("", &choice, &error), FW_USAGE);
	assert_int_equal(choice, FW_BACKEND_BPF);
	assert_int_equal(fw_session_choice_parse("auto", &choice, &error), FW_OK);
	assert_int_equal(choice, FW_BACKEND_AUTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loaded_first),
		cmocka_unit_test(then_private),
		cmocka_unit_test(then_sockdiag),
		cmocka_unit_test(no_fallback),
		cmocka_unit_test(refused_is_not_replaced),
		cmocka_unit_test(only_loaded),
		cmocka_unit_test(only_sockdiag),
		cmocka_unit_test(nothing_works),
		cmocka_unit_test(replay_instead),
		cmocka_unit_test(choice_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
