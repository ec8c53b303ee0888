#define _GNU_SOURCE 1
#include "provider/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[ERROR_KINDS] = {
  [ERROR_NONE] = "none",
  [ERROR_INVALID_REQUEST] = "invalid_request",
  [ERROR_AUTH] = "auth",
  [ERROR_NOT_FOUND] = "not_found",
  [ERROR_RATE_LIMITED] = "rate_limited",
  [ERROR_DECLINED] = "declined",
  [ERROR_PROVIDER] = "provider",
  [ERROR_TIMEOUT] = "timeout",
  [ERROR_NETWORK] = "network",
  [ERROR_TLS] = "tls",
  [ERROR_PROTOCOL] = "protocol",
  [ERROR_BUSY] = "busy",
  [ERROR_CANCELLED] = "cancelled",
};

const char *error_kind_name(enum error_kind kind) {
  return kind_names[kind];
}

enum error_kind error_kind_of(const char *name) {
  for (size_t kind = ERROR_NONE + 1; kind < ERROR_KINDS; kind++)
    if (strcmp(kind_names[kind], name) == 0) return (enum error_kind)kind;
  return ERROR_NONE;
}

void error_set(struct error *error, enum error_kind kind, const char *format, ...) {
  /* Formatted elsewhere first: an argument may be a field of the error, which is cleared next. */
  char message[ERROR_MESSAGE_MAX + 1] = "";
  va_list arguments;
  va_start(arguments, format);
  if (vsnprintf(message, sizeof message, format, arguments) < 0) message[0] = '\0';
  va_end(arguments);

  *error = (struct error){ .kind = kind, .retry_after = -1 };
  memcpy(error->message, message, sizeof message);
}
