/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: changing a patch, and saying how that has ended.
 */
#ifndef _KLP_CHANGE_H
#define _KLP_CHANGE_H

#include <json-c/json.h>

#include "progress.h"

/**
 * struct change - a change of a patch
 * @patch:	The patch.
 * @file:	The file of its module, if it is being loaded, else NULL.
 * @timeout_ms:	How long to wait, or -1.
 * @revert:	Revert the change if that time passes.
 * @result:	A word about the end: interface, see klp(8).
 * @status:	enum klp_exit.
 * @progress:	The wait, with the tasks that were waited for.
 */
struct change {
	const char		*patch;
	const char		*file;
	long long		timeout_ms;
	bool			revert;
	const char		*result;
	int			status;
	struct progress		progress;
};

int change_end(struct change *change, const char *result, int status);
int change_wait(struct change *change);
int change_await(struct change *change);
int change_disable(struct change *change);
int change_remove(struct change *change);
struct json_object *change_report(struct change *change);

#endif /* _KLP_CHANGE_H */
