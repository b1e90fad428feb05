/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TRANSITION_H
#define _KLP_TRANSITION_H

#include <linux/types.h>

#include "event.h"

struct klp_live_patch;
struct klp_live_object;

/**
 * struct klp_outcome - how a transition has ended
 * @live:	The patch that was in transition.
 * @patched:	Calls lead to the patch's code now; otherwise no call does.
 * @forced:	Tasks were forced, and may be in code that no call leads to any
 *		more.
 */
struct klp_outcome {
	struct klp_live_patch	*live;
	bool			patched;
	bool			forced;
};

struct klp_live_patch *klp_transition_current(void);
bool klp_transition_running(void);
void klp_transition_begin(struct klp_live_patch *live, bool patching);
int klp_transition_prepare(struct klp_live_patch *live, bool patching);
int klp_transition_join(struct klp_live_object *object);
int klp_transition_refresh(void);
void klp_transition_start(void);
void klp_transition_cancel(void);
void klp_transition_reverse(enum klp_event event);
void klp_transition_force(void);
bool klp_transition_done(bool retry);
struct klp_outcome klp_transition_settle(void);
void klp_transition_finish(void);

#endif /* _KLP_TRANSITION_H */
