// SPDX-License-Identifier: GPL-2.0
/*
 * A patch as a builder writes it: tables in sections of their own, from which
 * the module makes a patch on the heap. Parameters:
 *
 *   missing	replace a function that does not exist
 *   sections	shows the sizes of sections: of the table of objects, of one of
 *		the module's init, of one that is not loaded, of none
 */
#include <linux/init.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

static bool missing;
module_param(missing, bool, 0444);

static int test_klp_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "external\n");
	return 0;
}

static int test_klp_inner(void)
{
	return 1;
}

static int test_klp_outer(void)
{
	return 0;
}

/* Nothing ends these tables but the end of the section. */
static struct klp_func_ext test_klp_vmlinux_funcs[] __used __section(".test_klp.funcs") = {
	{ "klp_test_inner", test_klp_inner },
	{ "klp_test_outer", test_klp_outer, 1 },
};

static struct klp_func_ext test_klp_more_funcs[] __used __section(".test_klp.funcs") = {
	{ "cmdline_proc_show", test_klp_cmdline_proc_show },
};

static struct klp_object_ext test_klp_objects[] __used __section(".test_klp.objects") = {
	{
		.funcs = test_klp_vmlinux_funcs,
		.nr_funcs = ARRAY_SIZE(test_klp_vmlinux_funcs),
	}, {
		.name = "test_klp_absent",
		.funcs = test_klp_more_funcs,
		.nr_funcs = ARRAY_SIZE(test_klp_more_funcs),
	},
};

/* What a builder may want to know only while it builds the patch */
static unsigned int test_klp_init_table[3] __used __section(".init.test_klp") = {
	1, 2, 3
};

static struct klp_patch *test_klp_patch;

/* Zero the memory, so that a use after free is noticed without KASAN, too. */
static void test_klp_free(void)
{
	struct klp_object *obj;
	struct klp_func *func;

	klp_for_each_object(test_klp_patch, obj) {
		klp_for_each_func(obj, func)
			kfree_sensitive(func->old_name);
		kfree_sensitive(obj->funcs);
		kfree_sensitive(obj->name);
	}
	kfree_sensitive(test_klp_patch->objs);
	kfree_sensitive(test_klp_patch);
}

static void test_klp_build_object(struct klp_object *obj,
				  const struct klp_object_ext *ext)
{
	unsigned int i;

	if (ext->name)
		obj->name = kstrdup(ext->name, GFP_KERNEL | __GFP_NOFAIL);
	obj->callbacks = ext->callbacks;
	obj->funcs = kcalloc(ext->nr_funcs + 1, sizeof(*obj->funcs),
			     GFP_KERNEL | __GFP_NOFAIL);
	for (i = 0; i < ext->nr_funcs; i++) {
		obj->funcs[i] = (struct klp_func) {
			.old_name = kstrdup(missing ? "klp_test_missing" :
					    ext->funcs[i].old_name,
					    GFP_KERNEL | __GFP_NOFAIL),
			.new_func = ext->funcs[i].new_func,
			.old_sympos = ext->funcs[i].sympos,
		};
	}
}

static void test_klp_build(const struct klp_object_ext *exts, unsigned int nr)
{
	unsigned int i;

	test_klp_patch = kzalloc(sizeof(*test_klp_patch),
				 GFP_KERNEL | __GFP_NOFAIL);
	test_klp_patch->mod = THIS_MODULE;
	test_klp_patch->objs = kcalloc(nr + 1, sizeof(*test_klp_patch->objs),
				       GFP_KERNEL | __GFP_NOFAIL);
	for (i = 0; i < nr; i++)
		test_klp_build_object(&test_klp_patch->objs[i], &exts[i]);
}

static int sections_get(char *buf, const struct kernel_param *kp)
{
	static const char * const names[] = {
		".test_klp.objects", ".init.test_klp", ".comment", ".nothing",
	};
	size_t size;
	int i, len = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		size = 4711;
		/* Either both or nothing */
		if (!klp_find_section_by_name(THIS_MODULE, names[i], &size) !=
		    !size)
			return -EINVAL;
		len += scnprintf(buf + len, PAGE_SIZE - len, "%zu ", size);
	}
	buf[len - 1] = '\n';
	return len;
}

static const struct kernel_param_ops sections_ops = {
	.get = sections_get,
};
module_param_cb(sections, &sections_ops, NULL, 0444);

static int __init test_klp_external_init(void)
{
	struct klp_object_ext *exts;
	unsigned int *table;
	size_t size;
	int ret;

	table = klp_find_section_by_name(THIS_MODULE, ".init.test_klp", &size);
	if (table != test_klp_init_table || size != sizeof(test_klp_init_table))
		return -ENOMSG;
	exts = klp_find_section_by_name(THIS_MODULE, ".test_klp.objects",
					&size);
	if (exts != test_klp_objects || size != sizeof(test_klp_objects))
		return -ENOMSG;

	test_klp_build(exts, size / sizeof(*exts));
	ret = klp_enable_patch(test_klp_patch);
	if (ret)
		test_klp_free();
	return ret;
}

static void __exit test_klp_external_exit(void)
{
	test_klp_free();
}

module_init(test_klp_external_init);
module_exit(test_klp_external_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
