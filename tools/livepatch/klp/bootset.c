// SPDX-License-Identifier: GPL-2.0
/*
 * klp: the set of patches applied at boot, in /var/lib/livepatch/<kernel release>/:
 *
 *	set.json	the list of patches, in order, with their files
 *	<patch>.ko	a copy of each patch's module; or <patch>-2.ko
 *	booting		exists while a patch is being applied at boot; names the patch and the boot
 *
 * A module is copied to a name that the list does not have, and removed after the list does not
 * name it any more. So a klp that is killed in between leaves at most a file that is not in the
 * list, which the next change removes.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bootset.h"
#include "sys.h"

#define BOOTSET_DIR	"/var/lib/livepatch"
#define BOOTSET_LIST	"set.json"
#define BOOTSET_MARK	"booting"

static const char *text_of(struct obstack *ob, struct json_object *json, const char *key)
{
	struct json_object *value;
	const char *text;

	if (!json_object_object_get_ex(json, key, &value) || !value)
		return NULL;
	text = json_object_get_string(value);
	return obstack_copy0(ob, text, strlen(text));
}

static const char *file_name(struct bootset *set, const char *name, const char *more)
{
	obstack_printf(&set->ob, "%s%s.ko", name, more);
	obstack_1grow(&set->ob, '\0');
	return obstack_finish(&set->ob);
}

static int parse_list(struct bootset *set, struct json_object *json)
{
	struct bootset_patch **end = &set->patches, *patch;
	struct json_object *array, *one;
	size_t i, nr;

	if (!json_object_object_get_ex(json, "patches", &array) ||
	    !json_object_is_type(array, json_type_array))
		goto wrong;
	nr = json_object_array_length(array);
	for (i = 0; i < nr; i++) {
		one = json_object_array_get_idx(array, i);
		patch = obstack_alloc(&set->ob, sizeof(*patch));
		*patch = (struct bootset_patch){
			.name = text_of(&set->ob, one, "name"),
			.file = text_of(&set->ob, one, "file"),
			.version = text_of(&set->ob, one, "version"),
			.build_id = text_of(&set->ob, one, "build_id"),
			.failed = text_of(&set->ob, one, "failed"),
		};
		if (!patch->name || !sys_valid_name(patch->name))
			goto wrong;
		if (!patch->file)
			patch->file = file_name(set, patch->name, "");
		if (!sys_valid_name(patch->file))
			goto wrong;
		*end = patch;
		end = &patch->next;
	}
	return KLP_OK;
wrong:
	return util_error("%s/" BOOTSET_LIST ": is not what klp writes: restore or remove the file",
			  set->path.s);
}

/**
 * bootset_open - read the set of a kernel
 * @set: the set; call bootset_close() in any case
 * @release: the kernel's release
 * @mode: with STATE_WRITE, the folder is locked until bootset_close()
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int bootset_open(struct bootset *set, const char *release, enum state_mode mode)
{
	struct json_object *json;
	int ret;

	*set = (struct bootset){ .release = release, .dir = -1 };
	obstack_init(&set->ob);
	if (!sys_valid_name(release))
		return util_error("'%s': is not the release of a kernel: see uname -r", release);
	util_path(&set->path, BOOTSET_DIR "/%s", release);
	set->dir = state_open(set->path.s, mode);
	if (set->dir == -ENOENT)
		return KLP_OK;
	if (set->dir == -EACCES && mode == STATE_READ)
		return util_error("%s: cannot be read: %s: run klp as root", set->path.s,
				  strerror(EACCES));
	if (set->dir < 0)
		return KLP_ERROR;
	ret = state_read_json(set->dir, BOOTSET_LIST, &json);
	if (ret == -ENOENT)
		return KLP_OK;
	if (ret)
		return KLP_ERROR;
	ret = parse_list(set, json);
	json_object_put(json);
	return ret;
}

/**
 * bootset_close - free what bootset_open() has read
 * @set: the set
 */
void bootset_close(struct bootset *set)
{
	if (set->dir >= 0)
		close(set->dir);
	obstack_free(&set->ob, NULL);
}

/**
 * bootset_find - find a patch in a set
 * @set: the set
 * @name: the patch's name
 *
 * Return: Where the pointer to it is; that is NULL if it is not in the set.
 */
struct bootset_patch **bootset_find(struct bootset *set, const char *name)
{
	struct bootset_patch **at;

	for (at = &set->patches; *at && strcmp((*at)->name, name); at = &(*at)->next)
		;
	return at;
}

