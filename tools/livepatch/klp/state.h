/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: files that survive a crash, of klp or of the machine.
 */
#ifndef _KLP_STATE_H
#define _KLP_STATE_H

#include <json-c/json.h>
#include <stddef.h>

/**
 * enum state_mode - what a folder is opened for
 * @STATE_READ:		Reading. Needs no lock, since files are whole at any moment.
 * @STATE_WRITE:	Writing. The folder is made if there is none, and locked. What a killed
 *			klp has left there is removed.
 * @STATE_SHARED:	Writing in a folder of others, who might hold its lock for ever: it is not
 *			locked, and nothing is removed.
 */
enum state_mode {
	STATE_READ,
	STATE_WRITE,
	STATE_SHARED,
};

int state_open(const char *path, enum state_mode mode);
int state_write(int dir, const char *name, const char *text, size_t len);
int state_write_json(int dir, const char *name, struct json_object *json);
int state_copy(int dir, const char *name, int from);
int state_remove(int dir, const char *name);
int state_try_json(int dir, const char *name, struct json_object **json);
int state_read_json(int dir, const char *name, struct json_object **json);

#endif /* _KLP_STATE_H */
