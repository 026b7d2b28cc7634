/* report_mail - hand a message to the mail server: text and the same as a page, by sendmail(1) */
#ifndef MAILWARD_REPORT_MAIL_H
#define MAILWARD_REPORT_MAIL_H

#include <stdbool.h>
#include <stdio.h>

/* mail_address_good - can it be written to the head of a message, and is it no option? NAME or NAME@DOMAIN, printable ASCII */
bool mail_address_good(const char *address);

/* mail_write - the message, MIME, 7 bit; subject: printable ASCII. text, page: UTF-8. */
void mail_write(FILE *out, const char *to, const char *subject, const char *text, size_t text_len, const char *page, size_t page_len);

/* mail_send - hand it on: message is what mail_write() wrote
 * program: sendmail's path; gets -i -- ADDRESS, and the message as its standard input. Returns its exit status, or -errno. */
int mail_send(const char *program, const char *to, const char *message, size_t len);

#endif
