/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: what klp remembers of patches until the next boot.
 */
#ifndef _KLP_RECORD_H
#define _KLP_RECORD_H

#include <obstack.h>

#include "klp.h"
#include "module.h"

/**
 * struct record - what klp knows about a patch that it has loaded
 * @file:	The file that the module was loaded from.
 * @description: The module's description.
 * @fixes:	What the module fixes.
 * @when:	When, in UTC: 2026-11-26T14:00:00Z.
 * @by:		Who: the login name, or the user's number.
 * @started_ms:	Time since boot when its last transition was started by klp.
 * @enabling:	Its direction: 1 or 0.
 * @took_ms:	How long that took, or -1 if klp has not seen the end.
 */
struct record {
	const char	*file;
	const char	*description;
	const char	*fixes;
	const char	*when;
	const char	*by;
	long long	started_ms;
	int		enabling;
	long long	took_ms;
};

/* Failures since boot */
enum record_failure {
	RECORD_LOAD,
	RECORD_REVERTED,
	RECORD_TIMEOUT,
	RECORD_NR_FAILURES,
};

extern const char *const record_failure_names[RECORD_NR_FAILURES];

bool record_get(struct obstack *ob, const char *patch, struct record *record);
void record_loaded(const struct module_info *info, long long started_ms);
long long record_running_ms(const struct record *record, bool enabling);
void record_started(const char *patch, long long started_ms, bool enabling);
void record_took(const char *patch, long long waited_ms, bool enabling);
void record_forget(const char *patch);
void record_failed(enum record_failure failure);
int record_failures(long long counts[RECORD_NR_FAILURES]);

#endif /* _KLP_RECORD_H */
