// SPDX-License-Identifier: GPL-2.0
/*
 * klp: the state of patches in /sys/kernel/livepatch, and changing it. For what a patch consists
 * of, see detail.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "detail.h"
#include "sys.h"
#include "util.h"

#define SYS_DIR		"/sys/kernel/livepatch"

/**
 * sys_supported - find out whether the kernel has live patching
 *
 * Return: True if it has.
 */
bool sys_supported(void)
{
	struct util_path path;

	util_path(&path, SYS_DIR);
	return !access(path.s, F_OK);
}

/**
 * sys_check_supported - complain if the kernel has no live patching
 *
 * Return: KLP_OK, else KLP_ERROR.
 */
int sys_check_supported(void)
{
	struct util_path path;

	if (sys_supported())
		return KLP_OK;
	util_path(&path, SYS_DIR);
	return util_error("%s: there is no such folder: boot a kernel with live patching",
			  path.s);
}

/**
 * sys_valid_name - check that a word can be the name of a patch
 * @name: the word, from the command line
 *
 * Return: True if it can; false for what would lead to other folders.
 */
bool sys_valid_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') && strlen(name) < 256;
}

static int open_dir(const char *name)
{
	struct util_path path;

	util_path(&path, SYS_DIR "/%s", name);
	return open(path.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Open the folder that has all patches; returns -1 after having said what is wrong. */
static int open_root(void)
{
	int dir;

	if (sys_check_supported())
		return -1;
	dir = open_dir("");
	if (dir < 0)
		util_error(SYS_DIR ": cannot be read: %s: run klp as root", strerror(errno));
	return dir;
}

/**
 * sys_read_one - read all about a patch
 * @ob: where it is kept
 * @name: the patch's name
 * @patch: gets the patch
 *
 * Return: 0, or -ENOENT if there is none of that name, or none any more.
 */
int sys_read_one(struct obstack *ob, const char *name, struct sys_patch **patch)
{
	int dir;

	dir = sys_valid_name(name) ? open_dir(name) : -1;
	if (dir < 0)
		return -ENOENT;
	*patch = detail_read(ob, dir, name);
	close(dir);
	return (*patch)->state.enabled < 0 ? -ENOENT : 0;
}

/* By order, which is 0 or -1 for those that the kernel gives none, then by name. */
static bool is_before(const struct sys_patch *one, const struct sys_patch *other)
{
	if (one->order != other->order)
		return one->order < other->order;
	return strcmp(one->name, other->name) < 0;
}

static void insert(struct sys_patch **patches, struct sys_patch *patch)
{
	struct sys_patch **at;

	for (at = patches; *at && !is_before(patch, *at); at = &(*at)->next)
		;
	patch->next = *at;
	*at = patch;
}

/* A module that is being loaded will have a patch, or none. */
static bool is_live(const char *module)
{
	struct util_path path;
	char text[32];

	util_path(&path, "/sys/module/%s/initstate", module);
	return util_read(path.s, text, sizeof(text)) > 0 && !strcmp(text, "live");
}

/* Patches that are disabled have no folder, but their modules may still be loaded. */
static void read_disabled(struct obstack *ob, struct sys_patch **patches)
{
	struct detail_names *name;
	struct util_path path;
	int dir;

	util_path(&path, "/sys/module");
	dir = open(path.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	for (name = detail_names(ob, dir); name; name = name->next)
		if (sys_patch_module(name->name) && is_live(name->name) && !sys_exists(name->name))
			insert(patches, detail_disabled(ob, name->name));
	close(dir);
}

/**
 * sys_read_all - read all about all patches
 * @ob: where they are kept
 * @patches: gets a list; those without a folder, whose modules are still loaded, have no order
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int sys_read_all(struct obstack *ob, struct sys_patch **patches)
{
	struct detail_names *name;
	struct sys_patch *patch;
	int dir;

	*patches = NULL;
	dir = open_root();
	if (dir < 0)
		return KLP_ERROR;
	for (name = detail_names(ob, dir); name; name = name->next)
		if (!sys_read_one(ob, name->name, &patch))
			insert(patches, patch);
	close(dir);
	read_disabled(ob, patches);
	return KLP_OK;
}

/**
 * sys_read_states - read the names and states of all patches, and nothing else
 * @ob: where they are kept
 * @patches: gets a list
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int sys_read_states(struct obstack *ob, struct sys_patch **patches)
{
	struct sys_patch *patch, **end = patches;
	struct detail_names *name;
	struct sys_state state;
	int dir;

	*patches = NULL;
	dir = open_root();
	if (dir < 0)
		return KLP_ERROR;
	for (name = detail_names(ob, dir); name; name = name->next) {
		if (sys_state(name->name, &state))
			continue;
		patch = obstack_alloc(ob, sizeof(*patch));
		*patch = (struct sys_patch){ .name = name->name, .state = state };
		*end = patch;
		end = &patch->next;
	}
	close(dir);
	return KLP_OK;
}

/**
 * sys_exists - find out whether a patch has a folder
 * @name: the patch's name
 *
 * Return: True if it has.
 */
bool sys_exists(const char *name)
{
	struct sys_state state;

	return !sys_state(name, &state);
}

/**
 * sys_state - read how far a patch is
 * @name: the patch's name
 * @state: gets its state
 *
 * Return: 0 or -ENOENT.
 */
int sys_state(const char *name, struct sys_state *state)
{
	int dir;

	dir = sys_valid_name(name) ? open_dir(name) : -1;
	if (dir < 0)
		return -ENOENT;
	detail_state(dir, state);
	close(dir);
	return state->enabled < 0 || state->transition < 0 ? -ENOENT : 0;
}

/**
 * sys_state_word - name a state
 * @state: the state
 *
 * Return: The word; interface, see klp(8).
 */
const char *sys_state_word(const struct sys_state *state)
{
	if (state->transition == 1)
		return state->enabled ? "enabling" : "disabling";
	return state->enabled ? "enabled" : "disabled";
}

/**
 * sys_transition - find the patch that is in transition
 * @ob: where its name is kept
 * @name: gets its name, NULL if there is none
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int sys_transition(struct obstack *ob, const char **name)
{
	struct detail_names *names;
	struct sys_state state;
	int dir;

	*name = NULL;
	dir = open_root();
	if (dir < 0)
		return KLP_ERROR;
	for (names = detail_names(ob, dir); names && !*name; names = names->next)
		if (!sys_state(names->name, &state) && state.transition == 1)
			*name = names->name;
	close(dir);
	return KLP_OK;
}

/* What to do when a value cannot be written */
static void explain(const char *path, const char *value, int ret)
{
	struct obstack ob;
	const char *other = NULL;

	obstack_init(&ob);
	if (ret == -EBUSY && !sys_transition(&ob, &other) && other)
		util_error("%s: cannot write %s: '%s' is in transition: run klp wait %s first",
			   path, value, other, other);
	else if (ret == -EACCES || ret == -EPERM)
		util_error("%s: cannot write %s: %s: run klp as root", path, value, strerror(-ret));
	else if (ret == -EINVAL)
		util_error("%s: cannot write %s: it has changed: see klp list",
			   path, value);
	else
		util_error("%s: cannot write %s: %s: see klp list, and the kernel's log", path,
			   value, strerror(-ret));
	obstack_free(&ob, NULL);
}

/**
 * sys_try - write an attribute of a patch, which the kernel may not have, or refuse
 * @name: the patch's name
 * @attr: the attribute
 * @value: its new value
 *
 * Return: 0 or -errno.
 */
int sys_try(const char *name, const char *attr, const char *value)
{
	struct util_path path;

	util_path(&path, SYS_DIR "/%s/%s", name, attr);
	return util_write(path.s, value);
}

/**
 * sys_set - write an attribute of a patch
 * @name: the patch's name
 * @attr: the attribute
 * @value: its new value
 *
 * Return: 0, or -errno after having said what is wrong.
 */
int sys_set(const char *name, const char *attr, const char *value)
{
	struct util_path path;
	int ret;

	ret = sys_try(name, attr, value);
	util_path(&path, SYS_DIR "/%s/%s", name, attr);
	if (ret)
		explain(path.s, value, ret);
	return ret;
}

/**
 * sys_module_loaded - find out whether a module is loaded
 * @name: the module's name
 *
 * What is built into the kernel has a folder in /sys/module as well, but no state.
 *
 * Return: True if it is, also if it is just being loaded.
 */
bool sys_module_loaded(const char *name)
{
	struct util_path path;

	util_path(&path, "/sys/module/%s/initstate", name);
	return !access(path.s, F_OK);
}

/**
 * sys_patch_module - find out whether a module that is loaded has a patch, also one without folder
 * @name: the module's name
 *
 * The kernel marks each module that has one: "K" among what has tainted the kernel.
 *
 * Return: True if it has.
 */
bool sys_patch_module(const char *name)
{
	struct util_path path;
	char taint[64];

	if (!sys_valid_name(name) || !sys_module_loaded(name))
		return false;
	util_path(&path, "/sys/module/%s/taint", name);
	return util_read(path.s, taint, sizeof(taint)) > 0 && strchr(taint, 'K');
}

/**
 * sys_no_patch - say that there is no such patch
 * @name: the name
 *
 * Return: KLP_ERROR.
 */
int sys_no_patch(const char *name)
{
	struct util_path path;

	if (sys_check_supported())
		return KLP_ERROR;
	util_path(&path, SYS_DIR "/%s", name);
	if (sys_patch_module(name))
		return util_error("%s: the patch is disabled, but loaded: run klp unload %s",
				  path.s, name);
	return util_error("%s: there is no such patch: see klp list", path.s);
}
