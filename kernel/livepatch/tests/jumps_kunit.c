// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the search for jumps into affected functions, in code that is
 * written here, byte by byte, and never run.
 */
#include <kunit/test.h>
#include <linux/mutex.h>

#include "jumps.h"
#include "klp.h"
#include "redirect.h"

/* Offsets of two functions in the code, and of their calls into ftrace */
#define FIRST		64
#define SECOND		128
#define LOCATION	4

struct jumps_code {
	u8			bytes[256];
	struct klp_site		site[2];
	struct klp_jumps	*jumps;
};

static unsigned long addr_of(const struct jumps_code *code, unsigned int offset)
{
	return (unsigned long)code->bytes + offset;
}

static unsigned long key_of(const struct jumps_code *code, unsigned int nr)
{
	return klp_redirect_key(klp_site_ip(&code->site[nr]));
}

static void free_jumps(void *jumps)
{
	klp_jumps_free(jumps);
}

/* Two functions in a sea of one-byte nops */
static struct jumps_code *make_code(struct kunit *test)
{
	static const unsigned int offset[] = { FIRST, SECOND };
	struct jumps_code *code;
	unsigned int i;

	code = kunit_kzalloc(test, sizeof(*code), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, code);
	memset(code->bytes, 0x90, sizeof(code->bytes));
	code->jumps = klp_jumps_alloc(ARRAY_SIZE(offset));
	KUNIT_ASSERT_NOT_NULL(test, code->jumps);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_jumps,
							   code->jumps));
	mutex_lock(&klp_mutex);
	/* In the wrong order */
	for (i = ARRAY_SIZE(offset); i-- > 0;) {
		code->site[i].addr = addr_of(code, offset[i]);
		code->site[i].location = LOCATION;
		klp_jumps_add(code->jumps, &code->site[i]);
	}
	mutex_unlock(&klp_mutex);
	klp_jumps_sort(code->jumps);
	return code;
}

/* Put an instruction with a four-byte displacement that leads to @target. */
static void put_rel32(struct jumps_code *code, unsigned int at, u8 opcode,
		      unsigned int target)
{
	s32 offset = target - (at + 5);

	code->bytes[at] = opcode;
	memcpy(&code->bytes[at + 1], &offset, sizeof(offset));
}

/* Search the code of the first function, of 64 bytes. */
static int scan_first(struct jumps_code *code)
{
	const struct klp_span span = {
		.start = addr_of(code, FIRST),
		.size = SECOND - FIRST,
	};
	int ret;

	mutex_lock(&klp_mutex);
	ret = klp_jumps_scan(code->jumps, span, key_of(code, 0));
	mutex_unlock(&klp_mutex);
	return ret;
}

static void jumps_none_test(struct kunit *test)
{
	struct jumps_code *code = make_code(test);

	/* A call of the second function, a jump inside, a return */
	put_rel32(code, FIRST + 10, 0xe8, SECOND);
	put_rel32(code, FIRST + 20, 0xe9, FIRST + 40);
	code->bytes[FIRST + 50] = 0xc3;
	KUNIT_ASSERT_EQ(test, 0, scan_first(code));
	KUNIT_EXPECT_FALSE(test, klp_jumps_closed(code->jumps, key_of(code, 0)));
	KUNIT_EXPECT_FALSE(test, klp_jumps_closed(code->jumps, key_of(code, 1)));
	KUNIT_EXPECT_TRUE(test, klp_jumps_direct(code->jumps, key_of(code, 1), 0));
	/* A function that is not affected counts as closed. */
	KUNIT_EXPECT_TRUE(test, klp_jumps_closed(code->jumps, 4711));
	KUNIT_EXPECT_FALSE(test, klp_jumps_jumped_to(code->jumps, 4711));
}

