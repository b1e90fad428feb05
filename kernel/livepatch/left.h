/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_LEFT_H
#define _KLP_LEFT_H

struct klp_live;
struct klp_ranges;

int klp_left_ranges(struct klp_live *live, unsigned int universe,
		    struct klp_ranges *ranges);

#endif /* _KLP_LEFT_H */
