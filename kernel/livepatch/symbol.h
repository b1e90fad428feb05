/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SYMBOL_H
#define _KLP_SYMBOL_H

#include <linux/types.h>

#include "ranges.h"

struct module;

/**
 * struct klp_symtab - where the symbols in a module's code begin
 * @addrs:	Their addresses, ascending, without duplicates.
 * @nr:		Number of @addrs.
 * @end:	End of the module's code.
 * @cold:	Those which are the out-of-line part of a function.
 * @nr_cold:	Number of @cold.
 */
struct klp_symtab {
	unsigned long	*addrs;
	unsigned int	nr;
	unsigned long	end;
	struct klp_span	*cold;
	unsigned int	nr_cold;
};

/* What is done to a piece of code by those who go over many */
typedef int (*klp_span_fn)(struct klp_span span, void *arg);

int klp_find_function(const char *name, unsigned long sympos,
		      struct klp_span *span);
int klp_visit_cold_parts(const char *name, klp_span_fn fn, void *arg);

int klp_symtab_load(struct klp_symtab *symtab, struct module *mod);
int klp_symtab_function(const struct klp_symtab *symtab, unsigned long addr,
			const char *name, struct klp_span *span);
void klp_symtab_free(struct klp_symtab *symtab);

#endif /* _KLP_SYMBOL_H */
