/* pages - memory for many, taken page by page as it is touched
 *
 * Room for a million costs nothing until they are there. It begins with zeros. */
#ifndef MAILWARD_PAGES_H
#define MAILWARD_PAGES_H

#include <stddef.h>

/* pages_map - room for count of size bytes each, all of it zero; NULL: there are not as many. The caller's, for pages_unmap() */
void *pages_map(size_t count, size_t size);

/* pages_unmap - of what pages_map() gave for the same count and size; NULL: nothing is done */
void pages_unmap(void *at, size_t count, size_t size);

#endif
