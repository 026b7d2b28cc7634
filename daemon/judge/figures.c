/* figures - the one list of their names. Owns no number. */
#include "judge/figures.h"

#include <stddef.h>

#define NAMED(field) { #field, offsetof(struct figures, field) }

const struct figure_name figure_names[] = {
	NAMED(lines), NAMED(bytes), NAMED(errors), NAMED(addresses), NAMED(delays), NAMED(bans), NAMED(evidence), NAMED(allowed),
	NAMED(observed), NAMED(echoes), NAMED(lost), NAMED(successes), NAMED(uncounted), NAMED(spared), NAMED(withheld),
	{ NULL, 0 },
};

void figure_set(struct figures *figures, struct text name, uint64_t value)
{
	for (const struct figure_name *known = figure_names; known->name; known++)
		if (text_equal(name, text_of(known->name)))
			memcpy((char *)figures + known->offset, &value, sizeof(value));
}
