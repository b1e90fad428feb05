// SPDX-License-Identifier: GPL-2.0
/*
 * klp: reading the folder of a patch. A file that is not there is something that the kernel does
 * not tell; and any of them may vanish between two system calls.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detail.h"
#include "elf.h"
#include "util.h"

static bool is_dir(int dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return !fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

/**
 * detail_names - list the folders in a folder
 * @ob: where the list is kept
 * @dir: the folder's descriptor
 *
 * Return: The list, sorted by name, which may be empty.
 */
struct detail_names *detail_names(struct obstack *ob, int dir)
{
	struct dirent **entries;
	struct detail_names *list = NULL, *one;
	int nr, i;

	nr = scandirat(dir, ".", &entries, NULL, alphasort);
	for (i = nr - 1; i >= 0; i--) {
		if (entries[i]->d_name[0] != '.' && is_dir(dir, entries[i])) {
			one = obstack_alloc(ob, sizeof(*one));
			one->next = list;
			one->name = obstack_copy0(ob, entries[i]->d_name,
						  strlen(entries[i]->d_name));
			list = one;
		}
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	return list;
}

/* The folder of a function is "name,position". */
static struct sys_func *read_func(struct obstack *ob, int dir, const char *folder)
{
	struct sys_func *func;
	const char *comma;
	char file[NAME_MAX + sizeof("/effect")];
	char *end;

	comma = strrchr(folder, ',');
	if (!comma)
		return NULL;
	func = obstack_alloc(ob, sizeof(*func));
	*func = (struct sys_func){ .calls = -1 };
	func->pos = strtol(comma + 1, &end, 10);
	if (*end)
		return NULL;
	func->name = obstack_copy0(ob, folder, comma - folder);
	snprintf(file, sizeof(file), "%s/effect", folder);
	func->said = util_text_at(ob, dir, file);
	return func;
}

static const char *object_build_id(struct obstack *ob, const struct sys_object *object)
{
	if (!strcmp(object->name, "vmlinux"))
		return elf_kernel_id(ob);
	return object->loaded ? elf_module_id(ob, object->name) : NULL;
}

static struct sys_object *read_object(struct obstack *ob, int patch, const char *name)
{
	struct sys_object *object;
	struct detail_names *folder;
	struct sys_func **end;
	int dir;

	dir = openat(patch, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return NULL;
	object = obstack_alloc(ob, sizeof(*object));
	*object = (struct sys_object){ .name = name };
	object->patched = util_number_at(dir, "patched");
	object->loaded = !strcmp(name, "vmlinux") || sys_module_loaded(name);
	object->wanted = util_text_at(ob, dir, "build_id");
	object->build_id = object_build_id(ob, object);
	end = &object->funcs;
	for (folder = detail_names(ob, dir); folder; folder = folder->next) {
		*end = read_func(ob, dir, folder->name);
		if (!*end)
			continue;
		end = &(*end)->next;
		object->nr_funcs++;
	}
	close(dir);
	return object;
}

static void count_calls(struct sys_patch *patch, const char *object_name, const char *func_name,
			long pos, long long calls)
{
	struct sys_object *object;
	struct sys_func *func;

	for (object = patch->objects; object; object = object->next) {
		if (strcmp(object->name, object_name))
			continue;
		for (func = object->funcs; func; func = func->next)
			if (func->pos == pos && !strcmp(func->name, func_name))
				func->calls = calls;
	}
}

/* Lines "object function,position count" */
static void read_calls(struct sys_patch *patch, int dir)
{
	char object[256], func[600], *comma;
	long long calls;
	FILE *file;
	int fd;

	fd = openat(dir, "calls", O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	patch->has_calls = true;
	while (fscanf(file, "%255s %599s %lld", object, func, &calls) == 3) {
		comma = strrchr(func, ',');
		if (!comma)
			continue;
		*comma = '\0';
		count_calls(patch, object, func, strtol(comma + 1, NULL, 10), calls);
	}
	fclose(file);
}

static void read_module(struct obstack *ob, struct sys_patch *patch)
{
	struct util_path path;
	int dir;

	patch->build_id = elf_module_id(ob, patch->name);
	util_path(&path, "/sys/module/%s", patch->name);
	dir = open(path.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	patch->version = util_text_at(ob, dir, "version");
	patch->srcversion = util_text_at(ob, dir, "srcversion");
	close(dir);
}

/**
 * detail_state - read how far a patch is
 * @dir: descriptor of its folder
 * @state: gets its state; -1 for what cannot be read
 */
void detail_state(int dir, struct sys_state *state)
{
	int tries = 10;

	/*
	 * The two files belong together: a reversal between the reads would make a patch that is
	 * disabled look like an enabled one.
	 */
	do {
		state->enabled = util_number_at(dir, "enabled");
		state->pending = util_number_at(dir, "pending");
		state->transition = util_number_at(dir, "transition");
	} while (util_number_at(dir, "enabled") != state->enabled && --tries);
}

/**
 * detail_disabled - read what there is about a patch that has no folder any more
 * @ob: where it is kept
 * @name: its name, and that of its module, which is still loaded
 *
 * Return: The patch.
 */
struct sys_patch *detail_disabled(struct obstack *ob, const char *name)
{
	struct sys_patch *patch = obstack_alloc(ob, sizeof(*patch));

	*patch = (struct sys_patch){
		.name = obstack_copy0(ob, name, strlen(name)),
		.state = { .pending = -1 },
		.replace = -1, .order = -1, .timeout_ms = -1, .stopped_ns = -1, .parked_ns = -1,
	};
	read_module(ob, patch);
	return patch;
}

/**
 * detail_read - read all about a patch
 * @ob: where it is kept
 * @dir: descriptor of its folder
 * @name: its name
 *
 * Return: The patch. If the folder has been removed, its state.enabled is -1.
 */
struct sys_patch *detail_read(struct obstack *ob, int dir, const char *name)
{
	struct sys_patch *patch;
	struct detail_names *folder;
	struct sys_object **end;

	patch = obstack_alloc(ob, sizeof(*patch));
	*patch = (struct sys_patch){ .name = obstack_copy0(ob, name, strlen(name)) };
	detail_state(dir, &patch->state);
	patch->replace = util_number_at(dir, "replace");
	patch->order = util_number_at(dir, "stack_order");
	patch->timeout_ms = util_number_at(dir, "timeout_ms");
	patch->stopped_ns = util_number_at(dir, "stopped_ns");
	patch->parked_ns = util_number_at(dir, "parked_ns");
	patch->model = util_text_at(ob, dir, "consistency");
	read_module(ob, patch);
	end = &patch->objects;
	for (folder = detail_names(ob, dir); folder; folder = folder->next) {
		*end = read_object(ob, dir, folder->name);
		if (!*end)
			continue;
		patch->nr_objects++;
		patch->nr_funcs += (*end)->nr_funcs;
		end = &(*end)->next;
	}
	read_calls(patch, dir);
	return patch;
}
