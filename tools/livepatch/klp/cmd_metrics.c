// SPDX-License-Identifier: GPL-2.0
/*
 * klp metrics: Prometheus's text format. The names are interface, see klp(8). What the kernel does
 * not tell has no sample.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "bootset.h"
#include "effect.h"
#include "record.h"
#include "sys.h"
#include "util.h"

static const char *const states[] = { "enabling", "enabled", "disabling", "disabled" };

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label, with what the format wants escaped; it wants UTF-8, too */
static void label(FILE *out, const char *before, const char *name, const char *value)
{
	char text[1024], *at;

	snprintf(text, sizeof(text), "%s", value ?: "");
	fprintf(out, "%s%s=\"", before, name);
	for (at = util_printable(text); *at; at++) {
		if (*at == '\\' || *at == '"')
			fputc('\\', out);
		fputc(*at, out);
	}
	fputc('"', out);
}

static void put_infos(FILE *out, const struct sys_patch *patch)
{
	head(out, "livepatch_patch_info", "gauge", "A patch, always 1.");
	for (; patch; patch = patch->next) {
		label(out, "livepatch_patch_info{", "patch", patch->name);
		label(out, ",", "version", patch->version);
		label(out, ",", "build_id", patch->build_id);
		label(out, ",", "consistency", patch->model);
		fprintf(out, "} 1\n");
	}
}

static void put_states(FILE *out, const struct sys_patch *patch)
{
	size_t i;

	head(out, "livepatch_patch_state", "gauge", "1 for the state that the patch is in.");
	for (; patch; patch = patch->next) {
		for (i = 0; i < ARRAY_SIZE(states); i++) {
			label(out, "livepatch_patch_state{", "patch", patch->name);
			label(out, ",", "state", states[i]);
			fprintf(out, "} %d\n", !strcmp(states[i],
						       sys_state_word(&patch->state)));
		}
	}
}

static void put_functions(FILE *out, struct obstack *ob, const struct sys_patch *patches)
{
	const struct sys_patch *patch;
	size_t counts[EFFECT_NR], i;

	head(out, "livepatch_functions", "gauge", "Functions of the patch, by effect.");
	for (patch = patches; patch; patch = patch->next) {
		effect_count(ob, patches, patch, counts);
		for (i = 0; i < EFFECT_NR; i++) {
			label(out, "livepatch_functions{", "patch", patch->name);
			label(out, ",", "effect", effect_words[i]);
			fprintf(out, "} %zu\n", counts[i]);
		}
	}
}

static void put_pending(FILE *out, const struct sys_patch *patch)
{
	head(out, "livepatch_pending_tasks", "gauge", "Tasks that still have to switch.");
	for (; patch; patch = patch->next) {
		if (patch->state.pending < 0)
			continue;
		label(out, "livepatch_pending_tasks{", "patch", patch->name);
		fprintf(out, "} %lld\n", patch->state.pending);
	}
}

static void put_times(FILE *out, struct obstack *ob, const struct sys_patch *patch)
{
	struct record record;

	head(out, "livepatch_transition_seconds", "gauge",
	     "Duration of the last transition that klp has seen, so far if it is running.");
	for (; patch; patch = patch->next) {
		record_get(ob, patch->name, &record);
		if (patch->state.transition)
			record.took_ms = record_running_ms(&record, patch->state.enabled);
		if (record.took_ms < 0)
			continue;
		label(out, "livepatch_transition_seconds{", "patch", patch->name);
		fprintf(out, "} %.3f\n", record.took_ms / 1000.0);
	}
}

static void put_calls(FILE *out, const struct sys_patch *patch)
{
	const struct sys_object *object;
	const struct sys_func *func;

	head(out, "livepatch_calls_total", "counter", "Sampled calls of the new code.");
	for (; patch; patch = patch->next) {
		for (object = patch->objects; object; object = object->next) {
			for (func = object->funcs; func; func = func->next) {
				if (func->calls < 0)
					continue;
				label(out, "livepatch_calls_total{", "patch", patch->name);
				label(out, ",", "object", object->name);
				label(out, ",", "function", func->name);
				fprintf(out, ",position=\"%ld\"} %lld\n", func->pos, func->calls);
			}
		}
	}
}

