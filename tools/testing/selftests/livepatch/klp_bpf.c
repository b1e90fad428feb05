// SPDX-License-Identifier: GPL-2.0
/*
 * klp_bpf - attach a BPF program to a function of the kernel
 *
 * usage: klp_bpf fentry|fexit|fmod_ret FUNCTION
 *	  klp_bpf fentry|fexit|fmod_ret sleep FUNCTION FILE
 *	  klp_bpf fentry spin FUNCTION
 *	  klp_bpf fmod_ret return VALUE FUNCTION
 *	  klp_bpf kprobe|kretprobe|kprobe_multi override VALUE FUNCTION
 *
 * Prints "attached" and the program's number, and stays attached until it is
 * killed. The BPF program, klp_test, does nothing and returns 0. With "sleep" the
 * program sleeps in a page fault of this process, which reads a byte of FILE so that
 * the function is called. With "spin" the program runs for some seconds, without
 * calling anything. With "return" and "override" the function is made to return
 * VALUE.
 *
 * Exit status 77 if the kernel cannot tell the types of its functions, or cannot
 * override them.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SKIP 77
#define BTF "/sys/kernel/btf/vmlinux"

/* Missing in older headers: jump, unless the loop has run 8 million times. */
#define MAY_GOTO (BPF_JMP | 0xe0)

#define INSN(_code, _dst, _src, _off, _imm)				\
	((struct bpf_insn) {						\
		.code = _code, .dst_reg = _dst, .src_reg = _src,	\
		.off = _off, .imm = _imm,				\
	})
#define MOV_IMM(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOV_REG(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ADD_IMM(dst, imm) INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Instructions in the loop of "spin" */
#define BODY 250

static struct bpf_insn insns[BODY + 16];
static unsigned int nr_insns;
static char log_buf[1 << 16];

static void emit(struct bpf_insn insn)
{
	insns[nr_insns++] = insn;
}

/* Copy 8 bytes from @addr to the stack, and sleep for the page. */
static void emit_sleep(uint64_t addr)
{
	emit(MOV_REG(BPF_REG_1, BPF_REG_10));
	emit(ADD_IMM(BPF_REG_1, -8));
	emit(MOV_IMM(BPF_REG_2, 8));
	emit(INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_3, 0, 0, (uint32_t)addr));
	emit(INSN(0, 0, 0, 0, addr >> 32));
	emit(CALL(BPF_FUNC_copy_from_user));
}

static void emit_spin(void)
{
	int i;

	for (i = 0; i < BODY; i++)
		emit(MOV_IMM(BPF_REG_0, i));
	emit(INSN(MAY_GOTO, 0, 0, 1, 0));
	emit(INSN(BPF_JMP | BPF_JA, 0, 0, -(BODY + 2), 0));
}

/* Return: the number of bytes that follow the struct btf_type */
static size_t btf_extra(const struct btf_type *type)
{
	unsigned int vlen = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	default:
		return 0;
	}
}

/* Return: the number of a function's type */
static uint32_t btf_function(const char *name)
{
	const struct btf_header *header;
	const char *pos, *end, *strings;
	uint32_t id = 1;
	struct stat st;
	char *data;
	ssize_t len;
	size_t done;
	int fd;

	fd = open(BTF, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		err(SKIP, BTF);
	data = malloc(st.st_size);
	if (!data)
		err(1, "malloc");
	for (done = 0; done < (size_t)st.st_size; done += len) {
		len = read(fd, data + done, st.st_size - done);
		if (len <= 0)
			err(1, "reading " BTF);
	}
	close(fd);

	header = (void *)data;
	strings = data + header->hdr_len + header->str_off;
	pos = data + header->hdr_len + header->type_off;
	end = pos + header->type_len;
	for (; pos < end; id++) {
		const struct btf_type *type = (void *)pos;

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    !strcmp(strings + type->name_off, name)) {
			free(data);
			return id;
		}
		pos += sizeof(*type) + btf_extra(type);
	}
	errx(1, "no function %s in " BTF, name);
}

/* Return: memory that is never provided; a task that reads it sleeps */
static uint64_t missing_page(void)
{
	long size = sysconf(_SC_PAGESIZE);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *page;
	int fd;

	page = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		err(1, "mmap");
	fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0)
		err(SKIP, "userfaultfd");
	range.range.start = (uintptr_t)page;
	range.range.len = size;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		err(1, "UFFDIO_REGISTER");
	return (uintptr_t)page;
}

