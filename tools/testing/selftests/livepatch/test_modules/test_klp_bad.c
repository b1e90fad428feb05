// SPDX-License-Identifier: GPL-2.0
/* Patches that must be refused; the parameter "how" tells what is wrong. */
#include <linux/kallsyms.h>
#include <linux/string.h>

#include "test_klp.h"

static char *how = "";
module_param(how, charp, 0);

static int test_klp_new(void)
{
	return 0;
}

static int __init test_klp_init_code(void)
{
	return 0;
}

static char long_name[KSYM_NAME_LEN + 1];

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_inner", .new_func = test_klp_new },
	{ .old_name = "klp_test_outer", .new_func = test_klp_new },
	{ }
};

static struct klp_object objs[] = {
	{ .funcs = funcs },
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

/* Return: the macros for authors find all that is in the arrays */
static bool arrays_complete(void)
{
	struct klp_object *obj;
	struct klp_func *func;
	int found = 0;

	klp_for_each_object(&patch, obj)
		klp_for_each_func(obj, func)
			found += func == &funcs[0] || func == &funcs[1];
	klp_for_each_object_static(&patch, obj)
		klp_for_each_func_static(obj, func)
			found += func == &funcs[0] || func == &funcs[1];
	return found == 4;
}

static int __init test_klp_bad_init(void)
{
	struct klp_func *func = &funcs[1];

	if (!arrays_complete())
		return -ENOMSG;
	if (!strcmp(how, "going"))
		return 0;

	if (!strcmp(how, "null"))
		return klp_enable_patch(NULL);
	if (!strcmp(how, "no_mod"))
		patch.mod = NULL;
	else if (!strcmp(how, "no_objs"))
		patch.objs = NULL;
	else if (!strcmp(how, "no_funcs"))
		objs[0] = (struct klp_object) { .name = "vmlinux" };
	else if (!strcmp(how, "no_name"))
		func->old_name = NULL;
	else if (!strcmp(how, "no_new"))
		func->new_func = NULL;
	else if (!strcmp(how, "long_name"))
		func->old_name = memset(long_name, 'x', KSYM_NAME_LEN);
	else if (!strcmp(how, "missing"))
		func->old_name = "klp_test_missing";
	else if (!strcmp(how, "ambiguous"))
		func->old_name = "klp_test_twin";
	else if (!strcmp(how, "sympos"))
		func->old_sympos = 7;
	else if (!strcmp(how, "untraceable"))
		func->old_name = "klp_test_notrace";
	else if (!strcmp(how, "nowhere"))
		func->new_func = (void *)1;
	else if (!strcmp(how, "init"))
		func->new_func = test_klp_init_code;
	else if (!strcmp(how, "no_object"))
		objs[0].name = "";
	else if (!strcmp(how, "twice"))
		func->old_name = "klp_test_inner";
	else if (strcmp(how, "nothing"))
		return -ENOMSG;
	return klp_enable_patch(&patch);
}

/* Too late: the module is being unloaded. */
static void __exit test_klp_bad_exit(void)
{
	pr_info("test: going: %d\n", klp_enable_patch(&patch));
}

module_init(test_klp_bad_init);
module_exit(test_klp_bad_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