static void put_text(struct json_object *json, const char *key, const char *text)
{
	json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

/**
 * bootset_new_file - choose a name for a new copy of a patch's module
 * @set: the set
 * @name: the patch's name
 *
 * Return: A name that no patch of the set has: "-" is in no module's name.
 */
const char *bootset_new_file(struct bootset *set, const char *name)
{
	const struct bootset_patch *patch = *bootset_find(set, name);
	const char *file = file_name(set, name, "");

	return patch && !strcmp(patch->file, file) ? file_name(set, name, "-2") : file;
}

static bool is_listed(const struct bootset *set, const char *file)
{
	const struct bootset_patch *patch;

	for (patch = set->patches; patch && strcmp(patch->file, file); patch = patch->next)
		;
	return patch;
}

/* Remove what a klp has left that was killed, or what the list does not name any more. */
static void clean(struct bootset *set)
{
	struct dirent **entries;
	char *name, *dot;
	int nr, i;

	nr = scandirat(set->dir, ".", &entries, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		name = entries[i]->d_name;
		dot = strrchr(name, '.');
		if (dot && dot > name &&
		    (!strcmp(dot, ".new") || (!strcmp(dot, ".ko") && !is_listed(set, name))))
			unlinkat(set->dir, name, 0);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

/**
 * bootset_save - write a set that has been changed
 * @set: the set, opened with STATE_WRITE
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int bootset_save(struct bootset *set)
{
	struct json_object *json = json_object_new_object();
	struct json_object *array = json_object_new_array(), *one;
	const struct bootset_patch *patch;

	for (patch = set->patches; patch; patch = patch->next) {
		one = json_object_new_object();
		put_text(one, "name", patch->name);
		put_text(one, "file", patch->file);
		put_text(one, "version", patch->version);
		put_text(one, "build_id", patch->build_id);
		put_text(one, "failed", patch->failed);
		json_object_array_add(array, one);
	}
	json_object_object_add(json, "patches", array);
	if (state_write_json(set->dir, BOOTSET_LIST, json))
		return KLP_ERROR;
	clean(set);
	return KLP_OK;
}

/**
 * bootset_readable - find out whether klp may read the running kernel's set
 *
 * Return: True if it may, also if there is none.
 */
bool bootset_readable(void)
{
	struct util_path path;
	char release[128];

	util_path(&path, BOOTSET_DIR "/%s", util_release(release, sizeof(release)));
	return !access(path.s, R_OK) || errno != EACCES;
}

/**
 * bootset_word - find out whether a patch is applied at boot, by the running kernel
 * @name: the patch's name
 *
 * Return: "yes", "no", "failed", or NULL if the set cannot be read.
 */
const char *bootset_word(const char *name)
{
	const struct bootset_patch *patch;
	const char *word = NULL;
	struct bootset set;
	char release[128];

	if (!bootset_readable())
		return NULL;
	if (!bootset_open(&set, util_release(release, sizeof(release)), STATE_READ)) {
		patch = *bootset_find(&set, name);
		word = !patch ? "no" : patch->failed ? "failed" : "yes";
	}
	bootset_close(&set);
	return word;
}

static void read_boot_id(char *buf, size_t size)
{
	struct util_path path;

	util_path(&path, "/proc/sys/kernel/random/boot_id");
	if (util_read(path.s, buf, size) <= 0)
		util_die("%s: cannot be read: is /proc mounted?", path.s);
}

/* The mark is there for the case that the machine goes down, not klp alone. */
static int marked_dir = -1;

static void remove_mark(int sig)
{
	unlinkat(marked_dir, BOOTSET_MARK, 0);
	fsync(marked_dir);
	raise(sig);
}

static void catch_signals(void)
{
	struct sigaction action = {
		.sa_handler = remove_mark,
		.sa_flags = SA_RESETHAND | SA_NODEFER,
	};

	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/**
 * bootset_mark - note on the disk that a patch is about to be applied
 * @set: the set
 * @name: the patch's name
 *
 * A signal that ends klp removes the mark: a klp that takes signals has not hung the machine.
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int bootset_mark(struct bootset *set, const char *name)
{
	struct json_object *json = json_object_new_object();
	char id[64];

	read_boot_id(id, sizeof(id));
	put_text(json, "patch", name);
	put_text(json, "boot", id);
	if (marked_dir < 0) {
		marked_dir = set->dir;
		catch_signals();
	}
	return state_write_json(set->dir, BOOTSET_MARK, json) ? KLP_ERROR : KLP_OK;
}

/**
 * bootset_unmark - note on the disk that no patch is being applied
 * @set: the set
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int bootset_unmark(struct bootset *set)
{
	return state_remove(set->dir, BOOTSET_MARK) ? KLP_ERROR : KLP_OK;
}

/**
 * bootset_judge - note that a patch has failed if an earlier boot has ended while it was applied
 * @set: the set, opened with STATE_WRITE, so that no klp is applying a patch now
 *
 * Removes the mark. A klp that was killed during this boot does not count.
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int bootset_judge(struct bootset *set)
{
	const char *name = NULL, *boot = NULL;
	struct bootset_patch *patch = NULL;
	struct json_object *json;
	char id[64];
	int ret;

	ret = state_try_json(set->dir, BOOTSET_MARK, &json);
	if (ret == -ENOENT)
		return KLP_OK;
	read_boot_id(id, sizeof(id));
	if (!ret) {
		name = text_of(&set->ob, json, "patch");
		boot = text_of(&set->ob, json, "boot");
		json_object_put(json);
	}
	if (name && boot)
		patch = *bootset_find(set, name);
	else
		util_note("%s/" BOOTSET_MARK ": is damaged: it should name a patch that has failed",
			  set->path.s);
	if (patch && !patch->failed && strcmp(boot, id)) {
		patch->failed = "the machine went down while it was being applied";
		/* First the list: if klp is killed now, the mark is judged once more. */
		if (bootset_save(set))
			return KLP_ERROR;
	}
	return bootset_unmark(set);
}
