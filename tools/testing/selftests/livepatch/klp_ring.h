/* SPDX-License-Identifier: GPL-2.0 */
/* A ring of io_uring, without a library. */
#ifndef _KLP_RING_H
#define _KLP_RING_H

#include <err.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long checked(long ret, const char *what)
{
	if (ret < 0)
		err(2, "%s", what);
	return ret;
}

struct ring {
	int			fd;
	volatile uint32_t	*cq_tail;
	struct io_uring_cqe	*cqes;
	uint32_t		*sq_tail;
	uint32_t		*sq_array;
	struct io_uring_sqe	*sqes;
};

static inline void *map_ring(int fd, size_t size, off_t offset)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 offset);

	if (mem == MAP_FAILED)
		err(2, "mmap");
	return mem;
}

static inline void make_ring(struct ring *ring, unsigned int entries)
{
	struct io_uring_params params = { };
	char *cq, *sq;

	ring->fd = checked(syscall(SYS_io_uring_setup, entries, &params),
			   "io_uring_setup");
	cq = map_ring(ring->fd, params.cq_off.cqes +
		      params.cq_entries * sizeof(*ring->cqes),
		      IORING_OFF_CQ_RING);
	sq = map_ring(ring->fd, params.sq_off.array +
		      params.sq_entries * sizeof(uint32_t), IORING_OFF_SQ_RING);
	ring->sqes = map_ring(ring->fd, params.sq_entries *
			      sizeof(*ring->sqes), IORING_OFF_SQES);
	ring->cq_tail = (uint32_t *)(cq + params.cq_off.tail);
	ring->cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
	ring->sq_tail = (uint32_t *)(sq + params.sq_off.tail);
	ring->sq_array = (uint32_t *)(sq + params.sq_off.array);
}

#endif /* _KLP_RING_H */
