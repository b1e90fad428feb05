// SPDX-License-Identifier: GPL-2.0
/*
 * klp: what klp remembers of patches until the next boot, in /run/livepatch.
 *
 * The kernel does not know who has loaded a patch and when, so klp notes it. A note is about one
 * life of one module: it has the inode number of the module's folder in /sys, which is new for
 * each loading. A note about an earlier life is not shown.
 *
 * Notes are a convenience. What cannot be noted must not make an operation fail that has been
 * done, so nothing here reports an error to its caller.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "record.h"
#include "state.h"
#include "util.h"

#define RECORD_DIR	"/run/livepatch"
#define RECORD_FAILURES	"failures"	/* no patch's file has a name without .json */

const char *const record_failure_names[RECORD_NR_FAILURES] = {
	[RECORD_LOAD] = "load",
	[RECORD_REVERTED] = "reverted",
	[RECORD_TIMEOUT] = "timeout",
};

static int open_dir(enum state_mode mode)
{
	struct util_path path;

	/* What only root can do has failed then. One error is enough. */
	if (mode == STATE_WRITE && geteuid() && !klp_opts.root[0])
		return -EACCES;
	util_path(&path, RECORD_DIR);
	return state_open(path.s, mode);
}

static long long module_inode(const char *patch)
{
	struct util_path path;
	struct stat st;

	util_path(&path, "/sys/module/%s", patch);
	return stat(path.s, &st) ? -1 : (long long)st.st_ino;
}

static void file_name(char buf[NAME_MAX + 1], const char *patch)
{
	snprintf(buf, NAME_MAX + 1, "%.240s.json", patch);
}

/* The user who has logged in, also behind sudo; else who runs klp */
static const char *user_name(char *buf, size_t size)
{
	long long uid = -1;
	struct passwd *pw;
	struct util_path path;
	char text[32];

	util_path(&path, "/proc/self/loginuid");
	if (util_read(path.s, text, sizeof(text)) > 0)
		uid = atoll(text);
	/* Not set: a daemon */
	if (uid < 0 || uid == UINT_MAX)
		uid = getuid();
	pw = getpwuid(uid);
	if (pw)
		snprintf(buf, size, "%s", pw->pw_name);
	else
		snprintf(buf, size, "%lld", uid);
	return buf;
}

static const char *string_of(struct obstack *ob, struct json_object *json, const char *key)
{
	struct json_object *value;
	const char *text;

	if (!json_object_object_get_ex(json, key, &value))
		return NULL;
	text = json_object_get_string(value);
	return text ? obstack_copy0(ob, text, strlen(text)) : NULL;
}

static long long number_of(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) ? json_object_get_int64(value) : -1;
}

/* Get the note about this life of the patch. */
static struct json_object *read_note(int dir, const char *patch)
{
	struct json_object *json;
	char name[NAME_MAX + 1];

	file_name(name, patch);
	if (state_read_json(dir, name, &json))
		return NULL;
	if (number_of(json, "inode") == module_inode(patch))
		return json;
	json_object_put(json);
	return NULL;
}

/**
 * record_get - get what klp knows about a patch
 * @ob: where it is kept
 * @patch: the patch's name
 * @record: gets it; all fields say "not known" if klp knows nothing
 *
 * Return: True if klp has loaded the patch.
 */
bool record_get(struct obstack *ob, const char *patch, struct record *record)
{
	struct json_object *json;
	int dir;

	*record = (struct record){ .started_ms = -1, .took_ms = -1 };
	dir = open_dir(STATE_READ);
	if (dir < 0)
		return false;
	json = read_note(dir, patch);
	close(dir);
	if (!json)
		return false;
	record->file = string_of(ob, json, "file");
	record->description = string_of(ob, json, "description");
	record->fixes = string_of(ob, json, "fixes");
	record->when = string_of(ob, json, "when");
	record->by = string_of(ob, json, "by");
	record->started_ms = number_of(json, "started_ms");
	record->enabling = number_of(json, "enabling");
	record->took_ms = number_of(json, "took_ms");
	json_object_put(json);
	return record->file;
}

static void write_note(int dir, const char *patch, struct json_object *json)
{
	char name[NAME_MAX + 1];

	file_name(name, patch);
	state_write_json(dir, name, json);
}

static void note_text(struct json_object *json, const char *key, const char *text)
{
	if (text)
		json_object_object_add(json, key, json_object_new_string(text));
}

/**
 * record_loaded - note that klp has loaded a patch
 * @info: what its file says
 * @started_ms: time since boot, before it was loaded
 */