static void jumps_known_test(struct kunit *test)
{
	/* Before, at, and behind the landing pad; the call into ftrace; too far */
	static const struct {
		int	target;
		bool	closed;
	} cases[] = {
		{ 0, true }, { LOCATION, true }, { LOCATION + 4, true },
		{ LOCATION + 5, false },
	};
	struct jumps_code *code;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		code = make_code(test);
		put_rel32(code, FIRST + 10, 0xe9, SECOND + cases[i].target);
		KUNIT_ASSERT_EQ(test, 0, scan_first(code));
		KUNIT_EXPECT_EQ(test, cases[i].closed,
				klp_jumps_closed(code->jumps, key_of(code, 1)));
		KUNIT_EXPECT_EQ(test, cases[i].closed,
				klp_jumps_jumped_to(code->jumps, key_of(code, 1)));
		KUNIT_EXPECT_FALSE(test, klp_jumps_closed(code->jumps,
							  key_of(code, 0)));
	}
}

static void jumps_itself_test(struct kunit *test)
{
	struct jumps_code *code = make_code(test);

	/* JNE to its own entry */
	code->bytes[FIRST + 30] = 0x75;
	code->bytes[FIRST + 31] = -32;
	KUNIT_ASSERT_EQ(test, 0, scan_first(code));
	KUNIT_EXPECT_TRUE(test, klp_jumps_closed(code->jumps, key_of(code, 0)));
	KUNIT_EXPECT_FALSE(test, klp_jumps_closed(code->jumps, key_of(code, 1)));
}

static void jumps_conditional_test(struct kunit *test)
{
	struct jumps_code *code = make_code(test);

	/* JE, with four bytes */
	put_rel32(code, FIRST + 31, 0x84, SECOND);
	code->bytes[FIRST + 30] = 0x0f;
	KUNIT_ASSERT_EQ(test, 0, scan_first(code));
	KUNIT_EXPECT_TRUE(test, klp_jumps_closed(code->jumps, key_of(code, 1)));
}

static void jumps_anywhere_test(struct kunit *test)
{
	struct jumps_code *code = make_code(test);

	/* JMP *%rax, and somewhere a call of the second function */
	code->bytes[FIRST + 20] = 0xff;
	code->bytes[FIRST + 21] = 0xe0;
	put_rel32(code, 10, 0xe8, SECOND);
	KUNIT_ASSERT_EQ(test, 0, scan_first(code));
	KUNIT_EXPECT_FALSE(test, klp_jumps_closed(code->jumps, key_of(code, 1)));
	/* A return address behind that call, and one that is not */
	KUNIT_EXPECT_TRUE(test, klp_jumps_direct(code->jumps, key_of(code, 1),
						 addr_of(code, 15)));
	KUNIT_EXPECT_FALSE(test, klp_jumps_direct(code->jumps, key_of(code, 1),
						  addr_of(code, 16)));
	/* The first function may have jumped to itself. */
	put_rel32(code, 10, 0xe8, FIRST);
	KUNIT_EXPECT_FALSE(test, klp_jumps_direct(code->jumps, key_of(code, 0),
						  addr_of(code, 15)));
}

static void jumps_register_call_test(struct kunit *test)
{
	struct jumps_code *code = make_code(test);

	/* CALL *%rax is no jump. */
	code->bytes[FIRST + 20] = 0xff;
	code->bytes[FIRST + 21] = 0xd0;
	KUNIT_ASSERT_EQ(test, 0, scan_first(code));
	KUNIT_EXPECT_TRUE(test, klp_jumps_direct(code->jumps, key_of(code, 1), 0));
}

static void jumps_garbage_test(struct kunit *test)
{
	struct jumps_code *code = make_code(test);

	/* UD2 with a prefix that it does not take */
	code->bytes[FIRST + 20] = 0xc5;
	code->bytes[FIRST + 21] = 0xf8;
	code->bytes[FIRST + 22] = 0x0b;
	KUNIT_EXPECT_EQ(test, -EINVAL, scan_first(code));
}

static struct kunit_case jumps_cases[] = {
	KUNIT_CASE(jumps_none_test),
	KUNIT_CASE(jumps_known_test),
	KUNIT_CASE(jumps_itself_test),
	KUNIT_CASE(jumps_conditional_test),
	KUNIT_CASE(jumps_anywhere_test),
	KUNIT_CASE(jumps_register_call_test),
	KUNIT_CASE(jumps_garbage_test),
	{ }
};

static struct kunit_suite jumps_suite = {
	.name = "livepatch_jumps",
	.test_cases = jumps_cases,
};

kunit_test_suite(jumps_suite);
MODULE_LICENSE("GPL");
