// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what is known about sections with a meaning of their own.
 *
 * The data of an ordinary section is compared by name and content. A section that is
 * in neither table must not change.
 */
#include "special.h"

static const struct special specials[] = {
	{ "__bug_table", SPECIAL_ENTRY, 12, 8, 0x0000ffff, "BUG() and WARN(); the line is masked" },
	{ "__ex_table", SPECIAL_ENTRY, 12, 0, 0, "where to go on after a fault" },
	{ "__jump_table", SPECIAL_ENTRY, 16, 0, 0, "static branches" },
	{ ".altinstructions", SPECIAL_ENTRY, 14, 0, 0, "alternatives" },
	{ ".smp_locks", SPECIAL_ENTRY, 4, 0, 0, "lock prefixes" },
	{ "__mcount_loc", SPECIAL_ENTRY, 8, 0, 0, "calls into ftrace" },
	{ "__patchable_function_entries", SPECIAL_ENTRY, 8, 0, 0, "padding before functions" },
	{ "runtime_ptr_*", SPECIAL_ENTRY, 4, 0, 0, "constants in code that are set at boot" },
	{ "runtime_shift_*", SPECIAL_ENTRY, 4, 0, 0, "constants in code that are set at boot" },
	{ ".parainstructions", SPECIAL_ENTRY, 16, 0, 0, "calls through pv_ops" },
	{ ".altinstr_replacement", SPECIAL_PART, 0, 0, 0, "what alternatives put in" },
	{ ".altinstr_aux", SPECIAL_PART, 0, 0, 0, "static_cpu_has() before alternatives" },
	{ "__dyndbg", SPECIAL_LISTED, 56, 32, 0x0003ffff, "pr_debug(); the line is masked" },
	{ "__trace_printk_fmt", SPECIAL_LISTED, 8, 0, 0, "formats of trace_printk()" },
	{ ".discard.addressable", SPECIAL_IGNORED, 0, 0, 0, "keeps symbols for the linker" },
	{ ".discard.*", SPECIAL_ENTRY, 0, 0, 0, "notes for objtool" },
	{ ".printk_index", SPECIAL_IGNORED, 0, 0, 0, "a list of messages, for user space only" },
	{ ".orc_unwind", SPECIAL_IGNORED, 0, 0, 0, "objtool makes it again" },
	{ ".orc_unwind_ip", SPECIAL_IGNORED, 0, 0, 0, "objtool makes it again" },
	{ ".static_call_sites", SPECIAL_IGNORED, 0, 0, 0, "objtool makes it again" },
	{ ".retpoline_sites", SPECIAL_IGNORED, 0, 0, 0, "objtool makes it again" },
	{ ".return_sites", SPECIAL_IGNORED, 0, 0, 0, "objtool makes it again" },
	{ ".call_sites", SPECIAL_IGNORED, 0, 0, 0, "objtool makes it again" },
	{ ".ibt_endbr_seal", SPECIAL_IGNORED, 0, 0, 0, "objtool makes it again" },
	{ ".klp.mark.*", SPECIAL_IGNORED, 0, 0, 0, "for us: see marks.c" },
	{ ".note.gnu.property", SPECIAL_IGNORED, 0, 0, 0, "the same for all objects" },
	{ ".eh_frame", SPECIAL_IGNORED, 0, 0, 0, "not loaded" },
	{ ".modinfo", SPECIAL_COLLECTED, 0, 0, 0, "information about the module (.modinfo)" },
	{ ".export_symbol", SPECIAL_COLLECTED, 0, 0, 0, "the exported symbols" },
	{ "__ksymtab*", SPECIAL_COLLECTED, 0, 0, 0, "the exported symbols" },
	{ "__param", SPECIAL_COLLECTED, 0, 0, 0, "the module parameters" },
	{ ".initcall*", SPECIAL_COLLECTED, 0, 0, 0, "the initcalls, which have run" },
	{ ".exitcall*", SPECIAL_COLLECTED, 0, 0, 0, "the exitcalls" },
	{ ".init.setup", SPECIAL_COLLECTED, 0, 0, 0, "the options of the command line" },
	{ "_ftrace_events", SPECIAL_COLLECTED, 0, 0, 0, "the trace events" },
	{ "_ftrace_eval_map", SPECIAL_COLLECTED, 0, 0, 0, "the names of trace events' values" },
	{ "_ftrace_annotated_branch", SPECIAL_COLLECTED, 0, 0, 0, "the profile of branches" },
	{ "__tracepoints_ptrs", SPECIAL_COLLECTED, 0, 0, 0, "the tracepoints" },
	{ "__tracepoints", SPECIAL_COLLECTED, 0, 0, 0, "the tracepoints" },
	{ "__tracepoints_strings", SPECIAL_COLLECTED, 0, 0, 0, "the tracepoints" },
	{ "__bpf_raw_tp_map", SPECIAL_COLLECTED, 0, 0, 0, "the tracepoints" },
	{ "__syscalls_metadata", SPECIAL_COLLECTED, 0, 0, 0, "the system calls" },
	{ "_error_injection_whitelist", SPECIAL_COLLECTED, 0, 0, 0,
	  "the functions for fault injection" },
	{ "_kprobe_blacklist", SPECIAL_COLLECTED, 0, 0, 0, "the functions without kprobes" },
	{ ".static_call_tramp_key", SPECIAL_COLLECTED, 0, 0, 0, "the static calls" },
	{ ".BTF_ids", SPECIAL_COLLECTED, 0, 0, 0, "the types and functions for BPF" },
	{ ".pci_fixup*", SPECIAL_COLLECTED, 0, 0, 0, "the fixups of PCI devices" },
	{ ".con_initcall.init", SPECIAL_COLLECTED, 0, 0, 0, "the consoles" },
};

/* Sections with data and code that only symbols lead to. */
static const char * const ordinary[] = {
	".text", ".text.*", ".text..*", ".data", ".data.*", ".rodata", ".rodata.*", ".bss",
	".bss.*", ".init.text", ".init.data*", ".init.rodata*", ".exit.text", ".exit.data",
	".ref.text", ".ref.data", ".noinstr.text", ".sched.text", ".cpuidle.text",
	".lock.text", ".kprobes.text", ".entry.text", ".irqentry.text",
	".softirqentry.text", ".spinlock.text", ".head.text", ".static_call.text",
};

static const struct special unknown = {
	"", SPECIAL_COLLECTED, 0, 0, 0, "a section of unknown meaning",
};

static bool matches(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (pattern[length - 1] == '*')
		return !strncmp(pattern, name, length - 1);
	return !strcmp(pattern, name);
}

/**
 * special_find - find what is known about a section
 * @section: its name
 *
 * Return: the row of the table; NULL for an ordinary section.
 */
const struct special *special_find(const char *section)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(specials); i++)
		if (matches(specials[i].name, section))
			return &specials[i];
	for (i = 0; i < ARRAY_SIZE(ordinary); i++)
		if (matches(ordinary[i], section))
			return NULL;
	return &unknown;
}