void record_loaded(const struct module_info *info, long long started_ms)
{
	struct json_object *json;
	char text[PATH_MAX];
	time_t now = time(NULL);
	int dir;

	dir = open_dir(STATE_WRITE);
	if (dir < 0)
		return;
	json = json_object_new_object();
	json_object_object_add(json, "inode", json_object_new_int64(module_inode(info->name)));
	json_object_object_add(json, "file",
			       json_object_new_string(realpath(info->file, text) ?: info->file));
	note_text(json, "description", info->description);
	note_text(json, "fixes", info->fixes);
	strftime(text, sizeof(text), "%FT%TZ", gmtime(&now));
	json_object_object_add(json, "when", json_object_new_string(text));
	json_object_object_add(json, "by",
			       json_object_new_string(user_name(text, sizeof(text))));
	json_object_object_add(json, "started_ms", json_object_new_int64(started_ms));
	json_object_object_add(json, "enabling", json_object_new_boolean(true));
	write_note(dir, info->name, json);
	close(dir);
}

/* Get the note about a patch, a new one if there is none, to change it. */
static struct json_object *note_to_change(int dir, const char *patch)
{
	struct json_object *json;

	json = read_note(dir, patch);
	if (!json) {
		json = json_object_new_object();
		json_object_object_add(json, "inode", json_object_new_int64(module_inode(patch)));
	}
	return json;
}

/**
 * record_running_ms - find out for how long the transition of a patch has been going on
 * @record: what klp knows about the patch
 * @enabling: the direction. If klp has started one in the other direction, this one is not klp's.
 *
 * Return: The time, or -1 if klp has not started the transition.
 */
long long record_running_ms(const struct record *record, bool enabling)
{
	if (record->started_ms < 0 || record->took_ms >= 0 || record->enabling != enabling)
		return -1;
	return util_now_ms() - record->started_ms;
}

/**
 * record_started - note that klp has started a transition
 * @patch: the patch
 * @started_ms: time since boot
 * @enabling: the direction
 */
void record_started(const char *patch, long long started_ms, bool enabling)
{
	struct json_object *json;
	int dir;

	dir = open_dir(STATE_WRITE);
	if (dir < 0)
		return;
	json = note_to_change(dir, patch);
	json_object_object_add(json, "started_ms", json_object_new_int64(started_ms));
	json_object_object_add(json, "enabling", json_object_new_boolean(enabling));
	json_object_object_del(json, "took_ms");
	write_note(dir, patch, json);
	close(dir);
}

/**
 * record_took - note how long the transition took that has just ended
 * @patch: the patch
 * @waited_ms: for how long klp has waited; counts if klp does not know when it was started
 * @enabling: the direction
 */
void record_took(const char *patch, long long waited_ms, bool enabling)
{
	struct json_object *json;
	struct record record;
	struct obstack ob;
	long long took_ms;
	int dir;

	obstack_init(&ob);
	record_get(&ob, patch, &record);
	obstack_free(&ob, NULL);
	took_ms = record_running_ms(&record, enabling);
	dir = open_dir(STATE_WRITE);
	if (dir < 0)
		return;
	json = note_to_change(dir, patch);
	json_object_object_add(json, "took_ms",
			       json_object_new_int64(took_ms < 0 ? waited_ms : took_ms));
	write_note(dir, patch, json);
	close(dir);
}

/**
 * record_forget - remove the note about a patch that has been unloaded
 * @patch: the patch
 */
void record_forget(const char *patch)
{
	char name[NAME_MAX + 1];
	int dir;

	dir = open_dir(STATE_WRITE);
	if (dir < 0)
		return;
	file_name(name, patch);
	state_remove(dir, name);
	close(dir);
}

static int read_failures(int dir, long long counts[RECORD_NR_FAILURES])
{
	struct json_object *json;
	int ret, i;

	ret = state_read_json(dir, RECORD_FAILURES, &json);
	for (i = 0; i < RECORD_NR_FAILURES; i++) {
		counts[i] = number_of(json, record_failure_names[i]);
		if (counts[i] < 0)
			counts[i] = 0;
	}
	json_object_put(json);
	return ret == -ENOENT ? 0 : ret;
}

/**
 * record_failed - count a failure
 * @failure: of which kind
 */
void record_failed(enum record_failure failure)
{
	long long counts[RECORD_NR_FAILURES];
	struct json_object *json;
	int dir, i;

	dir = open_dir(STATE_WRITE);
	if (dir < 0)
		return;
	read_failures(dir, counts);
	counts[failure]++;
	json = json_object_new_object();
	for (i = 0; i < RECORD_NR_FAILURES; i++)
		json_object_object_add(json, record_failure_names[i],
				       json_object_new_int64(counts[i]));
	state_write_json(dir, RECORD_FAILURES, json);
	close(dir);
}

/**
 * record_failures - read how many failures there were since boot
 * @counts: gets their number, by kind
 *
 * Return: 0, -EACCES if only root may know, or another -errno after having said what is wrong.
 */
int record_failures(long long counts[RECORD_NR_FAILURES])
{
	int dir, ret;

	memset(counts, 0, RECORD_NR_FAILURES * sizeof(*counts));
	dir = open_dir(STATE_READ);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	ret = read_failures(dir, counts);
	close(dir);
	return ret;
}
