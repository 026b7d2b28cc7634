/* pages - see pages.h. Owns nothing. */
#include <sys/mman.h>

#include "base/pages.h"

/* So much comes in pages of the ordinary size, even where the machine gives huge ones to everybody (transparent_hugepage=always):
 * a few addresses would take 2 MiB of each table. */
#define ORDINARY_BYTES (4U << 20)

void *pages_map(size_t count, size_t size)
{
	size_t bytes;
	void *at;

	if (__builtin_mul_overflow(count, size, &bytes))	/* a narrow machine may not even have a number for as many */
		return NULL;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	madvise(at, bytes < ORDINARY_BYTES ? bytes : ORDINARY_BYTES, MADV_NOHUGEPAGE);	/* refused where no kernel has any */
	return at;
}

void pages_unmap(void *at, size_t count, size_t size)
{
	if (at)
		munmap(at, count * size);
}
