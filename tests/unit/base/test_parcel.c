/* test_parcel - what passes between engine and courier: every number within its range, or the other side is broken */
#include "base/parcel.h"

#include "tap.h"

int main(void)
{
	static struct parcel parcel;
	static const struct {
		const char *what;
		struct parcel parcel;
		bool good;
	} cases[] = {
		{ "the first op", { .op = PARCEL_START }, true },
		{ "the last", { .op = PARCEL_LINE, .server = PARCEL_SERVERS - 1, .node = PARCEL_NODES - 1, .len = PARCEL_BYTES }, true },
		{ "no op", { .op = 0 }, false },
		{ "an op to come", { .op = PARCEL_OPS }, false },
		{ "a server too many", { .op = PARCEL_ADD, .server = PARCEL_SERVERS }, false },
		{ "a node too many", { .op = PARCEL_ADD, .node = PARCEL_NODES }, false },
		{ "padding", { .op = PARCEL_ADD, .padding = 1 }, false },
		{ "more bytes than there are", { .op = PARCEL_ADD, .len = PARCEL_BYTES + 1 }, false },
		{ "a time before", { .op = PARCEL_ENTRY, .ms = -1 }, false },
		{ "a time beyond all", { .op = PARCEL_ENTRY, .ms = INT64_MAX }, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		parcel = cases[i].parcel;
		tap_ok(parcel_valid(&parcel) == cases[i].good, "%s: %s", cases[i].what, cases[i].good ? "taken" : "refused");
	}
	return tap_done();
}
