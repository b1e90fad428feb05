// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the names of relocation sections and of their symbols.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/string.h>

#include "section.h"

static void expect_word(struct kunit *test, struct klp_word word,
			const char *expected)
{
	KUNIT_EXPECT_EQ(test, word.len, strlen(expected));
	KUNIT_EXPECT_EQ(test, strncmp(word.start, expected, word.len), 0);
}

static void reloc_section_test(struct kunit *test)
{
	struct klp_word object;

	KUNIT_ASSERT_EQ(test, klp_section_parse(".klp.rela.vmlinux..text",
						&object), 0);
	expect_word(test, object, "vmlinux");
	KUNIT_ASSERT_EQ(test, klp_section_parse(".klp.rela.ext4.text.unlikely",
						&object), 0);
	expect_word(test, object, "ext4");
}

static void reloc_bad_section_test(struct kunit *test)
{
	static const char * const names[] = {
		"",
		".rela.text",
		".klp.rela",
		".klp.rela.",
		".klp.rela.vmlinux",
		".klp.rela.vmlinux.",
		".klp.rela..text",
		".klp.sym.vmlinux.name,0",
		"klp.rela.vmlinux..text",
	};
	struct klp_word object;
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_EQ_MSG(test, klp_section_parse(names[i], &object),
				    -EINVAL, "'%s'", names[i]);
}

static void reloc_symbol_test(struct kunit *test)
{
	struct klp_word object, symbol;
	unsigned long sympos;

	KUNIT_ASSERT_EQ(test, klp_section_parse_symbol(".klp.sym.vmlinux.printk,0",
						       &object, &symbol, &sympos), 0);
	expect_word(test, object, "vmlinux");
	expect_word(test, symbol, "printk");
	KUNIT_EXPECT_EQ(test, sympos, 0);

	/* A symbol may have dots, as clones by the compiler do. */
	KUNIT_ASSERT_EQ(test, klp_section_parse_symbol(".klp.sym.kvm_intel.a.isra.0,12",
						       &object, &symbol, &sympos), 0);
	expect_word(test, object, "kvm_intel");
	expect_word(test, symbol, "a.isra.0");
	KUNIT_EXPECT_EQ(test, sympos, 12);
}

static void reloc_bad_symbol_test(struct kunit *test)
{
	static const char * const names[] = {
		"",
		"printk",
		".klp.sym.",
		".klp.sym.vmlinux",
		".klp.sym.vmlinux.",
		".klp.sym.vmlinux.printk",
		".klp.sym.vmlinux.printk,",
		".klp.sym.vmlinux.printk,x",
		".klp.sym.vmlinux.printk,-1",
		".klp.sym.vmlinux.printk,+1",
		".klp.sym.vmlinux.printk, 1",
		".klp.sym.vmlinux.printk,1x",
		".klp.sym.vmlinux.printk,1,1",
		".klp.sym.vmlinux.printk,99999999999999999999999",
		".klp.sym.vmlinux.,0",
		".klp.sym..printk,0",
		".klp.rela.vmlinux..text",
	};
	struct klp_word object, symbol;
	unsigned long sympos;
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_EQ_MSG(test, klp_section_parse_symbol(names[i], &object,
								   &symbol, &sympos),
				    -EINVAL, "'%s'", names[i]);
}

/* The longest names that are right, and the shortest that are too long */
static void reloc_long_names_test(struct kunit *test)
{
	struct klp_word object, symbol;
	unsigned long sympos;
	char *name, *word;
	int len, most;

	name = kunit_kzalloc(test, 2 * KSYM_NAME_LEN, GFP_KERNEL);
	word = kunit_kzalloc(test, KSYM_NAME_LEN + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, name);
	KUNIT_ASSERT_NOT_NULL(test, word);

	most = MODULE_NAME_LEN - 1;
	for (len = most; len <= most + 1; len++) {
		memset(word, 'm', len);
		sprintf(name, ".klp.rela.%s..text", word);
		KUNIT_EXPECT_EQ(test, klp_section_parse(name, &object),
				len == most ? 0 : -EINVAL);
		sprintf(name, ".klp.sym.%s.printk,0", word);
		KUNIT_EXPECT_EQ(test, klp_section_parse_symbol(name, &object, &symbol,
							       &sympos),
				len == most ? 0 : -EINVAL);
	}
	most = KSYM_NAME_LEN - 1;
	for (len = most; len <= most + 1; len++) {
		memset(word, 's', len);
		sprintf(name, ".klp.sym.vmlinux.%s,0", word);
		KUNIT_EXPECT_EQ(test, klp_section_parse_symbol(name, &object, &symbol,
							       &sympos),
				len == most ? 0 : -EINVAL);
	}
}

static struct kunit_case reloc_cases[] = {
	KUNIT_CASE(reloc_section_test),
	KUNIT_CASE(reloc_bad_section_test),
	KUNIT_CASE(reloc_symbol_test),
	KUNIT_CASE(reloc_bad_symbol_test),
	KUNIT_CASE(reloc_long_names_test),
	{ }
};

static struct kunit_suite reloc_suite = {
	.name = "livepatch_reloc",
	.test_cases = reloc_cases,
};

kunit_test_suite(reloc_suite);
