/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: the set of patches applied at boot.
 */
#ifndef _KLP_BOOTSET_H
#define _KLP_BOOTSET_H

#include <obstack.h>

#include "state.h"
#include "util.h"

/**
 * struct bootset_patch - a patch of the set
 * @next:	The one that is applied after it.
 * @name:	Its name.
 * @file:	The file with its module, in the set's folder.
 * @version:	Its module's version, or NULL.
 * @build_id:	Its module's build id, or NULL.
 * @failed:	Why it is not applied, NULL if it is.
 */
struct bootset_patch {
	struct bootset_patch	*next;
	const char		*name;
	const char		*file;
	const char		*version;
	const char		*build_id;
	const char		*failed;
};

/**
 * struct bootset - the set of a kernel
 * @release:	The kernel's release.
 * @path:	The folder.
 * @dir:	Its descriptor, -1 if there is no folder.
 * @patches:	The patches, in the order in which they are applied.
 * @ob:		Where all that is kept.
 */
struct bootset {
	const char		*release;
	struct util_path	path;
	int			dir;
	struct bootset_patch	*patches;
	struct obstack		ob;
};

int bootset_open(struct bootset *set, const char *release, enum state_mode mode);
void bootset_close(struct bootset *set);
int bootset_save(struct bootset *set);
const char *bootset_new_file(struct bootset *set, const char *name);
struct bootset_patch **bootset_find(struct bootset *set, const char *name);
bool bootset_readable(void);
const char *bootset_word(const char *name);
int bootset_mark(struct bootset *set, const char *name);
int bootset_unmark(struct bootset *set);
int bootset_judge(struct bootset *set);

#endif /* _KLP_BOOTSET_H */