/* Return: the program that has been emitted; @btf_id is 0 for kprobes */
static int load(enum bpf_attach_type type, uint32_t btf_id, bool sleepable)
{
	union bpf_attr attr = {
		.prog_type = btf_id ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_KPROBE,
		.expected_attach_type = type,
		.insns = (uintptr_t)insns,
		.insn_cnt = nr_insns,
		.license = (uintptr_t)"GPL",
		.prog_flags = sleepable ? BPF_F_SLEEPABLE : 0,
		.prog_name = "klp_test",
		.log_buf = (uintptr_t)log_buf,
		.log_size = sizeof(log_buf),
		.log_level = 1,
		.attach_btf_id = btf_id,
	};
	int fd;

	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		err(btf_id ? 1 : SKIP, "BPF_PROG_LOAD: %s", log_buf);
	return fd;
}

static void say_attached(int prog)
{
	struct bpf_prog_info info = { };
	union bpf_attr attr = {
		.info = {
			.bpf_fd = prog,
			.info_len = sizeof(info),
			.info = (uintptr_t)&info,
		},
	};

	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		err(1, "BPF_OBJ_GET_INFO_BY_FD");
	printf("attached %u\n", info.id);
	fflush(stdout);
}

static void attach(enum bpf_attach_type type, const char *function, bool sleepable)
{
	union bpf_attr attr = { };
	int prog;

	prog = load(type, btf_function(function), sleepable);
	attr.raw_tracepoint.prog_fd = prog;
	if (syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr)) < 0)
		err(1, "BPF_RAW_TRACEPOINT_OPEN");
	say_attached(prog);
}

static void attach_kprobe_multi(const char *function)
{
	int prog = load(BPF_TRACE_KPROBE_MULTI, 0, false);
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = prog,
			.attach_type = BPF_TRACE_KPROBE_MULTI,
			.kprobe_multi = {
				.cnt = 1,
				.syms = (uintptr_t)&function,
			},
		},
	};

	if (syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) < 0)
		err(1, "BPF_LINK_CREATE");
	say_attached(prog);
}

static void attach_kprobe(const char *function, bool kretprobe)
{
	static const char name[] = "/sys/bus/event_source/devices/kprobe/type";
	int prog = load(0, 0, false), fd;
	struct perf_event_attr event = {
		.size = sizeof(event),
		.config = kretprobe,
		.kprobe_func = (uintptr_t)function,
	};
	FILE *file = fopen(name, "r");

	if (!file || fscanf(file, "%u", &event.type) != 1)
		err(1, name);
	fclose(file);
	fd = syscall(SYS_perf_event_open, &event, -1, 0, -1, 0);
	if (fd < 0)
		err(1, "perf_event_open");
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog))
		err(1, "PERF_EVENT_IOC_SET_BPF");
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		err(1, "PERF_EVENT_IOC_ENABLE");
	say_attached(prog);
}

static int bad_usage(void)
{
	errx(2, "usage: klp_bpf TYPE [sleep|spin|return VALUE|override VALUE] FUNCTION [FILE]");
}

/* Attach a program to the entry or the return of @function that makes it return @value. */
static int override(const char *kind, int value, const char *function)
{
	emit(MOV_IMM(BPF_REG_2, value));
	emit(CALL(BPF_FUNC_override_return));
	emit(MOV_IMM(BPF_REG_0, 0));
	emit(EXIT());
	if (!strcmp(kind, "kprobe_multi"))
		attach_kprobe_multi(function);
	else if (!strcmp(kind, "kprobe") || !strcmp(kind, "kretprobe"))
		attach_kprobe(function, !strcmp(kind, "kretprobe"));
	else
		return bad_usage();
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *file = NULL, *function;
	enum bpf_attach_type type;
	int fd, value = 0;
	char byte;

	if (argc < 3)
		return bad_usage();
	function = argv[argc - 1];
	if (argc == 5 && !strcmp(argv[2], "override"))
		return override(argv[1], atoi(argv[3]), function);

	if (!strcmp(argv[1], "fentry"))
		type = BPF_TRACE_FENTRY;
	else if (!strcmp(argv[1], "fexit"))
		type = BPF_TRACE_FEXIT;
	else if (!strcmp(argv[1], "fmod_ret"))
		type = BPF_MODIFY_RETURN;
	else
		return bad_usage();

	if (argc == 5 && !strcmp(argv[2], "sleep")) {
		function = argv[3];
		file = argv[4];
		emit_sleep(missing_page());
	} else if (argc == 5 && !strcmp(argv[2], "return")) {
		value = atoi(argv[3]);
	} else if (argc == 4 && !strcmp(argv[2], "spin")) {
		emit_spin();
	} else if (argc != 3) {
		return bad_usage();
	}
	emit(MOV_IMM(BPF_REG_0, value));
	emit(EXIT());
	attach(type, function, file);

	if (file) {
		fd = open(file, O_RDONLY);
		if (fd < 0 || read(fd, &byte, 1) < 0)
			err(1, "%s", file);
	}
	for (;;)
		pause();
}
