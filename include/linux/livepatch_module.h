/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching and the module loader: what each does for the other.
 */
#ifndef _LINUX_LIVEPATCH_MODULE_H
#define _LINUX_LIVEPATCH_MODULE_H

struct module;

#ifdef CONFIG_LIVEPATCH

int klp_module_coming(struct module *mod);
void klp_module_going(struct module *mod);

#else

static inline int klp_module_coming(struct module *mod)
{
	return 0;
}

static inline void klp_module_going(struct module *mod)
{
}

#endif /* CONFIG_LIVEPATCH */

#endif /* _LINUX_LIVEPATCH_MODULE_H */