static int put_failures(FILE *out)
{
	long long counts[RECORD_NR_FAILURES];
	int ret, i;

	ret = record_failures(counts);
	if (ret)
		return ret == -EACCES ? KLP_OK : KLP_ERROR;
	head(out, "livepatch_failures_total", "counter", "Operations of klp that failed.");
	for (i = 0; i < RECORD_NR_FAILURES; i++) {
		label(out, "livepatch_failures_total{", "kind", record_failure_names[i]);
		fprintf(out, "} %lld\n", counts[i]);
	}
	return KLP_OK;
}

static int put_boot(FILE *out)
{
	const struct bootset_patch *patch;
	struct bootset set;
	char release[128];
	int failed = 0, enabled = 0, ret;

	if (!bootset_readable())
		return KLP_OK;
	ret = bootset_open(&set, util_release(release, sizeof(release)), STATE_READ);
	if (!ret) {
		for (patch = set.patches; patch; patch = patch->next)
			*(patch->failed ? &failed : &enabled) += 1;
		head(out, "livepatch_boot_patches", "gauge",
		     "Patches applied at boot, and patches that an earlier boot has failed with.");
		fprintf(out, "livepatch_boot_patches{state=\"enabled\"} %d\n", enabled);
		fprintf(out, "livepatch_boot_patches{state=\"failed\"} %d\n", failed);
	}
	bootset_close(&set);
	return ret;
}

static int put_all(FILE *out)
{
	struct sys_patch *patches = NULL;
	struct obstack ob;
	int ret = KLP_OK;

	obstack_init(&ob);
	head(out, "livepatch_supported", "gauge", "1 if the running kernel has live patching.");
	fprintf(out, "livepatch_supported %d\n", sys_supported());
	if (sys_supported())
		ret = sys_read_all(&ob, &patches);
	put_infos(out, patches);
	put_states(out, patches);
	put_functions(out, &ob, patches);
	put_pending(out, patches);
	put_times(out, &ob, patches);
	put_calls(out, patches);
	/* The other samples are right nevertheless. */
	if (put_failures(out))
		ret = KLP_ERROR;
	if (put_boot(out))
		ret = KLP_ERROR;
	obstack_free(&ob, NULL);
	return ret;
}

/* The collector must never read half of a file. */
static int write_file(const char *file, const char *text, size_t len)
{
	struct util_path path;
	const char *slash = strrchr(file, '/');
	int dir, ret;

	if (!strcmp(file, ".") || (slash && !slash[1]))
		return util_error("%s: is a folder: give the path of a file", file);
	snprintf(path.s, sizeof(path.s), "%.*s", slash ? (int)(slash - file) + 1 : 2,
		 slash ? file : "./");
	if (access(path.s, F_OK))
		return util_error("%s: there is no such folder: make it first", path.s);
	dir = state_open(path.s, STATE_SHARED);
	if (dir < 0)
		return KLP_ERROR;
	ret = state_write(dir, slash ? slash + 1 : file, text, len);
	close(dir);
	return ret ? KLP_ERROR : KLP_OK;
}

int cmd_metrics(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ }
	};
	const char *file = NULL;
	char *text;
	size_t len;
	FILE *out;
	int opt, ret;

	while ((opt = args_next(argc, argv, longs, &ret)) > 0)
		file = optarg;
	if (ret >= 0)
		return ret;
	if (optind < argc)
		return util_usage("'%s': metrics takes no patch: see klp help metrics",
				  argv[optind]);
	if (file && !*file)
		return util_usage("--output '': is not the name of a file: give one");
	if (klp_opts.json)
		return util_usage("metrics: have a format of their own: leave out --json");
	out = open_memstream(&text, &len);
	if (!out)
		util_die("memory is short: end other programs");
	ret = put_all(out);
	fclose(out);
	if (!file)
		fwrite(text, 1, len, stdout);
	else if (write_file(file, text, len))
		ret = KLP_ERROR;
	free(text);
	return ret;
}
