// SPDX-License-Identifier: GPL-2.0
/*
 * klp enable, klp disable: which patches are applied at boot
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "bootset.h"
#include "module.h"
#include "out.h"
#include "util.h"

struct enable {
	const char	*arg;
	bool		all;
	const char	*kernel;
	char		release[128];
	struct bootset	set;
};

static int parse(int argc, char **argv, const struct option *longs, struct enable *enable)
{
	int opt, ret;

	*enable = (struct enable){ };
	while ((opt = args_next(argc, argv, longs, &ret)) > 0) {
		if (opt == 'k')
			enable->kernel = optarg;
		else
			enable->all = true;
	}
	if (ret >= 0)
		return ret;
	if (!enable->kernel)
		enable->kernel = util_release(enable->release, sizeof(enable->release));
	if (args_at_most_one(argc, argv, &enable->arg))
		return KLP_USAGE;
	if (!enable->arg && !enable->all)
		return util_usage("%s: lacks a patch: see klp help %s", argv[0], argv[0]);
	if (enable->arg && enable->all)
		return util_usage("'%s': is one word too many beside --all: see klp help %s",
				  enable->arg, argv[0]);
	return -1;
}

static void report(const struct enable *enable, const char *patch, const char *result)
{
	struct json_object *json;

	if (!klp_opts.json) {
		printf("%s: %s at boot of kernel %s\n", patch, result, enable->kernel);
		return;
	}
	json = json_object_new_object();
	out_str(json, "patch", patch);
	out_str(json, "result", result);
	out_str(json, "kernel", enable->kernel);
	out_print(json);
}

static int copy(struct enable *enable, const struct module_info *info, const char *file)
{
	int fd, ret;

	/* Longer than the kernel takes; with room for what state.c puts around it */
	if (strlen(info->name) > 240)
		return util_error("%s: the patch's name is too long: build it with a shorter one",
				  info->file);
	fd = open(info->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return util_error("%s: cannot be opened: %s: give the path of a module's file",
				  info->file, strerror(errno));
	ret = state_copy(enable->set.dir, file, fd);
	close(fd);
	return ret ? KLP_ERROR : KLP_OK;
}

static int add(struct enable *enable, const struct module_info *info)
{
	struct bootset_patch **at, *patch;
	const char *file;

	if (bootset_open(&enable->set, enable->kernel, STATE_WRITE) || bootset_judge(&enable->set))
		return KLP_ERROR;
	file = bootset_new_file(&enable->set, info->name);
	if (copy(enable, info, file))
		return KLP_ERROR;
	at = bootset_find(&enable->set, info->name);
	if (!*at) {
		*at = obstack_alloc(&enable->set.ob, sizeof(**at));
		(*at)->next = NULL;
	}
	patch = *at;
	patch->name = info->name;
	patch->file = file;
	patch->version = info->version;
	patch->build_id = info->build_id;
	/* Who enables a patch again wants it to be tried again. */
	patch->failed = NULL;
	return bootset_save(&enable->set);
}

int cmd_enable(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ }
	};
	struct enable enable;
	struct module_info info;
	struct obstack ob;
	int ret;

	ret = parse(argc, argv, longs, &enable);
	if (ret >= 0)
		return ret;
	obstack_init(&ob);
	ret = module_inspect(&ob, enable.arg, &info);
	if (!ret)
		ret = module_check_release(&info, enable.kernel);
	if (!ret) {
		ret = add(&enable, &info);
		bootset_close(&enable.set);
	}
	if (!ret)
		report(&enable, info.name, "enabled");
	obstack_free(&ob, NULL);
	return ret;
}

static int drop(struct enable *enable)
{
	struct bootset_patch **at;

	if (bootset_open(&enable->set, enable->kernel, STATE_READ))
		return KLP_ERROR;
	if (enable->set.dir < 0 && enable->all)
		return KLP_OK;
	/* Do not make a folder only to say that there is nothing in it. */
	if (enable->set.dir >= 0) {
		bootset_close(&enable->set);
		if (bootset_open(&enable->set, enable->kernel, STATE_WRITE) ||
		    bootset_judge(&enable->set))
			return KLP_ERROR;
	}
	if (enable->all) {
		enable->set.patches = NULL;
		return bootset_save(&enable->set);
	}
	at = bootset_find(&enable->set, enable->arg);
	if (!*at)
		return util_error("%s: is not applied at boot of kernel %s: see klp boot --list",
				  enable->arg, enable->kernel);
	*at = (*at)->next;
	return bootset_save(&enable->set);
}

int cmd_disable(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "all", no_argument, NULL, 'a' },
		{ }
	};
	struct enable enable;
	int ret;

	ret = parse(argc, argv, longs, &enable);
	if (ret >= 0)
		return ret;
	ret = drop(&enable);
	bootset_close(&enable.set);
	if (!ret)
		report(&enable, enable.all ? "all patches" : enable.arg, "disabled");
	return ret;
}
