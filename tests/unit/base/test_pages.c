/* test_pages - a little of a large room takes little memory, whatever pages the machine gives to others */
#include "tap.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/pages.h"

#define BYTES (64U << 20)

/* Do the kernel's flags of the mapping that at lies in say "nh", no huge pages? proc_pid_smaps(5) */
static bool never_huge(const char *at)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	uintptr_t first, behind, wanted = (uintptr_t)at;
	bool inside = false, never = false;
	char line[512];

	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &first, &behind) == 2)
			inside = wanted >= first && wanted < behind;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			never = strstr(line, " nh");
	}
	if (smaps)
		fclose(smaps);
	return never;
}

int main(void)
{
	char *room = pages_map(BYTES, 1);
	unsigned others = 0;

	tap_ok(room != NULL, "room for %u bytes", BYTES);
	for (size_t i = 0; room && i < BYTES; i += 4096)
		others += room[i] != 0;
	tap_int(others, 0, "all of it zero");
	if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) < 0) {
		tap_ok(true, "its beginning comes in ordinary pages # SKIP this kernel has no others");
	} else {
		tap_ok(never_huge(room), "its beginning comes in ordinary pages");
		tap_ok(!never_huge(room + BYTES - 1), "what only many need, as the machine likes");
	}
	pages_unmap(room, BYTES, 1);
	pages_unmap(NULL, BYTES, 1);
	tap_ok(!pages_map(SIZE_MAX, 2), "more bytes than there are numbers for: no room");
	return tap_done();
}
