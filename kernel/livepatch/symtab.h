/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SYMTAB_H
#define _KLP_SYMTAB_H

#include "ranges.h"

struct klp_lookup;
struct module;

/**
 * struct klp_symtab - where the symbols in a module's code begin
 * @mod:	The module.
 * @addrs:	Their addresses, ascending, without duplicates.
 * @nr:		Number of @addrs.
 * @start:	Beginning of the module's code.
 * @end:	End of the module's code.
 * @cold:	The out-of-line parts of its functions.
 * @nr_cold:	Number of @cold.
 */
struct klp_symtab {
	struct module	*mod;
	unsigned long	*addrs;
	unsigned int	nr;
	unsigned long	start;
	unsigned long	end;
	struct klp_span	*cold;
	unsigned int	nr_cold;
};

int klp_symtab_load(struct klp_symtab *symtab, struct module *mod,
		    const struct klp_lookup *lookup);
unsigned long klp_symtab_size(const struct klp_symtab *symtab,
			      unsigned long addr);
int klp_symtab_function(const struct klp_symtab *symtab, unsigned long addr,
			const char *name, struct klp_span *span);
void klp_symtab_free(struct klp_symtab *symtab);

#endif /* _KLP_SYMTAB_H */
