// SPDX-License-Identifier: GPL-2.0
/*
 * klp: changing a patch, and saying how that has ended.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "module.h"
#include "out.h"
#include "record.h"
#include "util.h"

/* A reversal has to wait for the tasks that have switched. Give it some time in any case. */
#define CHANGE_MIN_REVERT	5000	/* ms */

/* The kernel drops its reference to a module just after it has removed the patch's folder. */
#define CHANGE_MAX_REMOVE	2000	/* ms */

/* How long klp leaves it to the kernel to reverse a transition whose time has passed */
#define CHANGE_GRACE		2000	/* ms */

/**
 * change_end - note how a change has ended
 * @change: the change
 * @result: the word
 * @status: enum klp_exit
 *
 * Return: @status.
 */
int change_end(struct change *change, const char *result, int status)
{
	change->result = result;
	change->status = status;
	return status;
}

/* The transition has been reversed: wait for its end. */
static int await_revert(struct change *change)
{
	const bool enabling = change->progress.enabling;
	struct progress back = {
		.patch = change->patch,
		.timeout_ms = change->timeout_ms,
		.until_gone = enabling,
	};
	enum progress_end end;

	record_failed(RECORD_REVERTED);
	if (back.timeout_ms >= 0 && back.timeout_ms < CHANGE_MIN_REVERT)
		back.timeout_ms = CHANGE_MIN_REVERT;
	end = progress_wait(&back);
	progress_free(&back);
	if (end == PROGRESS_TIMEOUT)
		return change_end(change, "reverting", KLP_REVERTED);
	if (end == PROGRESS_TURNED || back.state.enabled == (int)enabling)
		return change_end(change, sys_state_word(&back.state),
				  end == PROGRESS_SETTLED ? KLP_OK : KLP_NO);
	return change_end(change, "reverted", KLP_REVERTED);
}

static int time_is_over(struct change *change)
{
	const bool enabling = change->progress.enabling;

	if (!change->revert) {
		record_failed(RECORD_TIMEOUT);
		return change_end(change, sys_state_word(&change->progress.state), KLP_NO);
	}
	if (sys_set(change->patch, "enabled", enabling ? "0" : "1"))
		return change_end(change, sys_state_word(&change->progress.state), KLP_ERROR);
	return await_revert(change);
}

/*
 * The kernel does not miss the moment, nor does it get killed. It refuses a limit for a patch that
 * has settled meanwhile, or that was forced. Then klp looks at the time alone, as it does where the
 * kernel has no such file.
 */
static void let_kernel_revert(struct change *change, struct progress *progress)
{
	char text[32];

	if (!change->revert)
		return;
	snprintf(text, sizeof(text), "%lld", change->timeout_ms ?: 1);
	if (!sys_try(change->patch, "timeout_ms", text))
		progress->timeout_ms += CHANGE_GRACE;
}

/**
 * change_wait - wait until a patch is enabled, and revert it if that takes too long
 * @change: the change
 *
 * Return: enum klp_exit.
 */
int change_wait(struct change *change)
{
	struct progress *progress = &change->progress;

	progress->patch = change->patch;
	progress->timeout_ms = change->timeout_ms;
	progress->loading = change->file;
	let_kernel_revert(change, progress);
	switch (progress_wait(progress)) {
	case PROGRESS_SETTLED:
		/* A transition that has ended before is none of this wait. */
		if (progress->moving)
			record_took(change->patch, progress->took_ms, progress->enabling);
		if (progress->state.enabled == progress->enabling)
			return change_end(change, sys_state_word(&progress->state), KLP_OK);
		record_failed(RECORD_REVERTED);
		return change_end(change, "reverted", KLP_REVERTED);
	case PROGRESS_GONE:
		/* A transition that enables a patch cannot lead there. */
		if (!progress->enabling)
			return change_end(change, "disabled", KLP_OK);
		record_failed(RECORD_REVERTED);
		return change_end(change, "reverted", KLP_REVERTED);
	case PROGRESS_TURNED:
		return await_revert(change);
	default:
		return time_is_over(change);
	}
}

/**
 * change_disable - disable a patch, if it is not disabled, and wait until it has no folder
 * @change: the change
 *
 * Return: enum klp_exit.
 */
