/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: waiting for a transition, and showing how far it is.
 */
#ifndef _KLP_PROGRESS_H
#define _KLP_PROGRESS_H

#include "sys.h"
#include "tasks.h"

/**
 * enum progress_end - why waiting has ended
 * @PROGRESS_SETTLED:	The transition is complete.
 * @PROGRESS_GONE:	The patch's folder has been removed: it is disabled.
 * @PROGRESS_TURNED:	The transition has been reversed, and goes on.
 * @PROGRESS_TIMEOUT:	The time is over.
 */
enum progress_end {
	PROGRESS_SETTLED,
	PROGRESS_GONE,
	PROGRESS_TURNED,
	PROGRESS_TIMEOUT,
};

/**
 * struct progress - waiting for a transition
 * @patch:	The patch.
 * @timeout_ms:	How long to wait at most, or -1.
 * @until_gone:	A disabled patch has to lose its folder, too.
 * @loading:	The patch has just been loaded: anything but enabling is a reversal.
 * @enabling:	The direction. All that follows is set by progress_wait().
 * @start_ms:	When waiting has begun, in time since boot.
 * @took_ms:	How long it has lasted.
 * @end:	Why it has ended.
 * @moving:	The transition was seen, or begun by klp.
 * @state:	The patch's last state.
 * @total:	How many tasks there were at the beginning, -1 if not known.
 * @pending:	How many tasks are pending, -1 if not known.
 * @tasks:	Those seen last. Free them with progress_free().
 * @scanned:	There was time to look for them.
 */
struct progress {
	const char		*patch;
	long long		timeout_ms;
	bool			until_gone;
	bool			loading;

	bool			enabling;
	long long		start_ms;
	long long		took_ms;
	enum progress_end	end;
	bool			moving;
	struct sys_state	state;
	long			total;
	long long		pending;
	struct tasks		tasks;
	bool			scanned;
};

enum progress_end progress_wait(struct progress *progress);
void progress_free(struct progress *progress);

#endif /* _KLP_PROGRESS_H */
