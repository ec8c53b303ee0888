/* Files that somebody names: a certificate, a credential, a script. They are read whole, and what is wrong with one is said with the system's reason.
 *
 *   struct buf bytes, why;
 *   if (!file_read("/etc/ca.pem", FILE_REGULAR, &bytes, &why)) fail(buf_string(&why));      "/etc/ca.pem: No such file or directory" */
#ifndef CARDS_HTTP_FILE_H
#define CARDS_HTTP_FILE_H

#include "secret/buf.h"

#define FILE_WHY 4500 /* bytes that suffice for a reason and the names around it */

/* The path as a message may show it; "the file" where it may be a value that stands in the place of a path, such as a key or a card number. */
const char *file_shown(const char *path);
/* Reads at most `most` bytes of a regular file into the buffer, and no more than its maximum. A device or a FIFO is not waited for, nor read. False with the reason behind what `why` has. */
bool file_read_start(const char *path, size_t most, struct buf *bytes, struct buf *why);

enum file_kind {
  FILE_REGULAR, /* nothing is waited for */
  FILE_OR_PIPE, /* of a pipe, such as a shell's <(command), the end is waited for */
};

/* Reads the whole of a file, which must not be empty and must fit into the buffer. False with the reason likewise. */
bool file_read(const char *path, enum file_kind kind, struct buf *bytes, struct buf *why);

#endif
