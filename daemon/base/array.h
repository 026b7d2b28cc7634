/* array - the number of an array's elements, and room for one more */
#ifndef MAILWARD_ARRAY_H
#define MAILWARD_ARRAY_H

#include <stdbool.h>
#include <stdlib.h>

/* COUNT - the number of elements of an array; never of a pointer */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* array_grow - a heap array of count elements with room for one more; NULL: no memory, and the old one stays
 * It doubles at each power of two, so no room need be remembered; every element must have come this way. */
static inline void *array_grow(void *array, size_t count, size_t element_bytes)
{
	bool full = (count & (count - 1)) == 0;

	return full ? reallocarray(array, count ? 2 * count : 1, element_bytes) : array;
}

#endif
