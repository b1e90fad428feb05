// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: writing the C file of the patch module: what it replaces, and its init.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "build.h"
#include "report.h"

struct text {
	struct pool	*pool;
	struct bytes	bytes;
};

static void put(struct text *text, const char *format, ...) __printf(2, 3);

static void put(struct text *text, const char *format, ...)
{
	va_list args;
	char *line;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	line = pool_alloc(text->pool, size + 1);
	va_start(args, format);
	vsnprintf(line, size + 1, format, args);
	va_end(args);
	bytes_add(text->pool, &text->bytes, line, size);
}

/* A string of C; what is not plain is written as a number. */
static const char *quote(struct pool *pool, const char *string)
{
	char *result = pool_alloc(pool, 4 * strlen(string) + 3), *to = result;

	*to++ = '"';
	for (; *string; string++) {
		if (*string >= ' ' && *string <= '~' && !strchr("\"\\?", *string))
			*to++ = *string;
		else
			to += sprintf(to, "\\%03o", (unsigned char)*string);
	}
	*to = '"';
	return result;
}

static void put_declarations(struct text *text, const struct build *build)
{
	struct replaced *replaced;
	struct callback *callback;
	size_t i;

	for_each(&build->replaced, i, replaced)
		put(text, "extern void klp_new_%zu(void) __asm__(\"%s\");\n", i,
		    replaced->global);
	for_each(&build->callbacks, i, callback)
		put(text, "extern %s %s(struct klp_object *);\n",
		    strcmp(callback->kind, "pre_patch") ? "void" : "int", callback->global);
	/* See consts.c. */
	if (consts_any(build))
		put(text, "struct klp_const {\n\tvoid *place;\n\tunsigned long offset;\n"
		    "\tvoid *source;\n\tunsigned long from;\n\tunsigned long size;\n};\n\n"
		    "extern struct klp_const klp_consts[];\n"
		    "extern void *klp_poke(void *to, const void *from, size_t size)\n"
		    "\t__asm__(\"text_poke_copy\");\n");
	/* WARN() is for us: gone.c says that nothing leads to it. It tells no folder of ours. */
	if (build->gone.nr)
		put(text, "#line 1 \"klp-patch.c\"\nstatic void klp_gone(void)\n{\n"
		    "\tWARN_ON_ONCE(1);\n}\n");
	put(text, "\n");
}

/* See "For one build only" in Documentation/livepatch/author.rst. */
static void put_identity(struct text *text, const struct identity *identity, size_t number)
{
	size_t i;

	put(text, "static const struct klp_mask masks_%zu[] = {\n", number);
	for (i = 0; i < identity->nr_masks; i++)
		put(text, "\t{ %" PRIu64 ", %" PRIu64 " },\n", identity->masks[i].offset,
		    identity->masks[i].size);
	put(text, "\t{ }\n};\n\nstatic const struct klp_identity identity_%zu = {\n"
	    "\t.hash = 0x%016" PRIx64 "ULL,\n\t.size = %" PRIu64 ",\n"
	    "\t.nr_masks = %zu,\n\t.masks = masks_%zu,\n};\n\n", number, identity->hash,
	    identity->size, identity->nr_masks, number);
}

static void put_identities(struct text *text, const struct build *build)
{
	struct replaced *replaced;
	struct gone *gone;
	size_t i;

	for_each(&build->replaced, i, replaced)
		put_identity(text, &replaced->identity, i);
	for_each(&build->gone, i, gone)
		put_identity(text, &gone->identity, build->replaced.nr + i);
}

static void put_funcs(struct text *text, const struct build *build, const struct image *image,
		      size_t number)
{
	struct replaced *replaced;
	struct gone *gone;
	size_t i;

	put(text, "static struct klp_func funcs_%zu[] = {\n", number);
	for_each(&build->replaced, i, replaced) {
		if (replaced->unit->image != image)
			continue;
		put(text, "\t{\n\t\t.old_name = \"%s\",\n\t\t.new_func = klp_new_%zu,\n",
		    replaced->name, i);
		if (replaced->position)
			put(text, "\t\t.old_sympos = %u,\n", replaced->position);
		if (replaced->immediate)
			put(text, "\t\t.immediate = true,\n");
		put(text, "\t\t.identity = &identity_%zu,\n\t},\n", i);
	}
	for_each(&build->gone, i, gone) {
		if (gone->unit->image != image)
			continue;
		put(text, "\t{\n\t\t.old_name = \"%s\",\n\t\t.new_func = klp_gone,\n",
		    gone->piece->name);
		if (gone->position)
			put(text, "\t\t.old_sympos = %u,\n", gone->position);
		put(text, "\t\t.identity = &identity_%zu,\n\t},\n", build->replaced.nr + i);
	}
	put(text, "\t{ }\n};\n\n");
}

