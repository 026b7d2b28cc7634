/* pages - see pages.h. Owns nothing. */
#include <sys/mman.h>

#include "base/pages.h"

void *pages_map(size_t count, size_t size)
{
	size_t bytes;
	void *at;

	if (__builtin_mul_overflow(count, size, &bytes))	/* a narrow machine may not even have a number for as many */
		return NULL;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

void pages_unmap(void *at, size_t count, size_t size)
{
	if (at)
		munmap(at, count * size);
}
