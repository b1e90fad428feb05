/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: what all files of the command have in common.
 */
#ifndef _KLP_H
#define _KLP_H

#include <stdbool.h>

#define KLP_VERSION	"1.0"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define fallthrough		__attribute__((__fallthrough__))

/**
 * enum klp_exit - exit statuses; interface, see klp(8)
 * @KLP_OK:		Done; for a question: yes.
 * @KLP_NO:		A fix is not in effect, or a transition has not ended.
 * @KLP_USAGE:		The command line is wrong. Nothing was done.
 * @KLP_ERROR:		Something failed; a line on standard error says what.
 * @KLP_REVERTED:	The operation was reverted, by klp, the kernel or somebody else.
 * @KLP_UNKNOWN:	This kernel does not tell what was asked.
 */
enum klp_exit {
	KLP_OK,
	KLP_NO,
	KLP_USAGE,
	KLP_ERROR,
	KLP_REVERTED,
	KLP_UNKNOWN,
};

/**
 * struct klp_opts - options that every verb takes
 * @json:	Print JSON instead of text.
 * @pretty:	Indent the JSON.
 * @tty:	Standard output is a terminal, and the output is text.
 * @root:	What comes before /sys, /proc, /run, /var and /dev, or "": see klp(8), --root.
 */
struct klp_opts {
	bool		json;
	bool		pretty;
	bool		tty;
	const char	*root;
};

extern struct klp_opts klp_opts;

/* One function for each verb: its arguments, argv[0] being the verb; returns enum klp_exit */
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_reverse(int argc, char **argv);
int cmd_force(int argc, char **argv);
int cmd_blocked(int argc, char **argv);
int cmd_wait(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_enable(int argc, char **argv);
int cmd_disable(int argc, char **argv);
int cmd_boot(int argc, char **argv);
int cmd_help(int argc, char **argv);

#endif /* _KLP_H */