static void put_callbacks(struct text *text, const struct build *build,
			  const struct image *image)
{
	struct callback *callback;
	size_t i;

	for_each(&build->callbacks, i, callback)
		if (callback->unit->image == image)
			put(text, "\t\t.callbacks.%s = %s,\n", callback->kind, callback->global);
}

/* Has the patch functions or callbacks of an image? */
static bool has_any(const struct build *build, const struct image *image)
{
	struct replaced *replaced;
	struct callback *callback;
	size_t i;

	for_each(&build->replaced, i, replaced)
		if (replaced->unit->image == image)
			return true;
	for_each(&build->callbacks, i, callback)
		if (callback->unit->image == image)
			return true;
	return false;
}

static void put_objects(struct text *text, const struct build *build)
{
	struct image *image;
	size_t i;

	for_each(&build->images, i, image)
		if (has_any(build, image))
			put_funcs(text, build, image, i);
	put(text, "static struct klp_object objs[] = {\n");
	for_each(&build->images, i, image) {
		if (!has_any(build, image))
			continue;
		put(text, "\t{\n");
		if (image->is_module)
			put(text, "\t\t.name = \"%s\",\n", image->name);
		put(text, "\t\t.funcs = funcs_%zu,\n", i);
		put_callbacks(text, build, image);
		if (image->build_id)
			put(text, "\t\t.build_id = \"%s\",\n", image->build_id);
		put(text, "\t},\n");
	}
	put(text, "\t{ }\n};\n\n");
}

static void put_info(struct text *text, const struct build *build)
{
	const struct options *options = &build->options;
	const char *entry, *value;
	size_t i;

	put(text, "MODULE_DESCRIPTION(%s);\nMODULE_LICENSE(\"GPL\");\n"
	    "MODULE_INFO(livepatch, \"Y\");\n",
	    quote(text->pool, options->description ? : build->description ? :
		  "Live patch"));
	for_each(&options->texts, i, entry) {
		value = strchr(entry, '=');
		put(text, "MODULE_INFO(%.*s, %s);\n", (int)(value - entry), entry,
		    quote(text->pool, value + 1));
	}
}

static void put_patch(struct text *text, const struct build *build)
{
	const struct options *options = &build->options;
	size_t i;

	if (options->nr_states) {
		put(text, "static struct klp_state states[] = {\n");
		for (i = 0; i < options->nr_states; i++)
			put(text, "\t{ .id = %lu, .version = %u },\n", options->states[i].id,
			    options->states[i].version);
		put(text, "\t{ }\n};\n\n");
	}
	put(text, "static struct klp_patch patch = {\n\t.mod = THIS_MODULE,\n\t.objs = objs,\n");
	if (options->nr_states)
		put(text, "\t.states = states,\n");
	if (build->consistency)
		put(text, "\t.consistency = %s,\n", build->consistency);
	put(text, "\t.replace = %s,\n};\n\n", options->replace ? "true" : "false");
	put(text, "static int __init klp_build_init(void)\n{\n");
	if (consts_any(build))
		put(text, "\tstruct klp_const *c;\n\n\tfor (c = klp_consts; c->size; c++)\n"
		    "\t\tklp_poke(c->place + c->offset, c->source + c->from, c->size);\n");
	put(text, "\treturn klp_enable_patch(&patch);\n}\n\n"
	    "static void __exit klp_build_exit(void)\n{\n}\n\n"
	    "module_init(klp_build_init);\nmodule_exit(klp_build_exit);\n");
	put_info(text, build);
}

/**
 * source_write - write what kbuild needs to make the module
 * @build: the build
 * @folder: the folder that gets klp-patch.c and Kbuild
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status source_write(struct build *build, const char *folder)
{
	struct text text = { .pool = build->pool };
	const char *kbuild;
	enum status status;

	put(&text, "/* Written by klp-build. */\n#include <linux/livepatch.h>\n"
	    "#include <linux/module.h>\n\n");
	put_declarations(&text, build);
	put_identities(&text, build);
	put_objects(&text, build);
	put_patch(&text, build);
	status = file_write(pool_printf(build->pool, "%s/klp-patch.c", folder), text.bytes.at,
			    text.bytes.nr);
	if (status)
		return status;
	/* A table of KASAN would have the name of our folder. */
	kbuild = pool_printf(build->pool, "obj-m := %s.o\n%s-y := klp-patch.o klp-pieces.o\n"
			     "KASAN_SANITIZE_klp-patch.o := n\n",
			     build->options.name, build->options.name);
	status = file_write(pool_printf(build->pool, "%s/.klp-pieces.o.cmd", folder), "", 0);
	return status ? status : file_write(pool_printf(build->pool, "%s/Kbuild", folder), kbuild,
					    strlen(kbuild));
}
