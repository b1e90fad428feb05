// SPDX-License-Identifier: GPL-2.0
/*
 * klp boot
 */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "bootset.h"
#include "change.h"
#include "insert.h"
#include "out.h"
#include "util.h"

#define BOOT_TIMEOUT_MS	60000

struct boot {
	struct bootset		set;
	bool			list;
	long long		timeout_ms;
	struct json_object	*results;
};

static int parse(int argc, char **argv, struct boot *boot)
{
	static const struct option longs[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "timeout", required_argument, NULL, 't' },
		{ }
	};
	int opt, ret;

	while ((opt = args_next(argc, argv, longs, &ret)) > 0) {
		if (opt == 'l')
			boot->list = true;
		else if (args_time("timeout", &boot->timeout_ms, &ret))
			return ret;
	}
	if (ret >= 0)
		return ret;
	if (optind < argc)
		return util_usage("'%s': boot takes no patch: see klp help boot", argv[optind]);
	return -1;
}

static void list_one(const struct bootset_patch *patch, struct json_object *array)
{
	struct json_object *json;

	if (!klp_opts.json) {
		printf("%s: %s%s%s\n", patch->name, patch->failed ? "failed" : "enabled",
		       patch->failed ? ": " : "", patch->failed ?: "");
		return;
	}
	json = json_object_new_object();
	out_str(json, "patch", patch->name);
	out_str(json, "version", patch->version);
	out_str(json, "build_id", patch->build_id);
	out_str(json, "failed", patch->failed);
	json_object_array_add(array, json);
}

static int list(struct boot *boot)
{
	const struct bootset_patch *patch;

	for (patch = boot->set.patches; patch; patch = patch->next)
		list_one(patch, boot->results);
	if (!boot->set.patches && !klp_opts.json)
		printf("kernel %s: no patch is applied at boot\n", boot->set.release);
	return KLP_OK;
}

static void report(struct boot *boot, struct change *change)
{
	struct json_object *json;

	json = change_report(change);
	if (json)
		json_object_array_add(boot->results, json);
}

static int check_copy(const struct bootset_patch *patch, const struct module_info *info)
{
	if (patch->build_id && info->build_id && strcmp(patch->build_id, info->build_id))
		return util_error("%s: its build id is %s, not %s: enable the patch again",
				  info->file, info->build_id, patch->build_id);
	return KLP_OK;
}

static int apply(struct boot *boot, const struct bootset_patch *patch, struct change *change)
{
	struct module_info info;
	struct util_path file;
	int ret;

	snprintf(file.s, sizeof(file.s), "%.3800s/%s", boot->set.path.s, patch->file);
	if (module_inspect(&boot->set.ob, file.s, &info) || check_copy(patch, &info))
		return change_end(change, "refused", KLP_ERROR);
	if (bootset_mark(&boot->set, patch->name))
		return change_end(change, "refused", KLP_ERROR);
	change->file = info.file;
	/* One that cannot be applied must not keep the others out. */
	change->revert = true;
	ret = insert_patch(&info, "");
	if (ret)
		change_end(change, ret == KLP_REVERTED ? "reverted" : "refused", ret);
	else
		ret = change_await(change);
	change->file = NULL;
	return bootset_unmark(&boot->set) ?: ret;
}

static int boot_one(struct boot *boot, const struct bootset_patch *patch)
{
	struct change change = { .patch = patch->name, .timeout_ms = boot->timeout_ms };
	int ret;

	if (patch->failed) {
		util_note("%s: is not applied: %s: to try it again, run klp enable with its file",
			  patch->name, patch->failed);
		ret = change_end(&change, "skipped", KLP_ERROR);
	} else if (sys_exists(patch->name)) {
		/* From the initial ramdisk, or by a klp that was killed */
		ret = change_wait(&change);
	} else {
		ret = apply(boot, patch, &change);
	}
	if (!ret && strcmp(change.result, "enabled"))
		ret = KLP_NO;
	report(boot, &change);
	return ret ? KLP_NO : KLP_OK;
}

static int boot_all(struct boot *boot)
{
	const struct bootset_patch *patch;
	int ret = KLP_OK;

	if (!boot->set.patches && !klp_opts.json)
		printf("kernel %s: no patch is applied at boot\n", boot->set.release);
	if (boot->set.dir < 0)
		return KLP_OK;
	/* The patch that was being applied when the machine went down must not do that again. */
	if (bootset_judge(&boot->set))
		return KLP_ERROR;
	/* A patch that fails is no reason to leave the others out. */
	for (patch = boot->set.patches; patch; patch = patch->next)
		if (boot_one(boot, patch))
			ret = KLP_NO;
	return bootset_unmark(&boot->set) ?: ret;
}

int cmd_boot(int argc, char **argv)
{
	struct boot boot = { .timeout_ms = BOOT_TIMEOUT_MS };
	char release[128];
	int ret;

	ret = parse(argc, argv, &boot);
	if (ret >= 0)
		return ret;
	if (!boot.list && sys_check_supported())
		return KLP_ERROR;
	boot.results = json_object_new_array();
	ret = bootset_open(&boot.set, util_release(release, sizeof(release)),
			   boot.list ? STATE_READ : STATE_WRITE);
	if (!ret)
		ret = boot.list ? list(&boot) : boot_all(&boot);
	if (klp_opts.json && ret != KLP_ERROR)
		out_print(json_object_get(boot.results));
	json_object_put(boot.results);
	bootset_close(&boot.set);
	return ret;
}
