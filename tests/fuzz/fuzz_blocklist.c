/* fuzz_blocklist - any bytes as a blocklist: refused with a reason for each line, or what it drops is what its lines say
 *
 * Addresses at the edges of every entry and of every range are judged line after line, as the forms want it. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/blocklist.h"
#include "fuzz.h"

static bool dropped(const struct blocklist *list, const struct addr *addr)
{
	const struct blocklist_entry *best = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct blocklist_entry *entry = &list->at[i];
		bool narrower = best && list->form == BLOCKLIST_ACCESS && entry->prefix.len != best->prefix.len;
		if (prefix_contains(&entry->prefix, addr) &&
		    (!best || (narrower ? entry->prefix.len > best->prefix.len : entry->line < best->line)))
			best = entry;
	}
	return best && best->verdict == BLOCKLIST_DROP;
}

static void edge(const struct blocklist *list, const struct ranges *drops, struct addr addr)
{
	struct addr before = addr, after = addr;

	addr_prev(&before);
	addr_next(&after);
	must_hold(dropped(list, &addr) == ranges_contain(drops, &addr));
	must_hold(dropped(list, &before) == ranges_contain(drops, &before));
	must_hold(dropped(list, &after) == ranges_contain(drops, &after));
}

static void taken(const struct blocklist *list, const struct ranges *drops)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct blocklist_entry *entry = &list->at[i];
		struct addr masked = addr_mask(&entry->prefix.addr, entry->prefix.len);
		must_hold(entry->prefix.len <= 128 && addr_cmp(&masked, &entry->prefix.addr) == 0 && entry->line > 0);
		must_hold(entry->verdict != BLOCKLIST_DROP || entry->prefix.len >=
			  (addr_is_v4(&entry->prefix.addr) ? BLOCKLIST_V4_LEN_MIN : BLOCKLIST_V6_LEN_MIN));
		if (i < 100) {
			edge(list, drops, entry->prefix.addr);
			edge(list, drops, addr_last(&entry->prefix));
		}
	}
	for (size_t i = 0; i < drops->count; i++) {
		must_hold(addr_is_v4(&drops->at[i].first) == addr_is_v4(&drops->at[i].last));
		must_hold(addr_cmp(&drops->at[i].first, &drops->at[i].last) <= 0);
		must_hold(i == 0 || addr_cmp(&drops->at[i - 1].last, &drops->at[i].first) < 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("list", MFD_CLOEXEC);
	char path[32], *said = NULL;
	size_t len = 0, lines = 0;
	struct problems problems = { .out = open_memstream(&said, &len) };
	struct ranges drops = { 0 };
	struct blocklist list;

	must_hold(fd >= 0 && problems.out && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bool good = blocklist_load(&list, path, NULL, &problems, &drops);
	fclose(problems.out);
	must_hold(good == (problems.count == 0));
	for (size_t i = 0; i < len; i++) {
		must_hold((said[i] >= 0x20 && said[i] <= 0x7e) || said[i] == '\n');
		lines += said[i] == '\n';
	}
	must_hold(good || lines > 0);
	must_hold(lines <= 4 * BLOCKLIST_MESSAGES_MAX + 1);
	if (good)
		taken(&list, &drops);
	blocklist_fini(&list);
	ranges_fini(&drops);
	free(said);
	close(fd);
	return 0;
}
