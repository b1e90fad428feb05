// SPDX-License-Identifier: GPL-2.0
/*
 * klp: files of modules, loading and unloading, all of it by libkmod.
 *
 * With --root no module of the running kernel is touched: the programs hooks/insmod and
 * hooks/rmmod below that folder are run instead, and exit with an errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf.h"
#include "module.h"
#include "sys.h"
#include "util.h"

static void no_log(void *data, int priority, const char *file, int line, const char *fn,
		   const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

static struct kmod_ctx *new_ctx(void)
{
	struct kmod_ctx *ctx;

	ctx = kmod_new(NULL, NULL);
	if (!ctx)
		util_die("libkmod: cannot be initialised: see whether memory is short");
	/* What libkmod would say is in the error codes. */
	kmod_set_log_fn(ctx, no_log, NULL);
	return ctx;
}

static int run_hook(const char *hook, const char *arg, const char *params)
{
	struct util_path path;
	char *const argv[] = { path.s, (char *)arg, (char *)params, NULL };
	pid_t pid;
	int ret, status;

	util_path(&path, "/hooks/%s", hook);
	ret = posix_spawn(&pid, path.s, NULL, NULL, argv, environ);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static char *keep(struct obstack *ob, const char *text, size_t len)
{
	return obstack_copy0(ob, text, len);
}

/* A module has a field for each thing that it fixes. */
static void take_fix(struct obstack *ob, struct module_info *info, const char *text)
{
	if (info->fixes) {
		obstack_grow(ob, info->fixes, strlen(info->fixes));
		obstack_grow(ob, ", ", 2);
	}
	obstack_grow0(ob, text, strlen(text));
	info->fixes = obstack_finish(ob);
}

static void take_field(struct obstack *ob, struct module_info *info, const char *key,
		       const char *value)
{
	const char *text = keep(ob, value, strlen(value));

	if (!strcmp(key, "livepatch"))
		info->livepatch = value[0] == 'Y';
	else if (!strcmp(key, "name") && sys_valid_name(value))
		info->name = text;
	else if (!strcmp(key, "vermagic"))
		info->release = keep(ob, value, strcspn(value, " "));
	else if (!strcmp(key, "version"))
		info->version = text;
	else if (!strcmp(key, "description"))
		info->description = text;
	else if (!strcmp(key, "fixes"))
		take_fix(ob, info, text);
	else if (!strcmp(key, "depends") && *value)
		info->depends = text;
}

static int read_info(struct obstack *ob, struct kmod_ctx *ctx, struct module_info *info)
{
	struct kmod_list *list = NULL, *field;
	struct kmod_module *mod;
	int ret;

	ret = kmod_module_new_from_path(ctx, info->file, &mod);
	if (ret < 0)
		return ret;
	info->name = keep(ob, kmod_module_get_name(mod), strlen(kmod_module_get_name(mod)));
	ret = kmod_module_get_info(mod, &list);
	kmod_list_foreach(field, list)
		take_field(ob, info, kmod_module_info_get_key(field),
			   kmod_module_info_get_value(field));
	kmod_module_info_free_list(list);
	kmod_module_unref(mod);
	return ret < 0 ? ret : 0;
}

/**
 * module_inspect - read what a module's file says, and check that it is a live patch
 * @ob: where it is kept
 * @file: the file
 * @info: gets it
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int module_inspect(struct obstack *ob, const char *file, struct module_info *info)
{
	struct kmod_ctx *ctx;
	int fd, ret;

	*info = (struct module_info){ .file = file };
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return util_error("%s: cannot be opened: %s: give the path of a module's file",
				  file, strerror(errno));
	info->build_id = elf_file_id(ob, fd);
	close(fd);
	ctx = new_ctx();
	ret = read_info(ob, ctx, info);
	kmod_unref(ctx);
	if (ret)
		return util_error("%s: is not a module: %s: give the path of a module's file", file,
				  strerror(-ret));
	if (!info->livepatch)
		return util_error("%s: is not a live patch: load it with insmod or modprobe", file);
	return KLP_OK;
}

/**
 * module_check_release - check which kernel a module was built for
 * @info: the module
 * @release: the kernel's release
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int module_check_release(const struct module_info *info, const char *release)
{
	if (!info->release || !strcmp(info->release, release))
		return KLP_OK;
	return util_error("%s: was built for kernel %s, not for %s: get the patch for this kernel",
			  info->file, info->release, release);
}

static void load_depends(struct kmod_ctx *ctx, const char *depends)
{
	struct kmod_module *mod;
	char *copy, *rest, *name;

	copy = strdup(depends);
	if (!copy)
		util_die("memory is short: end other programs");
	rest = copy;
	while ((name = strsep(&rest, ","))) {
		if (sys_module_loaded(name) || kmod_module_new_from_name(ctx, name, &mod))
			continue;
		/* If this fails, the kernel says which symbol it misses. */
		kmod_module_probe_insert_module(mod, 0, NULL, NULL, NULL, NULL);
		kmod_module_unref(mod);
	}
	free(copy);
}

/**
 * module_insert - load a module
 * @info: the module
 * @params: its parameters, separated by blanks
 *
 * Return: 0 or -errno.
 */
int module_insert(const struct module_info *info, const char *params)
{
	struct kmod_ctx *ctx;
	struct kmod_module *mod;
	int ret;

	if (klp_opts.root[0])
		return run_hook("insmod", info->file, params);
	ctx = new_ctx();
	if (info->depends)
		load_depends(ctx, info->depends);
	ret = kmod_module_new_from_path(ctx, info->file, &mod);
	if (!ret) {
		ret = kmod_module_insert_module(mod, 0, params);
		kmod_module_unref(mod);
	}
	kmod_unref(ctx);
	return ret;
}

/**
 * module_remove - unload a module
 * @name: its name
 *
 * Return: 0 or -errno.
 */
int module_remove(const char *name)
{
	struct kmod_ctx *ctx;
	struct kmod_module *mod;
	int ret;

	if (klp_opts.root[0])
		return run_hook("rmmod", name, NULL);
	ctx = new_ctx();
	ret = kmod_module_new_from_name(ctx, name, &mod);
	if (!ret) {
		ret = kmod_module_remove_module(mod, KMOD_REMOVE_NOWAIT);
		kmod_module_unref(mod);
	}
	kmod_unref(ctx);
	return ret;
}