int change_disable(struct change *change)
{
	struct progress *progress = &change->progress;

	progress->patch = change->patch;
	progress->timeout_ms = change->timeout_ms;
	progress->until_gone = true;
	if (sys_state(change->patch, &progress->state))
		return change_end(change, "disabled", KLP_OK);
	if (progress->state.enabled) {
		record_started(change->patch, util_now_ms(), false);
		if (sys_set(change->patch, "enabled", "0"))
			return change_end(change, sys_state_word(&progress->state), KLP_ERROR);
	}
	switch (progress_wait(progress)) {
	case PROGRESS_GONE:
		return change_end(change, "disabled", KLP_OK);
	case PROGRESS_SETTLED:
		return change_end(change, "reverted", KLP_REVERTED);
	case PROGRESS_TURNED:
		return await_revert(change);
	default:
		break;
	}
	/* All tasks have switched: there is nothing to reverse any more. */
	if (!progress->state.transition)
		change->revert = false;
	return time_is_over(change);
}

/**
 * change_remove - unload the module of a patch that has no folder any more
 * @change: the change
 *
 * Return: enum klp_exit.
 */
int change_remove(struct change *change)
{
	const long long end = util_now_ms() + CHANGE_MAX_REMOVE;
	int ret;

	for (;;) {
		ret = module_remove(change->patch);
		if ((ret != -EBUSY && ret != -EAGAIN) || util_now_ms() >= end)
			break;
		util_sleep_ms(10);
	}
	if (!ret || ret == -ENOENT) {
		record_forget(change->patch);
		return KLP_OK;
	}
	change_end(change, "disabled", KLP_ERROR);
	if (ret == -EBUSY || ret == -EAGAIN)
		return util_error("%s: the module is in use: see lsmod; after a force, reboot",
				  change->patch);
	return util_error("%s: cannot unload the module: %s: run klp as root, see dmesg",
			  change->patch, strerror(-ret));
}

/**
 * change_await - wait until a patch that klp has loaded is enabled
 * @change: the change; if it asks for a reversal, and that succeeds, the module is unloaded
 *
 * Return: enum klp_exit.
 */
int change_await(struct change *change)
{
	change_wait(change);
	/* If the module cannot be unloaded, that has been said. Reverted it is. */
	if (change->revert && !strcmp(change->result, "reverted") && change_remove(change))
		change_end(change, "reverted", KLP_REVERTED);
	return change->status;
}

static void print_text(const struct change *change, const char *names, long long pending)
{
	const struct progress *progress = &change->progress;
	char time[32] = "";

	if (progress->start_ms)
		util_seconds(time, sizeof(time), progress->took_ms);
	printf("%s: %s%s%s", change->patch, change->result, *time ? " after " : "", time);
	if (pending > 0 && change->status != KLP_REVERTED)
		printf(", %lld task%s pending", pending, pending == 1 ? "" : "s");
	if (*names)
		printf(", %s for %s", change->status == KLP_REVERTED ? "having waited" : "waiting",
		       names);
	printf("\n");
}

/**
 * change_report - print how a change has ended
 * @change: the change; must not be used after that
 *
 * Return: An object with the same, for JSON output, else NULL.
 */
struct json_object *change_report(struct change *change)
{
	struct progress *progress = &change->progress;
	const bool done = change->status == KLP_OK;
	const bool show = progress->scanned && !done;
	struct json_object *json = NULL;
	long long pending = -1;
	char names[1024] = "";

	if (done && progress->start_ms)
		pending = 0;
	else
		pending = progress->pending;
	if (klp_opts.json) {
		json = json_object_new_object();
		out_str(json, "patch", change->patch);
		out_str(json, "file", change->file);
		out_str(json, "result", change->result);
		out_seconds(json, "seconds", progress->start_ms ? progress->took_ms : -1);
		out_num(json, "pending", pending);
		json_object_object_add(json, "blockers", show ? out_tasks(&progress->tasks, 5) :
				       json_object_new_array());
	} else if (change->status != KLP_ERROR) {
		if (show)
			out_names(names, sizeof(names), &progress->tasks, 5);
		print_text(change, names, pending);
	}
	progress_free(progress);
	return json;
}
