/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: JSON output.
 */
#ifndef _KLP_OUT_H
#define _KLP_OUT_H

#include <json-c/json.h>
#include <obstack.h>

#include "klp.h"
#include "tasks.h"

void out_print(struct json_object *json);
bool out_printed(void);
void out_str(struct json_object *json, const char *key, const char *value);
void out_num(struct json_object *json, const char *key, long long value);
void out_bool(struct json_object *json, const char *key, int value);
void out_seconds(struct json_object *json, const char *key, long long ms);
struct json_object *out_tasks(const struct tasks *tasks, size_t max);
void out_names(char *buf, size_t size, const struct tasks *tasks, size_t max);

#endif /* _KLP_OUT_H */
