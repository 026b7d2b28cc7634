/* json_text - read what stands in a JSON text, piece by piece; for records of logs, not for documents */
#ifndef MAILWARD_JSON_TEXT_H
#define MAILWARD_JSON_TEXT_H

#include "base/text.h"

/* json_string - the string that *text begins with, unescaped; false: it does not begin with one, or has no end
 * *text: what stands behind it. *out: where the string's bytes go, moved behind them; never more than *text was long. */
bool json_string(struct text *text, char **out, struct text *string);

/* json_bytes - the same of an array of numbers, which is how the journal writes a text that is not UTF-8 */
bool json_bytes(struct text *text, char **out, struct text *string);

/* json_skip - leave out any value; false: it has no end. Cost: O(its length), no recursion. */
bool json_skip(struct text *text);

#endif
