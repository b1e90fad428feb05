// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: system states, what patches have changed besides code.
 *
 * Patches that make the same change, or undo it, have to know of each other. A
 * state has a number and a version; a patch lists those that it can handle.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/livepatch.h>

#include "callback.h"
#include "klp.h"
#include "state.h"
#include "transition.h"

#define klp_for_each_state(patch, state) \
	for ((state) = (patch)->states; (state) && (state)->id; (state)++)

/**
 * klp_get_state - find a state in a patch
 * @patch: the patch
 * @id: the state
 *
 * Context: Any, while the patch module is loaded.
 * Return: the patch's own entry, NULL if it has none.
 */
struct klp_state *klp_get_state(struct klp_patch *patch, unsigned long id)
{
	struct klp_state *state;

	klp_for_each_state(patch, state)
		if (state->id == id)
			return state;
	return NULL;
}
EXPORT_SYMBOL_GPL(klp_get_state);

/**
 * klp_state_compatible - can a patch be enabled when another one is?
 * @old: the one that is enabled
 * @new: the other one
 *
 * It has to handle each state of @old in the same or a higher version. It need
 * not know a state at all if @old stays enabled beside it.
 *
 * Context: Any, while both modules are loaded.
 * Return: true if it can.
 */
bool klp_state_compatible(struct klp_patch *old, struct klp_patch *new)
{
	struct klp_state *state, *ours;

	klp_for_each_state(old, state) {
		ours = klp_get_state(new, state->id);
		if (ours ? ours->version < state->version : new->replace)
			return false;
	}
	return true;
}

/**
 * klp_get_prev_state - find a state in the patches that came before
 * @id: the state
 *
 * For callbacks of the patch in transition.
 *
 * Context: A callback while a patch is in transition. Elsewhere, as in a
 * callback for a module that is loaded later, it warns, once, and finds
 * nothing.
 * Return: the entry of the newest patch that is installed, is older than the
 * one in transition and has the state; NULL if there is none.
 */
struct klp_state *klp_get_prev_state(unsigned long id)
{
	struct klp_state *state, *newest = NULL;
	struct klp_live_patch *live;

	if (WARN_ON_ONCE(!klp_callback_running() || !klp_transition_running()))
		return NULL;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_patch(live) {
		if (live == klp_transition_current())
			break;
		state = klp_get_state(live->patch, id);
		if (state)
			newest = state;
	}
	return newest;
}
EXPORT_SYMBOL_GPL(klp_get_prev_state);
