/* repeat - what syslogds write for a message that comes again and again */
#ifndef MAILWARD_REPEAT_H
#define MAILWARD_REPEAT_H

#include "base/text.h"

/* repeat_unwrap - rsyslog's "message repeated 5 times: [ TEXT]": how often, 1..; *message is then the text. 0: it is none */
uint32_t repeat_unwrap(struct text *message);

/* repeat_again - "last message repeated 5 times", of BSD's syslogd, macOS's and syslog-ng's: how often, 1..; 0: it is none */
uint32_t repeat_again(struct text message);

#endif
